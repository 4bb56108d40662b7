"""Settings of the processes: what holds for every Kommune that does not settle it otherwise.

A process keeps its own settings beside its model, in ``processes/<key>/einstellungen.yaml`` (``fristen``, ``regel``, ``wert``, ``funktion``
in the shape of a Kommunalprofil). A profile then holds what the source of the Kommune says, and true deviations. ``nur_angabe`` names
settings that steer nothing, with the reason. ``start`` says how people start the process by hand and is read by those who show it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from processes import bibliothek, varianten
from processes.angaben import Frist, ProfilError, Reader, Regelwert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


class InvalidEinstellungen(ProfilError):
    """The settings of a process cannot be used; the sentence says where and why."""

    def __init__(self, message: str, *, key: str) -> None:
        super().__init__(f"Einstellungen von „{key}“: {message}")
        self.key = key


@dataclass(frozen=True, kw_only=True)
class Vorgaben:
    """The settings of one process, or of several together.

    Attributes:
        fristen: Deadlines by name.
        regel: Rules by name.
        wert: Figures without a unit of time.
        funktion: Function -> the function whose organisation takes it where a Kommune names none of its own.
        nur_angabe: Setting (``regel.pilotphase``) -> why it steers nothing and is kept as a fact.
    """

    fristen: Mapping[str, Frist] = field(default_factory=dict)
    regel: Mapping[str, Regelwert] = field(default_factory=dict)
    wert: Mapping[str, int | float] = field(default_factory=dict)
    funktion: Mapping[str, str] = field(default_factory=dict)
    nur_angabe: Mapping[str, str] = field(default_factory=dict)


@functools.cache
def vorgaben() -> Vorgaben:
    """The settings of all processes that ship with the application.

    Raises:
        InvalidEinstellungen: if a file cannot be used, or two files contradict each other.
    """
    return zusammen({datei.key: parse(datei.data, key=datei.key) for datei in bibliothek.einstellungen()})


def parse(data: bytes, *, key: str) -> Vorgaben:
    """Read the settings of one process from YAML.

    Args:
        data: The document in UTF-8.
        key: Key of the process, for the sentences.

    Raises:
        InvalidEinstellungen: if something is unknown or has a wrong shape.
    """
    reader = Reader(lambda reason: InvalidEinstellungen(reason, key=key))
    found = reader.mapping(
        reader.document(data), "Einstellungen", required=frozenset(), optional=frozenset({"fristen", "regel", "wert", "funktion", "nur_angabe", "start"})
    )
    fristen = reader.each(found.get("fristen", {}), "fristen", reader.frist)
    for name, frist in fristen.items():
        if frist.unsere_einstellung and frist.begruendung is None:
            reader.refuse(f"„fristen.{name}“ ist eine eigene Einstellung und braucht eine „begruendung“.")
    own = Vorgaben(
        fristen=fristen,
        regel=reader.each(found.get("regel", {}), "regel", reader.regel),
        wert=reader.each(found.get("wert", {}), "wert", reader.zahl),
        funktion=reader.each(found.get("funktion", {}), "funktion", lambda value, where: reader.text(reader.belegt(value, where), where)),
        nur_angabe=varianten.nur_angabe(reader, found.get("nur_angabe", {})),
    )
    varianten.check_angaben(reader, {"fristen": own.fristen, "regel": own.regel, "wert": own.wert, "funktion": own.funktion}, own.nur_angabe)
    return own


def zusammen(parts: Mapping[str, Vorgaben]) -> Vorgaben:
    """Unite the settings of several processes.

    Args:
        parts: Process key -> its settings.

    Raises:
        InvalidEinstellungen: if two processes give the same name different values.
    """
    return Vorgaben(
        fristen=_unite({key: part.fristen for key, part in parts.items()}, "fristen", lambda frist: (frist.wert, frist.einheit)),
        regel=_unite({key: part.regel for key, part in parts.items()}, "regel", lambda value: value),
        wert=_unite({key: part.wert for key, part in parts.items()}, "wert", lambda value: value),
        funktion=_unite({key: part.funktion for key, part in parts.items()}, "funktion", lambda value: value),
        nur_angabe=_unite({key: part.nur_angabe for key, part in parts.items()}, "nur_angabe", lambda value: value),
    )


def _unite(parts: Mapping[str, Mapping[str, T]], where: str, value_of: Callable[[T], object]) -> Mapping[str, T]:
    found: dict[str, T] = {}
    origin: dict[str, str] = {}
    for key, part in parts.items():
        for name, value in part.items():
            if name in found and value_of(found[name]) != value_of(value):
                raise InvalidEinstellungen(
                    f"„{where}.{name}“ hat dort einen anderen Wert als bei „{origin[name]}“. Ein Name gilt für alle Prozesse; geben Sie beiden "
                    "denselben Wert oder verschiedene Namen.", key=key)
            found[name] = value
            origin.setdefault(name, key)
    return MappingProxyType(found)
