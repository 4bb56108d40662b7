"""The Kommunalprofil: what one Kommune settles for itself, each figure with its source.

A profile is a YAML file ``processes/profile/<kommune>.yaml``; what it leaves open comes from the settings of the processes
(``processes/<key>/einstellungen.yaml``). It is data that people edit, so everything is checked when it is read and every refusal is a
German sentence that names the place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from processes import einstellungen, varianten
from processes.angaben import NAME, Einheit, Frist, ProfilError, Reader, Regelwert

if TYPE_CHECKING:
    from processes.einstellungen import Vorgaben
    from processes.varianten import Variante, Zeit

__all__ = ["Einheit", "Frist", "InvalidProfil", "Organisation", "Profil", "ProfilError", "UnknownFrist", "load", "namen", "parse"]

RECHTSKREISE = frozenset({"asylblg", "sgb2", "sgb3", "sgb8", "sgb12"})
LAENDER = frozenset({"BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH"})

_PRAEFIX = re.compile(r"[A-Z][A-Z0-9]{0,9}")


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
        varianten: Which settings carry each variant point, with the source; empty only in a profile that does not ship.
        zeiten: Which settings carry the times that the sources name.
        nur_angabe: Setting (``regel.vertrag_von``) -> why it steers nothing and is kept as a fact of the source.
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
    varianten: Mapping[str, Variante] = field(default_factory=dict)
    zeiten: Mapping[str, Zeit] = field(default_factory=dict)
    nur_angabe: Mapping[str, str] = field(default_factory=dict)

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
    found = parse((resources.files("processes") / "profile" / f"{kommune}.yaml").read_bytes(), kommune=kommune)
    if not found.varianten:
        raise InvalidProfil("Es fehlt „varianten“: zu jedem Variantenpunkt, was die Quelle sagt.", kommune=kommune)
    return found


def parse(data: bytes, *, kommune: str, vorgaben: Vorgaben | None = None) -> Profil:
    """Read a profile from YAML.

    Args:
        data: The document in UTF-8.
        kommune: The name it goes by; the document has to say the same.
        vorgaben: What holds where the profile says nothing; default: the settings of the processes that ship with the application.

    Raises:
        InvalidProfil: if something is missing, unknown or does not fit together.
        InvalidEinstellungen: if the settings of a process cannot be used.
    """
    reader = _Reader(kommune, einstellungen.vorgaben() if vorgaben is None else vorgaben)
    return reader.profil(reader.document(data))


class _Reader(Reader):
    """Reads one profile."""

    def __init__(self, kommune: str, vorgaben: Vorgaben) -> None:
        super().__init__(lambda reason: InvalidProfil(reason, kommune=kommune))
        self.kommune = kommune
        self.vorgaben = vorgaben

    # Parts

    def profil(self, document: object) -> Profil:
        found = self.mapping(
            document,
            "Profil",
            required=frozenset({"kommune", "name", "version", "land", "aktenzeichen", "prozess", "funktion", "organisationen", "fristen"}),
            optional=frozenset({"schliesstage", "regel", "wert", "beschriftung", "varianten", "zeiten", "nur_angabe"}),
        )
        if found["kommune"] != self.kommune:
            self.refuse(f"„kommune“ muss wie die Datei heißen, gefunden wurde {found['kommune']!r}.")
        if found["land"] not in LAENDER:
            self.refuse(f"„land“ muss das Kürzel eines Landes sein, zum Beispiel NW, gefunden wurde {found['land']!r}.")
        praefix = self.mapping(found["aktenzeichen"], "aktenzeichen", required=frozenset({"praefix"}))["praefix"]
        if not isinstance(praefix, str) or not _PRAEFIX.fullmatch(praefix):
            self.refuse("„aktenzeichen.praefix“ muss aus 1 bis 10 Großbuchstaben und Ziffern bestehen und mit einem Buchstaben beginnen.")
        organisationen = self.organisationen(found["organisationen"])
        profil = Profil(
            kommune=self.kommune,
            name=self.text(found["name"], "name"),
            version=self.text(found["version"], "version"),
            land=str(found["land"]),
            schliesstage=self.schliesstage(found.get("schliesstage", [])),
            aktenzeichen_praefix=praefix,
            prozess=self.each(found["prozess"], "prozess", self.text),
            funktion=self.mit_vorgaben(self.funktionen(found["funktion"], {o.key for o in organisationen})),
            organisationen=organisationen,
            regel=MappingProxyType({**self.vorgaben.regel, **self.each(found.get("regel", {}), "regel", self.regel)}),
            wert=MappingProxyType({**self.vorgaben.wert, **self.each(found.get("wert", {}), "wert", self.zahl)}),
            fristen=MappingProxyType({**self.vorgaben.fristen, **self.each(found["fristen"], "fristen", self.frist)}),
            beschriftung=self.each(found.get("beschriftung", {}), "beschriftung", self.text),
            varianten=MappingProxyType(varianten.varianten(self, found["varianten"]) if "varianten" in found else {}),
            zeiten=MappingProxyType(varianten.zeiten(self, found.get("zeiten", {}))),
            nur_angabe=MappingProxyType({**self.vorgaben.nur_angabe, **varianten.nur_angabe(self, found.get("nur_angabe", {}))}),
        )
        settings: dict[str, Mapping[str, object]] = {
            "prozess": profil.prozess, "funktion": profil.funktion, "regel": profil.regel, "wert": profil.wert, "fristen": profil.fristen,
            "beschriftung": profil.beschriftung,
        }
        varianten.check(self, settings, {**profil.varianten, **profil.zeiten})
        varianten.check_angaben(self, settings, profil.nur_angabe)
        varianten.check_eintraege(self, profil.regel)
        return profil

    def schliesstage(self, value: object) -> tuple[date, ...]:
        if not isinstance(value, list) or not all(type(day) is date for day in value):
            self.refuse("„schliesstage“ muss eine Liste von Tagen sein, zum Beispiel 2026-12-24.")
        return tuple(sorted(value))

    def funktionen(self, value: object, known: set[str]) -> Mapping[str, str | tuple[str, ...]]:
        def read(item: object, where: str) -> str | tuple[str, ...]:
            item = self.belegt(item, where)
            keys = self.texts(item, where) if isinstance(item, list) else (self.text(item, where),)
            for key in keys:
                if key not in known:
                    self.refuse(f"„{where}“ nennt „{key}“; diese Organisation steht nicht unter „organisationen“.")
            if not keys:
                self.refuse(f"„{where}“ nennt keine Organisation.")
            return keys if isinstance(item, list) else keys[0]

        return self.each(value, "funktion", read)

    def mit_vorgaben(self, own: Mapping[str, str | tuple[str, ...]]) -> Mapping[str, str | tuple[str, ...]]:
        """Functions that the profile does not fill go to the organisation of the function that the process names instead."""
        found = dict(own)
        for name, instead in self.vorgaben.funktion.items():
            if name in own:
                continue
            if instead not in own:
                self.refuse(f"Die Funktion „{name}“ ist nicht besetzt, und „{instead}“, das sie vertreten soll, auch nicht.")
            found[name] = own[instead]
        return MappingProxyType(found)

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
        if not NAME.fullmatch(key):
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
