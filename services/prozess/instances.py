"""Process instances: start, cancel, suspend, modify, variables, and what pages and lists show of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from engine import runtime
from services.errors import Conflict, InvalidInput, NotFound, StateUnreadable
from services.prozess import abbruch, rechte, vermerk
from services.prozess.command import Command
from services.prozess.definitions import DefinitionInfo, find_process
from services.prozess.rechte import Recht
from services.prozess.store import COLUMNS, InstanceRow
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

MAX_VARIABLES_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Started:
    """A new root instance; ``variables`` are those of the process scope if it ended at once."""

    key: int
    definition: DefinitionInfo
    business_id: str | None
    variables: Mapping[str, Any]
    tags: Sequence[str]


def start(app: App, actor: Actor, *, process_id: str | None = None, definition_key: int | None = None, version: int | None = None,
          version_tag: str | None = None, variables: Mapping[str, Any] | None = None, business_id: str | None = None,
          tags: Sequence[str] = ()) -> Started:
    """Start a root instance. Raises NotFound for an unknown process, or for a case that the actor may not work on; NotPermitted."""
    def work(uow: UnitOfWork) -> Started:
        rechte.require_business_id(uow, business_id)
        return start_in(uow, process_id=process_id, definition_key=definition_key, version=version, version_tag=version_tag,
                        variables=variables, business_id=business_id, tags=tags)
    return transact(app, actor, work)


def start_in(uow: UnitOfWork, *, process_id: str | None = None, definition_key: int | None = None, version: int | None = None,
             version_tag: str | None = None, variables: Mapping[str, Any] | None = None, business_id: str | None = None, tags: Sequence[str] = ()) -> Started:
    """The same inside a unit of work of the caller (a case and its process begin in one commit)."""
    rechte.require(uow.actor, Recht.START)
    definition = find_process(uow.session, process_id=process_id, key=definition_key, version=version, version_tag=version_tag)
    uow.app.library.remember(definition)
    command = Command(uow)
    key = command.start(definition.process_id, variables or {}, definition_key=definition.key, business_id=business_id, tags=list(tags))
    command.finish("process_instance.create", f"process_instance:{key}", detail={"process": definition.process_id, "version": definition.version})
    return Started(key=key, definition=definition, business_id=business_id, variables=dict(variables or {}), tags=tags)


def cancel(app: App, actor: Actor, *, key: int, reason: str | None = None) -> None:
    """End a root instance and everything it called. Raises Conflict for a called or an ended instance."""
    transact(app, actor, lambda uow: cancel_in(uow, key=key, reason=reason))


def cancel_in(uow: UnitOfWork, *, key: int, reason: str | None) -> None:
    """The same inside a unit of work of the caller. A family with a damaged state ends by its rows alone, which needs a reason."""
    rechte.require(uow.actor, Recht.OPERATE)
    command = Command(uow)
    row = running(command.store.lock_instance(key))
    if row.parent_key is not None:
        raise Conflict("Dieser Vorgang wurde von einem anderen aufgerufen. Beendet werden kann nur der oberste Vorgang.", root=row.root_key)
    command.begin(row)
    try:
        command.run(key, "cancel")
    except StateUnreadable as error:
        abbruch.beenden(uow, row, error, reason)
        return
    vermerk.eingriff(uow, row, "wurde von Hand beendet", reason)
    command.finish("process_instance.cancel", f"process_instance:{key}", reason=reason)


def running(row: InstanceRow) -> InstanceRow:
    """The row, if the instance still runs. Raises NotFound otherwise (as Camunda 8 does)."""
    if row.status not in {"ACTIVE", "SUSPENDED"}:
        raise NotFound("Dieser Vorgang ist bereits beendet.", status=row.status)
    return row


def set_suspended(app: App, actor: Actor, *, key: int, suspended: bool, reason: str) -> None:
    """Let a root instance rest, or go on. A resting instance refuses every command; due timers wait until it goes on."""
    transact(app, actor, lambda uow: set_suspended_in(uow, key=key, suspended=suspended, reason=reason))


def set_suspended_in(uow: UnitOfWork, *, key: int, suspended: bool, reason: str) -> None:
    """The same inside a unit of work of the caller."""
    if not reason.strip():
        raise InvalidInput("Bitte geben Sie einen Grund an.", errors={"reason": "fehlt"})
    rechte.require(uow.actor, Recht.OPERATE)
    command = Command(uow)
    row = running(command.store.lock_instance(key))
    if row.parent_key is not None:
        raise Conflict("Ruhen kann nur der oberste Vorgang.", root=row.root_key)
    new = "SUSPENDED" if suspended else "ACTIVE"
    if row.status == new:
        raise Conflict("Der Vorgang ruht bereits." if suspended else "Der Vorgang läuft bereits.")
    uow.session.execute(text("update process_instance set status = :s, rev = rev + 1 where key = :k"), {"s": new, "k": key})
    vermerk.eingriff(uow, row, "ruht ab jetzt" if suspended else "läuft wieder", reason)
    uow.audit("process_instance.suspend" if suspended else "process_instance.resume", f"process_instance:{key}", chain=f"pi:{key}", reason=reason)


def set_variables(app: App, actor: Actor, *, key: int, variables: Mapping[str, Any], task_id: str | None = None, local: bool = False) -> None:
    """Write variables at the process scope or at the scope of an open element."""
    def work(uow: UnitOfWork) -> None:
        rechte.require(actor, Recht.OPERATE)
        command = Command(uow)
        row = running(command.store.lock_instance(key))
        command.begin(row)
        command.run(key, "set_variables", dict(variables), task_id, local=local)
        command.finish("process_instance.set_variables", f"process_instance:{key}", detail={"names": sorted(variables)})
    transact(app, actor, work)


def modify(app: App, actor: Actor, *, key: int, activate: Sequence[str] = (), terminate: Sequence[str] = (),
           variables: Mapping[str, Any] | None = None, reason: str | None = None) -> None:
    """Move tokens by hand: activate elements, terminate tasks (their engine ids). The supervisor's tool of last resort."""
    transact(app, actor, lambda uow: modify_in(uow, key=key, activate=activate, terminate=terminate, variables=variables, reason=reason))


