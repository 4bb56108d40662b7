"""Due timers: each is fired in its own transaction, under the lock on its family, by whichever process is first.

The database only lists candidates across Mandanten; the command locks the root and looks again, so a timer never fires
twice. A timer whose command fails is tried again later and never takes others with it.
"""

from __future__ import annotations

import itertools
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
from services.prozess.vergabe import Due
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from services.bootstrap import App

log = logging.getLogger("etappe.timer")
MAX_TRIED = 2000  # of one ring; what cannot be fired costs some 2 ms each


def fire_due(app: App, *, limit: int = 50) -> int:
    """Fire due timers of all Mandanten, oldest first; returns how many this process has fired, at least ``limit`` if more are due.

    Other processes may work on the same list. What is locked or fails is passed over: the list goes on behind it.
    """
    fired, tried = 0, set[int]()
    while fired < limit and len(tried) < MAX_TRIED:
        with app.due_timers.share(partial(candidates, app), limit, tried) as rows:
            for family in families(rows):
                fired += sum(itertools.takewhile(bool, (fire_one(app, timer) for timer in family)))
        tried |= {row.key for row in rows}
        if len(rows) < limit:
            break
    return fired


def families(rows: list[Due]) -> list[list[Due]]:
    """The timers of each family in their order: a reminder comes before the end that takes it away, however late both are.

    So the rest of a family waits for the next ring if one cannot be fired. The families are mixed: another process with the same list
    begins at another place.
    """
    found: dict[int, list[Due]] = {}
    for row in rows:
        found.setdefault(row.group, []).append(row)
    mixed = list(found.values())
    random.shuffle(mixed)
    return mixed


def candidates(app: App, limit: int) -> list[Due]:
    """Due timers of all Mandanten, oldest first."""
    with app.engine.connect() as connection:
        found = connection.execute(text("select mandant, key, root_key from faellige_timer(:now, :n)"), {"now": app.clock.now(), "n": limit})
        return [Due(row.key, row.mandant, starts=row.root_key is None, family=row.root_key or 0) for row in found]


def fire_one(app: App, timer: Due) -> bool:
    """Fire one timer in its own transaction; a failure is noted and tried again later."""
    actor = system_actor(timer.mandant, "timer")
    try:
        return transact(app, actor, partial(fire_start if timer.starts else fire, key=timer.key))
    except Exception:
        log.exception("timer_failed", extra={"timer_key": timer.key})
        transact(app, actor, partial(note_failure, key=timer.key))
        return False


def note_failure(uow: UnitOfWork, *, key: int) -> None:
    """Wait longer after each failure: 10 seconds, doubled each time, at most some 11 hours."""
    uow.session.execute(text("update timer set failures = least(failures + 1, 100), not_before = :now + interval '5 seconds' * power(2, "
                             "least(failures + 1, 13)) where key = :k"), {"k": key, "now": uow.now})


def fire(uow: UnitOfWork, *, key: int) -> bool:
    """Fire one timer if it still waits and nobody else works on its family (then the next ring looks again)."""
    command = Command(uow)
    timer = command.store.lock_due_timer(key)
    if timer is None:
        return False
    instance = command.begin(timer.instance).key
    command.fired.add((instance, timer.task_id))
    command.run(instance, "tick", timer.task_id)
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
