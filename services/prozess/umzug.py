"""Moving running instances to another version of their process: what would happen (a dry run), and doing it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from engine import runtime
from engine.errors import StateDamaged, UnknownStateFormat
from services.errors import Conflict, StateUnreadable
from services.prozess import bindung, rechte, vermerk
from services.prozess.ablehnung import unreadable
from services.prozess.command import Command
from services.prozess.definitions import DefinitionInfo, find_process
from services.prozess.instances import modify_in, running
from services.prozess.rechte import Recht
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from engine.findings import Finding
    from engine.instance import Instance
    from engine.step import Step
    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.store import InstanceRow

# What goes on waiting keeps its row; only the names of the new version are written into it.
RENAMED = {
    "job": "definition_key = :d, version = :v, ", "timer": "definition_key = :d, ", "message_subscription": "definition_key = :d, ",
    "incident": "definition_key = :d, "}
OPEN = {"job": "status in ('CREATED', 'FAILED', 'INCIDENT')", "timer": "status = 0", "message_subscription": "true", "incident": "status = 'ACTIVE'"}
MAX_PLAN = 200  # instances that one dry run looks at


# -- doing it ----------------------------------------------------------------------------------------------------------
def migrate(app: App, actor: Actor, *, key: int, definition_key: int, mapping: Mapping[str, str] | None = None,
            recompute: Collection[str] = (), reason: str | None = None) -> None:
    """Move an instance to another version; ``mapping`` renames elements (old id to new id), others keep their id.

    Timers and deadlines keep their time, except those of the elements in ``recompute`` (ids of the new version), which count
    anew from the entry of what they measure.

    Raises NotFound, NotPermitted, Conflict with the first problems that forbid it: then nothing has changed.
    """
    transact(app, actor, lambda uow: migrate_in(uow, key=key, definition_key=definition_key, mapping=mapping or {}, recompute=recompute, reason=reason))


def migrate_in(uow: UnitOfWork, *, key: int, definition_key: int, mapping: Mapping[str, str], recompute: Collection[str] = (),
               reason: str | None = None) -> None:
    """The same inside a unit of work of the caller."""
    rechte.require(uow.actor, Recht.OPERATE)
    command = Command(uow)
    row = running(command.store.lock_instance(key))
    command.begin(row)
    target = target_of(uow, row.definition_key, definition_key)
    instance, step = moved(command, row, target, mapping, recompute)
    if instance is None:
        raise Conflict("Der Vorgang kann nicht umziehen: " + " ".join(step.problems[:5]))
    row.definition_key, row.version = target.key, target.version
    command.store.live[key] = instance
    command.changes.add(command.family.adopt(instance, step))
    command.serve()
    rename(uow, key, target.key, target.version, mapping)
    vermerk.eingriff(uow, row, f"läuft ab jetzt nach Fassung {target.version} des Modells", reason)
    command.finish("process_instance.migrate", f"process_instance:{key}", reason=reason,
                   detail={"definition": target.key, "version": target.version, "mapping": dict(mapping), "recompute": sorted(recompute)})
    for task_id, task in step.user_tasks.opened.items():
        if task.element in recompute:
            uow.session.execute(text("update user_task set due = :d, follow_up = :f where instance_key = :i and task_id = :t and status = 'CREATED'"),
                                {"d": task.due, "f": task.follow_up, "i": key, "t": task_id})


def target_of(uow: UnitOfWork, source: int, target: int) -> DefinitionInfo:
    """The definition to move to. Raises NotFound, and Conflict for another process or the same version."""
    old, new = find_process(uow.session, key=source), find_process(uow.session, key=target)
    if new.process_id != old.process_id:
        raise Conflict(f"Umziehen kann ein Vorgang nur zu einer anderen Fassung von „{old.process_id}“, nicht zu „{new.process_id}“.")
    if new.key == old.key:
        raise Conflict("Der Vorgang läuft schon in dieser Fassung.")
    return new


def moved(command: Command, row: InstanceRow, target: DefinitionInfo, mapping: Mapping[str, str], recompute: Collection[str]) -> tuple[Instance | None, Step]:
    """The instance in the new version, in memory only."""
    assert row.state is not None
    uow = command.uow
    library = uow.app.library
    try:
        return runtime.migrate(row.state, library.process(uow.session, row.definition_key), library.process(uow.session, target.key),
                               dict(mapping), command.store.evaluator_of(row.key), uow.now, recompute=frozenset(recompute))
    except (StateDamaged, UnknownStateFormat) as error:
        raise unreadable(error, row.key) from error


def rename(uow: UnitOfWork, instance: int, definition: int, version: int, mapping: Mapping[str, str]) -> None:
    """Write the new version and the new element ids into the rows of what goes on waiting."""
    for table, columns in RENAMED.items():
        uow.session.execute(text(
            f"update {table} set {columns}element_id = coalesce(cast(:m as jsonb) ->> element_id, element_id) "  # noqa: S608  our own words
            f"where instance_key = :i and {OPEN[table]}"), {"d": definition, "m": json.dumps(dict(mapping)), "i": instance}
            | ({"v": version} if ":v" in columns else {}))
    if mapping:  # the log is append-only: a line of its own says under which name an open element goes on
        uow.session.execute(text("""
            insert into element_log (mandant, instance_key, process_id, element_id, task_id, what, at)
            select mandant, instance_key, process_id, cast(:m as jsonb) ->> element_id, task_id, 'moved', :n from (
                select mandant, instance_key, process_id, (array_agg(element_id order by id desc))[1] as element_id, task_id from element_log
                where instance_key = :i group by mandant, instance_key, process_id, task_id having not bool_or(what in ('completed', 'terminated'))) x
            where cast(:m as jsonb) ? element_id"""), {"m": json.dumps(dict(mapping)), "i": instance, "n": uow.now})


# -- moving tokens by hand ---------------------------------------------------------------------------------------------
def move(app: App, actor: Actor, *, key: int, moves: Sequence[tuple[str, str]], reason: str | None = None) -> None:
    """Every token at the first element of a pair becomes one at the second. Raises NotFound, NotPermitted, Conflict."""
    transact(app, actor, lambda uow: move_in(uow, key=key, moves=moves, reason=reason))


def move_in(uow: UnitOfWork, *, key: int, moves: Sequence[Sequence[str]], reason: str | None) -> None:
    """The same inside a unit of work of the caller."""
    command = Command(uow)
    row = running(command.store.lock_instance(key))
    command.open_family(row.business_id)
    activate, terminate = tokens(runtime.open_things(command.store.get(str(key))), moves)
    modify_in(uow, key=key, activate=activate, terminate=terminate, reason=reason)


def tokens(found: Mapping[str, Mapping[str, Any]], moves: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Elements to activate and tasks to terminate. Raises Conflict if nothing is open at the elements."""
    activate, terminate = [], []
    for source, target in moves:
        here = {task for kind in found.values() for task, thing in kind.items() if element(thing) == source}
        terminate += sorted(here)
        activate += [target] * len(here)
    if not terminate:
        raise Conflict("An keinem der genannten Schritte ist in diesem Vorgang etwas offen.")
    return activate, terminate


