"""Due timers are shared among the threads of a process: every one fires once, and nobody tries what another has in hand."""

from __future__ import annotations

import threading
from collections import Counter

import psycopg
import pytest
from sqlalchemy import event

from services.prozess import tasks, timers
from services.prozess.vergabe import Due, Vergabe
from tests import bpmn
from tests.builders import actor
from tests.services.prozess.test_aufgaben import deploy, started


def due(*keys: int) -> list[Due]:
    return [Due(key, "stadt", starts=False) for key in keys]


def test_what_one_has_in_hand_the_other_does_not_get() -> None:
    shared = Vergabe()
    waiting = due(*range(10))

    def fetch(limit: int) -> list[Due]:
        return waiting[:limit]

    with shared.share(fetch, 3) as first, shared.share(fetch, 3) as second, shared.share(fetch, 20) as third:
        assert (first, second, third) == (due(0, 1, 2), due(3, 4, 5), due(6, 7, 8, 9))
    with shared.share(fetch, 20) as again:
        assert again == waiting, "given back"


def test_what_fails_is_given_back() -> None:
    shared = Vergabe()
    with pytest.raises(ZeroDivisionError), shared.share(lambda _: due(1), 5):
        1 / 0  # noqa: B018  any fault

    with shared.share(lambda _: due(1), 5) as found:
        assert found == due(1)


def test_threads_of_a_worker_fire_every_timer_once_and_try_none_twice(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.timer_catch("warten", "PT1H"), bpmn.user("danach")))
    keys = [started(app, "p") for _ in range(40)]
    app.clock.advance(hours=2)
    locked: Counter[int] = Counter()

    @event.listens_for(app.engine, "before_cursor_execute")
    def count(_connection, _cursor, statement, parameters, *_more) -> None:
        if "from timer t" in statement:
            locked[parameters["k"]] += 1
    fired: list[int] = []
    threads = [threading.Thread(target=lambda: fired.append(timers.fire_due(app, limit=10))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fired.append(timers.fire_due(app, limit=50))

    assert sum(fired) == 40
    assert sorted(t.instance_key for t in tasks.inbox(app, actor("falkenrath"), tab="groups", limit=100).items) == sorted(keys)
    assert set(locked.values()) == {1}


def test_timer_of_a_family_that_somebody_works_on_waits_for_the_next_ring(app, owner_url) -> None:
    deploy(app, bpmn.sequence("p", bpmn.timer_catch("warten", "PT1H"), bpmn.user("danach")))
    key = started(app, "p")
    app.clock.advance(hours=2)
    with psycopg.connect(owner_url) as other:
        other.execute("select 1 from etappe.process_instance where key = %s for update", (key,))
        assert timers.fire_due(app) == 0

    assert timers.fire_due(app) == 1
