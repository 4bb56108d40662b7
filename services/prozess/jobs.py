"""Jobs for external workers: activated with a lease, finished with its fencing token, so that a slow worker cannot win twice."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.errors import Conflict, InvalidInput, NotFound, StateUnreadable
from services.prozess import rechte
from services.prozess.command import Command
from services.prozess.rechte import Recht
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

MAX_ACTIVATE = 1000
POLL_SECONDS = 0.1
DAMAGED_RESTS = timedelta(minutes=1)  # before a job whose instance cannot be read is looked at again


@dataclass(frozen=True, kw_only=True)
class ActivatedJob:
    """A job that a worker has taken; ``lease_token`` proves it is still his."""

    key: int
    type: str
    worker: str
    retries: int
    deadline: datetime
    lease_token: str | None
    variables: Mapping[str, Any]
    headers: Mapping[str, Any]
    element_id: str
    task_id: str
    definition_key: int
    process_id: str
    version: int
    instance_key: int
    root_key: int
    business_id: str | None


TAKE = text("""
    update job set status = 'CREATED', worker = :worker, deadline = :deadline, lease_token = :token
    where key in (select key from job where type = :type and status in ('CREATED', 'FAILED') and (deadline is null or deadline <= :now)
                  and (not_before is null or not_before <= :now) order by key limit :n for update skip locked)
    returning key, type, worker, retries, deadline, lease_token, headers, element_id, task_id, definition_key, process_id, version, instance_key,
              root_key, business_id
""")
REST = text("update job set worker = null, deadline = null, lease_token = null, not_before = :until where key = :k")


def activate(app: App, actor: Actor, *, job_type: str, worker: str, timeout: timedelta, limit: int, wait: timedelta = timedelta(0),
             variables: frozenset[str] | None = None) -> tuple[ActivatedJob, ...]:
    """Take up to ``limit`` jobs of a type for ``timeout``; waits up to ``wait`` for the first (long polling)."""
    rechte.require(actor, Recht.WORK)
    if not job_type or timeout <= timedelta(0) or limit < 1:
        raise InvalidInput("Erwartet werden ein Auftragstyp, eine Frist über 0 und mindestens ein Auftrag.")
    until = time.monotonic() + wait.total_seconds()
    while True:
        jobs = transact(app, actor, lambda uow: take(uow, job_type, worker, timeout, min(limit, MAX_ACTIVATE)))
        if jobs or time.monotonic() >= until:
            return tuple(only(job, variables) for job in jobs)
        time.sleep(POLL_SECONDS)


def only(job: ActivatedJob, names: frozenset[str] | None) -> ActivatedJob:
    """The job with the variables that were asked for; all of them if none are named."""
    return job if not names else replace(job, variables={n: v for n, v in job.variables.items() if n in names})


def take(uow: UnitOfWork, job_type: str, worker: str, timeout: timedelta, limit: int) -> list[ActivatedJob]:
    """One attempt to take jobs, in the caller's transaction. One whose instance has a damaged state rests, the others are given out."""
    while True:
        rows = uow.session.execute(TAKE, {"type": job_type, "worker": worker, "deadline": uow.now + timeout, "token": secrets.token_hex(16),
                                          "now": uow.now, "n": limit}).mappings().all()
        taken = []
        for row in sorted(rows, key=lambda r: r["key"]):
            try:
                taken.append(ActivatedJob(variables=variables_of(uow, row["instance_key"], row["task_id"]), **row))
            except StateUnreadable:
                uow.session.execute(REST, {"k": row["key"], "until": uow.now + DAMAGED_RESTS})
        if taken or not rows:
            return taken


def variables_of(uow: UnitOfWork, instance_key: int, task_id: str) -> dict[str, Any]:
    """What the element of a job sees at this moment."""
    from engine import runtime  # noqa: PLC0415  only reading
    command = Command(uow)
    row = command.store.row(instance_key)
    command.open_family(row.business_id)
    return dict(runtime.variables_of(command.store.get(str(instance_key)), task_id))


def lock_job(uow: UnitOfWork, key: int, token: str | None) -> tuple[Any, Command]:
    """The open job under the lock of its family. Raises NotFound if it is gone, Conflict if another worker has it by now."""
    rechte.require(uow.actor, Recht.WORK)
    where = uow.session.execute(text("select root_key, instance_key from job where key = :k"), {"k": key}).one_or_none()
    if where is None:
        raise NotFound(f"Den Auftrag {key} gibt es nicht.")
    command = Command(uow)
    row = command.store.lock_instance(where.instance_key)
    job = uow.session.execute(text("select * from job where key = :k for update"), {"k": key}).one()
    if job.status not in {"CREATED", "FAILED", "INCIDENT"}:
        raise NotFound(f"Der Auftrag {key} ist nicht mehr offen (Zustand {job.status}).", status=job.status)
    if token is not None and job.lease_token != token:
        raise Conflict("Die Frist dieses Auftrags ist abgelaufen, und ein anderer Bearbeiter hat ihn übernommen. Das Ergebnis wird nicht übernommen.")
    command.begin(row)
    return job, command


