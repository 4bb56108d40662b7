"""User tasks over the real engine and database."""

from __future__ import annotations

import threading

import psycopg
import pytest
from sqlalchemy import event, text

from services import aufgaben
from services.errors import Conflict, NotFound, NotPermitted, TaskNotOpen
from services.prozess import deployments, entwuerfe, instances, tasks
from services.prozess.deployments import Resource
from services.unit_of_work import UnitOfWork
from tests import bpmn
from tests.builders import actor


def deploy(app, *models: bytes) -> None:
    deployments.deploy(app, actor("prozess"), resources=[Resource(name=f"m{i}.bpmn", data=m) for i, m in enumerate(models)])


def started(app, process: str, login: str = "prozess", **variables):
    return instances.start(app, actor(login), process_id=process, variables=variables).key


def only_task(app, login: str = "falkenrath", tab: str = "groups"):
    found = tasks.inbox(app, actor(login), tab=tab).items
    assert len(found) == 1, found
    return found[0]


def test_completed_task_leaves_the_list_and_the_next_one_is_there(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste"), bpmn.user("zweite")))
    key = started(app, "p")

    task = only_task(app)
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={"ok": True}, typed=True)

    assert only_task(app).element_id == "zweite"
    assert tasks.get(app, actor("falkenrath"), key=task.key).completed_by == "falkenrath"
    assert instances.variables(app, actor("prozess"), key=key) == {"ok": True}


def test_completing_a_task_needs_few_statements_and_one_commit(app, monkeypatch) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste"), bpmn.user("zweite")))
    started(app, "p")
    task = only_task(app)
    statements, commits = [], []
    execute = psycopg.Cursor.execute

    def counted(cursor, query, *arguments, **options):
        statements.append(query)
        return execute(cursor, query, *arguments, **options)
    monkeypatch.setattr(psycopg.Cursor, "execute", counted)  # below SQLAlchemy, so that batches count too
    event.listen(app.engine, "commit", lambda _: commits.append(1))

    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={}, typed=True)

    assert len(statements) <= 8, statements
    assert len(commits) == 1


def test_second_completion_of_a_task_is_refused(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste")))
    started(app, "p")
    task = only_task(app)
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={}, typed=True)

    with pytest.raises(TaskNotOpen):
        aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={}, typed=True)


def test_task_of_another_person_is_refused(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste")))
    started(app, "p")
    task = only_task(app)
    tasks.assign(app, actor("falkenrath"), key=task.key, assignee="falkenrath")

    with pytest.raises(NotPermitted):
        aufgaben.complete_with_form(app, actor("brueggen"), key=task.key, values={}, typed=True)
    with pytest.raises((Conflict, NotPermitted)):
        tasks.assign(app, actor("brueggen"), key=task.key, assignee="brueggen")


def test_task_of_another_mandant_does_not_exist(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste")))
    started(app, "p")
    task = only_task(app)

    with pytest.raises(NotFound):
        tasks.get(app, actor("domhoff"), key=task.key)
    with pytest.raises(NotFound):
        aufgaben.complete_with_form(app, actor("domhoff"), key=task.key, values={}, typed=True)


def test_cancelled_instance_takes_its_task_away(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste")))
    key = started(app, "p")
    task = only_task(app)

    instances.cancel(app, actor("prozess"), key=key, reason="doppelt angelegt")

    assert not tasks.inbox(app, actor("falkenrath"), tab="groups").items
    with pytest.raises(TaskNotOpen):
        aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={}, typed=True)


def test_two_people_completing_at_once_one_wins(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste"), bpmn.user("zweite")))
    started(app, "p")
    task = only_task(app)
    outcomes: list[object] = []
    barrier = threading.Barrier(2)

    def attempt(login: str) -> None:
        barrier.wait()
        try:
            aufgaben.complete_with_form(app, actor(login), key=task.key, values={}, typed=True)
            outcomes.append("won")
        except TaskNotOpen as error:
            outcomes.append(error)

    threads = [threading.Thread(target=attempt, args=(login,)) for login in ("falkenrath", "brueggen")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(type(o).__name__ for o in outcomes) == ["TaskNotOpen", "str"]
    assert only_task(app).element_id == "zweite"


def test_draft_survives_and_ends_with_its_reader(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste")))
    started(app, "p")
    task = only_task(app)

    entwuerfe.save(app, actor("falkenrath"), key=task.key, inhalt={"name": "halb", "datum": "31.02."})

    assert entwuerfe.load_draft(app, actor("falkenrath"), key=task.key).inhalt == {"name": "halb", "datum": "31.02."}
    assert entwuerfe.load_draft(app, actor("brueggen"), key=task.key) is None


def test_every_command_leaves_one_row_in_an_unbroken_chain(app) -> None:
    from services import audit
    deploy(app, bpmn.sequence("p", bpmn.user("erste"), bpmn.user("zweite")))
    key = started(app, "p")
    aufgaben.complete_with_form(app, actor("falkenrath"), key=only_task(app).key, values={}, typed=True)

    with UnitOfWork(app, actor("prozess")) as uow:
        commands = uow.session.execute(text("select command from audit where chain = :c order by number"), {"c": f"pi:{key}"}).scalars().all()
        broken = audit.verify(uow.session, "moers", f"pi:{key}")

    assert commands == ["process_instance.create", "user_task.complete"]
    assert broken is None


def test_changed_audit_row_is_found(app, owner_url) -> None:
    import psycopg

    from services import audit
    deploy(app, bpmn.sequence("p", bpmn.user("erste"), bpmn.user("zweite")))
    key = started(app, "p")
    aufgaben.complete_with_form(app, actor("falkenrath"), key=only_task(app).key, values={}, typed=True)

    with psycopg.connect(owner_url) as connection:
        connection.execute("update etappe.audit set actor = 'somebody' where chain = %s and number = 1", (f"pi:{key}",))

    with UnitOfWork(app, actor("prozess")) as uow:
        assert audit.verify(uow.session, "moers", f"pi:{key}") == 1


def test_wiedervorlage_hides_a_task_until_its_day(app) -> None:
    deploy(app, bpmn.sequence("p", bpmn.user("erste")))
    started(app, "p")
    task = only_task(app)
    tasks.assign(app, actor("falkenrath"), key=task.key, assignee="falkenrath")
    from datetime import timedelta
    tasks.update(app, actor("falkenrath"), key=task.key, changes={"follow_up": app.clock.now() + timedelta(days=3)})

    assert not tasks.inbox(app, actor("falkenrath"), tab="mine").items
    app.clock.advance(days=4)
    assert tasks.inbox(app, actor("falkenrath"), tab="mine").items
