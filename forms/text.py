"""Text that people typed, and Markdown that authors wrote."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from markdown_it.token import Token

# Direction overrides can make a text read as another one. Zero-width joiners stay: Persian and Hindi names need them.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_LINKS = frozenset({"http", "https", "mailto", "tel"})
_EMAIL = re.compile(r"[^@\s,;<>()\[\]\\\"]{1,64}@[^@\s,;<>()\[\]\\\"]{1,190}")
_DOMAIN_LABEL = re.compile(r"[\w](?:[\w\-]{0,61}[\w])?")
_PHONE = re.compile(r"\+?[0-9(][0-9 ()/.\-]{3,38}[0-9]")


def tidy(text: str) -> str:
    """The text in NFC, with plain line ends, without spaces around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def has_control_characters(text: str, *, multiline: bool) -> bool:
    """Whether a text holds characters that nobody types: control, direction override, half of a character."""
    allowed = "\n\t" if multiline else ""
    if text.isascii() and text.isprintable():
        return False
    return any(character not in allowed and (character in _BIDI or unicodedata.category(character) in {"Cc", "Cs"}) for character in text)


def without_control_characters(text: str) -> str:
    """The text as it can be stored: a draft keeps what was typed, except what no database takes."""
    return "".join(c for c in text if c in "\n\t\r" or (c not in _BIDI and unicodedata.category(c) not in {"Cc", "Cs"}))


def is_email(text: str) -> bool:
    """Whether a text looks like one mail address; umlauts in domains are fine."""
    if not _EMAIL.fullmatch(text):
        return False
    local, _, domain = text.partition("@")
    labels = domain.split(".")
    return (
        not local.startswith(".") and not local.endswith(".") and ".." not in local
        and len(labels) > 1 and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
    )  # fmt: skip


def is_phone(text: str) -> bool:
    """Whether a text looks like a telephone number in one of the usual notations."""
    return _PHONE.fullmatch(text) is not None


def _is_safe_link(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme.lower() in _LINKS
    # "//host" would leave our site without saying so.
    return not parts.netloc and not address.startswith(("//", "\\"))


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("table").disable(["image", "html_block", "html_inline"])
    markdown.validateLink = _is_safe_link  # type: ignore[method-assign, assignment]  # the documented way to narrow links
    return markdown


_MARKDOWN = _markdown()
_PLAIN_HEADING = re.compile(r"#{1,6}[ \t]+(?P<title>[^\n*_`\[\]<>&\\]+?)[ \t#]*")


def heading_of(markdown: str) -> str | None:
    """The title, if a Markdown text is nothing but one plain heading."""
    found = _PLAIN_HEADING.fullmatch(markdown.strip())
    return found["title"] if found else None


def render_markdown(markdown: str) -> str:
    """HTML of a Markdown text: no raw HTML, no images, only links to the web, to mail and inside the site.

    Headings become third-level headings, because the page and its sections own the first two.
    """
    tokens = _MARKDOWN.parse(markdown)
    for token in _all(tokens):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "h3"
            if token.nesting == 1:
                token.attrSet("class", "et-h4")
        elif token.type == "table_open":
            token.attrSet("class", "et-table")
        elif token.type == "link_open" and str(token.attrGet("href") or "").startswith(("http:", "https:")):
            token.attrSet("rel", "noopener noreferrer")
        # The page allows no style attributes; markdown-it aligns table cells with one.
        token.attrs.pop("style", None)
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _all(tokens: list[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *(token.children or ()))]
