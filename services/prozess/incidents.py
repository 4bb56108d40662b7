"""Incidents: elements that need help. Resolving one repeats just its element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.errors import NotFound
from services.prozess import rechte
from services.prozess.command import Command
from services.prozess.rechte import Recht
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor


@dataclass(frozen=True, kw_only=True)
class IncidentInfo:
    """A row of ``incident``."""

    key: int
    instance_key: int
    root_key: int
    definition_key: int
    process_id: str
    business_id: str | None
    element_id: str
    element_name: str | None
    type: str
    message: str
    phase: str
    status: str
    created: datetime
    ended: datetime | None
    job_key: int | None


FIELDS = ("key, instance_key, root_key, definition_key, process_id, business_id, element_id, element_name, type, message, phase, status, created, "
          "ended, job_key")


def open_incidents(app: App, actor: Actor, *, limit: int = 200) -> tuple[IncidentInfo, ...]:
    """Open incidents of the Mandant, newest first."""
    rechte.require(actor, Recht.SEE_INCIDENTS)

    def work(uow: UnitOfWork) -> tuple[IncidentInfo, ...]:
        rows = uow.session.execute(text(f"select {FIELDS} from incident where status = 'ACTIVE' order by key desc limit :n"), {"n": limit}).all()  # noqa: S608  our own words
        return tuple(IncidentInfo(**row._mapping) for row in rows)
    return read(app, actor, work)


def resolve(app: App, actor: Actor, *, key: int, reason: str | None = None) -> None:
    """Repeat the element. If it fails again, a new incident stands there. Raises NotFound for a resolved one."""
    transact(app, actor, lambda uow: resolve_in(uow, key=key, reason=reason))


def resolve_in(uow: UnitOfWork, *, key: int, reason: str | None = None) -> None:
    """The same inside a unit of work of the caller."""
    rechte.require(uow.actor, Recht.OPERATE)
    row: Any = uow.session.execute(text("select instance_key, root_key from incident where key = :k"), {"k": key}).one_or_none()
    if row is None:
        raise NotFound(f"Die Störung {key} gibt es nicht.")
    command = Command(uow)
    instance = command.store.lock_instance(row.instance_key)
    incident: Any = uow.session.execute(text("select task_id, status, element_id from incident where key = :k for update"), {"k": key}).one()
    if incident.status != "ACTIVE":
        raise NotFound("Diese Störung ist bereits behoben.", status=incident.status)
    command.begin(instance)
    command.run(row.instance_key, "retry", incident.task_id)
    command.finish("incident.resolve", f"incident:{key}", reason=reason, detail={"element": incident.element_id})
