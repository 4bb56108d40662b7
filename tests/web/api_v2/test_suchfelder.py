"""Every field by which the official API filters and sorts works here; the few that do not are named below, with their reason."""

from __future__ import annotations

import pytest

from tests.web.api_v2.amtlich import filter_fields, sort_fields

SEARCHES = {
    "process-instances": "ProcessInstance", "user-tasks": "UserTask", "jobs": "Job", "incidents": "Incident", "process-definitions": "ProcessDefinition",
    "decision-definitions": "DecisionDefinition", "decision-requirements": "DecisionRequirements", "element-instances": "ElementInstance",
    "message-subscriptions": "MessageSubscription", "batch-operations": "BatchOperation", "batch-operation-items": "BatchOperationItem",
}
# Variables are stored with the state of their instance, not in columns; the log of elements holds neither names nor kinds.
NOT_HERE = {
    "process-instances": {"variables", "elementInstanceState", "hasElementInstanceIncident", "incidentErrorHashCode", "batchOperationId", "batchOperationKey"},
    "user-tasks": {"processInstanceVariables", "localVariables"},
    "element-instances": {"type", "elementName", "elementInstanceScopeKey"},
}


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
