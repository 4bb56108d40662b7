"""Filters on variables, on names and kinds of elements, and on orders, with the unmodified official client."""

from __future__ import annotations

import json

import pytest
from camunda_orchestration_sdk import models

from engine import state as codec
from tests import bpmn
from tests.web.api_v2.test_reise import AT_ONCE, deploy, start, tasks
from tests.web.api_v2.test_sammel import finished

VALUES = {"wort": 'Straße "1"', "zahl": 7, "bruch": 1.5, "ja": True, "nichts": None, "liste": [1, "a"], "ding": {"b": 1, "a": {"c": [None]}}, "null_zeichen": "x"}


@pytest.fixture
def drei(client, name) -> tuple[str, list[str]]:
    """Three instances: one that waits with all values, one that waits with ``zahl`` 8, one that has ended with ``zahl`` 9."""
    deploy(client, bpmn.sequence(name, bpmn.user("u")), bpmn.sequence(f"{name}_ende", bpmn.service("s", f"{name}_nie").replace(
        "serviceTask", "task").replace('<zeebe:taskDefinition type="' + f'{name}_nie" retries="3"/>', "")))
    keys = [start(client, name, variables=VALUES), start(client, name, variables={"zahl": 8}), start(client, f"{name}_ende", variables={"zahl": 9})]
    return name, keys


def found(client, name: str, *wanted: dict[str, object], **more: object) -> list[str]:
    query = {"filter": {"processDefinitionId": {"$like": f"{name}*"}, "variables": list(wanted), **more}}
    return [i.process_instance_key for i in client.search_process_instances(data=models.ProcessInstanceSearchQuery.from_dict(query), consistency=AT_ONCE).items]


def test_instances_are_found_by_the_value_of_a_variable(client, drei) -> None:
    name, (one, two, ended) = drei

    for variable, value in VALUES.items():
        assert found(client, name, {"name": variable, "value": json.dumps(value, ensure_ascii=False)}) == [one], variable
    assert found(client, name, {"name": "zahl", "value": "9"}) == [ended]
    assert found(client, name, {"name": "zahl", "value": "7.0"}) == [one], "values are compared, not texts"
    assert found(client, name, {"name": "ding", "value": '{"a":{"c":[null]},"b":1}'}) == [one], "the order of keys does not count"
    assert found(client, name, {"name": "zahl", "value": "7"}, {"name": "ja", "value": "true"}) == [one]
    assert found(client, name, {"name": "zahl", "value": "8"}, {"name": "ja", "value": "true"}) == []
    assert found(client, name) == [one, two, ended]


@pytest.mark.parametrize(("operators", "which"), [
    ({"$eq": "8"}, [1]), ({"$neq": "8"}, [0, 2]), ({"$in": ["7", "9", '"7"']}, [0, 2]), ({"$notIn": ["7", "9"]}, [1]), ({"$exists": True}, [0, 1, 2]),
    ({"$exists": False}, []), ({"$like": "?"}, [0, 1, 2]), ({"$like": "8*"}, [1]), ({"$neq": "7", "$in": ["7", "8"]}, [1]), ({"$eq": "kein json"}, []),
    ({"$eq": '"8"'}, []), ({"$in": []}, []), ({"$neq": "kein json"}, [0, 1, 2])])
def test_operators(client, drei, operators, which) -> None:
    name, keys = drei

    assert found(client, name, {"name": "zahl", "value": operators}) == [keys[n] for n in which]


def test_a_variable_that_only_some_have(client, drei) -> None:
    name, (one, two, ended) = drei

    assert found(client, name, {"name": "ja", "value": {"$exists": False}}) == [two, ended]
    assert found(client, name, {"name": "ja", "value": {"$neq": "false"}}) == [one], "where there is no such variable, there is no other value"
    assert found(client, name, {"name": "nichts", "value": {"$exists": True}}) == [one], "null is a value"


def test_within_or_and_across_pages(client, http, drei) -> None:
    name, (one, _, ended) = drei
    either = {"filter": {"processDefinitionId": {"$like": f"{name}*"}, "$or": [
        {"variables": [{"name": "zahl", "value": "7"}]}, {"variables": [{"name": "zahl", "value": "9"}]}]}, "page": {"limit": 1}}

    first = http("POST", "/v2/process-instances/search", either).json
    second = http("POST", "/v2/process-instances/search", either | {"page": {"limit": 1, "after": first["page"]["endCursor"]}}).json

    assert [i["processInstanceKey"] for i in first["items"] + second["items"]] == [one, ended]
    assert first["page"]["totalItems"] == 2


