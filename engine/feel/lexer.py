"""Text to tokens (DMN 1.5, 10.3.1.2). Names with blanks are put together by the parser, which knows the names in scope."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from engine.feel.budget import MAX_SOURCE

# The name start characters of the standard, grammar rule 28; a part may also be a digit or a combining mark (rule 29).
_START: Final = (
    "?A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_SPACE: Final = r"\s\u0085\u180e\u200b\ufeff"
_TOKEN: Final = re.compile(
    rf"""(?P<space>(?:[{_SPACE}]|//[^\n\r]*|/\*(?s:.*?)\*/)+)
    |(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![{_START}]))
    |(?P<digits>[0-9]+)
    |(?P<name>[{_START}][{_START}0-9\u00b7\u0300-\u036f\u203f-\u2040]*)
    |(?P<string>"(?:[^"\\]|\\(?s:.))*")
    |(?P<quoted>`[^`\n]+`)
    |(?P<op>\.\.|\*\*|<=|>=|!=|->|.)""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"""\\(?:([nrt"\\'])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6}))""")
_SIMPLE: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "'": "'"}


class SyntaxFault(Exception):
    """The text is not FEEL; the message is one German sentence."""


class Token(NamedTuple):
    """One token: kind is `name`, `number`, `string`, `op` or `end`; text as written, for strings the content."""

    kind: str
    text: str
    at: int


def tokenize(text: str) -> list[Token]:
    """Split an expression; the last token is always of kind `end`. Raises SyntaxFault."""
    if len(text) > MAX_SOURCE:
        raise SyntaxFault(f"Der Ausdruck ist länger als {MAX_SOURCE} Zeichen.")
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise SyntaxFault(f"Zeichen {at + 1} kann nicht gelesen werden.")
        kind = match.lastgroup or ""
        found = match.group()
        if kind == "string":
            tokens.append(Token("string", unescape(found[1:-1]), at))
        elif kind == "quoted":
            tokens.append(Token("quoted", found[1:-1], at))
        elif kind == "digits":
            tokens.append(Token("number", found, at))
        elif kind != "space":
            if found == '"':
                raise SyntaxFault(f"Der Text, der bei Zeichen {at + 1} beginnt, hat kein schließendes Anführungszeichen.")
            tokens.append(Token(kind, found, at))
        at = match.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def unescape(content: str) -> str:
    """Resolve the escape sequences of a string literal; a backslash before any other character stands for itself."""
    if "\\" not in content:
        return content
    plain = _ESCAPE.sub(_replacement, content)
    if any("\ud800" <= char <= "\udfff" for char in plain):
        # Two \u escapes may write one character outside the basic plane as a surrogate pair.
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return plain


def _replacement(match: re.Match[str]) -> str:
    simple, short, long = match.groups()
    if simple:
        return _SIMPLE[simple]
    code = int(short or long, 16)
    return chr(code) if code <= 0x10FFFF else match.group()


def name_words(name: str) -> tuple[str, ...]:
    """The token texts a name consists of, so that `Monthly  Salary` and `a-b` can be recognised in a text."""
    return tuple(token.text for token in tokenize(name)[:-1])


def join_words(words: tuple[str, ...] | list[str]) -> str:
    """A name in its normal form: one blank between words, none around special characters."""
    text = ""
    for word in words:
        if (
            text
            and (word[0].isalnum() or word[0] in "_?" or word[0] > "\u007f")
            and (text[-1].isalnum() or text[-1] in "_?" or text[-1] > "\u007f")
        ):
            text += " "
        text += word
    return text
