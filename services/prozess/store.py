"""Rows of a family of instances, locked root first: the door that ``engine.family`` uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from engine import state as codec
from engine.errors import CallFailed, InstanceNotRunning, StateDamaged, UnknownStateFormat
from services.errors import NotFound
from services.prozess import bindung
from services.prozess.ablehnung import unreadable
from services.prozess.definitions import find_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from engine.catalogue import Definition
    from engine.instance import Instance
    from engine.ports import Evaluator
    from services.unit_of_work import UnitOfWork

COLUMNS = "key, definition_key, process_id, version, status, rev, state, business_id, parent_key, parent_task, root_key, started, tags"


def no_evaluator(_: int) -> Evaluator:
    """Before the family is opened nothing may be evaluated."""
    raise AssertionError("the family of this command is not open")


@dataclass(kw_only=True)
class InstanceRow:
    """A row of ``process_instance`` as read; ``new`` if this command creates it, ``rests`` if the root of its family does."""

    key: int
    definition_key: int
    process_id: str
    version: int
    status: str
    rev: int
    state: bytes | None
    business_id: str | None
    parent_key: int | None
    parent_task: str | None
    root_key: int
    started: datetime
    tags: list[str] = field(default_factory=list)
    new: bool = False
    rests: bool = False


@dataclass(kw_only=True, frozen=True)
class DueTimer:
    """A due timer and its instance, both locked."""

    instance: InstanceRow
    task_id: str
    element_id: str
    due: datetime


class SqlStore:
    """Implements ``engine.family.Store``. Instances stay in memory during the command; ``touched`` are those to be written."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow, self.session = uow, uow.session
        self.rows: dict[int, InstanceRow] = {}
        self.live: dict[int, Instance] = {}
        self.touched: dict[int, Instance] = {}
        self.evaluator_of: Callable[[int], Evaluator] = no_evaluator
        self.new_business_id: str | None = None
        self.new_tags: list[str] = []

    # -- reading -------------------------------------------------------------------------------------------------------
    def lock_family(self, root_key: int) -> InstanceRow:
        """Lock the root; whoever wants to change the family waits here. Raises NotFound."""
        row = self.session.execute(text(f"select {COLUMNS} from process_instance where key = :k for update"), {"k": root_key}).mappings().one_or_none()  # noqa: S608  our own words
        if row is None:
            raise NotFound(f"Den Vorgang {root_key} gibt es nicht.")
        return self.add(InstanceRow(**row))

    def lock_instance(self, key: int) -> InstanceRow:
        """Lock the root of the instance's family, then read the instance, in one statement. Raises NotFound."""
        row = self.session.execute(text(
            "select i.key, i.definition_key, i.process_id, i.version, i.status, i.rev, i.state, i.business_id, i.parent_key, i.parent_task, "
            "i.root_key, i.started, i.tags, r.status = 'SUSPENDED' as rests from process_instance r, process_instance i "
            "where i.key = :k and r.key = i.root_key for update of r, i"),
            {"k": key}).mappings().one_or_none()
        if row is None:
            raise NotFound(f"Den Vorgang {key} gibt es nicht.")
        return self.add(InstanceRow(**row))

    def lock_due_timer(self, key: int) -> DueTimer | None:
        """Lock a timer, the root of its family and its instance, in one statement; None if it is not due any more or somebody holds one of them.

        The timer is locked too, so that what is read of it is true however old the list is that it comes from.
        """
        row = self.uow.execute(text(
            f"select {', '.join('i.' + name for name in COLUMNS.split(', '))}, t.task_id, t.element_id, t.due "  # noqa: S608  our own words
            "from timer t, process_instance r, process_instance i where t.key = :k and t.status = 0 and t.due <= :now "
            "and r.key = t.root_key and r.status = 'ACTIVE' and i.key = t.instance_key for update of t, r, i skip locked"),
            {"k": key, "now": self.uow.now}).mappings().one_or_none()
        if row is None:
            return None
        columns = dict(row)
        task_id, element_id, due = columns.pop("task_id"), columns.pop("element_id"), columns.pop("due")
        return DueTimer(instance=self.add(InstanceRow(**columns)), task_id=task_id, element_id=element_id, due=due)

    def add(self, row: InstanceRow) -> InstanceRow:
        return self.rows.setdefault(row.key, row)

    def row(self, key: int) -> InstanceRow:
        found = self.rows.get(key)
        if found is None:
            row = self.session.execute(text(f"select {COLUMNS} from process_instance where key = :k"), {"k": key}).mappings().one_or_none()  # noqa: S608  our own words
            if row is None:
                raise NotFound(f"Den Vorgang {key} gibt es nicht.")
            found = self.add(InstanceRow(**row))
        return found

    # -- engine.family.Store -------------------------------------------------------------------------------------------
    def get(self, key: str) -> Instance:
        number = int(key)
        found = self.live.get(number)
        if found is None:
            row = self.row(number)
            if row.state is None:
                raise InstanceNotRunning(key)
            definition = self.uow.app.library.process(self.session, row.definition_key)
            try:
                found = self.live[number] = codec.load(row.state, definition, self.evaluator_of(number), self.uow.now)
            except (StateDamaged, UnknownStateFormat) as error:
                raise unreadable(error, number) from error
        return found

    def put(self, instance: Instance) -> None:
        self.touched[int(instance.key)] = instance
        self.live[int(instance.key)] = instance

    def register(self, instance: Instance) -> None:
        key, parent = int(instance.key), instance.parent
        definition_key = int(instance.definition.key)
        info = self.uow.app.library.info(self.session, definition_key)
        above = self.row(int(parent[0])) if parent is not None else None
        self.add(InstanceRow(
            key=key, definition_key=definition_key, process_id=info.process_id, version=info.version, status="ACTIVE", rev=0, state=None,
            business_id=above.business_id if above else self.new_business_id, parent_key=above.key if above else None,
            parent_task=parent[1] if parent is not None else None, root_key=above.root_key if above else key, started=self.uow.now,
            tags=[] if above else self.new_tags, new=True))
        self.live[key] = instance

    def definition(self, key: str) -> Definition:
        return self.uow.app.library.process(self.session, int(key))

    def resolve(self, process: str, binding: str, version_tag: str | None, caller: str | None) -> Definition:
        try:
            key = bindung.process_of_deployment(self.session, process, int(caller)) if binding == "deployment" and caller else None
            info = find_process(self.session, process_id=process, key=key, version_tag=version_tag if binding == "versionTag" else None)
        except NotFound as error:
            raise CallFailed(f"{error.detail} Lassen Sie den Schritt danach noch einmal versuchen.") from error
        self.uow.app.library.remember(info)
        return self.uow.app.library.process(self.session, info.key)

    def new_key(self) -> str:
        return str(self.uow.key())

    def child_of(self, key: str, task: str) -> str | None:
        for row in self.rows.values():
            if row.parent_key == int(key) and row.parent_task == task and (row.new or row.status == "ACTIVE"):
                return str(row.key)
        if self.row(int(key)).new:
            return None  # whoever begins in this command has called nobody before
        found = self.session.execute(text(
            "select key from process_instance where parent_key = :k and parent_task = :t and status = 'ACTIVE'"), {"k": int(key), "t": task})
        child: Any = found.scalar_one_or_none()
        return None if child is None else str(child)

    def parent_of(self, key: str) -> tuple[str, str] | None:
        row = self.row(int(key))
        return None if row.parent_key is None or row.parent_task is None else (str(row.parent_key), row.parent_task)
