"""Every other operation that is served, with the official client; and that nothing of the official API is left without an answer."""

from __future__ import annotations

import json

import pytest
from camunda_orchestration_sdk import CamundaClient, errors, models
from camunda_orchestration_sdk.models.decision_evaluation_by_id import DecisionEvaluationByID
from camunda_orchestration_sdk.models.decision_evaluation_by_key import DecisionEvaluationByKey

from tests import bpmn
from tests.web.api_v2.conftest import Server
from tests.web.api_v2.rufen import Caller
from tests.web.api_v2.test_reise import AT_ONCE, activate, deploy, start, state, tasks, variables
from web.api_v2.missing import PARAMETER, operations, served

DMN = """<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="modell_{name}" name="Zuständigkeit" namespace="x">
  <decision id="{name}" name="Stelle bestimmen">
    <decisionTable id="t" hitPolicy="FIRST">
      <input id="i" label="Alter"><inputExpression id="ie" typeRef="number"><text>alter</text></inputExpression></input>
      <output id="o" name="stelle" typeRef="string"/>
      <rule id="r1"><inputEntry id="a"><text>&lt; 18</text></inputEntry><outputEntry id="b"><text>"jugendamt"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="c"><text>-</text></inputEntry><outputEntry id="d"><text>"jobcenter"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""


def form(form_id: str) -> bytes:
    return json.dumps({"id": form_id, "type": "default", "schemaVersion": 16, "components": [
        {"type": "textfield", "key": "antwort", "id": "f1", "label": "Antwort", "validate": {"required": True}},
        {"type": "number", "key": "zahl", "id": "f2", "label": "Zahl"}]}).encode()


def with_form(name: str) -> bytes:
    return bpmn.sequence(name, bpmn.user("fragen", more=f'<zeebe:formDefinition formId="{name}.fragen"/>'))


@pytest.fixture
def asked(client: CamundaClient, name: str) -> tuple[str, str]:
    """An instance at a user task with a form: (instance, task)."""
    deploy(client, (f"{name}.bpmn", with_form(name)), (f"{name}.form", form(f"{name}.fragen")))
    instance = start(client, name, variables={"n": 1})
    return instance, str(tasks(client, instance)[0].user_task_key)


def test_topology_status_and_log_in(client) -> None:
    assert client.get_topology().brokers[0].partitions[0].health.value == "healthy"
    assert client.get_status() is None
    assert client.get_license().valid_license
    me = client.get_authentication()
    assert (me.username, me.display_name, list(me.roles)) == ("verwaltung", "Viktor Waldau", ["verwaltung"])


def test_process_definitions_are_found_by_version(client, http, name) -> None:
    model = bpmn.sequence(name, bpmn.user("u"))
    first = deploy(client, model).deployments[0].process_definition
    assert deploy(client, model).deployments[0].process_definition.process_definition_key == first.process_definition_key  # unchanged
    second = deploy(client, bpmn.sequence(name, bpmn.user("v"))).deployments[0].process_definition

    query = models.ProcessDefinitionSearchQuery.from_dict({"filter": {"processDefinitionId": name}, "sort": [{"field": "version", "order": "DESC"}]})
    assert [d.version for d in client.search_process_definitions(data=query, consistency=AT_ONCE).items] == [2, 1]
    latest = models.ProcessDefinitionSearchQuery.from_dict({"filter": {"processDefinitionId": name, "isLatestVersion": True}})
    assert [d.process_definition_key for d in client.search_process_definitions(data=latest, consistency=AT_ONCE).items] == [second.process_definition_key]
    assert client.get_process_definition(second.process_definition_key, consistency=AT_ONCE).version == 2
    assert client.get_process_definition_xml(first.process_definition_key, consistency=AT_ONCE) == model.decode()
    assert http("GET", f"/v2/process-definitions/{first.process_definition_key}/form").status_code == 204  # the client asserts a body here
    assert client.get_resource(first.process_definition_key).resource_id == name
    assert client.get_resource_content_binary(first.process_definition_key).payload.read() == model
    by_version = client.create_process_instance(data=models.ProcessCreationById(process_definition_id=name, process_definition_version=1))
    assert by_version.process_definition_key == first.process_definition_key


def test_version_tag_names_a_version(client, name) -> None:
    def tagged(tag: str) -> bytes:
        return bpmn.process(name, bpmn.ext(f'<zeebe:versionTag value="{tag}"/>') + bpmn.el("startEvent", "a") + bpmn.user("u") + bpmn.el("endEvent", "e")
                            + bpmn.chain("a", "u", "e"))
    deploy(client, tagged("alt"))
    deploy(client, tagged("neu"))

    created = client.create_process_instance(data=models.ProcessCreationByVersionTag(process_definition_id=name, process_definition_version_tag="alt"))

    assert created.process_definition_version == 1


def test_decision_is_evaluated_with_the_rule_that_matched(client, name) -> None:
    deployed = deploy(client, (f"{name}.dmn", DMN.format(name=name).encode()))
    kinds = {kind for entry in deployed.deployments for kind, value in entry.to_dict().items() if value}
    assert kinds == {"decisionDefinition", "decisionRequirements"}

    result = client.evaluate_decision(data=DecisionEvaluationByID.from_dict({"decisionDefinitionId": name, "variables": {"alter": 17}}))

    assert json.loads(result.output) == "jugendamt"
    (decided,) = result.evaluated_decisions
    assert [(rule.rule_id, rule.rule_index) for rule in decided.matched_rules] == [("r1", 1)]
    assert [(i.input_name, i.input_value) for i in decided.evaluated_inputs] == [("Alter", "17")]
    found = client.search_decision_definitions(data=models.DecisionDefinitionSearchQuery.from_dict({"filter": {"decisionDefinitionId": name}}),
                                               consistency=AT_ONCE).items[0]
    assert client.get_decision_definition(found.decision_definition_key, consistency=AT_ONCE).name == "Stelle bestimmen"
    assert "decisionTable" in client.get_decision_definition_xml(found.decision_definition_key, consistency=AT_ONCE)
    requirements = client.search_decision_requirements(data=models.DecisionRequirementsSearchQuery.from_dict(
        {"filter": {"decisionRequirementsId": f"modell_{name}"}}), consistency=AT_ONCE).items[0]
    assert client.get_decision_requirements(requirements.decision_requirements_key, consistency=AT_ONCE).decision_requirements_name == "Zuständigkeit"
    assert "decisionTable" in client.get_decision_requirements_xml(requirements.decision_requirements_key, consistency=AT_ONCE)
    by_key = client.evaluate_decision(data=DecisionEvaluationByKey.from_dict(
        {"decisionDefinitionKey": found.decision_definition_key, "variables": {"alter": 40}}))
    assert json.loads(by_key.output) == "jobcenter"
    assert by_key.decision_evaluation_key != result.decision_evaluation_key


def test_decision_that_fails_says_why(client, name) -> None:
    deploy(client, (f"{name}.dmn", DMN.format(name=name).replace('"FIRST"', '"UNIQUE"').encode()))

    result = client.evaluate_decision(data=DecisionEvaluationByID.from_dict({"decisionDefinitionId": name, "variables": {"alter": 17}}))

    assert (result.output, result.failed_decision_definition_id) == ("null", name)
    assert "nur eine Regel" in result.failure_message
    assert result.evaluated_decisions[0].decision_definition_type == "DECISION_TABLE"


def test_form_of_a_task_and_its_check(client, asked) -> None:
    instance, task = asked
    shown = client.get_user_task_form(task, consistency=AT_ONCE)
    assert json.loads(shown.schema)["components"][0]["key"] == "antwort"
    assert client.get_form_by_key(shown.form_key, consistency=AT_ONCE).form_id == shown.form_id
    assert client.get_user_task(task, consistency=AT_ONCE).form_key == shown.form_key
    with pytest.raises(errors.BadRequestError):
        client.complete_user_task(task, data=models.UserTaskCompletionRequest.from_dict({"variables": {"zahl": "viel"}}))

    client.complete_user_task(task, data=models.UserTaskCompletionRequest.from_dict({"variables": {"antwort": "ja", "zahl": 3}}))

    assert (state(client, instance), variables(client, instance)) == ("COMPLETED", {"n": "1", "antwort": '"ja"', "zahl": "3"})


def test_local_variables_have_their_scope(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("u", more='<zeebe:ioMapping><zeebe:input source="= n + 1" target="m"/></zeebe:ioMapping>')))
    instance = start(client, name, variables={"n": 1, "o": "x"})
    (task,) = tasks(client, instance)

    seen = client.search_user_task_variables(task.user_task_key, data=models.UserTaskVariableSearchQueryRequest.from_dict(
        {"filter": {"name": {"$like": "?"}}, "sort": [{"field": "name", "order": "DESC"}]}), consistency=AT_ONCE).items
    assert [(v.name, v.value, v.scope_key) for v in seen] == [("o", '"x"', instance), ("n", "1", instance), ("m", "2", task.element_instance_key)]
    effective = client.search_user_task_effective_variables(task.user_task_key, data=models.UserTaskEffectiveVariableSearchQueryRequest(), consistency=AT_ONCE)
    assert {v.name for v in effective.items} == {"m", "n", "o"}
    local = client.search_variables(data=models.VariableSearchQuery.from_dict({"filter": {"scopeKey": task.element_instance_key}}), consistency=AT_ONCE).items
    assert [v.name for v in local] == ["m"]
    assert client.get_variable(local[0].variable_key, consistency=AT_ONCE).value == "2"

    client.create_element_instance_variables(task.element_instance_key, data=models.SetVariableRequest.from_dict({"variables": {"n": 5}, "local": True}))
    client.create_element_instance_variables(instance, data=models.SetVariableRequest.from_dict({"variables": {"o": "y"}}))

    found = client.search_variables(data=models.VariableSearchQuery.from_dict({"filter": {"processInstanceKey": instance, "name": "n"}}),
                                    consistency=AT_ONCE).items
    assert sorted((v.scope_key, v.value) for v in found) == sorted([(instance, "1"), (task.element_instance_key, "5")])
    assert variables(client, instance)["o"] == '"y"'


def test_elements_are_counted_and_found(client, name) -> None:
    key = deploy(client, bpmn.sequence(name, bpmn.user("erst"), bpmn.service("dann", name))).deployments[0].process_definition.process_definition_key
    instance, second = start(client, name), start(client, name)
    client.complete_user_task(tasks(client, instance)[0].user_task_key, data=models.UserTaskCompletionRequest())
    (job,) = activate(client, name)
    client.fail_job(job.job_key, data=models.JobFailRequest(retries=0))

    one = {c.element_id: (c.active, c.canceled, c.incidents, c.completed)
           for c in client.get_process_instance_statistics(instance, consistency=AT_ONCE).items}
    assert one == {"anfang": (0, 0, 0, 1), "erst": (0, 0, 0, 1), "dann": (0, 0, 1, 0)}
    client.cancel_process_instance(second, data=models.CancelProcessInstanceRequest())
    every = {c.element_id: (c.active, c.canceled, c.incidents, c.completed) for c in client.get_process_definition_statistics(
        key, data=models.ProcessDefinitionElementStatisticsQuery(), consistency=AT_ONCE).items}
    assert every == {"anfang": (0, 0, 0, 2), "erst": (0, 1, 0, 1), "dann": (0, 0, 1, 0)}
    ended = client.get_process_definition_statistics(key, data=models.ProcessDefinitionElementStatisticsQuery.from_dict(
        {"filter": {"state": "TERMINATED"}}), consistency=AT_ONCE).items
    assert {c.element_id for c in ended} == {"anfang", "erst"}

    found = client.search_element_instances(data=models.ElementInstanceSearchQuery.from_dict(
        {"filter": {"processInstanceKey": instance}, "sort": [{"field": "startDate"}]}), consistency=AT_ONCE).items
    assert {(f.element_id, f.type_.value, f.state.value, f.has_incident) for f in found} == {
        ("anfang", "START_EVENT", "COMPLETED", False), ("erst", "USER_TASK", "COMPLETED", False), ("dann", "SERVICE_TASK", "ACTIVE", True)}
    broken = next(f for f in found if f.has_incident)
    got = client.get_element_instance(broken.element_instance_key, consistency=AT_ONCE)
    assert (got.element_id, got.incident_key, got.element_instance_key) == ("dann", broken.incident_key, job.element_instance_key)


def test_called_instance_knows_who_called(client, name) -> None:
    deploy(client, bpmn.sequence(f"{name}_unten", bpmn.user("u")), bpmn.sequence(name, bpmn.call("rufen", f"{name}_unten")))
    root = start(client, name)

    (child,) = client.search_process_instances(data=models.ProcessInstanceSearchQuery.from_dict({"filter": {"parentProcessInstanceKey": root}}),
                                               consistency=AT_ONCE).items

    assert (child.root_process_instance_key, child.process_definition_id) == (root, f"{name}_unten")
    assert [e.process_instance_key for e in client.get_process_instance_call_hierarchy(child.process_instance_key, consistency=AT_ONCE)] == [
        root, child.process_instance_key]
    assert client.get_element_instance(child.parent_element_instance_key, consistency=AT_ONCE).element_id == "rufen"
    with pytest.raises(errors.ConflictError):
        client.cancel_process_instance(child.process_instance_key, data=models.CancelProcessInstanceRequest())


def test_tokens_are_moved_by_hand(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("a"), bpmn.user("b"), bpmn.user("c")))
    instance = start(client, name)
    at_a = tasks(client, instance, state="CREATED")[0]

    client.modify_process_instance(instance, data=models.ProcessInstanceModificationInstruction.from_dict({
        "activateInstructions": [{"elementId": "b", "variableInstructions": [{"variables": {"x": 1}}]}],
        "terminateInstructions": [{"elementInstanceKey": at_a.element_instance_key}]}))
    assert [t.element_id for t in tasks(client, instance, state="CREATED")] == ["b"]
    client.modify_process_instance(instance, data=models.ProcessInstanceModificationInstruction.from_dict({"moveInstructions": [
        {"sourceElementInstruction": {"sourceType": "byId", "sourceElementId": "b"}, "targetElementId": "c",
         "ancestorScopeInstruction": {"ancestorScopeType": "inferred"}}]}))

    assert [t.element_id for t in tasks(client, instance, state="CREATED")] == ["c"]
    assert variables(client, instance) == {"x": "1"}
    client.modify_process_instance(instance, data=models.ProcessInstanceModificationInstruction.from_dict({"terminateInstructions": [{"elementId": "c"}]}))
    assert state(client, instance) == "TERMINATED"


def test_instance_moves_to_another_version(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("alt", more='<zeebe:priorityDefinition priority="10"/>'), bpmn.service("auftrag", f"{name}_alt")))
    instance = start(client, name)
    task = tasks(client, instance)[0]
    target = deploy(client, bpmn.sequence(name, bpmn.user("neu"), bpmn.user("dazu"))).deployments[0].process_definition

    with pytest.raises(errors.ConflictError) as refused:
        migrate(client, instance, target.process_definition_key)
    assert "alt" in refused.value.parsed.detail
    migrate(client, instance, target.process_definition_key, alt="neu")

    (moved,) = tasks(client, instance)
    assert (moved.user_task_key, moved.element_id, moved.process_definition_version) == (task.user_task_key, "neu", 2)
    client.complete_user_task(moved.user_task_key, data=models.UserTaskCompletionRequest())
    assert [t.element_id for t in tasks(client, instance, state="CREATED")] == ["dazu"]
    assert client.get_process_instance(instance, consistency=AT_ONCE).process_definition_version == 2


def test_waiting_job_moves_to_another_version(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.service("alt", f"{name}_1")))
    instance = start(client, name)
    target = deploy(client, bpmn.sequence(name, bpmn.service("neu", f"{name}_2"), bpmn.user("danach"))).deployments[0].process_definition

    migrate(client, instance, target.process_definition_key, alt="neu")

    (job,) = activate(client, f"{name}_1")  # its type was decided when it was opened
    assert (job.element_id, job.process_definition_version) == ("neu", 2)
    client.complete_job(job.job_key, data=models.JobCompletionRequest())
    assert [t.element_id for t in tasks(client, instance)] == ["danach"]


def migrate(client: CamundaClient, instance: str, target: str, **mapping: str) -> None:
    client.migrate_process_instance(instance, data=models.ProcessInstanceMigrationInstruction.from_dict({
        "targetProcessDefinitionKey": target, "mappingInstructions": [{"sourceElementId": a, "targetElementId": b} for a, b in mapping.items()]}))


def test_resting_instance_refuses_until_it_goes_on(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("u")))
    instance = start(client, name)
    (task,) = tasks(client, instance)

    client.suspend_process_instance(instance, data=models.SuspendProcessInstanceRequest())
    assert state(client, instance) == "SUSPENDED"
    with pytest.raises(errors.ConflictError):
        client.complete_user_task(task.user_task_key, data=models.UserTaskCompletionRequest())
    client.resume_process_instance(instance, data=models.ResumeProcessInstanceRequest())
    client.complete_user_task(task.user_task_key, data=models.UserTaskCompletionRequest())

    assert state(client, instance) == "COMPLETED"


def test_pages_follow_each_other_in_both_directions(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("u")))
    keys = [start(client, name) for _ in range(5)]

    def page(**where: object) -> models.ProcessInstanceSearchQueryResult:
        return client.search_process_instances(data=models.ProcessInstanceSearchQuery.from_dict({
            "filter": {"processDefinitionId": name}, "sort": [{"field": "endDate", "order": "DESC"}], "page": {"limit": 2, **where}}), consistency=AT_ONCE)

    first = page()
    second = page(after=first.page.end_cursor)
    third = page(after=second.page.end_cursor)
    back = page(before=third.page.start_cursor)

    assert [i.process_instance_key for p in (first, second, third) for i in p.items] == keys[::-1]
    assert [i.process_instance_key for i in back.items] == [i.process_instance_key for i in second.items]
    assert (first.page.total_items, first.page.has_more_total_items, [i.process_instance_key for i in page(**{"from": 4}).items]) == (5, False, keys[:1])


def test_every_official_operation_is_answered(server: Server, http: Caller) -> None:
    def call(entry: dict[str, str]) -> tuple[int, str]:
        answer = http(entry["method"], PARAMETER.sub("1", entry["path"]), {} if entry["method"] in {"POST", "PUT", "PATCH"} else None)
        return answer.status_code, answer.mimetype
    ours = {(rule.rule, method) for rule in server.flask.url_map.iter_rules() if not rule.endpoint.startswith("api_v2_missing") for method in rule.methods}
    blank = {(method, PARAMETER.sub("{}", rule)) for rule, method in ours}
    missing = [entry for entry in operations() if (entry["method"], PARAMETER.sub("{}", entry["path"])) not in blank]

    assert len(operations()) == 244
    assert {(e["method"], PARAMETER.sub("{}", e["path"])) for e in operations()} <= served(server.flask)
    assert {call(entry) for entry in missing} == {(501, "application/problem+json")}
    answer = http("POST", "/v2/documents", {})
    assert answer.json["detail"] == "Die Operation „create_document“ gehört nicht zum Umfang von Etappe."


def test_list_of_operations_is_that_of_the_client() -> None:
    from pathlib import Path

    import camunda_orchestration_sdk
    folder = Path(camunda_orchestration_sdk.__file__).parent / "api"
    assert {entry["operation"] for entry in operations()} == {f.stem for f in folder.glob("*/*.py") if f.stem != "__init__"}
