"""What a template sees: plain texts under German labels, frozen in the version that was asked for.

Personal data come from the Fallakte, through the sections that the template declares; what a process hands in is checked
against the declaration. Everything leaves here as text, list or table, so a layout decides nothing about values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from forms.view import ColumnsView, FieldView, GroupView, ListView
from forms.wording import plain_text
from services import akteansicht
from services.db.models.fall import MITGLIED, Fall, Person
from services.db.models.grundlage import Benutzer, MandantRow, Organisation
from services.dokumente import zeichen
from services.errors import InvalidInput
from services.fall import abschnitte as sections
from services.fall import akte, einwilligungen, fakten
from services.woerter import organisationsnamen

if TYPE_CHECKING:
    from datetime import date

    from forms.view import Block
    from services.dokumente.vorlagen import Angabe, Vorlage
    from services.unit_of_work import UnitOfWork

RTL = frozenset({"ar", "prs", "fa", "ps", "ku"})  # ku: Sorani; Kurmanji is written from left to right, but no text is in it
BCP47 = {"prs": "fa"}  # what PDF readers know
TEXT_MAX, LISTE_MAX = 4000, 200
AKTE_MAX = 20_000  # letters of one answer: more than any form takes, so that making a file stays a matter of seconds
Daten = dict[str, Any]


def sammeln(
    uow: UnitOfWork, vorlage: Vorlage, *, titel: str, sprache: str, angaben: Mapping[str, Any], stelle: str, version: int,
    aktenzeichen: str | None = None, person: int | None = None,
) -> Daten:
    """Everything that the layout sees, as JSON. ``stelle``: key of the organisation in whose name the document is made.

    A language that the template does not have becomes German: the German text binds in any case.

    Raises:
        InvalidInput: ``angaben`` does not fit the declaration.
    """
    sprache = sprache if sprache in vorlage.sprachen else "de"
    namen = _names(uow)
    daten: Daten = {
        "titel": titel,
        "vorlage": vorlage.titel,
        "fassung": vorlage.fassung,
        "sprache": BCP47.get(sprache, sprache),
        "sprachname": einwilligungen.SPRACHEN.get(sprache, sprache),
        "rtl": sprache in RTL,
        "entwurf": vorlage.entwurf,
        "ungeprueft": not vorlage.sprachen[sprache],
        "version": version,
        "datum": _day(uow.app.clock.today()),
        "aktenzeichen": aktenzeichen or "",
        "kommune": uow.session.execute(select(MandantRow.name).where(MandantRow.mandant == uow.actor.mandant)).scalar_one(),
        "stelle": namen.get(stelle, stelle),
        "erstellt_von": _writer(uow),
        "texte": dict(vorlage.texte.get(sprache, {})),
        "texte_de": dict(vorlage.texte.get("de", {})),
        "angaben": _angaben(vorlage, angaben, namen),
        "personen": _personen(uow, aktenzeichen, person) if vorlage.personen and aktenzeichen else [],
        "akte": _akte(uow, vorlage, aktenzeichen, person, stelle) if aktenzeichen and vorlage.abschnitte else [],
    }
    clean: Daten = zeichen.bereinigt(daten)
    return {**clean, "titel": clean["titel"] or vorlage.titel}


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _names(uow: UnitOfWork) -> dict[str, str]:
    rows = uow.session.execute(select(Organisation.key, Organisation.name).where(Organisation.mandant == uow.actor.mandant))
    return {row.key: row.name for row in rows}


def _writer(uow: UnitOfWork) -> str:
    """Name of the person who set the command off; empty if it was a timer or a message."""
    if uow.actor.has_role("system"):
        return ""
    name = uow.session.execute(
        select(Benutzer.name).where(Benutzer.mandant == uow.actor.mandant, Benutzer.login == uow.actor.login)).scalar_one_or_none()
    return name or uow.actor.name


def _personen(uow: UnitOfWork, aktenzeichen: str, person: int | None) -> list[Daten]:
    """The people of the case; a document for one of them names nobody else, and may be about somebody who has left it."""
    rows = uow.session.execute(
        select(Person).where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen)
        .where(MITGLIED if person is None else Person.key == person)
        .order_by(Person.hauptperson.desc(), Person.key)).scalars()
    return [{"key": str(p.key), "name": f"{p.vorname} {p.nachname}".strip(), "hauptperson": p.hauptperson,
             "geburtsdatum": _day(p.geburtsdatum) if p.geburtsdatum else ""} for p in rows]


# --- the Fallakte ----------------------------------------------------------------------------------------------------------


def _akte(uow: UnitOfWork, vorlage: Vorlage, aktenzeichen: str, person: int | None, stelle: str) -> list[Daten]:
    """The declared sections as the owning organisation sees them, in the order of the declaration."""
    infos = akte.fuer_dokument(uow, aktenzeichen, stelle, list(vorlage.abschnitte), zweck=f"Dokument {vorlage.titel}"[:100])
    labels, stellen = akteansicht.fields_of(uow), organisationsnamen(uow)
    found = []
    for abschnitt, wanted in vorlage.abschnitte.items():
        for info in infos:
            if info.abschnitt != abschnitt or (person is not None and info.person not in (None, person)):
                continue
            blocks = [block for part in akteansicht.view_of(info, labels, stellen).sections for block in part.blocks]
            parts = [part for block in blocks for part in _parts(block) if not wanted or part["name"] in wanted]
            if parts:
                if wanted:
                    parts.sort(key=lambda part: wanted.index(part["name"]))
                found.append({"abschnitt": abschnitt, "titel": sections.TITEL[abschnitt], "person": str(info.person or ""), "teile": parts})
    return found


def _parts(block: Block) -> list[Daten]:
    """A label with its answer, or a table for a list of rows."""
    match block:
        case FieldView():
            return [{"name": block.name, "titel": block.label, "wert": (block.shown or block.value)[:AKTE_MAX]}]
        case ColumnsView():
            return [part for field in block.fields for part in _parts(field)]
        case GroupView():
            return [part for inner in block.blocks for part in _parts(inner)]
        case ListView():
            rows = [[part for inner in row.blocks for part in _parts(inner)] for row in block.rows[:LISTE_MAX]]
            columns: dict[str, str] = {}
            for row in rows:
                columns |= {part["titel"]: "" for part in row if "wert" in part}
            cells = [[next((part["wert"] for part in row if part["titel"] == title and "wert" in part), "") for title in columns] for row in rows]
            return [{"name": block.name, "titel": block.label, "spalten": list(columns), "zeilen": cells}] if columns else []
        case _:
            return []


# --- what the process hands in ---------------------------------------------------------------------------------------------


def _angaben(vorlage: Vorlage, given: Mapping[str, Any], namen: Mapping[str, str]) -> list[Daten]:
    unknown = sorted(set(given) - set(vorlage.angaben))
    if unknown:
        raise InvalidInput(f"Die Vorlage „{vorlage.titel}“ kennt die Angabe „{unknown[0]}“ nicht. Sie kennt: {', '.join(vorlage.angaben) or 'keine'}.")
    found = []
    for name, angabe in vorlage.angaben.items():
        value = given.get(name)
        if value is None or value in ("", []):
            if angabe.pflicht:
                raise InvalidInput(f"Die Vorlage „{vorlage.titel}“ braucht die Angabe „{name}“ ({angabe.titel}).")
            continue
        found.append({"name": name, "titel": angabe.titel, **_shown(vorlage, angabe, value, namen)})
    return found


def _shown(vorlage: Vorlage, angabe: Angabe, value: object, namen: Mapping[str, str]) -> Daten:
    many = isinstance(value, (list, tuple))
    if angabe.art == "tabelle":
        if not isinstance(value, (list, tuple)) or not all(isinstance(row, Mapping) for row in value):
            raise InvalidInput(f"Die Angabe „{angabe.name}“ der Vorlage „{vorlage.titel}“ muss eine Liste von Kontexten sein.")
        rows = [[_word(angabe, row.get(name), namen) for name in angabe.spalten] for row in value[:LISTE_MAX]]
        return {"spalten": list(angabe.spalten.values()), "zeilen": rows}
    if many and angabe.art not in {"liste", "abschnitte", "stelle", "zweck", "wahl"}:
        raise InvalidInput(f"Die Angabe „{angabe.name}“ der Vorlage „{vorlage.titel}“ nimmt keine Liste.")
    values: Sequence[object] = value[:LISTE_MAX] if isinstance(value, (list, tuple)) else [value]
    words = [_word(angabe, each, namen) for each in values]
    return {"wert": ", ".join(words), "werte": words, "schluessel": [str(each)[:TEXT_MAX] for each in values]}


def _word(angabe: Angabe, value: object, namen: Mapping[str, str]) -> str:
    """One value in words."""
    if value is None:
        return ""
    match angabe.art:
        case "stelle":
            return namen.get(str(value), str(value))[:TEXT_MAX]
        case "abschnitte":
            return sections.TITEL.get(str(value), str(value))[:TEXT_MAX]
        case "zweck":
            return einwilligungen.ZWECKE.get(str(value), str(value))[:TEXT_MAX]
        case "sprache":
            return einwilligungen.SPRACHEN.get(str(value), str(value))[:TEXT_MAX]
        case "wahl":
            return angabe.werte.get(str(value), str(value))[:TEXT_MAX]
        case "datum":
            day = fakten.parse_date(value)
            if day is None:
                raise InvalidInput(f"Die Angabe „{angabe.name}“ ist kein Datum.")
            return _day(day)
        case _:
            return plain_text(value)[:TEXT_MAX]


def fall_of(uow: UnitOfWork, business_id: str | None) -> str | None:
    """The Aktenzeichen, if it names a case."""
    if business_id is None:
        return None
    return uow.session.execute(
        select(Fall.aktenzeichen).where(Fall.mandant == uow.actor.mandant, Fall.aktenzeichen == business_id)).scalar_one_or_none()
