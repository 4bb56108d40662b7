"""Finding a setting on the page *Kommunalprofil*: only the rows in which every word of the search occurs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from services.kommunalprofil import Grundlage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from services.kommunalprofil import Kommunalprofil

T = TypeVar("T")
LAENGSTE = 200  # characters of a search
UNSERE = "unsere Einstellung"  # as the page calls it


def filtern(profil: Kommunalprofil, suche: str) -> Kommunalprofil:
    """The profile with the rows that fit; an empty search leaves all. Upper and lower case are the same."""
    words = suche[:LAENGSTE].casefold().split()
    if not words:
        return profil
    return replace(
        profil, punkte=_passend(profil.punkte, words), fristen=_passend(profil.fristen, words), zeiten=_passend(profil.zeiten, words),
        funktionen=_passend(profil.funktionen, words), weitere=_passend(profil.weitere, words), beschriftungen=_passend(profil.beschriftungen, words))


def anzahl(profil: Kommunalprofil) -> int:
    """Rows on the page."""
    return sum(map(len, (profil.punkte, profil.fristen, profil.zeiten, profil.funktionen, profil.weitere, profil.beschriftungen)))


def _passend(rows: Iterable[T], words: list[str]) -> tuple[T, ...]:
    found = []
    for row in rows:
        text = " ".join(_texte(row)).casefold()
        if all(word in text for word in words):
            found.append(row)
    return tuple(found)


def _texte(value: object) -> Iterator[str]:
    """Everything that a row shows."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texte(each)
    elif is_dataclass(value):
        if isinstance(value, Grundlage) and value.unsere:
            yield UNSERE
        for field in fields(value):
            yield from _texte(getattr(value, field.name))
