"""A task whose form is not deployed does not begin: an incident says what is missing, and deploying and retrying opens the task."""

from __future__ import annotations

import json

import psycopg
import pytest

from engine.catalogue import Definition
from services import aufgaben
from services.errors import Conflict
from services.prozess import deployments, incidents, instances, tasks, umzug
from services.prozess.deployments import Resource
from tests import bpmn
from tests.builders import actor
from tests.services.prozess.test_aufgaben import only_task, started


def model(*, form: str = 'formId="antrag"', process: str = "p", name: str = "Pruefen") -> bytes:
    task = bpmn.el("userTask", "pruefen", bpmn.ext(
        f'<zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="fallmanagement"/><zeebe:formDefinition {form}/>'), name=name)
    return bpmn.sequence(process, task)


def form(label: str = "Ergebnis", tag: str | None = None, form_id: str = "antrag") -> bytes:
    document = {"type": "default", "id": form_id, "schemaVersion": 18, "components": [
        {"type": "textfield", "key": "ergebnis", "id": "f1", "label": label, "validate": {"required": True}}]}
    return json.dumps(document | ({"versionTag": tag} if tag else {})).encode()


def deploy(app, **files: bytes):
    return deployments.deploy(app, actor("prozess"), resources=[Resource(name=n.replace("_", "."), data=d) for n, d in files.items()])


def only_incident(app):
    found = incidents.open_incidents(app, actor("prozess"))
    assert len(found) == 1, found
    return found[0]


def retry(app) -> None:
    incidents.resolve(app, actor("prozess"), key=only_incident(app).key)


def label(app, key: int) -> str:
    opened = aufgaben.open_form(app, actor("falkenrath"), key=key)
    assert opened is not None
    return next(iter(opened.form.fields()))[1].label


def test_missing_form_is_an_incident_and_there_is_no_task(app) -> None:
    deploy(app, m_bpmn=model())
    started(app, "p")

    found = only_incident(app)

    assert (found.type, found.element_id, found.phase) == ("FormNotFound", "pruefen", "enter")
    assert "„antrag“" in found.message
    assert "„latest“" in found.message
    assert "Spielen Sie das Formular ein" in found.message
    assert not tasks.inbox(app, actor("falkenrath"), tab="groups").items


def test_retry_without_the_form_leaves_one_incident(app) -> None:
    deploy(app, m_bpmn=model())
    started(app, "p")

    retry(app)

    assert only_incident(app).type == "FormNotFound"
    assert not tasks.inbox(app, actor("falkenrath"), tab="groups").items


def test_after_deploying_the_form_a_retry_opens_the_task_with_it(app) -> None:
    deploy(app, m_bpmn=model())
    key = started(app, "p")
    deploy(app, f_form=form())

    retry(app)

    task = only_task(app)
    assert label(app, task.key) == "Ergebnis"
    with pytest.raises(aufgaben.FormRefused):
        aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={}, typed=True)
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={"ergebnis": "gut"}, typed=True)
    assert instances.get(app, actor("prozess"), key=key).status == "COMPLETED"
    assert not incidents.open_incidents(app, actor("prozess"))


def test_form_of_another_mandant_does_not_count(app) -> None:
    deployments.deploy(app, actor("prozess", mandant="koeln", organisation="kim_koeln"), resources=[Resource(name="f.form", data=form())])
    deploy(app, m_bpmn=model())

    started(app, "p")

    assert only_incident(app).type == "FormNotFound"


def test_later_version_of_a_form_is_the_latest(app) -> None:
    deploy(app, m_bpmn=model(), f_form=form())
    started(app, "p")
    deploy(app, f_form=form("Neu"))

    assert label(app, only_task(app).key) == "Neu"


