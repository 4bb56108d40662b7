"""One command on a family of instances: run it, serve its built-in jobs, deliver its messages at home, write everything.

What happens, in one transaction: the root is locked, the engine runs, service tasks with a built-in handler are done at
once (so the next task is there when the page returns), and the changes, the log and the audit are written.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from engine import runtime
from engine.errors import BpmnError, BudgetExceeded, Rejected
from engine.family import Family
from services.db.models.prozess import DecisionLog
from services.errors import Resting, ServiceError, StaleVersion
from services.prozess import writer
from services.prozess.ablehnung import refusal
from services.prozess.changes import Changes, Place
from services.prozess.evaluator import Evaluators
from services.prozess.handlers import Auftrag
from services.prozess.store import SqlStore
from services.unit_of_work import RACES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.step import OpenJob, ThrownMessage
    from services.prozess.store import InstanceRow
    from services.unit_of_work import UnitOfWork

log = logging.getLogger("etappe.prozess")
THROWN_TTL = timedelta(hours=1)  # a thrown message waits this long for its receiver


class Command:
    """Collects what one use case does to one family; :meth:`finish` writes it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self.store = SqlStore(uow)
        self.changes = Changes()
        self.completed_by: dict[Place, str] = {}
        self.fired: set[Place] = set()
        self.root: InstanceRow | None = None
        self.decisions: list[dict[str, Any]] = []
        self._family: Family | None = None

    # -- beginning -----------------------------------------------------------------------------------------------------
    def begin(self, row: InstanceRow) -> InstanceRow:
        """Work on the family of a row that is locked already (or new). Raises Resting."""
        self.root = self.store.rows.get(row.root_key, row)
        if row.rests or self.root.status == "SUSPENDED":
            raise Resting
        self.open_family(row.business_id)
        return row

    def open_family(self, business_id: str | None) -> None:
        self.store.evaluator_of = Evaluators(self.uow, business_id, self.decisions)
        self._family = Family(self.store, lambda key: self.store.evaluator_of(int(key)), lambda: self.uow.now)

    @property
    def family(self) -> Family:
        assert self._family is not None
        return self._family

    def visible_variables(self, instance_key: int, task_id: str) -> dict[str, Any]:
        """What an open task sees."""
        return dict(runtime.variables_of(self.store.get(str(instance_key)), task_id))

    # -- running -------------------------------------------------------------------------------------------------------
    def start(self, process_id: str, variables: Mapping[str, Any], *, definition_key: int | None = None, business_id: str | None = None,
              tags: list[str] | None = None, start_element: str | None = None) -> int:
        """Start a root instance; returns its key."""
        self.store.new_business_id, self.store.new_tags = business_id, tags or []
        if self._family is None:
            self.open_family(business_id)
        try:
            key = int(self.family.start(process_id, dict(variables), definition_key=None if definition_key is None else str(definition_key),
                                        start_element=start_element))
        except (Rejected, BudgetExceeded) as error:
            raise refusal(error) from error
        self.root = self.root or self.store.rows[key]
        self.changes.add(self.family.steps)
        self.serve()
        return key

    def run(self, instance_key: int, command: str, *args: Any, **kw: Any) -> None:  # noqa: ANN401  arguments of engine.runtime's commands
        """Run a command of ``engine.runtime`` and everything that follows from it. Engine refusals become ours."""
        try:
            steps = self.family.run(str(instance_key), command, *args, **kw)
        except (Rejected, BudgetExceeded) as error:
            raise refusal(error) from error
        self.changes.add(steps)
        self.serve()

    def serve(self) -> None:
        """Do built-in jobs and deliver messages inside the family until nothing is left to do."""
        while True:
            job = next(((place, job) for place, job in self.changes.jobs.opened.items() if job.type in self.uow.app.handlers), None)
            if job is not None:
                self.serve_job(*job)
                continue
            if not self.deliver_at_home():
                return

    def serve_job(self, place: Place, job: OpenJob) -> None:
        """Run one built-in handler under a savepoint: a defect takes back its own writes only and becomes an incident."""
        row = self.store.row(place[0])
        self.changes.jobs.settle(place)
        order = Auftrag(uow=self.uow, type=job.type, instance_key=row.key, root_key=row.root_key, business_id=row.business_id,
                        element_id=job.element, variables=job.variables, headers=job.headers)
        command: tuple[str, tuple[Any, ...], dict[str, Any]]
        savepoint = self.uow.session.begin_nested()
        try:
            result = self.uow.app.handlers[job.type](order)
            savepoint.commit()
            command = ("job_done", (place[1], dict(result or {})), {})
        except BpmnError as error:
            savepoint.rollback()
            command = ("job_failed", (place[1], error.message), {"error_code": error.code})
        except StaleVersion:
            raise  # a lost race: the whole command is repeated from a fresh read
        except DBAPIError as error:
            if isinstance(error.orig, RACES):
                raise
            savepoint.rollback()
            log.exception("builtin_job_failed", extra={"job_type": job.type, "instance_key": row.key})
            command = ("job_failed", (place[1], f"Datenbankfehler in {job.type}"), {"retries": 0})
        except ServiceError as error:  # foreseen by the case side: a sentence for people
            savepoint.rollback()
            command = ("job_failed", (place[1], error.detail), {"retries": 0})
        except Exception as error:
            savepoint.rollback()
            log.exception("builtin_job_failed", extra={"job_type": job.type, "instance_key": row.key})
            command = ("job_failed", (place[1], f"{type(error).__name__} in {job.type}"), {"retries": 0})
        name, args, kw = command
        self.changes.add(self.family.run(str(place[0]), name, *args, **kw))

    def deliver_at_home(self) -> bool:
        """Hand a thrown message to somebody in the same family; others go to the buffer in :meth:`finish`."""
        for number, (_, message) in enumerate(self.changes.messages):
            place = self.waiting_at_home(message)
            if place is not None:
                del self.changes.messages[number]
                self.changes.add(self.family.run(str(place[0]), "correlate", place[1], dict(message.variables)))
                return True
        return False

    def waiting_at_home(self, message: ThrownMessage) -> Place | None:
        """A subscription that this command opened itself: no row of it exists yet."""
        for place, waits in self.changes.subscriptions.opened.items():
            if waits.kind == "message" and waits.name == message.name and waits.correlation_key == message.correlation_key:
                return place
        return None

    # -- writing -------------------------------------------------------------------------------------------------------
    def finish(self, command: str, subject: str, *, reason: str | None = None, detail: Mapping[str, Any] | None = None) -> None:
        """Write everything, and one audit row in the family's chain."""
        assert self.root is not None
        updates = writer.write(self.uow, self.store, self.changes, completed_by=self.completed_by, fired=frozenset(self.fired))
        self.buffer_thrown()
        self.uow.audit_in_batch(command, subject, chain=f"pi:{self.root.root_key}", reason=reason, detail=detail)
        writer.check(self.uow.batch.flush(), updates)
        if self.decisions:
            self.uow.session.execute(insert(DecisionLog), self.decisions)
        self.take_buffered()

    def take_buffered(self) -> None:
        """Elements that began to wait may find their message in the buffer already."""
        waiting = [(waits.name, waits.correlation_key, self.store.rows[place[0]].process_id)
                   for place, waits in self.changes.subscriptions.opened.items() if waits.kind == "message"]
        if waiting:
            from services.prozess.messages import deliver_buffered  # noqa: PLC0415  messages.py runs commands itself
            deliver_buffered(self.uow, waiting)

    def buffer_thrown(self) -> None:
        """Messages and signals for other families: rows of this commit, delivered right after it (and by the worker if we die)."""
        rows: list[dict[str, Any]] = [
            {"kind": "message", "name": message.name, "correlation_key": message.correlation_key, "variables": dict(message.variables)}
            for _, message in self.changes.messages]
        rows += [{"kind": "signal", "name": s.name, "correlation_key": None, "variables": dict(s.variables)} for s in self.changes.signals]
        if not rows:
            return
        self.uow.batch.insert("message", [row | {
            "key": self.uow.key(), "mandant": self.uow.actor.mandant, "message_id": None, "created": self.uow.now,
            "expires": self.uow.now + THROWN_TTL, "pending": True} for row in rows])
        self.uow.batch.add("select pg_notify('nachricht', %(m)s)", {"m": self.uow.actor.mandant})
        from services.prozess.messages import deliver_pending  # noqa: PLC0415  messages.py runs commands itself
        self.uow.after_commit.append(lambda: (deliver_pending(self.uow.app), None)[1])
