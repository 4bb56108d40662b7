"""Sets of characters a regular expression can name: categories, blocks, multi-character escapes (XML Schema part 2, appendix F)."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable
from typing import Final, TypeAlias

CharTest: TypeAlias = Callable[[str], bool]
_GENERAL: Final = {"L": "ultmo", "M": "nce", "N": "dlo", "P": "cdseifo", "Z": "slp", "S": "mcko", "C": "cfon"}
CATEGORIES: Final = frozenset({*_GENERAL, *(major + minor for major, minors in _GENERAL.items() for minor in minors), "Cs"})
BLOCKS: Final = {
    "BasicLatin": (0, 0x7F), "Latin-1Supplement": (0x80, 0xFF), "LatinExtended-A": (0x100, 0x17F), "LatinExtended-B": (0x180, 0x24F),
    "IPAExtensions": (0x250, 0x2AF), "SpacingModifierLetters": (0x2B0, 0x2FF), "CombiningDiacriticalMarks": (0x300, 0x36F),
    "Greek": (0x370, 0x3FF), "GreekandCoptic": (0x370, 0x3FF), "Cyrillic": (0x400, 0x4FF), "Armenian": (0x530, 0x58F),
    "Hebrew": (0x590, 0x5FF), "Arabic": (0x600, 0x6FF), "Devanagari": (0x900, 0x97F), "Thai": (0xE00, 0xE7F), "Georgian": (0x10A0, 0x10FF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF), "GreekExtended": (0x1F00, 0x1FFF), "GeneralPunctuation": (0x2000, 0x206F),
    "CurrencySymbols": (0x20A0, 0x20CF), "LetterlikeSymbols": (0x2100, 0x214F), "NumberForms": (0x2150, 0x218F), "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF), "BoxDrawing": (0x2500, 0x257F), "Hiragana": (0x3040, 0x309F), "Katakana": (0x30A0, 0x30FF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF), "HangulSyllables": (0xAC00, 0xD7A3), "PrivateUse": (0xE000, 0xF8FF),
}  # fmt: skip


def same(char: str) -> CharTest:
    """The set of one character."""
    return lambda c: c == char


def between(low: str, high: str) -> CharTest:
    """The characters from one to another."""
    return lambda c: low <= c <= high


def negated(test: CharTest) -> CharTest:
    """All other characters."""
    return lambda c: not test(c)


def without(own: CharTest, minus: CharTest) -> CharTest:
    """One set without another."""
    return lambda c: own(c) and not minus(c)


def any_of(tests: list[CharTest], *, ignore_case: bool) -> CharTest:
    """The union of sets; ignoring case, a character counts with its other forms."""
    if ignore_case:
        return lambda c: any(test(form) for form in {c, c.lower(), c.upper()} for test in tests)
    return tests[0] if len(tests) == 1 else lambda c: any(test(c) for test in tests)


def in_category(name: str, char: str) -> bool:
    """Whether a character has a general category such as `L` or `Lu`."""
    return unicodedata.category(char).startswith(name)


def _is_name_start(char: str) -> bool:
    return char in ":_" or unicodedata.category(char) in {"Lu", "Ll", "Lt", "Lo", "Lm", "Nl"}


MULTI: Final[dict[str, CharTest]] = {
    "s": lambda c: c in " \t\n\r",
    "d": functools.partial(in_category, "Nd"),
    "w": lambda c: unicodedata.category(c)[0] not in "PZC",
    "i": _is_name_start,
    "c": lambda c: _is_name_start(c) or c in "-.\u00b7" or unicodedata.category(c) in {"Nd", "Mn", "Mc"},
}
