"""A stored state that is damaged or from a newer release: refused in a sentence, nothing changed, the others go on."""

from __future__ import annotations

import psycopg
import pytest

from services import aufgaben
from services.errors import StateUnreadable
from services.prozess import instances, tasks, timers, umzug
from services.prozess.definitions import find_process
from services.unit_of_work import UnitOfWork
from tests import bpmn
from tests.builders import actor
from tests.services.prozess.test_aufgaben import deploy, only_task, started

BOSS = "verwaltung"
FLIP = "set_byte(state, strpos(convert_from(state, 'UTF8'), '\"erste\"'), get_byte(state, strpos(convert_from(state, 'UTF8'), '\"erste\"')) # 1)"


def damage(owner_url: str, key: int, how: str) -> bytes:
    with psycopg.connect(owner_url) as connection:
        return connection.execute(f"update etappe.process_instance set state = {how} where key = %s returning state", (key,)).fetchone()[0]


def test_one_flipped_bit_in_a_row_stops_the_command_and_changes_nothing(app, owner_url, caplog) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste"), bpmn.user("zweite")))
    key = started(app, "p")
    task = only_task(app).key
    stored = damage(owner_url, key, FLIP)
    assert b'"drste"' in stored, "still a state to look at, with a name that is not in the model"

    with pytest.raises(StateUnreadable, match=f"Vorgangs {key} ist beschädigt. Es wurde nichts geändert.*Datensicherung"):
        aufgaben.complete_with_form(app, actor("falkenrath"), key=task, values={}, typed=True)

    assert only_task(app).key == task
    with psycopg.connect(owner_url) as connection:
        assert connection.execute("select state, rev from etappe.process_instance where key = %s", (key,)).fetchone() == (stored, 1)
    assert [record.instance_key for record in caplog.records if record.message == "state_unreadable"] == [key]


def test_state_of_a_newer_release_is_not_guessed_at(app, owner_url) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste")))
    key = started(app, "p")
    damage(owner_url, key, "convert_to('{\"f\":9}', 'UTF8')")

    with pytest.raises(StateUnreadable, match="neuere Fassung"):
        instances.cancel(app, actor(BOSS), key=key)


def test_dry_run_lists_the_damaged_instance_beside_the_others(app, owner_url) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste")))
    broken, sound = started(app, "p"), started(app, "p")
    deploy(app, bpmn.sequence("p", bpmn.user("erste"), bpmn.user("zweite")))
    damage(owner_url, broken, FLIP)
    with UnitOfWork(app, actor(BOSS)) as uow:
        old, new = (find_process(uow.session, process_id="p", version=number).key for number in (1, 2))

    found = umzug.plan(app, actor(BOSS), source_key=old, target_key=new)

    assert [(one.key, [text.partition(".")[0] for text in one.problems]) for one in found.instances] == [
        (broken, [f"Der gespeicherte Zustand des Vorgangs {broken} ist beschädigt"]), (sound, [])]


def test_timer_of_a_damaged_instance_waits_and_the_others_fire(app, owner_url) -> None:
    deploy(app, bpmn.sequence("p", bpmn.timer_catch("erste", "PT1H"), bpmn.user("danach")))
    broken, sound = started(app, "p"), started(app, "p")
    damage(owner_url, broken, FLIP)
    app.clock.advance(hours=2)

    assert timers.fire_due(app) == 1

    assert [t.instance_key for t in tasks.inbox(app, actor("falkenrath"), tab="groups").items] == [sound]