def modify_in(uow: UnitOfWork, *, key: int, activate: Sequence[str] = (), terminate: Sequence[str] = (),
              variables: Mapping[str, Any] | None = None, reason: str | None = None) -> None:
    """The same inside a unit of work of the caller."""
    rechte.require(uow.actor, Recht.OPERATE)
    command = Command(uow)
    row = command.begin(running(command.store.lock_instance(key)))
    command.run(key, "modify", tuple(terminate), tuple(activate), dict(variables or {}))
    vermerk.eingriff(uow, row, "wurde von Hand an einen anderen Schritt gestellt", reason)
    command.finish("process_instance.modify", f"process_instance:{key}", reason=reason,
                   detail={"activate": list(activate), "terminate": list(terminate)})


# -- reading -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class InstanceInfo:
    """A row of ``process_instance`` for lists; ``state`` stays behind."""

    key: int
    definition_key: int
    process_id: str
    version: int
    version_tag: str | None
    name: str | None
    status: str
    business_id: str | None
    parent_key: int | None
    parent_task: str | None
    root_key: int
    started: datetime
    ended: datetime | None
    end_element: str | None
    has_incident: bool
    tags: tuple[str, ...]


INFO = """
    select i.key, i.definition_key, i.process_id, i.version, d.version_tag, d.name, i.status, i.business_id, i.parent_key, i.parent_task,
           i.root_key, i.started, i.ended, i.end_element, i.tags,
           exists (select 1 from incident x where x.instance_key = i.key and x.status = 'ACTIVE') as has_incident
    from process_instance i join process_definition d on d.key = i.definition_key
"""


def info(row: Any) -> InstanceInfo:  # noqa: ANN401  a row of INFO
    """The value of a row."""
    values = dict(row._mapping)
    return InstanceInfo(**values | {"tags": tuple(values["tags"])})


def get(app: App, actor: Actor, *, key: int) -> InstanceInfo:
    """One instance. Raises NotFound."""
    def work(uow: UnitOfWork) -> InstanceInfo:
        row = uow.session.execute(text(INFO + " where i.key = :k"), {"k": key}).one_or_none()
        if row is None:
            raise NotFound(f"Den Vorgang {key} gibt es nicht.")
        found = info(row)
        rechte.require_instance(uow, found.business_id)
        return found
    return read(app, actor, work)


def family_of(app: App, actor: Actor, *, root_key: int) -> tuple[InstanceInfo, ...]:
    """The root and everything it called, in the order of their start."""
    def work(uow: UnitOfWork) -> tuple[InstanceInfo, ...]:
        rows = uow.session.execute(text(INFO + " where i.root_key = :k order by i.started, i.key"), {"k": root_key}).all()
        if rows:
            rechte.require_instance(uow, rows[0].business_id)
        return tuple(info(row) for row in rows)
    return read(app, actor, work)


def of_case(app: App, actor: Actor, *, business_id: str) -> tuple[InstanceInfo, ...]:
    """All instances that run or ran for a case."""
    def work(uow: UnitOfWork) -> tuple[InstanceInfo, ...]:
        rechte.require_instance(uow, business_id)
        rows = uow.session.execute(text(INFO + " where i.business_id = :b order by i.started, i.key"), {"b": business_id}).all()
        return tuple(info(row) for row in rows)
    return read(app, actor, work)


