"""Orders for many instances, and what moving to another version would mean."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import services
from services import aufgaben
from services.errors import Conflict, InvalidInput, NotFound, NotPermitted
from services.prozess import incidents, instances, sammel, umzug
from services.prozess.definitions import find_process
from services.unit_of_work import read
from tests import bpmn
from tests.builders import actor
from tests.services.prozess.test_aufgaben import deploy, started

BOSS = "verwaltung"


def definition(app, process: str, version: int | None = None) -> int:
    return read(app, actor(BOSS), lambda uow: find_process(uow.session, process_id=process, version=version).key)


def with_due(days: int, name: str = "alt") -> str:
    return bpmn.user(name, more=f'<zeebe:taskSchedule dueDate="P{days}D"/>')


def test_a_dry_run_lists_every_case_element_and_time_and_changes_nothing(app) -> None:
    deploy(app, bpmn.sequence("p", with_due(10), bpmn.user("b")))
    keys = [started(app, "p") for _ in range(3)]
    deploy(app, bpmn.sequence("p", with_due(20, "neu"), bpmn.user("b")))
    old, new = definition(app, "p", 1), definition(app, "p", 2)

    blind = umzug.plan(app, actor(BOSS), source_key=old, target_key=new)
    assert (blind.total, blind.refused, [one.key for one in blind.instances]) == (3, 3, keys)
    assert "alt" in blind.instances[0].problems[0]

    kept = umzug.plan(app, actor(BOSS), source_key=old, target_key=new, mapping={"alt": "neu"})
    assert kept.refused == 0
    assert [(p.kind, p.old, p.new) for p in kept.instances[0].places] == [("user_tasks", "alt", "neu")]
    assert [(t.element, t.kind, t.changed) for t in kept.instances[0].times] == [("neu", "deadline", False)]

    anew = umzug.plan(app, actor(BOSS), source_key=old, target_key=new, mapping={"alt": "neu"}, recompute={"neu"})
    (time,) = anew.instances[0].times
    assert time.new - time.old == timedelta(days=10)
    assert all(instances.get(app, actor(BOSS), key=key).version == 1 for key in keys)


def test_a_move_keeps_the_deadline_unless_it_is_to_count_anew(app) -> None:
    deploy(app, bpmn.sequence("p", with_due(10)))
    first, second = started(app, "p"), started(app, "p")
    deploy(app, bpmn.sequence("p", with_due(20)))
    new = definition(app, "p", 2)
    before = {key: deadline(app, key) for key in (first, second)}
    app.clock.advance(days=3)

    umzug.migrate(app, actor(BOSS), key=first, definition_key=new)
    umzug.migrate(app, actor(BOSS), key=second, definition_key=new, recompute={"alt"})

    assert deadline(app, first) == before[first]
    assert deadline(app, second) == before[second] + timedelta(days=10)


def deadline(app, key: int):
    (place,) = [p for p in instances.places(app, actor(BOSS), key=key) if p.open]
    return place.due


def test_an_order_moves_what_fits_and_tells_why_the_rest_stays(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("a"), bpmn.user("b")))
    fits, stays = started(app, "p"), started(app, "p")
    task = next(p for p in instances.places(app, actor(BOSS), key=stays) if p.open).task_key
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task, values={}, typed=True)
    deploy(app, bpmn.sequence("p", bpmn.user("a"), bpmn.user("c")))

    key = sammel.create(app, actor(BOSS), kind="MIGRATE_PROCESS_INSTANCE", filters={"processDefinitionKey": str(definition(app, "p", 1))},
                        parameters={"definition": definition(app, "p", 2), "mapping": {}})
    assert sammel.progress(app, actor(BOSS), key=key).total == 2
    assert sammel.run(app, mandant=actor(BOSS).mandant, key=key)

    stand = sammel.progress(app, actor(BOSS), key=key)
    assert (stand.status, stand.completed, stand.failed) == ("COMPLETED", 1, 1)
    ((refused, message),) = stand.messages
    assert refused == stays
    assert "„b“" in message
    assert [instances.get(app, actor(BOSS), key=k).version for k in (fits, stays)] == [2, 1]


def test_incidents_are_retried_in_bulk(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.call("rufen", "gibt_es_nicht"), bpmn.user("u")))
    keys = [started(app, "p") for _ in range(3)]
    found = incidents.open_incidents(app, actor(BOSS))
    assert len(found) == 3

    key = sammel.create(app, actor(BOSS), kind="RESOLVE_INCIDENT", filters={"processInstanceKey": {"$in": [str(k) for k in keys[:2]]}})
    sammel.run(app, mandant=actor(BOSS).mandant, key=key)

    assert sammel.progress(app, actor(BOSS), key=key).completed == 2
    again = {i.key for i in incidents.open_incidents(app, actor(BOSS))}
    assert len(again) == 3, "the cause is still there: a new incident each"
    assert len(again & {i.key for i in found}) == 1, "the third was not touched"


def test_an_order_can_rest_go_on_and_be_cancelled(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("a")))
    keys = [started(app, "p") for _ in range(3)]
    mandant = actor(BOSS).mandant
    key = sammel.create(app, actor(BOSS), kind="CANCEL_PROCESS_INSTANCE", filters={"processDefinitionId": "p"}, reason="Probe")

    assert not sammel.run(app, mandant=mandant, key=key, limit=1)
    sammel.set_status(app, actor(BOSS), key=key, status="SUSPENDED")
    assert sammel.run(app, mandant=mandant, key=key)
    assert sammel.progress(app, actor(BOSS), key=key).completed == 1
    sammel.set_status(app, actor(BOSS), key=key, status="ACTIVE")
    sammel.run(app, mandant=mandant, key=key, limit=1)
    sammel.set_status(app, actor(BOSS), key=key, status="CANCELED")

    stand = sammel.progress(app, actor(BOSS), key=key)
    assert (stand.status, stand.total, stand.completed) == ("CANCELED", 3, 2)
    assert [instances.get(app, actor(BOSS), key=k).status for k in keys] == ["TERMINATED", "TERMINATED", "ACTIVE"]
    with pytest.raises(Conflict):
        sammel.set_status(app, actor(BOSS), key=key, status="ACTIVE")


def test_an_item_is_done_once_however_often_the_order_is_taken_over(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("a"), bpmn.user("b")))
    started(app, "p")
    mandant = actor(BOSS).mandant
    key = sammel.create(app, actor(BOSS), kind="MODIFY_PROCESS_INSTANCE", filters={"processDefinitionId": "p"}, parameters={"moves": [["a", "b"]]})
    order = read(app, actor(BOSS), lambda uow: sammel.locked(uow, key))
    assert sammel.run(app, mandant=mandant, key=key)
    ((item, instance),) = read(app, actor(BOSS), lambda uow: uow.session.execute(
        text("select item_key, instance_key from batch_operation_item where operation_key = :k"), {"k": key}).all())

    sammel.one(app, actor(BOSS), key, order, item, instance)  # a second worker that was slow

    stand = sammel.progress(app, actor(BOSS), key=key)
    assert (stand.completed, stand.failed) == (1, 0)
    assert [(p.element_id, p.entered) for p in instances.places(app, actor(BOSS), key=instance) if p.open] == [("b", 1)]


def test_orders_rest_and_wake_instances(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("a")))
    key = started(app, "p")
    for kind, status in (("SUSPEND_PROCESS_INSTANCE", "SUSPENDED"), ("RESUME_PROCESS_INSTANCE", "ACTIVE")):
        order = sammel.create(app, actor(BOSS), kind=kind, filters={"processDefinitionId": "p"}, reason="Ferien")
        sammel.run(app, mandant=actor(BOSS).mandant, key=order)
        assert instances.get(app, actor(BOSS), key=key).status == status


def test_orders_are_refused_to_others_and_for_nonsense(app) -> None:
    with pytest.raises(NotPermitted):
        sammel.create(app, actor("falkenrath"), kind="CANCEL_PROCESS_INSTANCE", filters={})
    with pytest.raises(InvalidInput):
        sammel.create(app, actor(BOSS), kind="CANCEL_PROCESS_INSTANCE", filters={"unsinn": 1})
    with pytest.raises(NotFound):
        sammel.create(app, actor(BOSS), kind="MIGRATE_PROCESS_INSTANCE", filters={}, parameters={"definition": 1, "mapping": {}})
    with pytest.raises(NotFound):
        sammel.progress(app, actor(BOSS), key=1)
    with pytest.raises(NotFound):
        sammel.set_status(app, actor(BOSS), key=1, status="CANCELED")


def test_a_worker_process_knows_every_job_of_the_queue() -> None:
    """What only the web process has imported would end as an unknown job, and its order would wait for ever."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in Path(services.__file__).parent.rglob("*.py"))
    placed = set(re.findall(r'queue\.task\(name="(\w+)"', sources))
    alone = "from services import bootstrap, worker, effekte; print(*effekte.queue.tasks)"

    known = subprocess.run([sys.executable, "-c", alone], check=True, capture_output=True, text=True).stdout.split()

    assert len(placed) >= 3
    assert placed <= set(known)
