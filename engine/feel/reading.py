"""Tokens, names and types as the parser reads them: the parts of the grammar that need to know which names exist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from engine.feel.budget import MAX_NESTING
from engine.feel.lexer import SyntaxFault, Token, join_words, name_words, tokenize
from engine.feel.types import BASIC, ContextType, FeelType, FunctionType, ListType, NamedType, RangeType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STOP_WORDS: Final = frozenset({"and", "or", "in", "between", "then", "else", "return", "satisfies", "instance"})
_RESERVED: Final = STOP_WORDS | {"if", "for", "some", "every", "function", "true", "false", "null"}
_TYPE_NAMES: Final = ("date and time", "days and time duration", "years and months duration", "day time duration", "year month duration")


class KnownNames:
    """Names that a simple word does not cover, such as `Monthly Salary`, `a-b` or `date and time`."""

    def __init__(self, names: Iterable[str] = (), parent: KnownNames | None = None) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = (
            {first: list(entries) for first, entries in parent._by_first.items()} if parent else {}
        )
        self._spelled: dict[tuple[str, ...], str] = dict(parent._spelled) if parent else {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        words = name_words(name)
        if len(words) < 2:
            return
        entries = self._by_first.setdefault(words[0], [])
        if words not in entries:
            entries.append(words)
            entries.sort(key=len, reverse=True)
            self._spelled[words] = name

    def spelled(self, words: tuple[str, ...]) -> str:
        """The name these words form, as it was introduced: `a - b` and `a-b` are the same name, and the first spelling is its key."""
        return self._spelled.get(words) or join_words(words)

    def match(self, tokens: list[Token], at: int) -> int:
        """How many tokens from that place form the longest known name; 0 if none does."""
        for words in self._by_first.get(tokens[at].text, ()):
            if tuple(token.text for token in tokens[at : at + len(words)]) == words and tokens[at].kind != "string":
                return len(words)
        return 0


@dataclass(frozen=True, eq=False)
class Syntax:
    """What a text may refer to besides the built-ins: names with special characters and the types of the model.

    Compared by identity, so that it can be part of a cache key.
    """

    names: frozenset[str] = frozenset()
    types: Mapping[str, FeelType] = field(default_factory=dict)


def builtin_names(functions: Iterable[str]) -> KnownNames:
    """Names of built-in functions and types that consist of several words."""
    return KnownNames([*functions, *_TYPE_NAMES])


class Reader:
    """Walks through the tokens of one text; every method raises SyntaxFault."""

    def __init__(self, text: str, known: KnownNames, types: Mapping[str, FeelType]) -> None:
        self.tokens = tokenize(text)
        self.at = 0
        self.known = KnownNames(parent=known)
        self.types = types
        self.depth = 0

    # -- tokens -----------------------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def is_op(self, *texts: str) -> bool:
        return self.token.kind == "op" and self.token.text in texts

    def is_word(self, text: str) -> bool:
        return self.token.kind == "name" and self.token.text == text

    def accept(self, text: str) -> bool:
        if self.token.text == text and self.token.kind in {"op", "name"}:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            self.fail(f"Erwartet wird „{text}“")

    def fail(self, reason: str) -> NoReturn:
        found = f"„{self.token.text[:30]}“ an Zeichen {self.token.at + 1}" if self.token.kind != "end" else "das Ende"
        raise SyntaxFault(f"{reason}, gefunden wurde {found}.")

    def finish(self) -> None:
        if self.token.kind != "end":
            self.fail("Erwartet wird das Ende des Ausdrucks")

    # -- names ------------------------------------------------------------------------------------------------------------------

    def name(self, *, after_dot: bool = False) -> str:
        """A name: the longest known one, or a run of words that are no keywords."""
        if self.token.kind == "quoted":
            self.at += 1
            return self.tokens[self.at - 1].text
        length = self.known.match(self.tokens, self.at)
        if length > 1:
            self.at += length
            return self.known.spelled(tuple(token.text for token in self.tokens[self.at - length : self.at]))
        if self.token.kind != "name" or (self.token.text in _RESERVED and not after_dot):
            self.fail("Erwartet wird ein Name")
        words = [self.token.text]
        self.at += 1
        # Two words side by side can only be one name: the standard allows blanks in names.
        while self.token.kind == "name" and self.token.text not in STOP_WORDS and words[0] != "?":
            words.append(self.token.text)
            self.at += 1
        return join_words(words)

    def _key(self, stops: tuple[str, ...]) -> str:
        """A name that is introduced here: a string, or all tokens up to one of the stops."""
        if self.token.kind in {"string", "quoted"}:
            self.at += 1
            return self.tokens[self.at - 1].text
        words: list[str] = []
        while self.token.kind != "end" and self.token.text not in stops:
            if self.token.kind == "string" or (not words and self.token.kind != "name"):
                break
            words.append(self.token.text)
            self.at += 1
        if not words:
            self.fail("Erwartet wird ein Name")
        name = join_words(words)
        self.known.add(name)
        return name

    def _argument_name(self) -> str | None:
        """The name before a colon, if this argument has one."""
        if self.token.kind not in {"name", "quoted"}:
            return None
        words: list[str] = []
        for place in range(self.at, len(self.tokens)):
            token = self.tokens[place]
            if token.text == ":" and token.kind == "op":
                self.at = place + 1
                return self.known.spelled(tuple(words))
            if token.kind not in {"name", "number", "quoted"} and token.text not in {"-", "/", "'", "."}:
                return None
            words.append(token.text)
        return None

    # -- types ------------------------------------------------------------------------------------------------------------------

    def type(self) -> FeelType:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise SyntaxFault(f"Der Ausdruck ist tiefer als {MAX_NESTING} Ebenen geschachtelt.")
        found = self._type()
        self.depth -= 1
        return found

    def _type(self) -> FeelType:
        if self.is_word("function") and self.peek().text == "<":
            self.at += 1
            parameters = self._type_arguments()
            self.expect("->")
            return FunctionType(parameters, self.type())
        if self.is_word("list") and self.peek().text == "<":
            self.at += 1
            return ListType(self._single_argument())
        if self.is_word("range") and self.peek().text == "<":
            self.at += 1
            return RangeType(self._single_argument())
        if self.is_word("context") and self.peek().text == "<":
            self.at += 1
            return self._context_type()
        return self._named_type()

    def _single_argument(self) -> FeelType:
        arguments = self._type_arguments()
        if len(arguments) != 1:
            raise SyntaxFault("Dieser Typ hat genau einen inneren Typ.")
        return arguments[0]

    def _type_arguments(self) -> tuple[FeelType, ...]:
        self.expect("<")
        found: list[FeelType] = []
        while not self.is_op(">"):
            found.append(self.type())
            if not self.accept(","):
                break
        self.expect(">")
        return tuple(found)

    def _context_type(self) -> FeelType:
        self.expect("<")
        entries: dict[str, FeelType] = {}
        while not self.is_op(">"):
            key = self._key((":",))
            self.expect(":")
            entries[key] = self.type()
            if not self.accept(","):
                break
        self.expect(">")
        return ContextType(entries)

    def _named_type(self) -> FeelType:
        length = self.known.match(self.tokens, self.at)
        words: list[str] = []
        if length > 1:
            words = [token.text for token in self.tokens[self.at : self.at + length]]
            self.at += length
        elif self.token.kind in {"name", "quoted"}:
            words = [self.token.text]
            self.at += 1
        else:
            self.fail("Erwartet wird ein Typ")
        name = join_words(words)
        while self.is_op(".") and self.peek().kind == "name":
            self.at += 2
            name += "." + self.tokens[self.at - 1].text
        return BASIC.get(name) or NamedType(name, self.types)
