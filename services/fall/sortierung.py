"""Names sort and are found by a key computed here: the embedded PostgreSQL has no ICU (decision D1)."""

from __future__ import annotations

import unicodedata

# DIN 5007 variant 2 (lists of names): ä sorts as ae. The others do not decompose into a letter and a mark.
LETTERS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "æ": "ae",
        "ø": "oe",
        "œ": "oe",
        "å": "a",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "ŋ": "n",
        "ŧ": "t",
        "ə": "e",
    }
)


def fold(text: str) -> str:
    """Lower case without umlauts and diacritics, one space between words, letters and digits only."""
    lower = unicodedata.normalize("NFC", text).casefold().replace("i̇", "i").translate(LETTERS)
    plain = "".join(c for c in unicodedata.normalize("NFD", lower) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def sort_key(nachname: str, vorname: str) -> str:
    """Key of a person: family name first."""
    return fold(f"{nachname} {vorname}")