@pytest.mark.parametrize("value", ["\\u0000", "9" * 400, "1e999", "[" * 5000, "\ud83d\ude00"[:0] + '"\\ud800"', "NaN", "{", "", "a" * 100_000])
def test_values_that_no_variable_can_have_find_nothing(http, value) -> None:
    answer = http("POST", "/v2/process-instances/search", {"filter": {"variables": [{"name": "zahl", "value": value}]}})

    assert (answer.status_code, answer.json["items"]) == (200, [])


def test_a_variable_with_the_character_zero_disturbs_nobody(client, http, name) -> None:
    deploy(client, bpmn.sequence(name, el_script('= "a" + "\\u0000b"'), bpmn.user("u")))
    key = start(client, name, variables={"zahl": 1, "pfad": "C:\\u0000x"})

    assert found(client, name, {"name": "zahl", "value": "1"}) == [key]


def el_script(expression: str) -> str:
    return bpmn.el("scriptTask", "s", bpmn.ext(f'<zeebe:script expression="{expression.replace(chr(34), "&quot;")}" resultVariable="r"/>'))


@pytest.mark.parametrize("wanted", [
    {"name": "a"}, {"value": "1"}, {"name": "a", "value": 1}, {"name": 1, "value": "1"}, {"name": "a", "value": {}}, {"name": "a", "value": {"$gt": "1"}},
    {"name": "a", "value": "1", "x": 1}, {"name": "a", "value": {"$in": "1"}}, {"name": "a", "value": {"$exists": "ja"}}, "a", None, {"name": "\0", "value": "1"}])
@pytest.mark.parametrize(("path", "field"), [
    ("process-instances", "variables"), ("user-tasks", "processInstanceVariables"), ("user-tasks", "localVariables")])
def test_what_does_not_fit_is_refused(http, wanted, path, field) -> None:
    assert http("POST", f"/v2/{path}/search", {"filter": {field: [wanted]}}).status_code == 400


def test_the_shape_of_the_stored_state_is_the_one_that_the_filters_read() -> None:
    """They read ``vars``, ``rows`` and ``subs`` where they lie. A new format needs a look at ``variablen_filter``."""
    assert codec.FORMAT == 2


def test_user_tasks_are_found_by_variables_of_their_process_and_by_their_own(client, name) -> None:
    inputs = '<zeebe:ioMapping><zeebe:input source="= zahl * 2" target="doppelt"/></zeebe:ioMapping>'
    inner = (bpmn.el("startEvent", "i0") + bpmn.user("innen", more=inputs) + bpmn.el("endEvent", "i1") + bpmn.chain("i0", "innen", "i1"))
    body = (bpmn.el("startEvent", "a") + bpmn.user("aussen", more=inputs) + bpmn.el("subProcess", "teil", inner) + bpmn.el("endEvent", "e")
            + bpmn.chain("a", "aussen", "teil", "e"))
    deploy(client, bpmn.process(name, body))
    first, second = start(client, name, variables={"zahl": 1}), start(client, name, variables={"zahl": 2})
    client.complete_user_task(tasks(client, second)[0].user_task_key, data=models.UserTaskCompletionRequest.from_dict({}))

    def search(**wanted: object) -> list[tuple[str, str]]:
        query = {"filter": {"processDefinitionId": name, **wanted}}
        items = client.search_user_tasks(data=models.UserTaskSearchQuery.from_dict(query), consistency=AT_ONCE).items
        return [(t.process_instance_key, t.element_id) for t in items]

    assert search(processInstanceVariables=[{"name": "zahl", "value": "1"}]) == [(first, "aussen")]
    assert search(processInstanceVariables=[{"name": "zahl", "value": "2"}], state="CREATED") == [(second, "innen")]
    assert search(processInstanceVariables=[{"name": "doppelt", "value": {"$exists": True}}]) == []
    assert search(localVariables=[{"name": "doppelt", "value": "2"}]) == [(first, "aussen")]
    assert search(localVariables=[{"name": "doppelt", "value": {"$in": ["4"]}}]) == [(second, "innen")], "also inside a sub-process"
    assert search(localVariables=[{"name": "zahl", "value": {"$exists": True}}]) == []


