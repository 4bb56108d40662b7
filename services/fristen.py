"""All due dates of a team by their age, for those who steer it, and reminding another organisation of an overdue task."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text

from services import policy
from services.db.models.fall import Zeitleiste
from services.db.models.grundlage import Benutzer
from services.db.models.prozess import UserTask
from services.errors import Conflict
from services.fall import zeitleiste
from services.policy import Action, MandantTarget
from services.prozess import tasks
from services.prozess.evaluator import calendar_of
from services.unit_of_work import UnitOfWork, read, transact
from services.woerter import gruppenname, organisationsnamen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.calendar import Calendar
    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.tasks import TaskInfo

BERLIN = ZoneInfo("Europe/Berlin")
ALT, MITTEL = 14, 7  # Arbeitstage
NOCHMAL_NACH = timedelta(hours=1)  # between two reminders of the same task


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


# -- reminding -------------------------------------------------------------------------------------------------------------
class SchonErinnert(Conflict):
    """This task was reminded of a moment ago."""

    message_de = "An diese Aufgabe wurde in der letzten Stunde schon erinnert."


@dataclass(frozen=True, kw_only=True)
class Erinnerung:
    """Who would be reminded of an overdue task.

    ``an`` is the login, function or organisation, ``wer`` its name, ``stelle`` the name without a person. ``zuletzt``: the last reminder.
    """

    an: str
    wer: str
    stelle: str
    zuletzt: datetime | None


def erinnerbar(app: App, actor: Actor, *, aufgaben: Iterable[TaskInfo]) -> dict[int, Erinnerung]:
    """For which of these tasks another organisation can be reminded: overdue, of a case, and not for the own people to do."""
    return read(app, actor, lambda uow: _erinnerbar(uow, list(aufgaben)))


def _erinnerbar(uow: UnitOfWork, rows: list[TaskInfo]) -> dict[int, Erinnerung]:
    late = [task for task in rows if task.business_id and task.due is not None and task.due < begin(uow.app.clock.today()) and task.status == "CREATED"]
    if not late:
        return {}
    people = {row.login: row for row in uow.session.execute(
        select(Benutzer.login, Benutzer.name, Benutzer.organisation).where(Benutzer.login.in_({t.assignee for t in late if t.assignee})))}
    names = organisationsnamen(uow)
    last = {row.link: row.am for row in uow.session.execute(
        select(Zeitleiste.link, func.max(Zeitleiste.am).label("am")).where(Zeitleiste.art == "mitteilung", Zeitleiste.link.in_([t.key for t in late]))
        .group_by(Zeitleiste.link))}
    found = {}
    for task in late:
        person = people.get(task.assignee or "")
        at = {person.organisation} if person else _stellen(uow, task.candidate_groups)
        if not at or uow.actor.organisation in at:
            continue
        stelle = names.get(person.organisation, person.organisation) if person else gruppenname(task.candidate_groups, names)
        found[task.key] = Erinnerung(an=person.login if person else task.candidate_groups[0], wer=f"{person.name}, {stelle}" if person else stelle,
                                     stelle=stelle, zuletzt=last.get(task.key))
    return found


def _stellen(uow: UnitOfWork, gruppen: Iterable[str]) -> set[str]:
    """The organisations behind candidate groups: functions by the Kommunalprofil."""
    funktionen = uow.app.profil_of(uow.actor.mandant).funktion
    found: set[str] = set()
    for gruppe in gruppen:
        stelle = funktionen.get(gruppe, gruppe)
        found |= {stelle} if isinstance(stelle, str) else set(stelle)
    return found


def erinnern(app: App, actor: Actor, *, key: int) -> Erinnerung:
    """Remind another organisation of an overdue task by mail; the time line of the case says so.

    Raises:
        NotPermitted, NotFound: the actor does not steer, or does not see the task or its case.
        SchonErinnert: less than an hour ago.
        Conflict: the task is not overdue any more, or it is for the own people to do.
    """
    policy.require(actor, Action.SUPERVISE, MandantTarget(mandant=actor.mandant))

    def work(uow: UnitOfWork) -> Erinnerung:
        tasks.lock(uow, key)  # two people who press at the same time send one mail
        task = tasks.load(uow.session, actor, key)
        wen = _erinnerbar(uow, [task]).get(key)
        if wen is None or task.business_id is None:
            raise Conflict("Diese Aufgabe ist nicht mehr überfällig, oder sie liegt bei Ihrer eigenen Stelle.")
        policy.require_fall(uow.session, actor, Action.FALL_READ, task.business_id, app.clock.today())
        if wen.zuletzt is not None and uow.now - wen.zuletzt < NOCHMAL_NACH:
            raise SchonErinnert
        uow.app.defer_mail(uow.session, mandant=actor.mandant, key=f"erinnerung-{key}-{int(uow.now.timestamp())}", an=wen.an,
                           vorlage="aufgabe_ueberfaellig", daten={"aktenzeichen": task.business_id})
        zeitleiste.notieren(uow, task.business_id, "mitteilung", f"Erinnert: {wen.stelle}, Aufgabe „{task.name}“", link=key)
        uow.audit("aufgabe.erinnern", f"user_task:{key}", chain=f"fall:{task.business_id}", detail={"an": wen.an})
        return wen
    return transact(app, actor, work)
