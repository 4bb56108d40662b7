"""Batch operations: one order for many instances, done in the background, one commit per instance.

An order lists its items when it is placed. The queue's job works through them; an item and its mark are written in the same
commit, so an order that is taken over after a crash does nothing twice. What one item refuses does not stop the others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from services import effekte
from services.context import Actor
from services.db.models.prozess import Incident, ProcessInstance
from services.db.models.sammelauftrag import BatchOperation, BatchOperationItem
from services.errors import Conflict, InvalidInput, NotFound, ServiceError
from services.prozess import incidents, instances, rechte, umzug
from services.prozess.definitions import find_process
from services.prozess.quellen import PROCESS_INSTANCES
from services.prozess.rechte import Recht
from services.prozess.suche import conditions
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procrastinate import JobContext

    from services.bootstrap import App

log = logging.getLogger(__name__)

MAX_ITEMS = 100_000
CHUNK = 100  # items of one job of the queue; then the next job waits behind the mails that came meanwhile


# -- what an order does to one item ------------------------------------------------------------------------------------
def _cancel(uow: UnitOfWork, instance: int, _: int, __: Mapping[str, Any], reason: str | None) -> None:
    instances.cancel_in(uow, key=instance, reason=reason)


def _resolve(uow: UnitOfWork, _: int, item: int, __: Mapping[str, Any], reason: str | None) -> None:
    incidents.resolve_in(uow, key=item, reason=reason)


def _migrate(uow: UnitOfWork, instance: int, _: int, parameters: Mapping[str, Any], reason: str | None) -> None:
    umzug.migrate_in(uow, key=instance, definition_key=parameters["definition"], mapping=parameters["mapping"],
                     recompute=parameters.get("recompute", ()), reason=reason)


def _modify(uow: UnitOfWork, instance: int, _: int, parameters: Mapping[str, Any], reason: str | None) -> None:
    umzug.move_in(uow, key=instance, moves=parameters["moves"], reason=reason)


def _suspend(uow: UnitOfWork, instance: int, _: int, __: Mapping[str, Any], reason: str | None) -> None:
    instances.set_suspended_in(uow, key=instance, suspended=True, reason=reason or "Sammelauftrag")


def _resume(uow: UnitOfWork, instance: int, _: int, __: Mapping[str, Any], reason: str | None) -> None:
    instances.set_suspended_in(uow, key=instance, suspended=False, reason=reason or "Sammelauftrag")


KINDS: Final[Mapping[str, Callable[[UnitOfWork, int, int, Mapping[str, Any], str | None], None]]] = {
    "CANCEL_PROCESS_INSTANCE": _cancel, "RESOLVE_INCIDENT": _resolve, "MIGRATE_PROCESS_INSTANCE": _migrate, "MODIFY_PROCESS_INSTANCE": _modify,
    "SUSPEND_PROCESS_INSTANCE": _suspend, "RESUME_PROCESS_INSTANCE": _resume}
ROOTS_ONLY = frozenset({"CANCEL_PROCESS_INSTANCE", "SUSPEND_PROCESS_INSTANCE", "RESUME_PROCESS_INSTANCE"})


# -- placing and steering an order -------------------------------------------------------------------------------------
def create(app: App, actor: Actor, *, kind: str, filters: Mapping[str, Any], parameters: Mapping[str, Any] | None = None, reason: str | None = None) -> int:
    """Place an order for all running instances that fit the filters (of the search of instances); returns its key.

    Raises NotPermitted, InvalidInput for an unknown filter or more than ``MAX_ITEMS`` items, NotFound or Conflict if a
    migration names no version that an instance could move to.
    """
    wanted = [*conditions(PROCESS_INSTANCES, filters), ProcessInstance.status.in_(("ACTIVE", "SUSPENDED")), rechte.visible_instances(actor, app.clock.today())]
    if kind in ROOTS_ONLY:
        wanted.append(ProcessInstance.parent_key.is_(None))
    statement = PROCESS_INSTANCES.statement.where(*wanted).with_only_columns(ProcessInstance.key, ProcessInstance.key, ProcessInstance.root_key)
    if kind == "RESOLVE_INCIDENT":
        statement = select(Incident.key, Incident.instance_key, Incident.root_key).where(
            Incident.status == "ACTIVE", Incident.instance_key.in_(PROCESS_INSTANCES.statement.where(*wanted).with_only_columns(ProcessInstance.key)))

    def work(uow: UnitOfWork) -> int:
        rechte.require(actor, Recht.OPERATE)
        if kind == "MIGRATE_PROCESS_INSTANCE":
            find_process(uow.session, key=(parameters or {})["definition"])
        found = uow.session.execute(statement.order_by(None).limit(MAX_ITEMS + 1)).all()
        return place(uow, kind=kind, parameters=parameters or {}, reason=reason, items=[(item, instance, root) for item, instance, root in found])
    return transact(app, actor, work)


def place(uow: UnitOfWork, *, kind: str, parameters: Mapping[str, Any], reason: str | None, items: Sequence[tuple[int, int, int]]) -> int:
    """Write an order and hand it to the queue. ``items``: the thing, its instance, and the root of that instance. Raises InvalidInput."""
    if len(items) > MAX_ITEMS:
        raise InvalidInput(f"Ein Sammelauftrag umfasst höchstens {MAX_ITEMS} Vorgänge. Bitte wählen Sie enger aus.")
    key = uow.key()
    uow.session.execute(insert(BatchOperation), {
        "key": key, "mandant": uow.actor.mandant, "type": kind, "status": "CREATED", "parameters": dict(parameters), "reason": reason,
        "created": uow.now, "created_by": uow.actor.login, "started": None, "ended": None})
    if items:
        uow.session.execute(insert(BatchOperationItem), [
            {"operation_key": key, "item_key": item, "mandant": uow.actor.mandant, "instance_key": instance, "root_key": root, "status": "ACTIVE"}
            for item, instance, root in items])
    uow.audit("batch_operation.create", f"batch_operation:{key}", chain=f"bo:{key}", reason=reason, detail={"type": kind, "items": len(items)})
    enqueue(uow, key)
    return key


def repeat(app: App, actor: Actor, *, key: int) -> int:
    """A new order for what an order could not do; returns its key. The old order keeps telling what happened.

    Raises NotFound, NotPermitted, Conflict if it still works or nothing failed.
    """
    def work(uow: UnitOfWork) -> int:
        rechte.require(actor, Recht.OPERATE)
        row = locked(uow, key)
        if row.status not in {"COMPLETED", "CANCELED"}:
            raise Conflict("Der Auftrag arbeitet noch. Was nicht gelungen ist, lässt sich wiederholen, sobald er fertig ist.")
        items = uow.session.execute(text(
            "select item_key, instance_key, root_key from batch_operation_item where operation_key = :k and status = 'FAILED' order by item_key"),
            {"k": key}).all()
        if not items:
            raise Conflict("In diesem Auftrag ist nichts misslungen.")
        parameters = dict(row.parameters) | {"repeats": str(key)}
        return place(uow, kind=row.type, parameters=parameters, reason=row.reason, items=[(i.item_key, i.instance_key, i.root_key) for i in items])
    return transact(app, actor, work)


def set_status(app: App, actor: Actor, *, key: int, status: str) -> None:
    """Let an order rest (SUSPENDED), go on (ACTIVE), or end it (CANCELED: what is not done yet stays undone). Raises NotFound, Conflict."""
    allowed = {"SUSPENDED": ("CREATED", "ACTIVE"), "ACTIVE": ("SUSPENDED",), "CANCELED": ("CREATED", "ACTIVE", "SUSPENDED")}[status]

    def work(uow: UnitOfWork) -> None:
        rechte.require(actor, Recht.OPERATE)
        row = locked(uow, key)
        if row.status not in allowed:
            raise Conflict(f"Der Sammelauftrag steht auf {row.status}; daraus kann nicht {status} werden.", status=row.status)
        ended = uow.now if status == "CANCELED" else None
        uow.session.execute(text("update batch_operation set status = :s, ended = :e where key = :k"), {"s": status, "e": ended, "k": key})
        if status == "CANCELED":
            uow.session.execute(text("update batch_operation_item set status = 'CANCELED', processed = :n where operation_key = :k and status = 'ACTIVE'"),
                                {"n": uow.now, "k": key})
        if status == "ACTIVE":
            enqueue(uow, key)
        uow.audit(f"batch_operation.{status.lower()}", f"batch_operation:{key}", chain=f"bo:{key}")
    transact(app, actor, work)


def locked(uow: UnitOfWork, key: int) -> Any:  # noqa: ANN401  a row
    """The order, locked. Raises NotFound."""
    row = uow.session.execute(text("select type, status, parameters, reason, created_by from batch_operation where key = :k for update"),
                              {"k": key}).one_or_none()
    if row is None:
        raise NotFound(f"Den Sammelauftrag {key} gibt es nicht.")
    return row


@dataclass(frozen=True, kw_only=True)
class Stand:
    """How far an order is."""

    key: int
    type: str
    status: str
    reason: str | None
    created_by: str
    total: int
    completed: int
    failed: int
    messages: tuple[tuple[int, str], ...]

    @property
    def done(self) -> bool:
        return self.status in {"COMPLETED", "CANCELED"}


def progress(app: App, actor: Actor, *, key: int) -> Stand:
    """Progress of an order, with the first refusals as pairs of instance and sentence. Raises NotFound."""
    def work(uow: UnitOfWork) -> Stand:
        rechte.require(actor, Recht.OPERATE)
        row: Any = uow.session.execute(text("""
            select o.key, o.type, o.status, o.reason, o.created_by, count(i.item_key) as total, count(*) filter (where i.status = 'COMPLETED') as completed,
                   count(*) filter (where i.status = 'FAILED') as failed
            from batch_operation o left join batch_operation_item i on i.operation_key = o.key where o.key = :k group by o.key"""), {"k": key}).one_or_none()
        if row is None:
            raise NotFound(f"Den Sammelauftrag {key} gibt es nicht.")
        refused = uow.session.execute(text("select instance_key, message from batch_operation_item where operation_key = :k and status = 'FAILED' "
                                           "order by item_key limit 50"), {"k": key}).all()
        return Stand(**row._mapping, messages=tuple((r.instance_key, r.message or "") for r in refused))
    return read(app, actor, work)


# -- working through it ------------------------------------------------------------------------------------------------
def enqueue(uow: UnitOfWork, key: int) -> None:
    """A job of the queue in this transaction."""
    raw = uow.session.connection().connection.driver_connection
    work_through.configure(connection=raw).defer(mandant=uow.actor.mandant, key=str(key))


@effekte.queue.task(name="sammelauftrag", queue=effekte.QUEUE_NAME, retry=effekte.RETRY, pass_context=True)
def work_through(context: JobContext, *, mandant: str, key: str) -> None:
    """The queue's job."""
    run(context.additional_context["app"], mandant=mandant, key=int(key))


