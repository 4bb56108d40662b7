"""An instance with a damaged state: its operator can end it, and nobody else waits for it."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from services import audit
from services.context import system_actor
from services.errors import Conflict, NotPermitted, StateUnreadable
from services.prozess import instances, jobs, messages, sammel, tasks
from services.unit_of_work import read, transact
from tests import bpmn
from tests.builders import actor
from tests.services.prozess.test_aufgaben import deploy, started
from tests.services.prozess.test_zustand import damage

BOSS = "verwaltung"
CUT = "substring(state from 1 for 40)"
WAITING = ("p", bpmn.user("bearbeiten"))


def parallel(process: str, called: str) -> bytes:
    """A process that waits for everything at once: a person, a time, a message, a worker, and another process."""
    ways = (bpmn.user("mensch"), bpmn.timer_catch("zeit", "P1D"), bpmn.message_catch("post", "m"), bpmn.service("arbeit"), bpmn.call("ruf", called))
    names = ("mensch", "zeit", "post", "arbeit", "ruf")
    body = (bpmn.el("startEvent", "s") + bpmn.el("parallelGateway", "g") + "".join(ways) + bpmn.flow("s", "g") + "".join(bpmn.flow("g", n) for n in names)
            + "".join(bpmn.el("endEvent", f"e_{n}") + bpmn.flow(n, f"e_{n}") for n in names))
    return bpmn.process(process, body, bpmn.message("m", "post", "1"))


def left(owner_url: str) -> dict[str, int]:
    """What is still open, per table."""
    with psycopg.connect(owner_url) as connection:
        return {table: connection.execute(f"select count(*) from etappe.{table} where {where}").fetchone()[0] for table, where in (
            ("process_instance", "status in ('ACTIVE', 'SUSPENDED') or state is not null"), ("user_task", "status = 'CREATED'"), ("timer", "status = 0"),
            ("message_subscription", "instance_key is not null"), ("job", "status in ('CREATED', 'FAILED', 'INCIDENT')"), ("incident", "status = 'ACTIVE'"),
            ("entwurf", "true"))}


@pytest.mark.parametrize("which", ["root", "called"])
def test_operator_ends_a_family_with_a_damaged_state(app, owner_url, which) -> None:
    deploy(app, parallel("oben", "unten"), bpmn.sequence("unten", bpmn.user("tief"), bpmn.timer_catch("warten", "P1D")))
    root = started(app, "oben", wert=7)
    called = next(i.key for i in instances.family_of(app, actor(BOSS), root_key=root) if i.key != root)
    damage(owner_url, root if which == "root" else called, CUT)

    instances.cancel(app, actor(BOSS), key=root, reason="Der Zustand ist beim Umzug des Servers beschädigt worden.")

    assert set(left(owner_url).values()) == {0}
    assert {i.status for i in instances.family_of(app, actor(BOSS), root_key=root)} == {"TERMINATED"}
    assert instances.variables(app, actor(BOSS), key=root) == ({} if which == "root" else {"wert": 7}), "what could be read is kept"
    assert [p.element_id for key in (root, called) for p in instances.places(app, actor(BOSS), key=key) if p.open] == []
    with psycopg.connect(owner_url) as connection:
        row = connection.execute("select command, reason, detail from etappe.audit where chain = %s order by number desc limit 1", (f"pi:{root}",)).fetchone()
    assert row[:2] == ("process_instance.cancel", "Der Zustand ist beim Umzug des Servers beschädigt worden.")
    assert row[2] == {"unreadable": root if which == "root" else called, "ended": [root, called]}
    assert read(app, actor(BOSS), lambda uow: audit.verify(uow.session, "moers", f"pi:{root}")) is None


def test_ending_a_damaged_instance_needs_an_operator_a_reason_and_the_root(app, owner_url) -> None:
    deploy(app, bpmn.sequence("oben", bpmn.call("ruf", "unten")), bpmn.sequence("unten", bpmn.user("tief")))
    root = started(app, "oben")
    called = next(i.key for i in instances.family_of(app, actor(BOSS), root_key=root) if i.key != root)
    damage(owner_url, called, CUT)
    before = left(owner_url)

    with pytest.raises(NotPermitted):
        instances.cancel(app, actor("falkenrath"), key=root, reason="weg damit")
    with pytest.raises(StateUnreadable, match="„Laufende Modelle“"):
        instances.cancel(app, actor(BOSS), key=root)
    with pytest.raises(StateUnreadable, match="mit einem Grund"):
        instances.cancel(app, actor(BOSS), key=root, reason="  ")
    with pytest.raises(Conflict):
        instances.cancel(app, actor(BOSS), key=called, reason="weg damit")
    assert left(owner_url) == before


def test_state_of_a_newer_release_is_not_ended_even_with_a_reason(app, owner_url) -> None:
    deploy(app, bpmn.sequence(*WAITING))
    key = started(app, "p")
    damage(owner_url, key, "convert_to('{\"f\":9}', 'UTF8')")

    with pytest.raises(StateUnreadable, match="neuere Fassung"):
        instances.cancel(app, actor(BOSS), key=key, reason="weg damit")


@pytest.mark.parametrize("how", ["''::bytea", "'\\x00ff'::bytea", *(f"convert_to('{written}', 'UTF8')" for written in ("[]", '{"f":1,"vars":[]}', '{"f":1}'))])
def test_every_kind_of_damage_can_be_ended(app, owner_url, how) -> None:
    deploy(app, bpmn.sequence(*WAITING))
    key = started(app, "p")
    damage(owner_url, key, how)

    instances.cancel(app, actor(BOSS), key=key, reason="beschädigt")

    assert set(left(owner_url).values()) == {0}
    assert instances.variables(app, actor(BOSS), key=key) == {}


def test_order_ends_the_damaged_and_the_sound(app, owner_url) -> None:
    deploy(app, bpmn.sequence(*WAITING))
    broken, sound = started(app, "p"), started(app, "p")
    damage(owner_url, broken, CUT)

    order = sammel.create(app, actor(BOSS), kind="CANCEL_PROCESS_INSTANCE", filters={"processInstanceKey": {"$in": [str(broken), str(sound)]}}, reason="aufgeräumt")
    sammel.run(app, mandant="moers", key=order)

    assert set(left(owner_url).values()) == {0}


# -- the others ------------------------------------------------------------------------------------------------------------
def listening(process: str) -> bytes:
    return bpmn.process(process, bpmn.el("startEvent", "s") + bpmn.message_catch("post", "m") + bpmn.user("danach") + bpmn.el("endEvent", "e")
                        + bpmn.chain("s", "post", "danach", "e"), bpmn.message("m", "post", "=&quot;k&quot;"))


def test_message_reaches_the_sound_although_another_receiver_is_damaged(app, owner_url) -> None:
    deploy(app, listening("a"), listening("b"))
    broken, sound = started(app, "a"), started(app, "b")
    damage(owner_url, broken, CUT)

    messages.publish(app, actor(BOSS), name="post", correlation_key="k")

    assert [t.instance_key for t in tasks.inbox(app, actor("falkenrath"), tab="groups").items] == [sound]


def test_fact_of_a_case_reaches_every_sound_listener(app, owner_url) -> None:
    deploy(app, listening("a"))
    first, broken, last = started(app, "a"), started(app, "a"), started(app, "a")
    damage(owner_url, broken, CUT)

    transact(app, system_actor("moers"), lambda uow: messages.deliver(uow, messages.publish_in(
        uow, name="post", correlation_key="k", kind="bekanntgabe")))

    assert sorted(t.instance_key for t in tasks.inbox(app, actor("falkenrath"), tab="groups").items) == [first, last]


def test_message_for_the_damaged_alone_says_so(app, owner_url) -> None:
    deploy(app, listening("a"))
    damage(owner_url, started(app, "a"), CUT)

    with pytest.raises(StateUnreadable):
        messages.correlate(app, actor(BOSS), name="post", correlation_key="k")
    with psycopg.connect(owner_url) as connection:
        assert connection.execute("select count(*) from etappe.message").fetchone() == (0,)


def test_signal_reaches_the_sound(app, owner_url) -> None:
    caught = bpmn.el("intermediateCatchEvent", "ruf", '<bpmn:signalEventDefinition signalRef="sig"/>')
    deploy(app, bpmn.process("a", bpmn.el("startEvent", "s") + caught + bpmn.user("danach") + bpmn.el("endEvent", "e") + bpmn.chain("s", "ruf", "danach", "e"),
                             bpmn.el("signal", "sig", name="alarm")))
    first, broken, last = started(app, "a"), started(app, "a"), started(app, "a")
    damage(owner_url, broken, CUT)

    messages.broadcast(app, actor(BOSS), name="alarm")

    assert sorted(t.instance_key for t in tasks.inbox(app, actor("falkenrath"), tab="groups").items) == [first, last]


def test_jobs_of_sound_instances_are_given_out_although_damaged_ones_come_first(app, owner_url) -> None:
    deploy(app, bpmn.sequence("p", bpmn.service("arbeit", "drucken")))
    broken = [started(app, "p") for _ in range(3)]
    sound = started(app, "p", wert=7)
    stored = [damage(owner_url, key, CUT) for key in broken]
    assert len(stored) == 3

    taken = jobs.activate(app, actor(BOSS), job_type="drucken", worker="w", timeout=timedelta(minutes=5), limit=1)

    assert [(job.instance_key, job.variables) for job in taken] == [(sound, {"wert": 7})]
    assert jobs.activate(app, actor(BOSS), job_type="drucken", worker="w", timeout=timedelta(minutes=5), limit=9) == ()
    jobs.complete(app, actor(BOSS), key=taken[0].key)
    instances.cancel(app, actor(BOSS), key=broken[0], reason="beschädigt")
    assert left(owner_url)["job"] == 2


def test_job_of_a_state_that_was_restored_is_given_out_again(app, owner_url) -> None:
    deploy(app, bpmn.sequence("p", bpmn.service("arbeit", "drucken")))
    key = started(app, "p")
    with psycopg.connect(owner_url) as connection:
        (sound,) = connection.execute("select state from etappe.process_instance where key = %s", (key,)).fetchone()
    damage(owner_url, key, CUT)
    assert jobs.activate(app, actor(BOSS), job_type="drucken", worker="w", timeout=timedelta(minutes=5), limit=1) == ()
    with psycopg.connect(owner_url) as connection:
        connection.execute("update etappe.process_instance set state = %s where key = %s", (sound, key))
    app.clock.advance(minutes=2)

    assert [j.instance_key for j in jobs.activate(app, actor(BOSS), job_type="drucken", worker="w", timeout=timedelta(minutes=5), limit=1)] == [key]
