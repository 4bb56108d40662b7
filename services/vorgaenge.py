"""Further processes that a person starts by hand: in a case, or for the whole Kommune (``processes.starts``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from processes.starts import Start, Von, starts
from services import fallweg, policy
from services.context import system_actor
from services.errors import NotFound, NotPermitted
from services.fall import verantwortung, zeitleiste
from services.policy import Action, MandantTarget
from services.prozess import instances, messages, tasks
from services.tueren import DEFAULT_TTL
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Row

    from services.bootstrap import App
    from services.context import Actor
    from services.fallweg import Weg
    from services.prozess.tasks import TaskInfo

MOST = 200


@dataclass(frozen=True, kw_only=True)
class Moeglich:
    """A process that the person may start now. ``laeuft_seit``: when one of this kind began that still runs."""

    start: Start
    laeuft_seit: datetime | None


@dataclass(frozen=True, kw_only=True)
class Vorgang:
    """A process that belongs to no case."""

    key: int
    name: str
    status: str
    begonnen: datetime
    beendet: datetime | None
    gestoert: bool


def may_start(actor: Actor, start: Start) -> bool:
    """Whether the person has a function or role to which the start is open."""
    return not (actor.functions | actor.roles).isdisjoint(start.funktion)


def may_see(actor: Actor) -> bool:
    """Who finds the processes of the Kommune: those who may start one of them, and those who run the service."""
    return _operates(actor) or any(start.von is Von.SYSTEM and may_start(actor, start) for start in starts())


def _operates(actor: Actor) -> bool:
    return bool(policy.may(actor, Action.OPERATE, MandantTarget(mandant=actor.mandant)))


def _visible(actor: Actor) -> list[str] | None:
    """Processes whose instances without a case the person may see; None: all."""
    if _operates(actor):
        return None
    mine = [start.key for start in starts() if start.von is Von.SYSTEM and may_start(actor, start)]
    if not mine:
        raise NotPermitted
    return mine


# -- what can be started -------------------------------------------------------------------------------------------------
def im_fall(app: App, actor: Actor, *, aktenzeichen: str) -> tuple[Moeglich, ...]:
    """What the person may start in a case. Raises NotFound, NotPermitted for those who do not work in the case."""
    def work(uow: UnitOfWork) -> tuple[Moeglich, ...]:
        policy.require_fall(uow.session, actor, Action.FALL_WRITE, aktenzeichen, app.clock.today())
        return _moeglich(uow, Von.FALL, aktenzeichen)
    return read(app, actor, work)


def im_system(app: App, actor: Actor) -> tuple[Moeglich, ...]:
    """What the person may start for the Kommune; empty for those who only look on."""
    return read(app, actor, lambda uow: _moeglich(uow, Von.SYSTEM, None))


def _moeglich(uow: UnitOfWork, von: Von, aktenzeichen: str | None) -> tuple[Moeglich, ...]:
    mine = [start for start in starts() if start.von is von and may_start(uow.actor, start)]
    deployed = {row.process_id for row in uow.session.execute(text("select distinct process_id from process_definition"))}
    running = {row.process_id: row.seit for row in uow.session.execute(text(
        "select process_id, min(started) as seit from process_instance where business_id is not distinct from :a and parent_key is null "
        "and status in ('ACTIVE', 'SUSPENDED') group by process_id"), {"a": aktenzeichen})}
    return tuple(Moeglich(start=start, laeuft_seit=running.get(start.key)) for start in mine if start.key in deployed)


def einer(found: tuple[Moeglich, ...], key: str) -> Moeglich:
    """The one of these with this key. Raises NotFound."""
    for moeglich in found:
        if moeglich.start.key == key:
            return moeglich
    raise NotFound("Diesen Vorgang können Sie hier nicht starten.")


# -- starting ------------------------------------------------------------------------------------------------------------
def starten_im_fall(app: App, actor: Actor, *, aktenzeichen: str, key: str) -> Start:
    """Start a process in a case, by its message or plainly; the time line says so.

    Raises NotFound, NotPermitted; Conflict if the case is closed.
    """
    def work(uow: UnitOfWork) -> Start:
        policy.require_fall(uow.session, actor, Action.FALL_WRITE, aktenzeichen, app.clock.today())
        verantwortung.lock_open(uow, aktenzeichen)
        start = einer(_moeglich(uow, Von.FALL, aktenzeichen), key).start
        if start.nachricht is not None:
            uow.app.publish(uow, start.nachricht, aktenzeichen, {"aktenzeichen": aktenzeichen})
        else:
            uow.app.start_process(uow, actor, start.key, {"aktenzeichen": aktenzeichen}, aktenzeichen)
        # A note: only the own organisation reads it. That somebody looks at the safety of a child is nobody else's business.
        zeitleiste.notieren(uow, aktenzeichen, "notiz", f"Vorgang begonnen: {start.titel}")
        uow.audit("vorgang.starten", aktenzeichen, chain=f"fall:{aktenzeichen}", detail={"prozess": start.key})
        return start
    return transact(app, actor, work)


def starten(app: App, actor: Actor, *, key: str) -> Start:
    """Start a process of the Kommune. Raises NotFound if the person may not, or there is no such process."""
    def work(uow: UnitOfWork) -> Start:
        start = einer(_moeglich(uow, Von.SYSTEM, None), key).start
        if start.nachricht is not None:
            messages.publish_in(uow, name=start.nachricht, correlation_key=None, ttl=DEFAULT_TTL, pending=True)
        else:
            instances.start_in(uow, process_id=start.key)
        uow.audit("vorgang.starten", f"prozess:{start.key}", chain="vorgaenge", detail={"prozess": start.key})
        return start
    return transact(app, actor, work)


# -- what runs without a case ----------------------------------------------------------------------------------------------
ROWS = """
    select i.key, coalesce(d.name, i.process_id) as name, i.process_id, i.status, i.started, i.ended,
           exists (select 1 from incident x join process_instance c on c.key = x.instance_key
                   where c.root_key = i.key and x.status = 'ACTIVE') as gestoert
    from process_instance i join process_definition d on d.key = i.definition_key
    where i.business_id is null and i.parent_key is null and (cast(:p as text[]) is null or i.process_id = any(cast(:p as text[])))