def run(app: App, *, mandant: str, key: int, limit: int = CHUNK) -> bool:
    """Do the next items of an order; if some are left, a further job is asked for. Returns whether the order is done or rests."""
    scout = Actor(login="system", name="Etappe", mandant=mandant, organisation="", roles=frozenset({"system"}))
    order = transact(app, scout, lambda uow: begin(uow, key))
    if order is None:
        return True
    # The person who placed the order stands in the audit of every instance; her right was checked when she placed it.
    actor = Actor(login=order.created_by, name=order.created_by, mandant=mandant, organisation="", roles=frozenset({"system"}))
    items = read(app, actor, lambda uow: uow.session.execute(text(
        "select item_key, instance_key from batch_operation_item where operation_key = :k and status = 'ACTIVE' order by item_key limit :n"),
        {"k": key, "n": limit}).all())
    for item, instance in items:
        one(app, actor, key, order, item, instance)
    return transact(app, actor, lambda uow: end(uow, key))


def begin(uow: UnitOfWork, key: int) -> Any:  # noqa: ANN401  a row
    """The order if there is something to do, else None."""
    row = locked(uow, key)
    if row.status == "CREATED":
        uow.session.execute(text("update batch_operation set status = 'ACTIVE', started = :n where key = :k"), {"n": uow.now, "k": key})
    return row if row.status in {"CREATED", "ACTIVE"} else None


