"""Figures for reports of a Kommune: counts over all cases, small cells suppressed, nobody named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.db.models.fall import AkteAbschnitt, Fall, Person, Uebergabe, Verweis
from services.db.models.netzwerk import Strukturhinweis
from services.errors import InvalidInput
from services.fall import fakten, fallkopf
from services.netzwerk.strukturhinweise import BEREICHE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute

    from services.fall.auftraege import Auftrag
    from services.unit_of_work import UnitOfWork

BERLIN = ZoneInfo("Europe/Berlin")
KLEINSTE_GRUPPE = 3  # a model may ask for more, never for less: two people in a cell know each other's figure
STATUS = {
    "angeboten": "offen",
    "angenommen": "angenommen",
    "erledigt": "mit Ergebnis",
    "abgelehnt": "abgelehnt",
    "verfallen": "ohne Antwort",
    "widerrufen": "zurückgezogen",
}
# What closing says about the offers (004:L668). Which of it a report tells is a setting of the Kommune (regel.abschluss_bericht).
ANGABEN_ZUM_ANGEBOT = ("angebot_vorhanden", "angebot_zielfuehrend", "naechstbeste_loesung")
ANTWORTEN = {"ja": "ja", "nein": "nein"}


@dataclass(frozen=True, kw_only=True)
class Zeitraum:
    """From the first day until the last, both included, as days in Europe/Berlin."""

    von: date
    bis: date

    def __post_init__(self) -> None:
        """Raises InvalidInput for a period that ends before it begins."""
        if self.bis < self.von:
            raise InvalidInput("Der Zeitraum endet vor seinem Beginn.")

    @property
    def beginn(self) -> datetime:
        """Its first instant."""
        return datetime.combine(self.von, time(), BERLIN)

    @property
    def ende(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.bis + timedelta(days=1), time(), BERLIN)

    def of(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Condition: the moment lies within."""
        return column.is_not(None) & (column >= self.beginn) & (column < self.ende)


def unterdruecken(zahlen: Mapping[str, int], mindestens: int) -> dict[str, str]:
    """The parts of a whole as texts. Parts from 1 to below ``mindestens`` are hidden.

    If just one part is hidden, it could be computed from the whole: then the smallest of the others is hidden too.
    """
    hidden = {name for name, count in zahlen.items() if 0 < count < mindestens}
    others = sorted((count, name) for name, count in zahlen.items() if name not in hidden and count > 0)
    if len(hidden) == 1 and others:
        hidden.add(others[0][1])
    return {name: "unterdrückt" if name in hidden else str(count) for name, count in zahlen.items()}


def einzeln(zahl: int, mindestens: int) -> str:
    """A figure that stands alone: 0, the figure itself, or that it is below the limit."""
    return f"unter {mindestens}" if 0 < zahl < mindestens else str(zahl)