# -- elements ------------------------------------------------------------------------------------------------------------
def elements(client, name: str, *, sort: list[dict[str, str]] | None = None, **wanted: object) -> list[tuple[str, str]]:
    query = {"filter": {"processDefinitionId": name, **wanted}, "sort": sort or []}
    items = client.search_element_instances(data=models.ElementInstanceSearchQuery.from_dict(query), consistency=AT_ONCE).items
    return [(e.element_id, e.type_.value) for e in items]


def test_element_instances_are_found_and_sorted_by_name_and_kind(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("b_schritt"), bpmn.user("a_schritt")))
    start(client, name)

    assert elements(client, name, type="USER_TASK") == [("b_schritt", "USER_TASK")]
    assert elements(client, name, type="START_EVENT") == [("anfang", "START_EVENT")]
    assert elements(client, name, type="MULTI_INSTANCE_BODY") == []
    assert elements(client, name, elementName="B schritt") == [("b_schritt", "USER_TASK")]
    assert elements(client, name, elementName="anfang") == [("anfang", "START_EVENT")], "without a name the id is shown"
    assert elements(client, name, elementName={"$like": "B *"}, type="USER_TASK") == [("b_schritt", "USER_TASK")]
    assert elements(client, name, **{"$or": [{"type": "START_EVENT"}, {"elementName": {"$in": ["B schritt"]}}]}, sort=[{"field": "elementName"}]) == [
        ("b_schritt", "USER_TASK"), ("anfang", "START_EVENT")]
    assert elements(client, name, sort=[{"field": "type", "order": "DESC"}])[0] == ("b_schritt", "USER_TASK")


def test_instances_are_found_by_one_of_their_elements(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("a"), bpmn.call("rufen", f"{name}_fehlt")))
    waiting, broken = start(client, name), start(client, name)
    client.complete_user_task(tasks(client, broken)[0].user_task_key, data=models.UserTaskCompletionRequest.from_dict({}))

    assert found(client, name, elementId="a") == [waiting, broken]
    assert found(client, name, elementId="a", elementInstanceState="ACTIVE") == [waiting]
    assert found(client, name, elementId="a", elementInstanceState="COMPLETED") == [broken]
    assert found(client, name, elementId="rufen", hasElementInstanceIncident=True) == [broken]
    assert found(client, name, elementId="a", hasElementInstanceIncident=True) == []
    assert found(client, name, elementId={"$like": "ruf*"}, elementInstanceState={"$in": ["ACTIVE"]}) == [broken]
    assert found(client, name, errorMessage={"$exists": False}) == [waiting]


def test_instances_of_an_order_are_found_by_its_key(client, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("a")))
    first, second = start(client, name), start(client, name)
    order = client.suspend_process_instances_batch_operation(data=models.ProcessInstanceSuspensionBatchOperationRequest.from_dict(
        {"filter": {"processInstanceKey": first}}))
    finished(client, order)

    for field in ("batchOperationKey", "batchOperationId"):
        assert found(client, name, **{field: str(order.batch_operation_key)}) == [first]
        assert found(client, name, **{field: {"$exists": False}}) == [second]


def test_what_a_path_names_cannot_be_widened_by_a_filter(client, http, name) -> None:
    deploy(client, bpmn.sequence(name, bpmn.call("rufen", f"{name}_fehlt")))
    one, other = start(client, name), start(client, name)

    answer = http("POST", f"/v2/process-instances/{one}/incidents/search", {"filter": {"processInstanceKey": other}})

    assert (answer.status_code, answer.json["items"]) == (200, [])
    assert len(http("POST", f"/v2/process-instances/{one}/incidents/search", {"filter": {"processInstanceKey": one}}).json["items"]) == 1


def test_a_damaged_state_fits_no_filter_and_hides_no_other(client, http, name, server) -> None:
    deploy(client, bpmn.sequence(name, bpmn.user("u")))
    keys = [start(client, name, variables={"zahl": 1}) for _ in range(3)]
    for key, byte in ((keys[0], "'#'"), (keys[1], "'\\377'")):  # no JSON, no UTF-8
        server.watch.execute(f"update etappe.process_instance set state = set_byte(state, 20, get_byte({byte}::bytea, 0)) where key = %s", (key,))

    assert found(client, name, {"name": "zahl", "value": "1"}) == [keys[2]]
    wanted = {"filter": {"processInstanceKey": {"$in": keys}, "name": "zahl"}}
    assert [v["processInstanceKey"] for v in http("POST", "/v2/variables/search", wanted).json["items"]] == [keys[2]]