def test_binding_to_the_deployment_keeps_the_version_that_came_with_the_model(app) -> None:
    deploy(app, m_bpmn=model(form='formId="antrag" bindingType="deployment"'), f_form=form("Alt"))
    app.clock.advance(hours=1)
    deploy(app, f_form=form("Neu"))

    started(app, "p")

    task = only_task(app)
    assert label(app, task.key) == "Alt"
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={"ergebnis": "x"}, typed=True)


def test_binding_to_the_deployment_takes_an_unchanged_form_that_was_there_before(app) -> None:
    deploy(app, m_bpmn=model(form='formId="antrag" bindingType="deployment"'), f_form=form("Alt"))
    app.clock.advance(hours=1)
    deploy(app, m_bpmn=model(form='formId="antrag" bindingType="deployment"', name="Nochmals"), f_form=form("Alt"))
    app.clock.advance(hours=1)
    deploy(app, f_form=form("Neu"))

    started(app, "p")

    assert label(app, only_task(app).key) == "Alt"


def test_binding_to_the_deployment_is_not_helped_by_a_form_that_comes_later(app) -> None:
    deploy(app, m_bpmn=model(form='formId="antrag" bindingType="deployment"'))
    key = started(app, "p")
    app.clock.advance(hours=1)
    deploy(app, f_form=form())
    retry(app)
    assert "umziehen" in only_incident(app).message

    both = deploy(app, m_bpmn=model(form='formId="antrag" bindingType="deployment"', name="Neu"), f_form=form())
    new = next(d for d in both.definitions if d.kind == "process")
    umzug.migrate(app, actor("prozess"), key=key, definition_key=new.key)
    retry(app)

    assert label(app, only_task(app).key) == "Ergebnis"


def test_unchanged_model_gets_a_new_version_when_it_comes_together_with_the_form_that_it_lacks(app) -> None:
    bound = model(form='formId="antrag" bindingType="deployment"')
    deploy(app, m_bpmn=bound)
    key = started(app, "p")
    app.clock.advance(hours=1)
    deploy(app, f_form=form())
    app.clock.advance(hours=1)

    both = deploy(app, m_bpmn=bound, f_form=form())  # what the incident advises
    again = deploy(app, m_bpmn=bound, f_form=form())

    assert both.warnings == ()
    new = next(d for d in both.definitions if d.kind == "process")
    assert (new.version, new.new) == (2, True)
    assert [(d.key, d.new) for d in again.definitions if d.kind == "process"] == [(new.key, False)], "now nothing is different"
    umzug.migrate(app, actor("prozess"), key=key, definition_key=new.key)
    retry(app)
    assert label(app, only_task(app).key) == "Ergebnis"


def test_unchanged_model_is_bound_to_the_newer_called_process_and_form_that_come_with_it(app) -> None:
    bound, calling = model(form='formId="antrag" bindingType="deployment"', process="q"), bpmn.sequence("p", call_of_deployment())
    above = bpmn.sequence("o", call_of_deployment().replace('"unten"', '"p"'))
    deploy(app, a0_bpmn=above, a_bpmn=calling, m_bpmn=bound, f_form=form("Alt"), u_bpmn=bpmn.sequence("unten", bpmn.user("erste")))
    app.clock.advance(hours=1)

    result = deploy(app, a0_bpmn=above, a_bpmn=calling, m_bpmn=bound, f_form=form("Neu"), u_bpmn=bpmn.sequence("unten", bpmn.user("zweite")))

    assert sorted((d.id, d.version) for d in result.definitions) == [("antrag", 2), ("o", 2), ("p", 2), ("q", 2), ("unten", 2)]
    started(app, "o")
    assert only_task(app).element_id == "zweite"


def test_binding_to_a_version_tag_takes_the_version_with_that_tag(app) -> None:
    deploy(app, m_bpmn=model(form='formId="antrag" bindingType="versionTag" versionTag="v1"'), f_form=form("Andere", tag="v2"))
    started(app, "p")
    assert "„v1“" in only_incident(app).message

    deploy(app, f_form=form("Eins", tag="v1"))
    deploy(app, f_form=form("Drei", tag="v3"))
    retry(app)

    assert label(app, only_task(app).key) == "Eins"


