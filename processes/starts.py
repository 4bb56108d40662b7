"""How people start a process by hand: the key ``start`` of ``processes/<key>/einstellungen.yaml``."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import StrEnum

from processes import bibliothek
from processes.angaben import NAME, Reader
from processes.einstellungen import InvalidEinstellungen


class Von(StrEnum):
    """Where the process is started: in a case, or for the whole Kommune."""

    FALL = "fall"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Start:
    """One process that people may start.

    Attributes:
        key: Key of the process.
        von: In a case or not.
        nachricht: Name of the message that starts it, or None for a plain start.
        funktion: Functions or roles of those who start it.
        titel: Words on the button.
        hinweis: One sentence: when this is right, and what it does.
    """

    key: str
    von: Von
    nachricht: str | None
    funktion: tuple[str, ...]
    titel: str
    hinweis: str


@functools.cache
def starts() -> tuple[Start, ...]:
    """Every process that can be started by hand, by title. Raises InvalidEinstellungen."""
    found = [parse(datei.data, key=datei.key) for datei in bibliothek.einstellungen()]
    return tuple(sorted((start for start in found if start is not None), key=lambda start: start.titel.casefold()))


def parse(data: bytes, *, key: str) -> Start | None:
    """The start in the settings of one process, or None if people do not start it. Raises InvalidEinstellungen."""
    reader = Reader(lambda reason: InvalidEinstellungen(reason, key=key))
    document = reader.document(data)
    if not isinstance(document, dict) or "start" not in document:
        return None
    found = reader.mapping(document["start"], "start", required=frozenset({"von", "nachricht", "funktion", "titel", "hinweis"}))
    von, nachricht = reader.text(found["von"], "start.von"), found["nachricht"]
    if von not in set(Von):
        reader.refuse(f"„start.von“ ist „fall“ oder „system“, nicht „{von}“.")
    if nachricht is not None and not NAME.fullmatch(reader.text(nachricht, "start.nachricht")):
        reader.refuse("„start.nachricht“ ist der Name einer Nachricht aus dem Modell oder leer (null).")
    funktion = reader.texts(found["funktion"], "start.funktion")
    if not funktion:
        reader.refuse("„start.funktion“ nennt mindestens eine Funktion; sonst könnte niemand den Prozess starten.")
    return Start(key=key, von=Von(von), nachricht=None if nachricht is None else str(nachricht), funktion=funktion,
                 titel=reader.text(found["titel"], "start.titel"), hinweis=reader.text(found["hinweis"], "start.hinweis"))