def zahlen(uow: UnitOfWork, zeitraum: Zeitraum, mindestens: int) -> list[dict[str, str]]:
    """Rows ``{bereich, kennzahl, wert}`` of a report on this period, in the order of the report."""
    found: list[dict[str, str]] = []
    mandant = uow.actor.mandant

    def count(condition: ColumnElement[bool]) -> int:
        return int(uow.session.execute(select(func.count()).select_from(Fall).where(Fall.mandant == mandant, condition)).scalar_one())

    def alone(bereich: str, kennzahl: str, number: int) -> None:
        found.append({"bereich": bereich, "kennzahl": kennzahl, "wert": einzeln(number, mindestens)})

    def parts(bereich: str, column: InstrumentedAttribute[Any], condition: ColumnElement[bool], words: Callable[[str], str]) -> None:
        table = column.class_
        rows = uow.session.execute(select(column, func.count()).where(table.mandant == mandant, condition).group_by(column)).all()
        together: dict[str, int] = {}
        for value, number in sorted(rows, key=lambda row: (-row[1], str(row[0]))):
            together[words(str(value))] = together.get(words(str(value)), 0) + int(number)
        found.extend({"bereich": bereich, "kennzahl": name, "wert": wert} for name, wert in unterdruecken(together, mindestens).items())

    open_then = (Fall.angelegt_am < zeitraum.ende) & or_(Fall.abgeschlossen_am.is_(None), Fall.abgeschlossen_am >= zeitraum.ende)
    alone("Fälle", "im Zeitraum begonnen", count(zeitraum.of(Fall.angelegt_am)))
    alone("Fälle", "am Ende des Zeitraums offen", count(open_then))
    alone("Fälle", "im Zeitraum abgeschlossen", count(zeitraum.of(Fall.abgeschlossen_am)))
    people = select(func.count()).select_from(Person).join(Fall, (Fall.mandant == Person.mandant) & (Fall.aktenzeichen == Person.aktenzeichen))
    still_there = or_(Person.ausgeschieden_am.is_(None), Person.ausgeschieden_am > zeitraum.bis)
    alone("Fälle", "Personen in offenen Fällen", int(uow.session.execute(people.where(Person.mandant == mandant, open_then, still_there)).scalar_one()))
    parts("Abschlussgründe", Fall.abschlussgrund, zeitraum.of(Fall.abgeschlossen_am), lambda key: fallkopf.grund_in_worten(uow, key))
    for name, title in berichtet(uow).items():
        found.extend({"bereich": title, "kennzahl": k, "wert": w} for k, w in unterdruecken(angaben(uow, name, zeitraum), mindestens).items())
    parts("Verweise an", Verweis.empfaenger_name, zeitraum.of(Verweis.angeboten_am), str)
    parts("Ergebnis der Verweise", Verweis.status, zeitraum.of(Verweis.angeboten_am), lambda key: STATUS.get(key, key))
    parts("Übergaben an", Uebergabe.empfaenger_name, zeitraum.of(Uebergabe.angeboten_am), str)
    parts("Strukturhinweise", Strukturhinweis.bereich, zeitraum.of(Strukturhinweis.gemeldet_am), lambda key: BEREICHE.get(key, key))
    return found


def berichtet(uow: UnitOfWork) -> dict[str, str]:
    """Which details of the closing the reports of this Kommune tell: field -> its words. Empty where the concept asks for none."""
    named = uow.app.profil_of(uow.actor.mandant).regel.get("abschluss_bericht")
    entries = [e for e in named if isinstance(e, Mapping)] if isinstance(named, tuple) else []
    return {name: str(e["name"]) for name in ANGABEN_ZUM_ANGEBOT for e in entries if e["key"] == name}


def angaben(uow: UnitOfWork, name: str, zeitraum: Zeitraum) -> dict[str, int]:
    """Cases closed in the period by their answer to one field of the closing; the last answer of a case counts."""
    last = (
        select(AkteAbschnitt.aktenzeichen, AkteAbschnitt.inhalt[name].astext.label("antwort"))
        .where(AkteAbschnitt.mandant == uow.actor.mandant, AkteAbschnitt.abschnitt == "abschluss")
        .ext(distinct_on(AkteAbschnitt.aktenzeichen))
        .order_by(AkteAbschnitt.aktenzeichen, AkteAbschnitt.geschrieben_am.desc(), AkteAbschnitt.key.desc())
        .subquery()
    )
    answers = (
        select(last.c.antwort, func.count())
        .select_from(Fall)
        .outerjoin(last, last.c.aktenzeichen == Fall.aktenzeichen)
        .where(Fall.mandant == uow.actor.mandant, zeitraum.of(Fall.abgeschlossen_am))
        .group_by(last.c.antwort)
    )
    counted: dict[str, int] = {}
    for answer, number in uow.session.execute(answers):
        word = ANTWORTEN.get(answer, "keine Angabe")
        counted[word] = counted.get(word, 0) + int(number)
    return {word: counted[word] for word in (*ANTWORTEN.values(), "keine Angabe") if word in counted}


def ermitteln(ctx: Auftrag) -> dict[str, Any]:
    """Job: the figures of ``von`` until ``bis``; ``mindestens`` is the smallest cell that is shown."""
    von, bis = (fakten.parse_date(ctx.variables.get(name)) for name in ("von", "bis"))
    least = ctx.variables.get("mindestens")
    if von is None or bis is None:
        raise InvalidInput("Der Auftrag braucht „von“ und „bis“ als Datum.")
    if not isinstance(least, (int, float)) or isinstance(least, bool) or least < KLEINSTE_GRUPPE:
        raise InvalidInput(f"„mindestens“ muss eine Zahl ab {KLEINSTE_GRUPPE} sein.")
    return {"zahlen": zahlen(ctx.uow, Zeitraum(von=von, bis=bis), int(least))}


AUFTRAEGE: Mapping[str, Callable[[Auftrag], dict[str, Any]]] = {"kennzahlen.ermitteln": ermitteln}