def test_reference_to_a_form_elsewhere_is_not_looked_for(app) -> None:
    deploy(app, m_bpmn=model(form='externalReference="https://formulare.example/7"'))
    started(app, "p")

    task = only_task(app)
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={"frei": 1}, typed=True)

    assert task.form_key == "https://formulare.example/7"
    assert not incidents.open_incidents(app, actor("prozess"))


def test_task_from_before_whose_form_is_missing_cannot_be_completed(app, postgres, database) -> None:
    deploy(app, m_bpmn=model(form='externalReference="x"'))
    started(app, "p")
    task = only_task(app)
    with psycopg.connect(postgres.url(database=database)) as connection:
        connection.execute("update etappe.user_task set form_id = 'nirgends', form_key = null")

    with pytest.raises(Conflict, match="nirgends"):
        aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={}, typed=True)


def test_known_form_costs_no_statement(app, monkeypatch) -> None:
    two = bpmn.sequence("p", *(bpmn.user(f"schritt{n}", more='<zeebe:formDefinition formId="antrag"/>') for n in range(3)))
    deploy(app, m_bpmn=two, f_form=form())
    started(app, "p")
    aufgaben.complete_with_form(app, actor("falkenrath"), key=only_task(app).key, values={"ergebnis": "a"}, typed=True)
    statements: list[str] = []
    execute = psycopg.Cursor.execute

    def counted(cursor, query, *arguments, **options):
        statements.append(str(query))
        return execute(cursor, query, *arguments, **options)
    task = only_task(app)
    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, values={"ergebnis": "b"}, typed=True)

    assert len(statements) == 7, statements
    assert not [s for s in statements if "select distinct form_id" in s]


def test_missing_decision_is_an_incident_of_its_own_kind(app) -> None:
    rule = bpmn.el("businessRuleTask", "regel", bpmn.ext('<zeebe:calledDecision decisionId="tarif" resultVariable="r"/>'))
    deploy(app, m_bpmn=bpmn.sequence("p", rule))
    started(app, "p")

    found = only_incident(app)

    assert found.type == "DecisionNotFound"
    assert "„tarif“" in found.message
    assert "Spielen Sie" in found.message


def test_missing_called_process_is_an_incident_and_a_retry_calls_it(app) -> None:
    deploy(app, m_bpmn=bpmn.sequence("p", bpmn.call("ruf", "unten")))
    started(app, "p")
    found = only_incident(app)
    assert found.type == "CallFailed"
    assert "„unten“" in found.message

    deploy(app, u_bpmn=bpmn.sequence("unten", bpmn.user("erste")))
    retry(app)

    assert only_task(app).element_id == "erste"


def call_of_deployment() -> str:
    return bpmn.el("callActivity", "ruf", bpmn.ext('<zeebe:calledElement processId="unten" bindingType="deployment"/>'))


def test_called_process_of_the_deployment_may_be_unchanged_and_stays_although_a_newer_one_comes(app) -> None:
    deploy(app, u_bpmn=bpmn.sequence("unten", bpmn.user("erste")))
    app.clock.advance(hours=1)
    deploy(app, m_bpmn=bpmn.sequence("p", call_of_deployment()), u_bpmn=bpmn.sequence("unten", bpmn.user("erste")))
    app.clock.advance(hours=1)
    deploy(app, u_bpmn=bpmn.sequence("unten", bpmn.user("zweite")))

    started(app, "p")

    assert only_task(app).element_id == "erste"


def test_called_process_that_came_after_the_deployment_is_an_incident(app) -> None:
    deploy(app, m_bpmn=bpmn.sequence("p", call_of_deployment()))
    app.clock.advance(hours=1)
    deploy(app, u_bpmn=bpmn.sequence("unten", bpmn.user("erste")))

    started(app, "p")

    assert (only_incident(app).type, only_incident(app).element_id) == ("CallFailed", "ruf")
    assert "gemeinsam" in only_incident(app).message


