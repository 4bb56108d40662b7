"""All due dates of a team by their age, for those who steer it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text

from services import policy
from services.db.models.prozess import UserTask
from services.policy import Action, MandantTarget
from services.prozess.evaluator import calendar_of
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from engine.calendar import Calendar
    from services.bootstrap import App
    from services.context import Actor

BERLIN = ZoneInfo("Europe/Berlin")
ALT, MITTEL = 14, 7  # Arbeitstage


@dataclass(frozen=True, kw_only=True)
class Eimer:
    """Due dates of one age: from ``ab`` (inclusive) until ``vor`` (exclusive); None is open. ``ueberfaellig``: it needs action."""

    key: str
    name: str
    wort: str
    ab: datetime | None
    vor: datetime | None
    anzahl: int
    ueberfaellig: bool


@dataclass(frozen=True, kw_only=True)
class Lage:
    """``eimer`` in the order of urgency; ``zeitgeber`` are waiting timers of the Mandant, ``naechster`` when the next one fires."""

    eimer: tuple[Eimer, ...]
    zeitgeber: int
    naechster: datetime | None


def earliest(today: date, arbeitstage: int, calendar: Calendar) -> date:
    """The first day that lies at most so many Arbeitstage before today."""
    day = today
    while calendar.arbeitstage_between(day - timedelta(days=1), today) <= arbeitstage:
        day -= timedelta(days=1)
    return day


def begin(day: date) -> datetime:
    """The instant at which a day begins in Berlin."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN)


def lage(app: App, actor: Actor) -> Lage:
    """How many tasks of the team are due when. Raises NotPermitted."""
    policy.require(actor, Action.SUPERVISE, MandantTarget(mandant=actor.mandant))

    def work(uow: UnitOfWork) -> Lage:
        today = app.clock.today()
        calendar = calendar_of(uow)
        old, middle = earliest(today, ALT, calendar), earliest(today, MITTEL, calendar)
        week = today + timedelta(days=7 - today.weekday())
        edges = [
            ("alt", f"über {ALT} Arbeitstage", "überfällig", None, old, True), ("mittel", f"{MITTEL + 1} bis {ALT} Arbeitstage", "überfällig", old, middle, True),
            ("neu", f"bis {MITTEL} Arbeitstage", "überfällig", middle, today, True),
            ("heute", "Heute", "fällig", today, today + timedelta(days=1), False), ("woche", "Diese Woche", "fällig", today + timedelta(days=1), week, False),
            ("spaeter", "Später", "fällig", max(week, today + timedelta(days=1)), None, False)]
        c = UserTask.__table__.c
        counted = []
        for _, _, _, start, end, _ in edges:
            conditions = [c.due.is_not(None)] + ([c.due >= begin(start)] if start else []) + ([c.due < begin(end)] if end else [])
            counted.append(func.count().filter(*conditions))
        numbers = uow.session.execute(select(*counted).where(policy.visible_tasks(actor), c.status == "CREATED")).one()
        timers = uow.session.execute(text("select count(*) as n, min(due) as due from timer where status = 0")).one()
        return Lage(zeitgeber=timers.n, naechster=timers.due, eimer=tuple(
            Eimer(key=key, name=name, wort=wort, ab=begin(start) if start else None, vor=begin(end) if end else None, anzahl=int(n), ueberfaellig=over)
            for (key, name, wort, start, end, over), n in zip(edges, numbers, strict=True)))
    return read(app, actor, work)