def one(app: App, actor: Actor, key: int, order: Any, item: int, instance: int) -> None:  # noqa: ANN401  a row
    """One item: the command and the mark that it is done, in one commit; or the mark why it was refused."""
    def work(uow: UnitOfWork) -> None:
        if mark(uow, key, item, "COMPLETED", None):
            KINDS[order.type](uow, instance, item, order.parameters, order.reason)

    try:
        transact(app, actor, work)
    except ServiceError as error:
        message = error.detail
    except DBAPIError:
        raise  # the database is away: the queue tries again
    except Exception:
        log.exception("batch_item_failed", extra={"instance_key": instance, "job_type": order.type})
        message = "Unerwarteter Fehler; die Einzelheiten stehen im Protokoll des Dienstes."
    else:
        return
    transact(app, actor, lambda uow: mark(uow, key, item, "FAILED", message))


def mark(uow: UnitOfWork, key: int, item: int, status: str, message: str | None) -> bool:
    """Write the outcome of an item that is still open, unless the order rests or was cancelled. False: somebody else was first."""
    found = uow.session.execute(text(
        "update batch_operation_item i set status = :s, processed = :n, message = :m from batch_operation o where o.key = i.operation_key "
        "and o.status = 'ACTIVE' and i.operation_key = :k and i.item_key = :i and i.status = 'ACTIVE' returning i.item_key"),
        {"s": status, "n": uow.now, "m": message, "k": key, "i": item}).first()
    return found is not None


def end(uow: UnitOfWork, key: int) -> bool:
    """Close the order if nothing is left, else ask for the next job."""
    row = locked(uow, key)
    if row.status != "ACTIVE":
        return True
    left = uow.session.execute(text("select exists (select from batch_operation_item where operation_key = :k and status = 'ACTIVE')"), {"k": key}).scalar_one()
    if left:
        enqueue(uow, key)
        return False
    uow.session.execute(text("update batch_operation set status = 'COMPLETED', ended = :n where key = :k"), {"n": uow.now, "k": key})
    return True
