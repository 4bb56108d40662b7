"""Which characters the fonts of the documents can show. A PDF that claims accessibility must not contain any other.

``schriften/abdeckung.txt`` lists the ranges (written by ``scripts/schriften.py`` from the fonts themselves).
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import cache
from importlib import resources
from typing import Any

ERSATZ = "\u25a1"  # an empty box: something stood here
WORT_MAX, STUECK = 24, 6  # longer words get places to break the line, so that none runs out of its column
WEICH = "\u200b"
JOINERS = "\u200c\u200d"  # they shape Persian words


@cache
def _ranges() -> tuple[list[int], list[int]]:
    lines = (resources.files("services.dokumente") / "schriften" / "abdeckung.txt").read_text("ascii").split()
    pairs = [tuple(int(part, 16) for part in line.split("-")) for line in lines]
    return [pair[0] for pair in pairs], [pair[-1] for pair in pairs]


def darstellbar(letter: str) -> bool:
    """Whether a font has a picture of this character."""
    first, last = _ranges()
    place = bisect_right(first, ord(letter)) - 1
    return place >= 0 and ord(letter) <= last[place]


def text(value: str) -> str:
    """The text with every character that cannot be shown replaced, and long words made breakable.

    Control characters go, and so do the invisible marks that would turn the direction of what follows, or hide.
    """
    plain = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(" ".join(_word(word) for word in line.split()) for line in plain.split("\n")).strip()


def _word(word: str) -> str:
    kept = [letter for letter in word if letter in JOINERS or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"}]
    shown = "".join(letter if letter in JOINERS or darstellbar(letter) else ERSATZ for letter in kept)
    if len(shown) <= WORT_MAX:
        return shown
    return WEICH.join(shown[start:start + STUECK] for start in range(0, len(shown), STUECK))


def bereinigt(value: Any) -> Any:  # noqa: ANN401  JSON in, JSON of the same shape out
    """All texts of a JSON value through :func:`text`; keys stay."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [bereinigt(each) for each in value]
    if isinstance(value, dict):
        return {key: bereinigt(each) for key, each in value.items()}
    return value
