"""The Kommunalprofil as process owners read it: every point with its value, where that comes from, and which models use it."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from processes import bibliothek, einstellungen
from processes.varianten import VARIANTEN, Bindung
from services import policy
from services.fall.phasen import WOERTER
from services.kommunalprofil_woerter import FRISTEN, NAMEN, PROZESSE, WERTE
from services.policy import Action, MandantTarget
from services.woerter import FUNKTIONEN, in_worten, lesbar

if TYPE_CHECKING:
    from processes.angaben import Frist
    from processes.profil import Profil
    from processes.varianten import Variante
    from services.bootstrap import App
    from services.context import Actor

# How models name a setting; quotation marks are escaped in attributes. Candidate groups name functions.
_NENNT = re.compile(r'\bprofil\.(prozess|funktion|regel|wert|beschriftung)\.([a-z][a-z0-9_]*)|\bfrist\((?:"|&quot;)([a-z][a-z0-9_]*)(?:"|&quot;)')
_GRUPPEN = re.compile(r'candidateGroups="([^"]+)"')
_WORT, _TEXT = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"&quot;([a-z][a-z0-9_]*)&quot;")
# What code reads by itself.
SEITEN = {"regel.zugangswege": "Seite „Neuer Fall“", "regel.abschluss_bericht": "Zahlen der Berichte",
          **{f"beschriftung.{word}": "Fallakte, Fälle und Aufgaben: Name der Phase" for word in sorted(WOERTER)}}
# 2022-06-30, or 03-15 for every year.
_TAG = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d)")
_NAME = re.compile(r'<(?:\w+:)?process\b[^>]*?\bname="([^"]*)"')
TEILE = {"prozess": "Prozess", "funktion": "Funktion", "regel": "Regel", "wert": "Wert", "fristen": "Frist", "beschriftung": "Bezeichnung",
         "organisationen": "Stellen"}
EINHEITEN = {
    "stunden": ("Stunde", "Stunden"), "tage": ("Tag", "Tage"), "wochen": ("Woche", "Wochen"), "monate": ("Monat", "Monate"), "jahre": ("Jahr", "Jahre"),
    "arbeitstage": ("Arbeitstag", "Arbeitstage"), "werktage": ("Werktag", "Werktage")}
BINDUNGEN = {Bindung.FEST: "fest", Bindung.SOLL: "soll", Bindung.KANN: "kann", Bindung.ANGABE: "Angabe"}


@dataclass(frozen=True, kw_only=True)
class Grundlage:
    """Where a value comes from: ``quelle`` of the Kommune, or our own setting with its reason; neither where nothing is written down."""

    quelle: str = ""
    unsere: bool = False
    begruendung: str = ""


@dataclass(frozen=True, kw_only=True)
class Einstellung:
    """A setting: its kind and name in words, its value in words, and the names of the processes that use it.

    ``angabe``: why it steers nothing and is kept as a fact of the source; empty where something behaves by it.
    """

    art: str
    name: str
    wert: str
    genutzt: tuple[str, ...]
    angabe: str = ""


@dataclass(frozen=True, kw_only=True)
class Punkt:
    """A variant point with the settings that carry it."""

    nummer: str
    titel: str
    einstellungen: tuple[Einstellung, ...]
    grundlage: Grundlage


@dataclass(frozen=True, kw_only=True)
class Fristzeile:
    """A deadline. ``vorgabe``: it holds for every Kommune that says nothing else."""

    einstellung: Einstellung
    grundlage: Grundlage
    vorgabe: bool


@dataclass(frozen=True, kw_only=True)
class Zeitzeile:
    """A time that the sources name, in their words."""

    nummer: str
    wortlaut: str
    bindung: str
    quelle: str
    einstellungen: tuple[Einstellung, ...]


@dataclass(frozen=True, kw_only=True)
class Kommunalprofil:
    """The profile of a Kommune, ready to be shown. ``weitere``: rules and figures that belong to no variant point."""

    name: str
    version: str
    punkte: tuple[Punkt, ...]
    fristen: tuple[Fristzeile, ...]
    zeiten: tuple[Zeitzeile, ...]
    funktionen: tuple[Einstellung, ...]
    weitere: tuple[Einstellung, ...]
    beschriftungen: tuple[Einstellung, ...]


def lesen(app: App, actor: Actor) -> Kommunalprofil:
    """The profile of the actor's Kommune. Raises NotPermitted."""
    policy.require(actor, Action.OPERATE, MandantTarget(mandant=actor.mandant))
    return _Leser(app.profil_of(actor.mandant)).alles()


@cache
def prozessnamen() -> Mapping[str, str]:
    """Names of the processes by key."""
    found = {}
    for datei in bibliothek.modelle():
        name = _NAME.search(datei.data.decode())
        found[datei.key] = html.unescape(name.group(1)) if name and name.group(1) else lesbar(datei.key)
    return found