"""


def auflisten(app: App, actor: Actor) -> tuple[Vorgang, ...]:
    """Processes without a case: those that run first, then those that ended, the newest first. Raises NotPermitted."""
    wanted = _visible(actor)
    return read(app, actor, lambda uow: tuple(_vorgang(row) for row in uow.session.execute(text(
        ROWS + " order by (i.status not in ('ACTIVE', 'SUSPENDED')), i.started desc, i.key desc limit :n"), {"p": wanted, "n": MOST})))


def _vorgang(row: Row[Any]) -> Vorgang:
    return Vorgang(key=row.key, name=row.name, status=row.status, begonnen=row.started, beendet=row.ended, gestoert=row.gestoert)


@dataclass(frozen=True, kw_only=True)
class Ansicht:
    """One of them with all processes it called: where each stands, and the open tasks that the person finds in his lists."""

    vorgang: Vorgang
    wege: tuple[Weg, ...]
    aufgaben: tuple[TaskInfo, ...]


def ansehen(app: App, actor: Actor, *, key: int, adresse: Callable[[int], str]) -> Ansicht:
    """Diagrams and tables. ``adresse`` gives the page of a task. Raises NotFound, NotPermitted."""
    wanted = _visible(actor)
    row = read(app, actor, lambda uow: uow.session.execute(text(ROWS + " and i.key = :k"), {"p": wanted, "k": key}).one_or_none())
    if row is None:
        raise NotFound("Diesen Vorgang gibt es nicht.")
    # The right to look was decided above; what is shown are steps and names of the model, nothing of a case.
    reader = system_actor(actor.mandant)
    family = [i for i in instances.family_of(app, reader, root_key=key) if i.key == key or i.status in {"ACTIVE", "SUSPENDED"}]
    mine = read(app, actor, lambda uow: tuple(tasks.info(r) for r in uow.session.execute(
        select(*tasks.FIELDS).where(policy.visible_tasks(actor), tasks.TABLE.c.root_key == key, tasks.TABLE.c.status == "CREATED")
        .order_by(tasks.TABLE.c.due.asc().nulls_last(), tasks.TABLE.c.key))))
    shown = {i.key for i in family}
    return Ansicht(vorgang=_vorgang(row), aufgaben=mine, wege=tuple(
        fallweg.weg(app, reader, key=i.key, adresse=adresse, aufruf=lambda called: f"#vorgang-{called}" if called in shown else None) for i in family))