def after_move(app: App, actor: Actor, *, key: int, moves: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Dry run of :func:`move`: element ids of what would be open then. Nothing is written. Raises as it does."""
    def work(uow: UnitOfWork) -> tuple[str, ...]:
        rechte.require(actor, Recht.OPERATE)
        command = Command(uow)
        row = command.begin(running(command.store.row(key)))
        activate, terminate = tokens(runtime.open_things(command.store.get(str(row.key))), moves)
        command.run(key, "modify", tuple(terminate), tuple(activate), {})
        found = runtime.open_things(command.store.get(str(key)))
        return tuple(sorted({str(element(thing)) for kind in found.values() for thing in kind.values()}))
    return read(app, actor, work)


# -- what would happen -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Platz:
    """An open element of an instance. ``new`` is None if it goes away."""

    kind: str
    old: str | None
    new: str | None


@dataclass(frozen=True, kw_only=True)
class Termin:
    """A timer or the deadline of a task. ``old`` is None for one that is added, ``new`` for one that goes away."""

    element: str
    kind: str
    old: datetime | None
    new: datetime | None

    @property
    def changed(self) -> bool:
        return self.old != self.new


@dataclass(frozen=True, kw_only=True)
class Aussicht:
    """What a move would mean for one instance. With ``problems`` it would be refused and nothing changed."""

    key: int
    business_id: str | None
    places: tuple[Platz, ...] = ()
    times: tuple[Termin, ...] = ()
    problems: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The dry run: how many instances run in the old version, and what would become of the first of them.

    ``missing``: warnings about forms, decisions and processes that the new version names and that are not deployed.
    """

    source: DefinitionInfo
    target: DefinitionInfo
    total: int
    instances: tuple[Aussicht, ...]
    missing: tuple[Finding, ...] = ()

    @property
    def refused(self) -> int:
        return sum(bool(one.problems) for one in self.instances)


def plan(app: App, actor: Actor, *, source_key: int, target_key: int, mapping: Mapping[str, str] | None = None,
         recompute: Collection[str] = (), after: int = 0, limit: int = MAX_PLAN) -> Plan:
    """Dry run over the running instances of a version, in the order of their keys, from the one after ``after``. Nothing is written.

    Raises NotFound, NotPermitted, Conflict as :func:`migrate`.
    """
    def work(uow: UnitOfWork) -> Plan:
        rechte.require(actor, Recht.OPERATE)
        source, target = find_process(uow.session, key=source_key), target_of(uow, source_key, target_key)
        keys = list(uow.session.execute(text(
            "select key from process_instance where definition_key = :d and status in ('ACTIVE', 'SUSPENDED') and key > :a order by key limit :n"),
            {"d": source_key, "a": after, "n": min(limit, MAX_PLAN)}).scalars())
        total = uow.session.execute(text(
            "select count(*) from process_instance where definition_key = :d and status in ('ACTIVE', 'SUSPENDED')"), {"d": source_key}).scalar_one()
        found = tuple(outlook(uow, key, target, mapping or {}, recompute) for key in keys)
        missing = bindung.missing(uow, [uow.app.library.process(uow.session, target.key)])
        return Plan(source=source, target=target, total=total, instances=found, missing=tuple(missing))
    return read(app, actor, work)


def outlook(uow: UnitOfWork, key: int, target: DefinitionInfo, mapping: Mapping[str, str], recompute: Collection[str]) -> Aussicht:
    """What the move would mean for one instance."""
    command = Command(uow)
    row = command.store.row(key)
    command.open_family(row.business_id)
    try:
        before = runtime.open_things(command.store.get(str(key)))
        instance, step = moved(command, row, target, mapping, recompute)
    except StateUnreadable as error:  # the others can move
        return Aussicht(key=key, business_id=row.business_id, problems=(error.detail,))
    if instance is None:
        return Aussicht(key=key, business_id=row.business_id, problems=step.problems)
    after = runtime.open_things(instance)
    incidents = tuple(f"{incident.name}: {incident.message}" for task, incident in step.incidents.opened.items() if task not in before["incidents"])
    return Aussicht(key=key, business_id=row.business_id, places=places(before, after), incidents=incidents,
                    times=(*timers(before, after), *deadlines(uow, key, step, recompute)))


def element(found: object) -> str | None:
    """The element id of an open thing: some kinds carry more than it."""
    name = found[0] if isinstance(found, tuple) else found
    return None if name is None else str(name)


def places(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> tuple[Platz, ...]:
    """Everything somebody waits for, except timers: these are listed with their times."""
    return tuple(Platz(kind=kind, old=element(before[kind].get(task)), new=element(after[kind].get(task)))
                 for kind in before if kind != "timers" for task in dict.fromkeys([*before[kind], *after[kind]]))


def timers(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> list[Termin]:
    """Timers before and after."""
    def due(found: Any) -> datetime | None:  # noqa: ANN401  a pair of element and epoch seconds
        return None if found is None else datetime.fromtimestamp(found[1], UTC)
    return [Termin(element=element(after["timers"].get(task)) or str(element(before["timers"][task])), kind="timer",
                   old=due(before["timers"].get(task)), new=due(after["timers"].get(task)))
            for task in dict.fromkeys([*before["timers"], *after["timers"]])]


def deadlines(uow: UnitOfWork, key: int, step: Step, recompute: Collection[str]) -> list[Termin]:
    """Due times of the open tasks: kept, unless they count anew."""
    rows = uow.session.execute(text("select task_id, due from user_task where instance_key = :i and status = 'CREATED'"), {"i": key}).all()
    known = {row.task_id: row.due for row in rows}
    return [Termin(element=task.element, kind="deadline", old=known.get(task_id), new=task.due if task.element in recompute else known.get(task_id))
            for task_id, task in step.user_tasks.opened.items() if known.get(task_id) is not None or task.element in recompute]
