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


def test_locked_families_at_the_head_of_the_list_do_not_starve_the_others(app, owner_url) -> None:
    deploy(app, bpmn.sequence("p", bpmn.timer_catch("warten", "PT1H"), bpmn.user("danach")))
    held = [started(app, "p") for _ in range(7)]
    app.clock.advance(minutes=5)
    later = [started(app, "p") for _ in range(3)]
    app.clock.advance(hours=2)
    with psycopg.connect(owner_url) as other:
        other.execute("select 1 from etappe.process_instance where key = any(%s) for update", (held,))
        assert timers.fire_due(app, limit=3) == 3

    assert sorted(t.instance_key for t in tasks.inbox(app, actor("falkenrath"), tab="groups").items) == sorted(later)
    assert timers.fire_due(app) == len(held)


def test_what_fails_at_the_head_of_the_list_does_not_starve_the_others(app, owner_url) -> None:
    deploy(app, bpmn.sequence("p", bpmn.timer_catch("warten", "PT1H"), bpmn.user("danach")))
    damaged = [started(app, "p") for _ in range(7)]
    app.clock.advance(minutes=5)
    later = [started(app, "p") for _ in range(3)]
    with psycopg.connect(owner_url) as owner:
        owner.execute("update etappe.process_instance set state = 'x' where key = any(%s)", (damaged,))
    app.clock.advance(hours=2)

    assert timers.fire_due(app, limit=3) == 3

    assert sorted(t.instance_key for t in tasks.inbox(app, actor("falkenrath"), tab="groups").items) == sorted(later)


def remind_then_end() -> bytes:
    """A task that reminds after one hour and is taken away after two."""
    def timer(duration: str) -> str:
        return f"<bpmn:timerEventDefinition><bpmn:timeDuration>{duration}</bpmn:timeDuration></bpmn:timerEventDefinition>"
    return bpmn.process("p", bpmn.el("startEvent", "s") + bpmn.user("frage") + bpmn.boundary("mahnen", "frage", timer("PT1H"), interrupting=False)
                        + bpmn.boundary("ablauf", "frage", timer("PT2H")) + bpmn.user("erinnert") + bpmn.user("abgelaufen")
                        + "".join(bpmn.el("endEvent", f"e{n}") for n in range(3)) + bpmn.chain("s", "frage", "e0") + bpmn.chain("mahnen", "erinnert", "e1")
                        + bpmn.chain("ablauf", "abgelaufen", "e2"))


def test_timers_of_one_instance_fire_in_their_order_after_a_long_stop(app) -> None:
    deploy(app, remind_then_end())
    for _ in range(10):
        started(app, "p")
    app.clock.advance(hours=9)

    assert timers.fire_due(app) == 20

    found = Counter(t.element_id for t in tasks.inbox(app, actor("falkenrath"), tab="groups", limit=100).items)
    assert found == {"erinnert": 10, "abgelaufen": 10}


def test_a_family_is_in_one_hand() -> None:
    shared = Vergabe()
    waiting = [Due(key, "stadt", starts=False, family=key // 10) for key in (11, 12, 13, 21, 22)]

    def fetch(limit: int) -> list[Due]:
        return waiting[:limit]

    with shared.share(fetch, 2) as first, shared.share(fetch, 5) as second:
        assert [d.key for d in first] == [11, 12]
        assert [d.key for d in second] == [21, 22], "13 waits for the thread that has 11 and 12"
    with shared.share(fetch, 2, {11, 12}) as rest:
        assert [d.key for d in rest] == [13, 21]
