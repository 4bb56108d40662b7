"""Timers, messages, jobs and incidents over the real engine and database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from services import aufgaben
from services.errors import Conflict, NotFound
from services.prozess import incidents, instances, jobs, messages, tasks, timers
from services.unit_of_work import UnitOfWork, transact
from tests import bpmn
from tests.builders import actor
from tests.services.prozess.test_aufgaben import deploy, only_task, started

OPERATOR = "verwaltung"


def status(app, key: int) -> str:
    return instances.get(app, actor("prozess"), key=key).status


def waiting(process: str) -> bytes:
    """Waits for ``antwort`` under its variable ``nummer``, then for a person."""
    return bpmn.process(process, bpmn.el("startEvent", "a") + bpmn.message_catch("wartet", "m") + bpmn.user("danach") + bpmn.el("endEvent", "e")
                        + bpmn.chain("a", "wartet", "danach", "e"), bpmn.message("m", "antwort", "= nummer"))


def test_timer_fires_on_its_day_and_only_once(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.timer_catch("warten", "P3W"), bpmn.user("danach")))
    started(app, "p")

    app.clock.advance(days=20)
    assert timers.fire_due(app) == 0
    app.clock.advance(days=2)
    assert timers.fire_due(app) == 1

    assert timers.fire_due(app) == 0
    assert only_task(app).element_id == "danach"


def test_failing_timer_does_not_take_others_with_it(app, owner_url) -> None:
    import psycopg
    deploy(app, bpmn.sequence("p", bpmn.timer_catch("warten", "PT1H"), bpmn.user("danach")))
    broken, sound = started(app, "p"), started(app, "p")
    with psycopg.connect(owner_url) as connection:
        connection.execute("update etappe.process_instance set state = 'defekt' where key = %s", (broken,))

    app.clock.advance(hours=2)
    timers.fire_due(app)

    assert [t.instance_key for t in tasks.inbox(app, actor("falkenrath"), tab="groups").items] == [sound]
    app.clock.advance(seconds=1)
    assert timers.fire_due(app) == 0                     # the broken one waits longer after each failure


def test_message_waits_in_the_buffer_until_somebody_listens(app) -> None:
    model = bpmn.process("p", bpmn.el("startEvent", "anfang") + bpmn.user("erst") + bpmn.message_catch("dann", "m") + bpmn.user("danach")
                         + bpmn.el("endEvent", "ende") + bpmn.chain("anfang", "erst", "dann", "danach", "ende"), bpmn.message("m", "antwort", "= nummer"))
    deploy(app, model)
    started(app, "p", nummer="7")
    messages.publish(app, actor(OPERATOR), name="antwort", correlation_key="7", variables={"x": 1}, ttl=timedelta(days=1))

    aufgaben.complete_with_form(app, actor("falkenrath"), key=only_task(app).key, values={}, typed=True)

    assert only_task(app).element_id == "danach"


def test_message_without_time_to_live_is_gone(app) -> None:
    model = bpmn.process("p", bpmn.el("startEvent", "anfang") + bpmn.user("erst") + bpmn.message_catch("dann", "m") + bpmn.el("endEvent", "ende")
                         + bpmn.chain("anfang", "erst", "dann", "ende"), bpmn.message("m", "antwort", "= nummer"))
    deploy(app, model)
    key = started(app, "p", nummer="7")
    messages.publish(app, actor(OPERATOR), name="antwort", correlation_key="7")

    aufgaben.complete_with_form(app, actor("falkenrath"), key=only_task(app).key, values={}, typed=True)

    assert status(app, key) == "ACTIVE"


def test_message_with_the_same_id_is_refused(app) -> None:
    messages.publish(app, actor(OPERATOR), name="n", correlation_key="1", ttl=timedelta(hours=1), message_id="a")
    with pytest.raises(Conflict):
        messages.publish(app, actor(OPERATOR), name="n", correlation_key="1", ttl=timedelta(hours=1), message_id="a")


def test_correlation_without_receiver_is_refused_and_leaves_nothing(app) -> None:
    with pytest.raises(NotFound):
        messages.correlate(app, actor(OPERATOR), name="n", correlation_key="1")
    with UnitOfWork(app, actor(OPERATOR)) as uow:
        assert uow.session.execute(text("select count(*) from message")).scalar_one() == 0


def test_thrown_message_starts_another_process(app) -> None:
    thrower = bpmn.process("wirft", bpmn.el("startEvent", "anfang")
                           + bpmn.el("intermediateThrowEvent", "werfen", '<bpmn:messageEventDefinition messageRef="m"/>') + bpmn.el("endEvent", "ende")
                           + bpmn.chain("anfang", "werfen", "ende"), bpmn.message("m", "los", "= nummer"))
    starter = bpmn.process("faengt", bpmn.el("startEvent", "los_empfangen", '<bpmn:messageEventDefinition messageRef="m"/>') + bpmn.user("aufgabe")
                           + bpmn.el("endEvent", "ende") + bpmn.chain("los_empfangen", "aufgabe", "ende"), bpmn.el("message", "m", name="los"))
    deploy(app, thrower, starter)

    started(app, "wirft", nummer="5")

    assert only_task(app).process_id == "faengt"


def activate(app, worker: str = "w", timeout: timedelta = timedelta(minutes=5)):
    return jobs.activate(app, actor(OPERATOR), job_type="extern", worker=worker, timeout=timeout, limit=10)


def test_job_is_served_and_its_result_goes_on(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.service("extern"), bpmn.user("danach")))
    key = started(app, "p", frage=1)

    (job,) = activate(app)
    assert job.variables == {"frage": 1}
    assert activate(app) == ()
    jobs.complete(app, actor(OPERATOR), key=job.key, variables={"antwort": 42})

    assert instances.variables(app, actor("prozess"), key=key) == {"frage": 1, "antwort": 42}
    assert only_task(app).element_id == "danach"


def test_slow_worker_with_an_old_lease_cannot_win(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.service("extern")))
    key = started(app, "p")
    (old,) = activate(app, "langsam", timedelta(seconds=10))
    app.clock.advance(seconds=11)
    (new,) = activate(app, "schnell")

    with pytest.raises(Conflict):
        jobs.complete(app, actor(OPERATOR), key=old.key, lease_token=old.lease_token)
    jobs.complete(app, actor(OPERATOR), key=new.key, lease_token=new.lease_token)

    assert status(app, key) == "COMPLETED"


def test_job_without_retries_is_an_incident_that_can_be_resolved(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.service("extern")))
    key = started(app, "p")
    (job,) = activate(app)
    jobs.fail(app, actor(OPERATOR), key=job.key, retries=0, message="Gegenstelle antwortet nicht")

    (incident,) = incidents.open_incidents(app, actor(OPERATOR))
    assert (incident.element_id, incident.job_key) == ("extern", job.key)
    assert activate(app) == ()
    jobs.update(app, actor(OPERATOR), key=job.key, retries=1)
    incidents.resolve(app, actor(OPERATOR), key=incident.key)
    (again,) = activate(app)
    jobs.complete(app, actor(OPERATOR), key=again.key)

    assert status(app, key) == "COMPLETED"
    assert incidents.open_incidents(app, actor(OPERATOR)) == ()


def test_failed_job_is_offered_again_after_its_backoff(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.service("extern")))
    started(app, "p")
    (job,) = activate(app)
    jobs.fail(app, actor(OPERATOR), key=job.key, retries=2, backoff=timedelta(minutes=10))

    assert activate(app) == ()
    app.clock.advance(minutes=11)
    assert len(activate(app)) == 1


def test_error_of_a_job_takes_its_boundary_event(app) -> None:
    model = bpmn.process("p", bpmn.el("startEvent", "anfang") + bpmn.service("extern") + bpmn.el("endEvent", "ende")
                         + bpmn.boundary("schief", "extern", '<bpmn:errorEventDefinition errorRef="e"/>') + bpmn.user("klaeren")
                         + bpmn.el("endEvent", "ende2") + bpmn.chain("anfang", "extern", "ende") + bpmn.chain("schief", "klaeren", "ende2"),
                         bpmn.el("error", "e", name="e", errorCode="E1"))
    deploy(app, model)
    started(app, "p")
    (job,) = activate(app)

    jobs.throw_error(app, actor(OPERATOR), key=job.key, code="E1")

    assert only_task(app).element_id == "klaeren"


def test_unknown_called_process_is_an_incident_that_retry_heals(app) -> None:
    deploy(app, bpmn.sequence("oben", bpmn.call("rufen", "unten")))
    key = started(app, "oben")
    (incident,) = incidents.open_incidents(app, actor(OPERATOR))

    deploy(app, bpmn.sequence("unten", bpmn.user("aufgabe")))
    incidents.resolve(app, actor(OPERATOR), key=incident.key)
    aufgaben.complete_with_form(app, actor("falkenrath"), key=only_task(app).key, values={}, typed=True)

    assert status(app, key) == "COMPLETED"


def test_called_instance_alone_cannot_be_cancelled(app) -> None:
    deploy(app, bpmn.sequence("unten", bpmn.user("aufgabe")), bpmn.sequence("oben", bpmn.call("rufen", "unten")))
    root = started(app, "oben")
    child = next(i for i in instances.family_of(app, actor("prozess"), root_key=root) if i.parent_key)

    with pytest.raises(Conflict):
        instances.cancel(app, actor("prozess"), key=child.key)
    instances.cancel(app, actor("prozess"), key=root)

    assert {i.status for i in instances.family_of(app, actor("prozess"), root_key=root)} == {"TERMINATED"}


def test_resting_instance_refuses_commands_and_its_timers_wait(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.timer_catch("warten", "PT1H"), bpmn.user("danach")))
    key = started(app, "p")
    instances.set_suspended(app, actor("prozess"), key=key, suspended=True, reason="Klärung")
    app.clock.advance(hours=2)

    assert timers.fire_due(app) == 0
    instances.set_suspended(app, actor("prozess"), key=key, suspended=False, reason="geklärt")
    assert timers.fire_due(app) == 1
    assert only_task(app).element_id == "danach"


def test_what_a_resting_instance_called_rests_with_it(app) -> None:
    deploy(app, waiting("unten"), bpmn.sequence("oben", bpmn.call("rufen", "unten")))
    deploy(app, bpmn.sequence("kind", bpmn.user("aufgabe")), bpmn.sequence("eltern", bpmn.call("rufen", "kind")))
    above, parent = started(app, "oben", nummer="7"), started(app, "eltern")
    for key in (above, parent):
        instances.set_suspended(app, actor("prozess"), key=key, suspended=True, reason="Klärung")

    with pytest.raises(Conflict, match="ruht"):
        aufgaben.complete_with_form(app, actor("falkenrath"), key=only_task(app).key, values={}, typed=True)
    with pytest.raises(Conflict, match="ruht"):
        messages.publish(app, actor(OPERATOR), name="antwort", correlation_key="7")
    assert (status(app, above), status(app, parent)) == ("SUSPENDED", "SUSPENDED")

    instances.set_suspended(app, actor("prozess"), key=parent, suspended=False, reason="geklärt")
    aufgaben.complete_with_form(app, actor("falkenrath"), key=only_task(app).key, values={}, typed=True)
    assert status(app, parent) == "COMPLETED"


@pytest.mark.parametrize("called", [False, True])
def test_message_waits_as_long_as_its_receiver_rests_and_reaches_the_others_at_once(app, called) -> None:
    deploy(app, waiting("p"), waiting("q"), bpmn.sequence("oben", bpmn.call("rufen", "p")))
    resting, other = started(app, "oben" if called else "p", nummer="7"), started(app, "q", nummer="7")
    instances.set_suspended(app, actor("prozess"), key=resting, suspended=True, reason="Klärung")
    transact(app, actor("prozess"), lambda uow: messages.publish_in(uow, name="antwort", correlation_key="7", pending=True))
    assert only_task(app).instance_key == other

    for _ in range(2 * messages.MAX_FAILURES):
        app.clock.advance(hours=1)
        messages.deliver_pending(app)
    assert only_task(app).instance_key == other
    instances.set_suspended(app, actor("prozess"), key=resting, suspended=False, reason="geklärt")
    app.clock.advance(hours=1)
    messages.deliver_pending(app)

    assert [t.element_id for t in tasks.inbox(app, actor("falkenrath"), tab="groups").items] == ["danach", "danach"]
    app.clock.advance(hours=1)
    assert messages.deliver_pending(app) == 0


def test_message_whose_only_receiver_rests_is_not_given_up(app) -> None:
    deploy(app, waiting("p"))
    key = started(app, "p", nummer="7")
    instances.set_suspended(app, actor("prozess"), key=key, suspended=True, reason="Klärung")
    transact(app, actor("prozess"), lambda uow: messages.publish_in(uow, name="antwort", correlation_key="7", pending=True))
    for _ in range(2 * messages.MAX_FAILURES):
        app.clock.advance(hours=1)
        messages.deliver_pending(app)

    instances.set_suspended(app, actor("prozess"), key=key, suspended=False, reason="geklärt")
    app.clock.advance(hours=1)
    messages.deliver_pending(app)

    assert only_task(app).element_id == "danach"


def test_only_the_latest_version_listens_at_its_start_event(app) -> None:
    def model(name: str) -> bytes:
        return bpmn.process("p", bpmn.el("startEvent", "los", '<bpmn:messageEventDefinition messageRef="m"/>') + bpmn.user(name)
                            + bpmn.el("endEvent", "ende") + bpmn.chain("los", name, "ende"), bpmn.el("message", "m", name="los"))
    deploy(app, model("alt"))
    deploy(app, model("neu"))

    messages.publish(app, actor(OPERATOR), name="los", correlation_key="")

    assert only_task(app).element_id == "neu"


def test_receiver_that_somebody_ends_meanwhile_takes_no_message_and_disturbs_nobody(app, monkeypatch) -> None:
    """The list of who waits is older than the lock on each of them."""
    for name in ("p", "q"):
        deploy(app, bpmn.process(name, bpmn.el("startEvent", "a") + bpmn.message_catch("wartet", "m") + bpmn.user("danach") + bpmn.el("endEvent", "e")
                                 + bpmn.chain("a", "wartet", "danach", "e"), bpmn.message("m", "antwort", "= nummer")))
    ended, sound = started(app, "p", nummer="7"), started(app, "q", nummer="7")
    real = messages.Command

    class Slow(real):
        def __init__(self, uow) -> None:
            super().__init__(uow)
            monkeypatch.setattr(messages, "Command", real)
            instances.cancel(app, actor(OPERATOR), key=ended, reason="inzwischen")
    monkeypatch.setattr(messages, "Command", Slow)

    messages.publish(app, actor(OPERATOR), name="antwort", correlation_key="7", variables={}, ttl=timedelta(days=1))

    assert status(app, ended) == "TERMINATED"
    assert (only_task(app).element_id, only_task(app).instance_key) == ("danach", sound)
