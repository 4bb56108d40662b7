"""Words for the codes of models and profiles: identifiers are ASCII, people read labels.

Codes are stable contracts and stand in models, tables and profiles; no page shows one of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import text

from forms.wording import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.unit_of_work import UnitOfWork

FUNKTIONEN: Mapping[str, str] = {
    "servicestelle": "Servicestelle", "fallmanagement": "Fallmanagement", "koordination": "Koordination", "asylbetreuung": "Asylbetreuung",
    "buergerservice": "Bürgerservice", "unterkunftsverwaltung": "Unterkunftsverwaltung", "jugendmigrationsdienst": "Jugendmigrationsdienst",
    "fluechtlingsberatung": "Flüchtlingsberatung", "migrationsberatung": "Migrationsberatung", "jobcenter": "Jobcenter", "jugendamt": "Jugendamt",
    "leistungsstelle": "Leistungsstelle",
}
WOERTER: Mapping[str, str] = {
    **FUNKTIONEN,
    # decision tables
    "funktion": "die Stelle mit dieser Funktion", "eigene_stelle": "die eigene Stelle", "bis_27": "bis 27 Jahre", "ab_27": "ab 27 Jahren",
    # residence
    "asylverfahren": "laufendes Asylverfahren", "bleiberecht": "Bleiberecht", "duldung": "Duldung", "eu_freizuegigkeit": "EU-Freizügigkeit",
    "visum_drei_monate": "Visum bis drei Monate", "gesundheitsvisum": "Visum zur Behandlung", "studium": "Aufenthalt zum Studium",
    "unbegleitet_minderjaehrig": "unbegleitet minderjährig",
    # Rechtskreise
    "asylblg": "AsylbLG", "sgb2": "SGB II", "sgb3": "SGB III", "sgb8": "SGB VIII", "sgb12": "SGB XII",
    # phases
    "klaerungsphase": "Klärungsphase", "assessment": "Assessment", "zielvereinbarung": "Zielvereinbarung", "hilfeplanung": "Hilfeplanung",
    "leistungssteuerung": "Leistungssteuerung", "monitoring": "Monitoring", "abschluss": "Abschluss", "zugang": "Zugang",
}
CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Not "neue", "Frauen", "Quelle", "aktuell": there the two letters are no umlaut.
UMLAUT = re.compile(r"ae|oe|(?<![aeqAEQ])ue(?!ll)")


def lesbar(code: str) -> str:
    """A code nobody gave a word for: its parts with umlauts."""
    words = UMLAUT.sub(lambda m: {"ae": "ä", "oe": "ö", "ue": "ü"}[m[0]], code.replace("_", " "))
    return words[:1].upper() + words[1:]


def in_worten(value: object, namen: Mapping[str, str]) -> str:
    """A value of a decision as people read it. ``namen``: organisations by key."""
    if isinstance(value, list | tuple):
        return ", ".join(in_worten(each, namen) for each in value)
    if isinstance(value, str) and CODE.fullmatch(value):
        return namen.get(value) or WOERTER.get(value) or lesbar(value)
    return plain_text(value)


def organisationsnamen(uow: UnitOfWork) -> dict[str, str]:
    """Names of the organisations of the Mandant by key."""
    rows = uow.session.execute(text("select key, name from organisation where mandant = :m"), {"m": uow.actor.mandant})
    return {row.key: row.name for row in rows}


def gruppenname(gruppen: tuple[str, ...] | list[str], namen: Mapping[str, str]) -> str:
    """Who is meant by candidate groups: functions by their word, organisations by their name."""
    return " oder ".join(namen.get(g) or FUNKTIONEN.get(g) or lesbar(g) for g in gruppen)