def complete(app: App, actor: Actor, *, key: int, variables: Mapping[str, Any] | None = None, lease_token: str | None = None) -> None:
    """The work is done. Raises NotFound, Conflict (the lease went to somebody else)."""
    def work(uow: UnitOfWork) -> None:
        job, command = lock_job(uow, key, lease_token)
        if job.status == "INCIDENT":
            raise Conflict("Der Auftrag steht als Störung und muss erst wieder freigegeben werden.")
        uow.session.execute(text("update job set status = 'COMPLETED', ended = :now where key = :k"), {"k": key, "now": uow.now})
        command.run(job.instance_key, "job_done", job.task_id, dict(variables or {}))
        command.finish("job.complete", f"job:{key}", detail={"type": job.type, "worker": job.worker})
    transact(app, actor, work)


def fail(app: App, actor: Actor, *, key: int, retries: int, message: str = "", backoff: timedelta = timedelta(0),
         variables: Mapping[str, Any] | None = None, lease_token: str | None = None) -> None:
    """The work failed; with retries left it is offered again after ``backoff``, else it becomes an incident."""
    def work(uow: UnitOfWork) -> None:
        job, command = lock_job(uow, key, lease_token)
        if variables:
            command.run(job.instance_key, "set_variables", dict(variables), job.task_id, local=True)
        command.run(job.instance_key, "job_failed", job.task_id, message, max(0, retries))
        command.finish("job.fail", f"job:{key}", detail={"type": job.type, "retries": retries})
        uow.session.execute(text(
            "update job set status = case when :r > 0 then 'FAILED' else 'INCIDENT' end, retries = :r, error_message = :m, worker = null, "
            "deadline = null, lease_token = null, not_before = :nb where key = :k"),
            {"r": max(0, retries), "m": message[:4000], "nb": uow.now + backoff if backoff else None, "k": key})
        if retries <= 0:
            uow.session.execute(text("update incident set job_key = :k where instance_key = :i and task_id = :t and status = 'ACTIVE'"),
                                {"k": key, "i": job.instance_key, "t": job.task_id})
    transact(app, actor, work)


def throw_error(app: App, actor: Actor, *, key: int, code: str, message: str = "", variables: Mapping[str, Any] | None = None,
                lease_token: str | None = None) -> None:
    """A BPMN error: a boundary event takes it, else it becomes an incident."""
    def work(uow: UnitOfWork) -> None:
        job, command = lock_job(uow, key, lease_token)
        uow.session.execute(text("update job set status = 'ERROR_THROWN', ended = :now, error_code = :c, error_message = :m where key = :k"),
                            {"now": uow.now, "c": code[:200], "m": message[:4000], "k": key})
        command.run(job.instance_key, "job_failed", job.task_id, message, 0, error_code=code, variables=dict(variables or {}))
        command.finish("job.throw_error", f"job:{key}", detail={"type": job.type, "code": code})
    transact(app, actor, work)


def update(app: App, actor: Actor, *, key: int, retries: int | None = None, timeout: timedelta | None = None,
           lease_token: str | None = None) -> None:
    """Set retries (before an incident is resolved), or extend the lease."""
    def work(uow: UnitOfWork) -> None:
        rechte.require(actor, Recht.WORK)
        job = uow.session.execute(text("select * from job where key = :k for update"), {"k": key}).one_or_none()
        if job is None or job.status not in {"CREATED", "FAILED", "INCIDENT"}:
            raise NotFound(f"Den Auftrag {key} gibt es nicht, oder er ist nicht mehr offen.")
        if lease_token is not None and job.lease_token != lease_token:
            raise Conflict("Ein anderer Bearbeiter hat diesen Auftrag übernommen.")
        if retries is not None and retries < 1:
            raise InvalidInput("Es muss mindestens ein Versuch übrig sein.", errors={"retries": "mindestens 1"})
        if timeout is not None and job.deadline is None:
            raise Conflict("Die Frist lässt sich nur verlängern, solange ein Bearbeiter den Auftrag hat.")
        uow.session.execute(text("update job set retries = coalesce(:r, retries), deadline = coalesce(:d, deadline) where key = :k"),
                            {"r": retries, "d": uow.now + timeout if timeout is not None else None, "k": key})
        uow.audit("job.update", f"job:{key}", chain=f"pi:{job.root_key}", detail={"retries": retries})
    transact(app, actor, work)
