"""The Kommunalprofil: what one Kommune settles for itself, each figure with its source.

A profile is a YAML file ``processes/profile/<kommune>.yaml``. It is data that people edit, so everything is checked when it is read and
every refusal is a German sentence that names the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import NoReturn, TypeVar

import yaml

T = TypeVar("T")

Regelwert = str | int | float | bool | None | tuple["Regelwert", ...] | Mapping[str, "Regelwert"]
"""Value of a rule: text, number, yes or no, or a list or mapping of these."""

RECHTSKREISE = frozenset({"asylblg", "sgb2", "sgb3", "sgb8", "sgb12"})
LAENDER = frozenset({"BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH"})

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PRAEFIX = re.compile(r"[A-Z][A-Z0-9]{0,9}")


class ProfilError(Exception):
    """Base of what can go wrong with a profile."""


class InvalidProfil(ProfilError):
    """The profile cannot be used; the sentence says where and why."""

    def __init__(self, message: str, *, kommune: str) -> None:
        super().__init__(f"Profil „{kommune}“: {message}")
        self.kommune = kommune


class UnknownFrist(ProfilError):
    """A model asks for a deadline that the profile does not name."""

    def __init__(self, name: str, *, kommune: str) -> None:
        super().__init__(f"Das Profil „{kommune}“ kennt keine Frist „{name}“. Tragen Sie sie unter „fristen“ ein.")
        self.name = name
        self.kommune = kommune


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


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """An organisation of the local network.

    Attributes:
        key: Key by which functions, cases and handovers name it.
        name: Name for people.
        art: Kind, for example ``kommune`` or ``wohlfahrtsverband``.
        rechtskreis: Rechtskreise in which it works, possibly none.
        angebote: What it offers.
        kapazitaet: Number of cases it can take, or ``None`` where none is agreed.
        sprachen: Languages of advice as ISO 639-1 codes.
        mail: Address of the organisation, never of a person, or ``None``.
    """

    key: str
    name: str
    art: str
    rechtskreis: tuple[str, ...] = ()
    angebote: tuple[str, ...] = ()
    kapazitaet: int | None = None
    sprachen: tuple[str, ...] = ()
    mail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Profil:
    """All settings of one Kommune.

    Attributes:
        kommune: Key of the Kommune, equal to the name of its file.
        name: Name for people.
        version: Version of the profile; the old one stays with what it settled.
        land: Land whose holidays count, two letters.
        schliesstage: Days on which the administration is closed besides the holidays.
        aktenzeichen_praefix: What every Aktenzeichen begins with.
        prozess: Which process plays a role, for example ``zugang`` -> ``zugang_moers``.
        funktion: Which organisation has a function; several where they take turns.
        organisationen: The network.
        regel: Rules (variant points) by name.
        wert: Figures without a unit of time.
        fristen: Deadlines by name.
        beschriftung: Local words for things that have a key.
    """

    kommune: str
    name: str
    version: str
    land: str
    aktenzeichen_praefix: str
    prozess: Mapping[str, str]
    funktion: Mapping[str, str | tuple[str, ...]]
    organisationen: tuple[Organisation, ...]
    fristen: Mapping[str, Frist]
    schliesstage: tuple[date, ...] = ()
    regel: Mapping[str, Regelwert] = field(default_factory=dict)
    wert: Mapping[str, int | float] = field(default_factory=dict)
    beschriftung: Mapping[str, str] = field(default_factory=dict)

    def frist(self, name: str) -> Frist:
        """The deadline with this name.

        Raises:
            UnknownFrist: if the profile does not name it.
        """
        try:
            return self.fristen[name]
        except KeyError:
            raise UnknownFrist(name, kommune=self.kommune) from None

    def organisation(self, key: str) -> Organisation | None:
        """The organisation with this key, or ``None``."""
        return next((o for o in self.organisationen if o.key == key), None)

    def as_facts(self) -> dict[str, object]:
        """What FEEL sees as ``profil``: plain dicts, lists, texts and numbers.

        Deadlines are left out: expressions reach them by ``frist("name")`` only, so that no model computes with a bare figure.
        """
        return {
            "kommune": self.kommune,
            "name": self.name,
            "prozess": dict(self.prozess),
            "funktion": {name: _plain(value) for name, value in self.funktion.items()},
            "regel": {name: _plain(value) for name, value in self.regel.items()},
            "wert": dict(self.wert),
            "organisationen": [
                {
                    "key": o.key,
                    "name": o.name,
                    "art": o.art,
                    "rechtskreis": list(o.rechtskreis),
                    "angebote": list(o.angebote),
                    "sprachen": list(o.sprachen),
                }
                for o in self.organisationen
            ],
            "beschriftung": dict(self.beschriftung),
        }


def _plain(value: Regelwert) -> object:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return value


def namen() -> tuple[str, ...]:
    """The profiles that ship with the application, sorted."""
    folder = resources.files("processes") / "profile"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load(kommune: str) -> Profil:
    """Read a profile that ships with the application.

    Raises:
        InvalidProfil: if there is none with this name, or it cannot be used.
    """
    if kommune not in namen():
        raise InvalidProfil(f"Es gibt kein Profil dieses Namens. Vorhanden sind: {', '.join(namen())}.", kommune=kommune)
    return parse((resources.files("processes") / "profile" / f"{kommune}.yaml").read_bytes(), kommune=kommune)


def parse(data: bytes, *, kommune: str) -> Profil:
    """Read a profile from YAML.

    Args:
        data: The document in UTF-8.
        kommune: The name it goes by; the document has to say the same.

    Raises:
        InvalidProfil: if something is missing, unknown or does not fit together.
    """
    try:
        document = yaml.safe_load(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidProfil(f"Die Datei ist kein gültiges YAML in UTF-8: {error}", kommune=kommune) from error
    return _Reader(kommune).profil(document)


class _Reader:
    """Reads one document; knows its name for the sentences."""

    def __init__(self, kommune: str) -> None:
        self.kommune = kommune

    def refuse(self, reason: str) -> NoReturn:
        raise InvalidProfil(reason, kommune=self.kommune)

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
            if not isinstance(name, str) or not _NAME.fullmatch(name):
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

    # Parts

    def profil(self, document: object) -> Profil:
        found = self.mapping(
            document,
            "Profil",
            required=frozenset({"kommune", "name", "version", "land", "aktenzeichen", "prozess", "funktion", "organisationen", "fristen"}),
            optional=frozenset({"schliesstage", "regel", "wert", "beschriftung"}),
        )
        if found["kommune"] != self.kommune:
            self.refuse(f"„kommune“ muss wie die Datei heißen, gefunden wurde {found['kommune']!r}.")
        if found["land"] not in LAENDER:
            self.refuse(f"„land“ muss das Kürzel eines Landes sein, zum Beispiel NW, gefunden wurde {found['land']!r}.")
        praefix = self.mapping(found["aktenzeichen"], "aktenzeichen", required=frozenset({"praefix"}))["praefix"]
        if not isinstance(praefix, str) or not _PRAEFIX.fullmatch(praefix):
            self.refuse("„aktenzeichen.praefix“ muss aus 1 bis 10 Großbuchstaben und Ziffern bestehen und mit einem Buchstaben beginnen.")
        organisationen = self.organisationen(found["organisationen"])
        return Profil(
            kommune=self.kommune,
            name=self.text(found["name"], "name"),
            version=self.text(found["version"], "version"),
            land=str(found["land"]),
            schliesstage=self.schliesstage(found.get("schliesstage", [])),
            aktenzeichen_praefix=praefix,
            prozess=self.each(found["prozess"], "prozess", self.text),
            funktion=self.funktionen(found["funktion"], {o.key for o in organisationen}),
            organisationen=organisationen,
            regel=self.each(found.get("regel", {}), "regel", self.regel),
            wert=self.each(found.get("wert", {}), "wert", self.zahl),
            fristen=self.each(found["fristen"], "fristen", self.frist),
            beschriftung=self.each(found.get("beschriftung", {}), "beschriftung", self.text),
        )

    def schliesstage(self, value: object) -> tuple[date, ...]:
        if not isinstance(value, list) or not all(type(day) is date for day in value):
            self.refuse("„schliesstage“ muss eine Liste von Tagen sein, zum Beispiel 2026-12-24.")
        return tuple(sorted(value))

    def funktionen(self, value: object, known: set[str]) -> Mapping[str, str | tuple[str, ...]]:
        def read(item: object, where: str) -> str | tuple[str, ...]:
            keys = self.texts(item, where) if isinstance(item, list) else (self.text(item, where),)
            for key in keys:
                if key not in known:
                    self.refuse(f"„{where}“ nennt „{key}“; diese Organisation steht nicht unter „organisationen“.")
            if not keys:
                self.refuse(f"„{where}“ nennt keine Organisation.")
            return keys if isinstance(item, list) else keys[0]

        return self.each(value, "funktion", read)

    def organisationen(self, value: object) -> tuple[Organisation, ...]:
        if not isinstance(value, list) or not value:
            self.refuse("„organisationen“ muss eine Liste mit wenigstens einer Organisation sein.")
        found = tuple(self.organisation(item) for item in value)
        keys = [o.key for o in found]
        doubled = next((key for key in keys if keys.count(key) > 1), None)
        if doubled is not None:
            self.refuse(f"Die Organisation „{doubled}“ steht zweimal unter „organisationen“.")
        return found

    def organisation(self, value: object) -> Organisation:
        item = self.mapping(
            value,
            "organisationen",
            required=frozenset({"key", "name", "art"}),
            optional=frozenset({"rechtskreis", "angebote", "kapazitaet", "sprachen", "mail"}),
        )
        key = self.text(item["key"], "organisationen.key")
        if not _NAME.fullmatch(key):
            self.refuse(f"„{key}“ ist kein Schlüssel aus Kleinbuchstaben ohne Umlaute, Ziffern und „_“.")
        rechtskreis = self.texts(item.get("rechtskreis", []), f"{key}.rechtskreis")
        for kreis in rechtskreis:
            if kreis not in RECHTSKREISE:
                self.refuse(f"„{key}.rechtskreis“ nennt „{kreis}“. Erlaubt sind: {', '.join(sorted(RECHTSKREISE))}.")
        kapazitaet, mail = item.get("kapazitaet"), item.get("mail")
        return Organisation(
            key=key,
            name=self.text(item["name"], f"{key}.name"),
            art=self.text(item["art"], f"{key}.art"),
            rechtskreis=rechtskreis,
            angebote=self.texts(item.get("angebote", []), f"{key}.angebote"),
            kapazitaet=None if kapazitaet is None else self.whole(kapazitaet, f"{key}.kapazitaet"),
            sprachen=self.texts(item.get("sprachen", []), f"{key}.sprachen"),
            mail=None if mail is None else self.text(mail, f"{key}.mail"),
        )

    def frist(self, value: object, where: str) -> Frist:
        item = self.mapping(
            value, where, required=frozenset({"wert", "einheit"}), optional=frozenset({"quelle", "unsere_einstellung", "begruendung"})
        )
        if item["einheit"] not in set(Einheit):
            self.refuse(f"„{where}.einheit“ ist {item['einheit']!r}. Erlaubt sind: {', '.join(Einheit)}.")
        ours = item.get("unsere_einstellung", False)
        if not isinstance(ours, bool):
            self.refuse(f"„{where}.unsere_einstellung“ muss true oder false sein.")
        if ours == ("quelle" in item):
            # Nobody may take a figure of ours for one of a source.
            self.refuse(f"„{where}“ braucht entweder „quelle“ oder „unsere_einstellung: true“, nicht beides.")
        if "begruendung" in item and not ours:
            self.refuse(f"„{where}.begruendung“ gehört zu „unsere_einstellung“; eine Zahl aus einer Quelle begründet die Quelle.")
        return Frist(
            wert=self.whole(item["wert"], f"{where}.wert"),
            einheit=Einheit(str(item["einheit"])),
            quelle=self.text(item["quelle"], f"{where}.quelle") if "quelle" in item else None,
            unsere_einstellung=ours,
            begruendung=self.text(item["begruendung"], f"{where}.begruendung") if "begruendung" in item else None,
        )

    def zahl(self, value: object, where: str) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(f"„{where}“ muss eine Zahl sein, gefunden wurde {value!r}.")
        return value

    def regel(self, value: object, where: str) -> Regelwert:
        if value is None or isinstance(value, str | int | float):
            return value
        if isinstance(value, list):
            return tuple(self.regel(item, where) for item in value)
        if isinstance(value, dict):
            return self.each(value, where, self.regel)
        return self.refuse(f"„{where}“ muss Text, Zahl, ja oder nein, Liste oder Zuordnung sein, gefunden wurde {value!r}.")
