"""The points in which the concepts of the Kommunen differ, and the times they name, as a profile states them.

A profile says for every point of :data:`VARIANTEN` which of its settings carry it and where the source says so, or that the source does
not settle it. Figures are not repeated: the settings hold them, these tables only point there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from processes.angaben import BELEG

if TYPE_CHECKING:
    from processes.angaben import Reader, Regelwert

VARIANTEN = {
    "V-01": "Zugangsmodell",
    "V-02": "Wer melden darf",
    "V-03": "Wohin wer meldet",
    "V-04": "Kriterien der Aufnahme",
    "V-05": "Wer über die Aufnahme entscheidet",
    "V-06": "Ausnahmen mit Grund",
    "V-07": "Nicht erfasste Gruppen und wohin sie gehen",
    "V-08": "Brief oder Hausbesuch, Sprachen",
    "V-09": "Zuordnung der Fallverantwortung",
    "V-10": "Kapazität und Wechsel zwischen Stellen",
    "V-11": "Zeitpunkt und Form der Einwilligung",
    "V-12": "Ein oder mehrere Rechtskreise zugleich",
    "V-13": "Fallmanagement beim Rechtskreiswechsel",
    "V-14": "Phasen, ihre Namen, Sprünge",
    "V-15": "Form der Planung",
    "V-16": "Planung ohne Bleibeperspektive",
    "V-17": "Art der Übergabe",
    "V-18": "Nachfrage nach der Übergabe",
    "V-19": "Rollen in der Fallkonferenz",
    "V-20": "Auslöser der kollegialen Fallberatung",
    "V-21": "Rückmeldung an Partner",
    "V-22": "Gründe und Prüfliste des Abschlusses",
    "V-23": "Ergebnisse ohne Fallmanagement",
    "V-24": "Was nicht gemeldet wird",
    "V-25": "Stufen bis zur Systemebene",
    "V-26": "Termine der Gremien",
    "V-27": "Schnittstellen zu anderen Programmen",
    "V-28": "Qualifikation im Fallmanagement",
}
"""The variant points with a title for people."""

EINTRAEGE = frozenset({
    "abschluss_bericht", "abschlussgruende", "angebot_sprachen", "aufnahmekriterien", "fallberatung_ausloeser", "fallkonferenz_beteiligt", "gremien_turnus", "handlungsfelder",
    "hausbesuch_gruppen", "meldende", "planung_ohne_bleibeperspektive", "planungssaeulen", "qualifikation", "strukturebenen", "zielgruppe_besonders",
    "zielhorizonte",
})
"""Rules that are lists of entries ``{key, name}``: people choose from them, or read them, by their names."""

_ZEIT = re.compile(r"T-[A-Z]{2}-\d{2}")
_VERWEIS = re.compile(r"(prozess|funktion|regel|wert|fristen|beschriftung)\.([a-z][a-z0-9_]*)")


class Bindung(StrEnum):
    """How a source means what it says."""

    FEST = "fest"          # a rule or commitment
    SOLL = "soll"          # intended, a standard
    KANN = "kann"          # optional
    ANGABE = "angabe"      # a fact of the project


@dataclass(frozen=True, kw_only=True)
class Variante:
    """One variant point of a Kommune.

    Attributes:
        einstellung: The settings of the profile that carry it, for example ``regel.uebergabe``; at least one.
        quelle: Where the source settles it, or ``None``.
        unsere_einstellung: True if the source does not settle it.
        begruendung: Why it is set as it is; with ``unsere_einstellung``.
    """

    einstellung: tuple[str, ...]
    quelle: str | None = None
    unsere_einstellung: bool = False
    begruendung: str | None = None


@dataclass(frozen=True, kw_only=True)
class Zeit:
    """One time that a source names.

    Attributes:
        einstellung: The settings of the profile that carry it.
        wortlaut: What the source says, for example ``innerhalb von 14 Tagen`` or ``umgehend``.
        bindung: How binding it is meant.
        quelle: Where it stands.
    """

    einstellung: tuple[str, ...]
    wortlaut: str
    bindung: Bindung
    quelle: str


def varianten(reader: Reader, value: object) -> dict[str, Variante]:
    """Read the variant points of a profile: every one of :data:`VARIANTEN`, and no other."""
    if not isinstance(value, dict):
        reader.refuse("„varianten“ muss aus Variantenpunkten mit Angaben bestehen.")
    missing, unknown = sorted(set(VARIANTEN) - set(value)), sorted(map(str, set(value) - set(VARIANTEN)))
    if missing:
        reader.refuse(f"Bei „varianten“ fehlt „{missing[0]}“ ({VARIANTEN[missing[0]]}).")
    if unknown:
        reader.refuse(f"Bei „varianten“ ist „{unknown[0]}“ unbekannt.")
    found = {}
    for name in VARIANTEN:
        where = f"varianten.{name}"
        item = reader.mapping(value[name], where, required=frozenset({"einstellung"}), optional=BELEG)
        ours = reader.ours(item, where)
        if ours and "begruendung" not in item:
            reader.refuse(f"„{where}“ ist in der Quelle nicht geregelt und braucht eine „begruendung“.")
        found[name] = Variante(
            einstellung=_verweise(reader, item["einstellung"], where),
            quelle=reader.text(item["quelle"], where) if "quelle" in item else None,
            unsere_einstellung=ours,
            begruendung=reader.text(item["begruendung"], where) if "begruendung" in item else None,
        )
    return found


def zeiten(reader: Reader, value: object) -> dict[str, Zeit]:
    """Read the times of a profile, each by its number in the catalogue (``T-MO-01``)."""
    if not isinstance(value, dict):
        reader.refuse("„zeiten“ muss aus Nummern mit Angaben bestehen.")
    found = {}
    for name, entry in value.items():
        if not isinstance(name, str) or not _ZEIT.fullmatch(name):
            reader.refuse(f"„{name}“ bei „zeiten“ ist keine Nummer wie T-MO-01.")
        where = f"zeiten.{name}"
        item = reader.mapping(entry, where, required=frozenset({"einstellung", "wortlaut", "bindung", "quelle"}))
        if item["bindung"] not in set(Bindung):
            reader.refuse(f"„{where}.bindung“ ist {item['bindung']!r}. Erlaubt sind: {', '.join(Bindung)}.")
        found[name] = Zeit(
            einstellung=_verweise(reader, item["einstellung"], where),
            wortlaut=reader.text(item["wortlaut"], f"{where}.wortlaut"),
            bindung=Bindung(str(item["bindung"])),
            quelle=reader.text(item["quelle"], f"{where}.quelle"),
        )
    return found


def check(reader: Reader, settings: Mapping[str, Mapping[str, object]], parts: Mapping[str, Variante | Zeit]) -> None:
    """Refuse an entry that points to a setting which the profile does not have.

    Args:
        reader: For the refusal.
        settings: Part of the profile -> its names; ``organisationen`` needs no name.
        parts: The entries.
    """
    for name, part in parts.items():
        for verweis in part.einstellung:
            if verweis == "organisationen":
                continue
            kind, _, setting = verweis.partition(".")
            if setting not in settings[kind]:
                reader.refuse(f"„{name}“ nennt „{verweis}“; das steht nicht im Profil und in keiner Vorgabe.")


def nur_angabe(reader: Reader, value: object) -> dict[str, str]:
    """Read which settings steer nothing, each with the reason for people.

    A setting that no model, table, form or page reads would look like a switch that works. Either something behaves by it, or it stands here.
    """
    if not isinstance(value, dict):
        reader.refuse("„nur_angabe“ muss aus Einstellungen mit ihrem Grund bestehen.")
    for verweis in value:
        if not isinstance(verweis, str) or not _VERWEIS.fullmatch(verweis):
            reader.refuse(f"„{verweis}“ bei „nur_angabe“ ist keine Einstellung wie regel.uebergabe.")
    return {verweis: reader.text(grund, f"nur_angabe.{verweis}") for verweis, grund in value.items()}


def check_angaben(reader: Reader, settings: Mapping[str, Mapping[str, object]], angaben: Mapping[str, str]) -> None:
    """Refuse a reason for a setting that does not exist here.

    Args:
        reader: For the refusal.
        settings: Part -> its names.
        angaben: What :func:`nur_angabe` read.
    """
    for verweis in angaben:
        kind, _, setting = verweis.partition(".")
        if setting not in settings.get(kind, {}):
            reader.refuse(f"„nur_angabe“ nennt „{verweis}“; das steht hier nicht.")


def check_eintraege(reader: Reader, regel: Mapping[str, Regelwert]) -> None:
    """Refuse a list of :data:`EINTRAEGE` whose entries have no key or no name: a form would offer nothing."""
    for name in sorted(EINTRAEGE & set(regel)):
        value = regel[name]
        entries = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(e, Mapping) and isinstance(e.get("key"), str) and isinstance(e.get("name"), str) for e in entries):
            reader.refuse(f"„regel.{name}“ muss eine Liste von Einträgen mit „key“ und „name“ sein, zum Beispiel {{key: person, name: Die Person selbst}}.")


def _verweise(reader: Reader, value: object, where: str) -> tuple[str, ...]:
    found = reader.texts(value, f"{where}.einstellung")
    if not found:
        reader.refuse(f"„{where}.einstellung“ nennt keine Einstellung.")
    for verweis in found:
        if verweis != "organisationen" and not _VERWEIS.fullmatch(verweis):
            reader.refuse(f"„{verweis}“ bei „{where}“ ist keine Einstellung wie regel.uebergabe.")
    return found
