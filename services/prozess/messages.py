"""Messages and signals: publish, correlate, broadcast, and the buffer with time-to-live.

A message goes to at most one instance per process id (as in Camunda 8); one that nobody waits for rests in the buffer until
somebody does, or its time is over. A subscription that opens looks into the buffer (:func:`deliver_buffered`).
A ``bekanntgabe`` is a message of ours that tells a fact about a case, and goes to every instance that listens: of two courses
in one case, both end when the case is closed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from services.context import system_actor
from services.db.models.prozess import Message, MessageDelivery
from services.errors import Conflict, InvalidInput, NotFound, Resting, StateUnreadable
from services.prozess import rechte
from services.prozess.command import Command
from services.prozess.definitions import find_process
from services.prozess.rechte import Recht
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.store import InstanceRow

MAX_TTL = timedelta(days=3650)
MAX_FAILURES = 20
RESTING = timedelta(minutes=1)  # how often a message asks whether its receiver goes on
log = logging.getLogger("etappe.nachricht")


@dataclass(frozen=True, kw_only=True)
class Correlated:
    """Which instance took a message."""

    message_key: int
    instance_key: int | None


def publish(app: App, actor: Actor, *, name: str, correlation_key: str, variables: Mapping[str, Any] | None = None,
            ttl: timedelta = timedelta(0), message_id: str | None = None) -> int:
    """Put a message into the buffer and hand it to whoever waits; returns its key.

    Raises Conflict if a message with the same name, correlation key and ``message_id`` is still in the buffer.
    """
    def work(uow: UnitOfWork) -> int:
        rechte.require(actor, Recht.PUBLISH)
        key = publish_in(uow, name=name, correlation_key=correlation_key, variables=variables, ttl=ttl, message_id=message_id)
        deliver(uow, key)
        return key
    return transact(app, actor, work)


def publish_in(uow: UnitOfWork, *, name: str, correlation_key: str | None, variables: Mapping[str, Any] | None = None,
               ttl: timedelta = timedelta(0), message_id: str | None = None, kind: str = "message", pending: bool = False) -> int:
    """A row in the buffer. With ``pending`` it is delivered right after the commit, in its own transaction."""
    if not name:
        raise InvalidInput("Eine Nachricht braucht einen Namen.", errors={"name": "fehlt"})
    if message_id is not None and uow.session.execute(text(
            "select 1 from message where name = :n and correlation_key is not distinct from :c and message_id = :i and expires > :now"),
            {"n": name, "c": correlation_key, "i": message_id, "now": uow.now}).one_or_none():
        raise Conflict(f"Eine Nachricht „{name}“ mit der Kennung „{message_id}“ liegt schon vor.")
    if message_id is not None:  # a message that has expired may lie here until it is cleaned away; its id is free again
        uow.session.execute(text(
            "update message set message_id = null where name = :n and correlation_key is not distinct from :c and message_id = :i"),
            {"n": name, "c": correlation_key, "i": message_id})
    key = uow.key()
    uow.session.execute(insert(Message).values(
        key=key, mandant=uow.actor.mandant, kind=kind, name=name, correlation_key=correlation_key, message_id=message_id,
        variables=dict(variables or {}), created=uow.now, expires=uow.now + min(ttl, MAX_TTL), pending=pending))
    if pending:
        uow.session.execute(text("select pg_notify('nachricht', :m)"), {"m": uow.actor.mandant})
        uow.after_commit.append(lambda: drop_result(deliver_pending(uow.app)))
    return key


def drop_result(_: int) -> None:
    """For callbacks that return nothing."""


def deliver(uow: UnitOfWork, key: int) -> list[int]:
    """Hand a message of the buffer to everybody who waits for it; returns the keys of the instances."""
    message = uow.session.execute(text("select * from message where key = :k for update"), {"k": key}).one_or_none()
    if message is None:
        return []
    uow.session.execute(text("update message set pending = false where key = :k"), {"k": key})
    if message.kind == "signal":
        return broadcast_row(uow, message)
    taken: list[int] = []
    waiting = uow.session.execute(text("""
        select distinct on (s.process_id, case when :alle then s.instance_key end)
               s.process_id, s.instance_key, s.root_key, s.task_id, s.definition_key, s.element_id
        from message_subscription s
        where s.kind = 'message' and s.name = :n and (s.instance_key is null or s.correlation_key is not distinct from :c)
          and not exists (select 1 from message_delivery d where d.message_key = :k and d.process_id = s.process_id)
        order by s.process_id, case when :alle then s.instance_key end, (s.instance_key is null), s.key"""),
        {"n": message.name, "c": message.correlation_key, "k": key, "alle": message.kind == "bekanntgabe"}).all()
    running = {row.process_id for row in waiting if row.instance_key is not None}
    others = Others(uow, alone=len(waiting) == 1)
    for row in sorted(waiting, key=lambda r: r.root_key or 0):
        if row.instance_key is None and row.process_id in running:
            continue  # who listens already takes it: nothing new is started
        if not others.let(partial(take_in, taken, uow, message, row)):
            continue
        uow.session.execute(insert(MessageDelivery).values(message_key=key, process_id=row.process_id, mandant=uow.actor.mandant).on_conflict_do_nothing())
    others.answer(taken)
    if others.rests:
        later(uow, key=key)
    return taken


class Others:
    """Several receivers of one message: one whose state is damaged, or that rests, does not take it from the others.

    A damaged one stays without the message, a resting one gets it when it goes on. If nobody could take it, the sender hears why.
    """

    def __init__(self, uow: UnitOfWork, *, alone: bool) -> None:
        self.uow, self.alone = uow, alone
        self.refused: StateUnreadable | Resting | None = None
        self.rests = False

    def let(self, receive: Callable[[], bool]) -> bool:
        """Whether this receiver took it. What one began that could not is taken back."""
        if self.alone:  # the usual case saves the savepoint
            return receive()
        kept, savepoint = len(self.uow.after_commit), self.uow.session.begin_nested()
        try:
            took = receive()
        except (StateUnreadable, Resting) as error:
            savepoint.rollback()
            del self.uow.after_commit[kept:]
            self.refused = self.refused or error
            self.rests = self.rests or isinstance(error, Resting)
            return False
        savepoint.commit()
        return took

    def answer(self, taken: Sequence[int]) -> None:
        """Raises StateUnreadable or Resting if there were only such ones."""
        if self.refused is not None and not taken:
            raise self.refused


def take_in(taken: list[int], uow: UnitOfWork, message: Any, row: Any) -> bool:  # noqa: ANN401  rows
    """Note who took it."""
    key = take(uow, message, row)
    if key is not None:
        taken.append(key)
    return key is not None


def still_waits(uow: UnitOfWork, row: Any) -> bool:  # noqa: ANN401  a row
    """Whether a subscription is still open."""
    return uow.session.execute(text(
        "select 1 from message_subscription where instance_key = :i and task_id = :t"), {"i": row.instance_key, "t": row.task_id}).first() is not None


def take(uow: UnitOfWork, message: Any, row: Any) -> int | None:  # noqa: ANN401  rows
    """One receiver: a waiting element, or a start event. None if it waits no longer: somebody else, or the receiver before it, was faster."""
    command = Command(uow)
    if row.instance_key is None:
        definition = find_process(uow.session, key=row.definition_key)
        # A key that names a case makes the instance one of this case; a Netzwerk or a Beschluss belongs to none.
        of_case = uow.session.execute(text("select 1 from fall where aktenzeichen = :a"), {"a": message.correlation_key}).one_or_none() is not None
        key = command.start(definition.process_id, message.variables, definition_key=definition.key,
                            business_id=message.correlation_key if of_case else None, start_element=row.element_id)
        command.finish("message.start", f"process_instance:{key}", detail={"message": message.name})
        return key
    instance = command.store.lock_instance(row.instance_key)
    if not still_waits(uow, row):  # the list is older than the lock
        return None
    command.begin(instance)
    command.run(row.instance_key, "correlate", row.task_id, dict(message.variables))
    command.finish("message.correlate", f"process_instance:{row.instance_key}", detail={"message": message.name, "element": row.element_id})
    return int(row.instance_key)


def correlate(app: App, actor: Actor, *, name: str, correlation_key: str, variables: Mapping[str, Any] | None = None) -> Correlated:
    """Hand a message to exactly one receiver, now. Raises NotFound if nobody waits."""
    def work(uow: UnitOfWork) -> Correlated:
        rechte.require(actor, Recht.PUBLISH)
        key = publish_in(uow, name=name, correlation_key=correlation_key, variables=variables)
        taken = deliver(uow, key)
        if not taken:
            raise NotFound(f"Auf die Nachricht „{name}“ mit diesem Schlüssel wartet niemand.")
        return Correlated(message_key=key, instance_key=taken[0])
    return transact(app, actor, work)


def broadcast(app: App, actor: Actor, *, name: str, variables: Mapping[str, Any] | None = None) -> int:
    """A signal to everybody in the Mandant who waits for it; returns its key."""
    def work(uow: UnitOfWork) -> int:
        rechte.require(actor, Recht.PUBLISH)
        key = publish_in(uow, name=name, correlation_key=None, variables=variables, kind="signal")
        deliver(uow, key)
        return key
    return transact(app, actor, work)


def broadcast_row(uow: UnitOfWork, message: Any) -> list[int]:  # noqa: ANN401  a row
    """Every family that waits for the signal, each instance once; start events begin new instances."""
    rows = uow.session.execute(text(
        "select distinct instance_key, root_key, definition_key, element_id, (instance_key is null) as starts from message_subscription "
        "where kind = 'signal' and name = :n order by root_key nulls last, instance_key"), {"n": message.name}).all()
    taken: list[int] = []
    seen = set()
    others = Others(uow, alone=len(rows) == 1)
    for row in rows:
        command = Command(uow)
        if row.starts:
            definition = find_process(uow.session, key=row.definition_key)
            key = command.start(definition.process_id, message.variables, definition_key=definition.key, start_element=row.element_id)
            command.finish("signal.start", f"process_instance:{key}", detail={"signal": message.name})
            taken.append(key)
        elif row.instance_key not in seen:
            seen.add(row.instance_key)
            instance = command.store.lock_instance(row.instance_key)
            if instance.status == "ACTIVE" and not instance.rests and others.let(partial(hear, command, instance, message)):
                taken.append(row.instance_key)
    others.answer(taken)
    return taken


def hear(command: Command, instance: InstanceRow, message: Any) -> bool:  # noqa: ANN401  a row
    """One instance hears a signal."""
    command.begin(instance)
    command.run(instance.key, "signal", message.name, dict(message.variables))
    command.finish("signal.broadcast", f"process_instance:{instance.key}", detail={"signal": message.name})
    return True


def deliver_pending(app: App, limit: int = 100) -> int:
    """Deliver messages that commands have thrown, each in its own transaction; run after a commit and by the worker."""
    with app.engine.connect() as connection:
        rows = connection.execute(text("select mandant, key from wartende_nachrichten(:now, :n)"), {"now": app.clock.now(), "n": limit}).all()
    delivered = 0
    for row in rows:
        try:
            transact(app, system_actor(row.mandant), partial(deliver, key=row.key))
            delivered += 1
        except Resting:  # no failure: it waits as long as its receiver rests
            transact(app, system_actor(row.mandant), partial(later, key=row.key))
        except Exception:  # one message must not hold up the others
            log.exception("message_failed", extra={"message_key": row.key})
            transact(app, system_actor(row.mandant), partial(note_failure, key=row.key))
    return delivered


def later(uow: UnitOfWork, *, key: int) -> None:
    """Deliver the message again after a while."""
    uow.session.execute(text("update message set pending = true, not_before = :at where key = :k"), {"k": key, "at": uow.now + RESTING})


def note_failure(uow: UnitOfWork, *, key: int) -> None:
    """Wait longer after each failure; after ``MAX_FAILURES`` the message rests in the buffer until its time is over."""
    uow.session.execute(text(
        "update message set failures = failures + 1, pending = failures + 1 < :max, "
        "not_before = :now + interval '1 second' * power(2, least(failures + 1, 10)) where key = :k"),
        {"k": key, "now": uow.now, "max": MAX_FAILURES})


def deliver_buffered(uow: UnitOfWork, opened: list[tuple[str, str | None, str]]) -> bool:
    """Look into the buffer for subscriptions that have just opened: (name, correlation key, process id)."""
    found = False
    for name, correlation_key, process_id in opened:
        key = uow.session.execute(text(
            "select m.key from message m where m.kind in ('message', 'bekanntgabe') and m.name = :n and m.correlation_key is not distinct from :c and m.expires > :now "
            "and not exists (select 1 from message_delivery d where d.message_key = m.key and d.process_id = :p) order by m.created, m.key limit 1"),
            {"n": name, "c": correlation_key, "p": process_id, "now": uow.now}).scalar_one_or_none()
        if key is not None:
            deliver(uow, key)
            found = True
    return found