def variables(app: App, actor: Actor, *, key: int) -> dict[str, Any]:
    """Variables of the process scope, also of an ended instance."""
    def work(uow: UnitOfWork) -> dict[str, Any]:
        row = uow.session.execute(text(f"select {COLUMNS}, variables from process_instance where key = :k"), {"k": key}).one_or_none()  # noqa: S608  our own words
        if row is None:
            raise NotFound(f"Den Vorgang {key} gibt es nicht.")
        rechte.require_instance(uow, row.business_id)
        if row.state is None:
            return dict(row.variables or {})
        command = Command(uow)
        command.open_family(row.business_id)
        return dict(command.store.get(str(key)).data)
    return read(app, actor, work)


@dataclass(frozen=True, kw_only=True)
class Place:
    """An element of a running or ended instance: how often it was entered and completed, and what is open on it.

    ``called_key``: the instance that a call activity called last.
    """

    element_id: str
    entered: int
    completed: int
    terminated: int
    open: int
    since: datetime | None
    incident: bool
    due: datetime | None
    task_key: int | None
    assignee: str | None
    called_key: int | None


def places(app: App, actor: Actor, *, key: int) -> tuple[Place, ...]:
    """Where an instance stands and where it has been; source of the diagram and of its table."""
    def work(uow: UnitOfWork) -> tuple[Place, ...]:
        row = uow.session.execute(text("select business_id from process_instance where key = :k"), {"k": key}).one_or_none()
        if row is None:
            raise NotFound(f"Den Vorgang {key} gibt es nicht.")
        rechte.require_instance(uow, row.business_id)
        rows = uow.session.execute(text("""
            with last as (  -- what has moved to another version counts under its new name
                select id, what, at, task_id, last_value(element_id) over (
                    partition by task_id order by id rows between unbounded preceding and unbounded following) as element_id
                from element_log where instance_key = :k),
            log as (
                select element_id, count(*) filter (where what = 'entered') as entered, count(*) filter (where what = 'completed') as completed,
                       count(*) filter (where what = 'terminated') as terminated, max(at) filter (where what = 'entered') as since,
                       max(id) filter (where what = 'entered') as number
                from last group by element_id),
            called as (
                select last.element_id, max(c.key) as key from process_instance c join last on last.task_id = c.parent_task and last.what = 'entered'
                where c.parent_key = :k group by last.element_id)
            select l.element_id, l.entered, l.completed, l.terminated, greatest(l.entered - l.completed - l.terminated, 0) as open, l.since,
                   exists (select 1 from incident i where i.instance_key = :k and i.element_id = l.element_id and i.status = 'ACTIVE') as incident,
                   coalesce((select min(t.due) from timer t where t.instance_key = :k and t.element_id = l.element_id and t.status = 0),
                            (select min(u.due) from user_task u where u.instance_key = :k and u.element_id = l.element_id and u.status = 'CREATED')) as due,
                   (select min(u.key) from user_task u where u.instance_key = :k and u.element_id = l.element_id and u.status = 'CREATED') as task_key,
                   (select min(u.assignee) from user_task u where u.instance_key = :k and u.element_id = l.element_id and u.status = 'CREATED') as assignee,
                   (select c.key from called c where c.element_id = l.element_id) as called_key
            from log l order by l.number"""), {"k": key}).all()
        return tuple(Place(**row._mapping) for row in rows)
    return read(app, actor, work)


def definition_xml(app: App, actor: Actor, *, definition_key: int) -> bytes:
    """The original bytes of a process definition. Raises NotFound."""
    def work(uow: UnitOfWork) -> bytes:
        xml = uow.session.execute(text("select xml from process_definition where key = :k"), {"k": definition_key}).scalar_one_or_none()
        if xml is None:
            raise NotFound(f"Die Prozessdefinition {definition_key} gibt es nicht.")
        return bytes(xml)
    return read(app, actor, work)


def open_tasks(app: App, actor: Actor, *, key: int) -> tuple[str, ...]:
    """Engine ids of everything that is open in an instance: tokens by which ``modify`` terminates."""
    def work(uow: UnitOfWork) -> tuple[str, ...]:
        rechte.require(actor, Recht.OPERATE)
        command = Command(uow)
        row = running(command.store.row(key))
        command.open_family(row.business_id)
        found = runtime.open_things(command.store.get(str(key)))
        return tuple(sorted({task for kind in found.values() for task in kind}))
    return read(app, actor, work)