@cache
def nutzung() -> Mapping[str, tuple[str, ...]]:
    """``regel.uebergabe`` -> names of the processes whose models, tables or forms name it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for datei in bibliothek.dateien():
        written, name = datei.data.decode(), prozessnamen().get(datei.key, lesbar(datei.key))
        for part, setting, frist in _NENNT.findall(written.replace('\\"', '"')):
            found[f"fristen.{frist}" if frist else f"{part}.{setting}"].add(name)
        for groups in _GRUPPEN.findall(written):
            for group in re.findall(_TEXT if groups.startswith("=") else _WORT, groups):
                found[f"funktion.{group}"].add(name)
    for setting, place in SEITEN.items():
        found[setting].add(place)
    return {key: tuple(sorted(names)) for key, names in found.items()}


class _Leser:
    """Puts one profile into words."""

    def __init__(self, profil: Profil) -> None:
        self.profil = profil
        self.namen = {**WERTE, **prozessnamen(), **{o.key: o.name for o in profil.organisationen}}

    def alles(self) -> Kommunalprofil:
        profil = self.profil
        carried = {e for v in profil.varianten.values() for e in v.einstellung}
        further = [f"{part}.{name}" for part, names in (("regel", profil.regel), ("wert", profil.wert)) for name in sorted(names)]
        defaults = einstellungen.vorgaben().fristen
        return Kommunalprofil(
            name=profil.name, version=profil.version,
            punkte=tuple(Punkt(nummer=number, titel=VARIANTEN[number], einstellungen=tuple(map(self.einstellung, v.einstellung)), grundlage=grundlage(v))
                         for number, v in profil.varianten.items()),
            fristen=tuple(Fristzeile(einstellung=self.einstellung(f"fristen.{name}"), grundlage=grundlage(frist), vorgabe=defaults.get(name) is frist)
                          for name, frist in sorted(profil.fristen.items())),
            zeiten=tuple(Zeitzeile(nummer=number, wortlaut=z.wortlaut, bindung=BINDUNGEN[z.bindung], quelle=z.quelle,
                                   einstellungen=tuple(map(self.einstellung, z.einstellung))) for number, z in profil.zeiten.items()),
            funktionen=tuple(self.einstellung(f"funktion.{name}") for name in profil.funktion),
            weitere=tuple(self.einstellung(name) for name in further if name not in carried),
            beschriftungen=tuple(self.einstellung(f"beschriftung.{name}") for name in profil.beschriftung))

    def einstellung(self, verweis: str) -> Einstellung:
        """The setting that a point refers to."""
        part, _, name = verweis.partition(".")
        if part == "organisationen":
            value = "; ".join(o.name + (f" ({o.kapazitaet} Plätze)" if o.kapazitaet is not None else "") for o in self.profil.organisationen)
        elif part == "fristen":
            value = dauer(self.profil.fristen[name])
        elif part == "beschriftung":
            value = self.profil.beschriftung[name]
        else:
            value = self.worte(getattr(self.profil, part)[name])
        used = nutzung().get(verweis, ())
        return Einstellung(
            art=TEILE[part], name=benennen(part, name), wert=value, genutzt=used, angabe="" if used else self.profil.nur_angabe.get(verweis, ""))

    def worte(self, value: object) -> str:
        """A value in words; empty lists and missing values say so. An entry with a name of its own (``{key, name}``) is told by it."""
        if isinstance(value, Mapping):
            return str(value["name"]) if "name" in value else "; ".join(f"{lesbar(str(name))}: {self.worte(inner)}" for name, inner in value.items())
        if value is None or value == "":
            return "nicht festgelegt"
        if value == ():
            return "keine"
        if isinstance(value, tuple):
            words = [self.worte(each) for each in value]
            return ("; " if any("," in word for word in words) else ", ").join(words)
        if isinstance(value, str) and (day := _TAG.fullmatch(value)):
            return ".".join(reversed([part or "" for part in day.groups()]))
        return in_worten(value, self.namen)


def benennen(teil: str, name: str) -> str:
    """A setting by its name for people. ``teil``: the part of the profile; ``name`` is empty for the organisations."""
    if not name:
        return TEILE[teil]
    if teil in ("fristen", "prozess"):
        return (FRISTEN if teil == "fristen" else PROZESSE).get(name) or lesbar(name)
    return NAMEN.get(name) or FUNKTIONEN.get(name) or lesbar(name)


def grundlage(part: Variante | Frist) -> Grundlage:
    """What a point or a deadline rests on."""
    return Grundlage(quelle=part.quelle or "", unsere=part.unsere_einstellung, begruendung=part.begruendung or "")


def dauer(frist: Frist) -> str:
    """A deadline in words."""
    one, many = EINHEITEN[frist.einheit]
    return f"{frist.wert} {one if frist.wert == 1 else many}"
