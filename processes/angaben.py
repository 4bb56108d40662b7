"""What a Kommune or a process may state: values, rules, deadlines, and how they are read from YAML.

The files are data that people edit, so everything is checked when it is read and every refusal is a German sentence that names the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

import yaml

T = TypeVar("T")

Regelwert = str | int | float | bool | None | tuple["Regelwert", ...] | Mapping[str, "Regelwert"]
"""Value of a rule: text, number, yes or no, or a list or mapping of these."""

BELEG = frozenset({"quelle", "unsere_einstellung", "begruendung"})

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
DEEP = 100  # nobody nests so deep; libyaml would overflow the stack of the process where the plain reader only refuses


def lies_yaml(text: str) -> Any:  # noqa: ANN401  whatever stands there
    """A YAML document of safe kinds only, read several times as fast as by ``yaml.safe_load`` where PyYAML brings libyaml.

    Raises:
        yaml.YAMLError: in the words of ``yaml.safe_load``, which show the line in question.
    """
    try:
        if not _deep(text):
            return yaml.load(text, Loader=LOADER)  # noqa: S506  both are safe loaders
    except yaml.YAMLError:
        pass
    return yaml.safe_load(text)


def _deep(text: str) -> bool:
    """Whether more than ``DEEP`` lists and mappings stand in each other. Raises yaml.YAMLError."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEP:
            return True
    return False


class ProfilError(Exception):
    """Base of what can go wrong with a profile or the settings of a process."""


class Einheit(StrEnum):
    """Unit of a deadline. Arbeitstage and Werktage need the calendar of the Land, the others do not."""

    STUNDEN = "stunden"
    TAGE = "tage"
    WOCHEN = "wochen"
    MONATE = "monate"
    JAHRE = "jahre"
    ARBEITSTAGE = "arbeitstage"
    WERKTAGE = "werktage"


@dataclass(frozen=True, kw_only=True)
class Frist:
    """One deadline.

    Attributes:
        wert: How many units, at least 0.
        einheit: The unit.
        quelle: Where the figure stands, or ``None``.
        unsere_einstellung: True if no source names a figure and the installation chose one.
        begruendung: Why this figure was chosen; only with ``unsere_einstellung``.
    """

    wert: int
    einheit: Einheit
    quelle: str | None = None
    unsere_einstellung: bool = False
    begruendung: str | None = None


class Reader:
    """Checks the shapes of one document.

    Args:
        refusal: Makes the error from a sentence.
    """

    def __init__(self, refusal: Callable[[str], ProfilError]) -> None:
        self.refusal = refusal

    def refuse(self, reason: str) -> NoReturn:
        raise self.refusal(reason)

    def document(self, data: bytes) -> object:
        """The YAML document as it stands."""
        try:
            return lies_yaml(data.decode("utf-8-sig"))
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise self.refusal(f"Die Datei ist kein gültiges YAML in UTF-8: {error}") from error

    # Shapes

    def mapping(self, value: object, where: str, *, required: frozenset[str], optional: frozenset[str] = frozenset()) -> dict[str, object]:
        """A mapping with exactly these keys."""
        found = self.names(value, where)
        missing, unknown = sorted(required - set(found)), sorted(set(found) - required - optional)
        if missing:
            self.refuse(f"Bei „{where}“ fehlt „{missing[0]}“.")
        if unknown:
            self.refuse(f"Bei „{where}“ ist „{unknown[0]}“ unbekannt. Erlaubt sind: {', '.join(sorted(required | optional))}.")
        return found

    def names(self, value: object, where: str) -> dict[str, object]:
        """A mapping whose keys are identifiers."""
        if not isinstance(value, dict):
            self.refuse(f"„{where}“ muss aus Namen mit Werten bestehen.")
        for name in value:
            if not isinstance(name, str) or not NAME.fullmatch(name):
                self.refuse(f"„{name}“ bei „{where}“ ist kein Name aus Kleinbuchstaben ohne Umlaute, Ziffern und „_“.")
        return value

    def text(self, value: object, where: str) -> str:
        if not isinstance(value, str) or not value.strip():
            self.refuse(f"„{where}“ muss Text sein, gefunden wurde {value!r}.")
        return value

    def texts(self, value: object, where: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            self.refuse(f"„{where}“ muss eine Liste sein.")
        return tuple(self.text(item, where) for item in value)

    def whole(self, value: object, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.refuse(f"„{where}“ muss eine ganze Zahl ab 0 sein, gefunden wurde {value!r}.")
        return value

    def each(self, value: object, where: str, read: Callable[[object, str], T]) -> Mapping[str, T]:
        return MappingProxyType({name: read(item, f"{where}.{name}") for name, item in self.names(value, where).items()})

    # Values

    def frist(self, value: object, where: str) -> Frist:
        item = self.mapping(value, where, required=frozenset({"wert", "einheit"}), optional=BELEG)
        if item["einheit"] not in set(Einheit):
            self.refuse(f"„{where}.einheit“ ist {item['einheit']!r}. Erlaubt sind: {', '.join(Einheit)}.")
        ours = self.ours(item, where)
        return Frist(
            wert=self.whole(item["wert"], f"{where}.wert"),
            einheit=Einheit(str(item["einheit"])),
            quelle=self.text(item["quelle"], f"{where}.quelle") if "quelle" in item else None,
            unsere_einstellung=ours,
            begruendung=self.text(item["begruendung"], f"{where}.begruendung") if "begruendung" in item else None,
        )

    def ours(self, item: Mapping[str, object], where: str) -> bool:
        """Whether the value is a setting of ours; nobody may take it for one of a source."""
        ours = item.get("unsere_einstellung", False)
        if not isinstance(ours, bool):
            self.refuse(f"„{where}.unsere_einstellung“ muss true oder false sein.")
        if ours == ("quelle" in item):
            self.refuse(f"„{where}“ braucht entweder „quelle“ oder „unsere_einstellung: true“, nicht beides.")
        if "begruendung" in item and not ours:
            self.refuse(f"„{where}.begruendung“ gehört zu „unsere_einstellung“; eine Angabe aus einer Quelle begründet die Quelle.")
        for name in sorted(BELEG & set(item) - {"unsere_einstellung"}):
            self.text(item[name], f"{where}.{name}")
        return ours

    def belegt(self, value: object, where: str) -> object:
        """The bare value of ``{wert, quelle}`` or ``{wert, unsere_einstellung, begruendung}``; what is not of this shape stays."""
        if isinstance(value, dict) and "wert" in value and set(value) & {"quelle", "unsere_einstellung"}:
            item = self.mapping(value, where, required=frozenset({"wert"}), optional=BELEG)
            self.ours(item, where)
            return item["wert"]
        return value

    def zahl(self, value: object, where: str) -> int | float:
        value = self.belegt(value, where)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(f"„{where}“ muss eine Zahl sein, gefunden wurde {value!r}.")
        return value

    def regel(self, value: object, where: str) -> Regelwert:
        value = self.belegt(value, where)
        if value is None or isinstance(value, str | int | float):
            return value
        if isinstance(value, list):
            return tuple(self.regel(item, where) for item in value)
        if isinstance(value, dict):
            return self.each(value, where, self.regel)
        return self.refuse(f"„{where}“ muss Text, Zahl, ja oder nein, Liste oder Zuordnung sein, gefunden wurde {value!r}.")
