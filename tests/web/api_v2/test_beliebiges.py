"""Whatever is sent, the answer is never a defect: random bodies, keys and queries at every route that is served.

Every answer has a status that the official API documents for the operation, and every field that it requires.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import bpmn
from tests.web.api_v2.amtlich import contract, plain
from tests.web.api_v2.conftest import Server
from tests.web.api_v2.rufen import Caller

WORDS = ("processDefinitionId", "processDefinitionKey", "processInstanceKey", "userTaskKey", "elementInstanceKey", "scopeKey", "name", "state", "variables", "filter",
         "sort", "page", "limit", "from", "after", "before", "field", "order", "$eq", "$in", "$like", "$or", "$exists", "$gt", "changeset", "retries", "timeout",
         "priority", "dueDate", "assignee", "type", "maxJobsToActivate", "requestTimeout", "elementId", "activateInstructions", "terminateInstructions",
         "moveInstructions", "mappingInstructions", "targetProcessDefinitionKey", "correlationKey", "timeToLive", "messageId", "signalName", "businessId", "tags",
         "errorCode", "errorMessage", "jobLeaseToken", "decisionDefinitionId", "timestamp", "tenantId", "hasIncident", "isLatestVersion", "candidateGroups")
VALUES = ("1", "1000", "1001", "-1", "9223372036854775807", "CREATED", "ACTIVE", "ASC", "beliebiges", "u", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
          "9999-12-31T23:59:59-14:00", "*", "\\", "%_", "<default>", "")
scalars = (st.none() | st.booleans() | st.integers() | st.integers(-2, 200) | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(VALUES) | st.text(max_size=8))
names = st.sampled_from(WORDS) | st.text(max_size=5)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12)
bodies = st.dictionaries(names, values, max_size=6) | values
keys = st.sampled_from(VALUES) | st.integers(900, 1100).map(str)
OFFICIAL = contract()
SLOW = {"/v2/jobs/activation", "/v2/process-instances"}  # they wait when they are asked to


def routes(server: Server) -> list[tuple[str, str]]:
    return sorted((rule.rule, method) for rule in server.flask.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}
                  if rule.rule.startswith("/v2/") and not rule.endpoint.startswith("api_v2_missing"))


def shaped(data: st.DataObject, route: str) -> Any:
    """A random body; half of them look like what the route expects, so that the check of the envelope is passed."""
    body = data.draw(bodies)
    if not data.draw(st.booleans()):
        return body
    if route.endswith("/search"):
        fields = st.sampled_from(WORDS)
        return {"filter": data.draw(st.dictionaries(fields, values, max_size=2)), "sort": data.draw(st.lists(st.fixed_dictionaries({"field": fields}), max_size=2)),
                "page": data.draw(st.dictionaries(st.sampled_from(["limit", "from", "after", "before"]), scalars, max_size=2))}
    wanted = {"/v2/messages/publication": {"name": "x"}, "/v2/signals/broadcast": {"signalName": "x"}, "/v2/messages/correlation": {"name": "x"},
              "/v2/process-instances": {"processDefinitionId": "beliebiges"}}.get(route, {})
    return {**wanted, "variables": data.draw(values)}


@pytest.fixture
def filled(http: Caller) -> None:
    http.deploy(("m.bpmn", bpmn.sequence("beliebiges", bpmn.user("u"), bpmn.service("s", "beliebiges"))))
    for _ in range(3):
        http("POST", "/v2/process-instances", {"processDefinitionId": "beliebiges", "variables": {"a": 1}})


# The threads of the worker use ``random`` while a body is drawn; that is none of the strategies' business.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.usefixtures("filled", "running_clock")
@settings(max_examples=250, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_no_body_makes_a_defect(server: Server, http: Caller, data: st.DataObject) -> None:
    route, method = data.draw(st.sampled_from(routes(server)))
    path = re.sub(r"<\w+>", lambda _: data.draw(keys) or "0", route)
    body = shaped(data, route) if method != "GET" else None
    if route in SLOW and isinstance(body, dict):
        body = {name: value for name, value in body.items() if name != "awaitCompletion"} | ({"requestTimeout": -1} if "jobs" in route else {})

    answer = http(method, path, body, login=data.draw(st.sampled_from(["verwaltung", "falkenrath"])))

    assert answer.status_code < 500, (method, path, body, answer.data)
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"
    assert (method, plain(route)) in OFFICIAL
    OFFICIAL[method, plain(route)].check(answer)
