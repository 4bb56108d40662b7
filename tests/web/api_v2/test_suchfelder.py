"""Every field by which the official API filters and sorts works here; the few that do not are named below, with their reason."""

from __future__ import annotations

import pytest

from tests import bpmn
from tests.web.api_v2.amtlich import filter_fields, plain, sort_fields
from tests.web.api_v2.rufen import Caller

SEARCHES = {
    "process-instances": "ProcessInstance", "user-tasks": "UserTask", "jobs": "Job", "incidents": "Incident", "process-definitions": "ProcessDefinition",
    "decision-definitions": "DecisionDefinition", "decision-requirements": "DecisionRequirements", "element-instances": "ElementInstance",
    "message-subscriptions": "MessageSubscription", "batch-operations": "BatchOperation", "batch-operation-items": "BatchOperationItem",
}
# The log knows no scope around an element, and nobody publishes how Camunda computes the code of a message.
NOT_HERE = {"process-instances": {"incidentErrorHashCode"}, "element-instances": {"elementInstanceScopeKey"}}
# Searches that stand below another thing, or need to be told which; their filters and sort fields are those of the kind.
FURTHER = {
    "variables": ("Variable", {"processInstanceKey": "1"}), "user-tasks/{task}/variables": ("UserTaskVariable", {}),
    "user-tasks/{task}/effective-variables": ("UserTaskVariable", {}), "process-instances/{instance}/incidents": ("Incident", {}),
    "element-instances/{element}/incidents": ("Incident", {}),
}
STATISTICS = "process-definitions/{definition}/statistics/element-instances"


@pytest.mark.parametrize("path", SEARCHES)
def test_every_documented_field_sorts(http, path) -> None:
    fields = [field for field in sort_fields(SEARCHES[path]) if field not in NOT_HERE.get(path, ())]
    assert fields

    answers = {field: http("POST", f"/v2/{path}/search", {"sort": [{"field": field, "order": "DESC"}]}) for field in fields}

    assert {field: answer.json for field, answer in answers.items() if answer.status_code != 200} == {}


@pytest.mark.parametrize("path", SEARCHES)
def test_every_documented_field_filters(http, path) -> None:
    unknown = set()
    for field in filter_fields(SEARCHES[path]):
        answer = http("POST", f"/v2/{path}/search", {"filter": {field: {"$exists": True}}})
        assert answer.status_code in {200, 400}, answer.data
        if answer.status_code == 400 and "nicht filtern" in answer.json["detail"]:
            unknown.add(field)

    assert unknown == NOT_HERE.get(path, set())


@pytest.mark.parametrize("path", SEARCHES)
def test_filter_without_an_operator_excludes_nothing(http, path) -> None:
    field = next(iter(filter_fields(SEARCHES[path])))

    assert http("POST", f"/v2/{path}/search", {"filter": {"tenantId": {}, "$or": [{field: {}}]}}).status_code == 200


@pytest.fixture(scope="module")
def placed(server) -> dict[str, str]:
    """Keys of a user task and of what it belongs to."""
    http = Caller(server.flask)
    assert http.deploy(("suchfelder.bpmn", bpmn.sequence("suchfelder", bpmn.user("u")))).status_code == 200
    instance = http("POST", "/v2/process-instances", {"processDefinitionId": "suchfelder"}).json
    task = http("POST", "/v2/user-tasks/search", {"filter": {"processInstanceKey": instance["processInstanceKey"]}}).json["items"][0]
    return {"task": task["userTaskKey"], "definition": task["processDefinitionKey"], "instance": task["processInstanceKey"],
            "element": task["elementInstanceKey"]}


def test_every_search_is_in_these_tables(server) -> None:
    """A new one would otherwise escape the tests below."""
    routes = {plain(r.rule.removeprefix("/v2/")) for r in server.flask.url_map.iter_rules() if r.rule.startswith("/v2/") and "POST" in r.methods
              and not r.endpoint.startswith("api_v2_missing") and r.rule.endswith(("/search", "/statistics/element-instances"))}
    assert routes == {f"{path}/search" for path in SEARCHES} | {f"{plain(path)}/search" for path in FURTHER} | {plain(STATISTICS)}


SENSELESS = ({"$frobnicate": 1}, {"$eq": {"$eq": 1}}, [[1]], 1.5)


@pytest.mark.parametrize("path", [*SEARCHES, *FURTHER, STATISTICS])
def test_no_documented_field_is_ignored(http, placed, path) -> None:
    """Whatever a caller asks is either answered or refused with a sentence: a senseless value that passes would be one nobody looks at."""
    kind, base = FURTHER.get(path, (SEARCHES.get(path, ""), {}))
    address = f"/v2/{path.format(**placed)}" + ("" if path == STATISTICS else "/search")
    fields = filter_fields("ProcessDefinitionStatistics" if path == STATISTICS else kind)
    assert fields
    passed = []
    for field in fields:
        for value in SENSELESS:
            answer = http("POST", address, {"filter": base | {field: value}})
            if answer.status_code != 400:
                passed.append((field, value, answer.status_code))
            else:
                assert answer.json["detail"].endswith((".", ")")), answer.json
    assert passed == []
    for envelope in ({"filter": base | {"gibtEsNicht": 1}}, {"x": 1}, *(() if path == STATISTICS else (
            {"filter": base, "sort": [{"field": "gibtEsNicht"}]}, {"filter": base, "sort": [{"field": sort_fields(kind)[0], "order": "SEITLICH"}]},
            {"filter": base, "page": {"gibtEsNicht": 1}}))):
        assert http("POST", address, envelope).status_code == 400, envelope


@pytest.mark.parametrize("path", FURTHER)
def test_every_documented_field_sorts_below_another_thing_too(http, placed, path) -> None:
    kind, base = FURTHER[path]
    for field in sort_fields(kind):
        answer = http("POST", f"/v2/{path.format(**placed)}/search", {"filter": base, "sort": [{"field": field, "order": "DESC"}]})
        assert answer.status_code == 200, answer.data


PAYLOADS = [
    "__import__('os').system('id')", "().__class__.__base__.__subclasses__()", "'{0.__class__}'.format(x)", "${7*7}", "#{7*7}", "{{7*7}}", "{% if 1 %}1{% endif %}",
    "9**9**9", '"a"*10**9', "(" * 10_000, "(a+)+$", "1/0", "null", "NaN", "a' or '1'='1", "%", "\\", "d\u0430te", "a" * 500_000,
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_value_of_a_filter_is_text_and_finds_nothing(http, payload) -> None:
    for wanted in (payload, {"$eq": payload}, {"$in": [payload]}, {"$like": payload.replace("*", "\\*").replace("?", "\\?")}):
        answer = http("POST", "/v2/process-instances/search", {"filter": {"processDefinitionId": wanted}})
        assert (answer.status_code, answer.json["items"]) == (200, []), answer.data[:200]
    for body in ({"filter": {payload: 1}}, {"sort": [{"field": payload}]}, {"filter": {"processInstanceKey": payload}}, {"page": {"after": payload}}):
        refusal = http("POST", "/v2/process-instances/search", body)
        assert refusal.status_code == 400
        assert len(refusal.json["detail"]) < 500