# -- said beforehand ---------------------------------------------------------------------------------------------------
def codes(result) -> list[tuple[str, str, str]]:
    return [(w.severity, w.code, w.element_id) for w in result.warnings]


def test_deploying_warns_about_what_is_missing_and_refuses_nothing(app) -> None:
    rule = bpmn.el("businessRuleTask", "regel", bpmn.ext('<zeebe:calledDecision decisionId="tarif" resultVariable="r"/>'))
    task = bpmn.user("pruefen", more='<zeebe:formDefinition formId="antrag"/>')

    result = deploy(app, m_bpmn=bpmn.sequence("p", task, rule, bpmn.call("ruf", "unten")))

    assert codes(result) == [("warning", "form_missing", "pruefen"), ("warning", "decision_not_deployed", "regel"), ("warning", "process_not_deployed", "ruf")]
    assert "Das Formular „antrag“ ist nicht eingespielt" in result.warnings[0].message_de


def test_deploying_what_belongs_together_warns_of_nothing(app) -> None:
    result = deploy(app, a_bpmn=bpmn.sequence("p", bpmn.call("ruf", "unten"), bpmn.user("x", more='<zeebe:formDefinition formId="antrag"/>')),
                    z_bpmn=bpmn.sequence("unten", bpmn.user("erste")), f_form=form())

    assert result.warnings == ()


def test_computed_names_are_not_warned_about(app) -> None:
    result = deploy(app, m_bpmn=bpmn.sequence("p", bpmn.user("x", more='<zeebe:formDefinition formId="= welches"/>'), bpmn.call("ruf", "= wer")))

    assert result.warnings == ()


def test_deploying_the_same_model_again_warns_again(app) -> None:
    deploy(app, m_bpmn=model())

    assert codes(deploy(app, m_bpmn=model())) == [("warning", "form_missing", "pruefen")]
    assert codes(deploy(app, m_bpmn=model(), f_form=form())) == []


def test_dry_run_of_a_move_warns_about_the_form_that_the_new_version_lacks(app) -> None:
    old = deploy(app, m_bpmn=bpmn.sequence("p", bpmn.user("pruefen"))).definitions[0]
    started(app, "p")
    new = deploy(app, m_bpmn=model()).definitions[0]

    found = umzug.plan(app, actor("prozess"), source_key=old.key, target_key=new.key)

    assert [w.code for w in found.missing] == ["form_missing"]
    assert "„antrag“" in found.instances[0].incidents[0]
    deploy(app, f_form=form())
    found = umzug.plan(app, actor("prozess"), source_key=old.key, target_key=new.key)
    assert (found.missing, found.instances[0].incidents) == ((), ())


def test_task_that_moved_to_a_missing_form_comes_back_with_the_retry(app) -> None:
    old = deploy(app, m_bpmn=bpmn.sequence("p", bpmn.user("pruefen"))).definitions[0]
    key = started(app, "p")
    before = only_task(app)
    new = deploy(app, m_bpmn=model()).definitions[0]
    assert old.key != new.key

    umzug.migrate(app, actor("prozess"), key=key, definition_key=new.key)
    assert not tasks.inbox(app, actor("falkenrath"), tab="groups").items
    deploy(app, f_form=form())
    retry(app)

    task = only_task(app)
    assert (task.key, task.ended) == (before.key, None)
    assert label(app, task.key) == "Ergebnis"


def test_engine_without_a_form_port_takes_every_form_for_granted() -> None:
    definition = Definition(model(form='formId="antrag" bindingType="versionTag" versionTag="v1"'), "1", "p")

    assert (definition.elements["pruefen"].ext.form_binding, definition.elements["pruefen"].ext.form_version_tag) == ("versionTag", "v1")
