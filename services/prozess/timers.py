"""Due timers: each is fired in its own transaction, under the lock on its family, by whichever process is first.

The database only lists candidates across Mandanten; the command locks the root and looks again, so a timer never fires
twice. A timer whose command fails is tried again later and never takes others with it.
"""

from __future__ import annotations

import logging
import random
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.context import system_actor
from services.prozess.command import Command
from services.prozess.definitions import find_process
from services.prozess.evaluator import make_evaluator
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from services.bootstrap import App

log = logging.getLogger("etappe.timer")


def fire_due(app: App, *, limit: int = 50) -> int:
    """Fire due timers of all Mandanten, oldest first; returns how many this process has fired, at least ``limit`` if more are due.

    Others may work on the same list, so a list that was full is followed by the next one as long as something was fired.
    """
    fired = 0
    while fired < limit:
        with app.engine.connect() as connection:
            rows = list(connection.execute(text("select mandant, key from faellige_timer(:now, :n)"), {"now": app.clock.now(), "n": limit}).all())
        random.shuffle(rows)  # whoever has the same list begins at another place
        before = fired
        for row in rows:
            fired += fire_one(app, row.mandant, row.key)
        if len(rows) < limit or fired == before:
            break
    return fired


def fire_one(app: App, mandant: str, key: int) -> bool:
    """Fire one timer in its own transaction; a failure is noted and tried again later."""
    try:
        return transact(app, system_actor(mandant, "timer"), partial(fire, key=key))
    except Exception:
        log.exception("timer_failed", extra={"timer_key": key})
        transact(app, system_actor(mandant, "timer"), partial(note_failure, key=key))
        return False


def note_failure(uow: UnitOfWork, *, key: int) -> None:
    """Wait longer after each failure: 10 seconds, doubled each time, at most some 11 hours."""
    uow.session.execute(text("update timer set failures = least(failures + 1, 100), not_before = :now + interval '5 seconds' * power(2, "
                             "least(failures + 1, 13)) where key = :k"), {"k": key, "now": uow.now})


def fire(uow: UnitOfWork, *, key: int) -> bool:
    """Fire one timer if it still waits and nobody else works on its family."""
    timer = uow.session.execute(text("select instance_key, root_key, definition_key, task_id, element_id, due from timer where key = :k and status = 0"),
                                {"k": key}).one_or_none()
    if timer is None:
        return False
    if timer.instance_key is None:
        return fire_start(uow, key)
    free = uow.session.execute(text("select 1 from process_instance where key = :r and status = 'ACTIVE' for update skip locked"),
                               {"r": timer.root_key}).one_or_none()
    if free is None:
        return False  # another command works on the family; the next ring looks again
    still = uow.session.execute(text("select 1 from timer where key = :k and status = 0 and due <= :now"), {"k": key, "now": uow.now}).one_or_none()
    if still is None:
        return False
    command = Command(uow)
    command.begin(command.store.lock_instance(timer.instance_key))
    command.fired.add((timer.instance_key, timer.task_id))
    command.run(timer.instance_key, "tick", timer.task_id)
    command.finish("timer.fire", f"timer:{key}", detail={"element": timer.element_id, "due": timer.due.isoformat()})
    return True


def fire_start(uow: UnitOfWork, key: int) -> bool:
    """A timer start event of the latest version: begin an instance, and set the next turn of a cycle."""
    timer = uow.session.execute(text("select * from timer where key = :k and status = 0 and due <= :now for update skip locked"),
                                {"k": key, "now": uow.now}).one_or_none()
    if timer is None:
        return False
    definition = find_process(uow.session, key=timer.definition_key)
    command = Command(uow)
    instance = command.start(definition.process_id, {}, definition_key=definition.key, start_element=timer.element_id)
    command.finish("timer.start", f"process_instance:{instance}", detail={"element": timer.element_id})
    uow.session.execute(text("update timer set status = 1, ended = :now where key = :k"), {"k": key, "now": uow.now})
    start = next(s for s in uow.app.library.process(uow.session, definition.key).start_subscriptions if s.element == timer.element_id)
    evaluator = make_evaluator(uow, None, [])
    due = evaluator.timer(start.form, start.text or "", {}, timer.due.timestamp())
    if due.cycle is not None:
        following = evaluator.next_due(due.cycle, timer.due.timestamp(), uow.now.timestamp())
        uow.session.execute(text(
            "insert into timer (key, mandant, definition_key, task_id, element_id, due, status) values (:key, :m, :d, :t, :t, :due, 0)"),
            {"key": uow.key(), "m": uow.actor.mandant, "d": definition.key, "t": timer.element_id, "due": datetime.fromtimestamp(following, UTC)})
    return True
