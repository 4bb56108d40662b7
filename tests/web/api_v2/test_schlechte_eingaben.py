"""What is refused: with a German sentence, the right status, problem details, and nothing changed."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from services.errors import ServiceError, StateUnreadable
from tests import bpmn
from tests.builders import actor
from tests.web.api_v2.conftest import MAX_BODY, Server
from tests.web.api_v2.rufen import Caller
from tests.web.api_v2.test_umfang import form, with_form


@pytest.fixture
def refused(server: Server, http: Caller):
    """Calls and checks that the answer is the expected refusal and that no table has more or fewer rows."""
    def check(status: int, method: str, path: str, body: Any = None, **kw: Any) -> str:
        before = server.counts()
        answer = http.deploy(*kw.pop("files"), **kw) if "files" in kw else http(method, path, body, **kw)
        problem = json.loads(answer.data)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), problem
        assert set(problem) == {"type", "title", "status", "detail", "instance"}
        assert (problem["status"], problem["instance"]) == (status, path)
        assert problem["detail"].endswith((".", "!", ")")) or len(problem["detail"]) > 20
        assert server.counts() == before
        return str(problem["detail"])
    return check


@pytest.fixture
def task(http: Caller, name: str) -> dict[str, Any]:
    """An open task with a form."""
    assert http.deploy((f"{name}.bpmn", with_form(name)), (f"{name}.form", form(f"{name}.fragen"))).status_code == 200
    return open_task(http, name)


def open_task(http: Caller, process: str, **more: Any) -> dict[str, Any]:
    started = http("POST", "/v2/process-instances", {"processDefinitionId": process, **more}).json
    return http("POST", "/v2/user-tasks/search", {"filter": {"processInstanceKey": started["processInstanceKey"]}}, login="falkenrath").json["items"][0]


# -- models ------------------------------------------------------------------------------------------------------------
GOOD = bpmn.sequence("gut", bpmn.user("u")).decode()
BAD_MODELS = {
    "doctype": GOOD.replace("<bpmn:definitions", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><bpmn:definitions', 1),
    "lacherfolg": '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + GOOD,
    "javascript": bpmn.sequence("js", '<bpmn:scriptTask id="s" scriptFormat="javascript"><bpmn:script>alert(1)</bpmn:script></bpmn:scriptTask>').decode(),
    "python": bpmn.sequence("py", '<bpmn:scriptTask id="s" scriptFormat="python"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>').decode(),
    "kein_feel": bpmn.sequence("kf", bpmn.el("scriptTask", "s", bpmn.ext('<zeebe:script expression="= lambda: 0" resultVariable="x"/>'))).decode(),
    "transaktion": bpmn.sequence("tr", '<bpmn:transaction id="s"/>').decode(),
    "komplex": bpmn.sequence("ko", '<bpmn:complexGateway id="s"/>').decode(),
    "fremd": bpmn.sequence("fr", '<bpmn:teleport id="s"/>').decode(),
    "kein_xml": "PK\x03\x04 kein Modell",
    "leer": "",
    "andere_wurzel": "<html/>",
    "ohne_prozess": GOOD.replace('isExecutable="true"', 'isExecutable="false"'),
    "loser_pfeil": GOOD.replace('targetRef="u"', 'targetRef="weg"'),
    "tief": "<a>" * 300 + "</a>" * 300,
}


@pytest.mark.parametrize("case", BAD_MODELS)
def test_model_that_does_not_run_is_refused(refused, case) -> None:
    detail = refused(400, "POST", "/v2/deployments", files=[(f"{case}.bpmn", BAD_MODELS[case].encode())])
    assert f"„{case}.bpmn“" in detail


def test_one_bad_file_keeps_all_files_out(refused, http, name) -> None:
    refused(400, "POST", "/v2/deployments", files=[(f"{name}.bpmn", with_form(name)), ("schlecht.dmn", b"<definitions/>")])
    assert http("POST", "/v2/process-definitions/search", {"filter": {"processDefinitionId": name}}).json["items"] == []


@pytest.mark.parametrize(("file", "data"), [
    ("x.dmn", b"<!DOCTYPE x><definitions/>"), ("x.dmn", b"nichts"), ("x.form", b"{"), ("x.form", b"[]"),
    ("x.form", b'{"id": "x", "type": "default", "components": [{"type": "button_of_doom", "key": "a"}]}'), ("x.form", b"\xff\xfe"), ("x.form", b"[" * 100_000),
    ("x.exe", b"MZ"), ("ohne_endung", b"x"), ("../../x.txt", b"x")])
def test_file_that_cannot_be_used_is_refused(refused, file, data) -> None:
    refused(400, "POST", "/v2/deployments", files=[(file, data)])


def test_deployment_without_a_file_is_refused(refused) -> None:
    refused(400, "POST", "/v2/deployments", {})
    refused(400, "POST", "/v2/deployments", b"", content_type="multipart/form-data; boundary=x")


@pytest.mark.parametrize("name", ["a\0.bpmn", "a" * 1000 + ".bpmn"])
def test_file_whose_name_cannot_be_kept_is_refused(refused, name) -> None:
    head = f'--x\r\nContent-Disposition: form-data; name="resources"; filename="{name}"\r\nContent-Type: text/xml\r\n\r\n'

    detail = refused(400, "POST", "/v2/deployments", f"{head}{GOOD}\r\n--x--\r\n".encode(), content_type="multipart/form-data; boundary=x")

    assert "NUL" in detail


def test_table_that_is_none_is_refused_in_german(refused) -> None:
    assert refused(400, "POST", "/v2/deployments", files=[("x.dmn", b"<a/>")]).endswith("Die Datei ist kein DMN-Modell (1.1 bis 1.5).")


def test_address_of_the_interface_itself_is_answered_as_a_machine(refused) -> None:
    refused(404, "GET", "/v2")


def test_caseworker_may_not_deploy(refused, name) -> None:
    assert "Rolle" in refused(403, "POST", "/v2/deployments", files=[(f"{name}.bpmn", with_form(name))], login="falkenrath")


# -- forms and tasks ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("values", [
    {"antwort": "ja", "unbekannt": 1}, {}, {"antwort": None}, {"antwort": 5}, {"antwort": ["ja"]}, {"antwort": "ja", "zahl": "viel"},
    {"antwort": "ja", "zahl": True}, {"antwort": {"$ne": 1}}, {"antwort": "ja", "businessId": "fremd"}])
def test_answers_that_do_not_fit_the_form_are_refused(refused, http, task, values) -> None:
    refused(400, "POST", f"/v2/user-tasks/{task['userTaskKey']}/completion", {"variables": values})
    assert http("GET", f"/v2/user-tasks/{task['userTaskKey']}").json["state"] == "CREATED"


def test_task_cannot_be_completed_twice(refused, http, task) -> None:
    path = f"/v2/user-tasks/{task['userTaskKey']}/completion"
    assert http("POST", path, {"variables": {"antwort": "ja"}}).status_code == 204
    assert refused(409, "POST", path, {"variables": {"antwort": "ja"}}) == "Diese Aufgabe ist nicht mehr offen."
    refused(409, "POST", f"/v2/user-tasks/{task['userTaskKey']}/assignment", {"assignee": "verwaltung"})
    refused(409, "PATCH", f"/v2/user-tasks/{task['userTaskKey']}", {"changeset": {"priority": 1}})


def test_task_of_a_cancelled_instance_is_closed(refused, http, task) -> None:
    assert http("POST", f"/v2/process-instances/{task['processInstanceKey']}/cancellation").status_code == 204
    refused(409, "POST", f"/v2/user-tasks/{task['userTaskKey']}/completion", {"variables": {"antwort": "ja"}})
    refused(404, "POST", f"/v2/process-instances/{task['processInstanceKey']}/cancellation")


def test_task_of_another_person_is_refused(refused, http, task) -> None:
    assert http("POST", f"/v2/user-tasks/{task['userTaskKey']}/assignment", {"assignee": "falkenrath"}, login="falkenrath").status_code == 204
    path = f"/v2/user-tasks/{task['userTaskKey']}"
    refused(403, "POST", f"{path}/completion", {"variables": {"antwort": "ja"}}, login="brueggen")
    refused(403, "POST", f"{path}/assignment", {"assignee": "brueggen"}, login="brueggen")
    refused(403, "DELETE", f"{path}/assignee", login="brueggen")
    refused(403, "PATCH", path, {"changeset": {"priority": 1}}, login="brueggen")
    refused(400, "POST", f"{path}/assignment", {"assignee": "niemand"}, login="falkenrath")


def test_somebody_outside_the_group_does_not_even_see_the_task(refused, http, task) -> None:
    path = f"/v2/user-tasks/{task['userTaskKey']}"
    for method, suffix, body in (("GET", "", None), ("GET", "/form", None), ("POST", "/completion", {}), ("POST", "/assignment", {"assignee": "lindqvist"})):
        refused(404, method, path + suffix, body, login="lindqvist")
    refused(400, "POST", f"{path}/variables/search", {}, login="lindqvist")  # the official API has no 404 here
    found = http("POST", "/v2/user-tasks/search", {"filter": {"userTaskKey": task["userTaskKey"]}}, login="lindqvist").json
    assert (found["items"], found["page"]["totalItems"]) == ([], 0)


def test_another_mandant_sees_nothing_of_it(refused, http, task) -> None:
    task_path, instance = f"/v2/user-tasks/{task['userTaskKey']}", task["processInstanceKey"]
    refused(404, "GET", task_path, login="domhoff")
    refused(404, "POST", f"{task_path}/completion", {"variables": {"antwort": "ja"}}, login="domhoff")
    refused(404, "POST", f"{task_path}/assignment", {"assignee": "domhoff"}, login="domhoff")
    refused(404, "GET", f"/v2/process-instances/{instance}", login="domhoff")
    refused(404, "POST", f"/v2/process-instances/{instance}/cancellation", login="domhoff")
    refused(404, "GET", f"/v2/process-definitions/{task['processDefinitionKey']}/xml", login="domhoff")
    refused(404, "GET", f"/v2/resources/{task['processDefinitionKey']}", login="domhoff")
    refused(404, "GET", f"/v2/element-instances/{task['elementInstanceKey']}", login="domhoff")
    refused(400, "PUT", f"/v2/element-instances/{task['elementInstanceKey']}/variables", {"variables": {"x": 1}}, login="domhoff")  # no 404 documented
    for path, wanted in (("process-instances", "processInstanceKey"), ("user-tasks", "processInstanceKey"), ("element-instances", "processInstanceKey"),
                         ("variables", "processInstanceKey")):
        assert http("POST", f"/v2/{path}/search", {"filter": {wanted: instance}}, login="domhoff").json["items"] == []


# -- starting and addressing -------------------------------------------------------------------------------------------
def test_unknown_things_are_not_found(refused) -> None:
    # The official API has no 404 for a start.
    assert "gibt_es_nicht" in refused(400, "POST", "/v2/process-instances", {"processDefinitionId": "gibt_es_nicht"})
    refused(400, "POST", "/v2/process-instances", {"processDefinitionKey": "999999999"})
    refused(404, "POST", "/v2/decision-definitions/evaluation", {"decisionDefinitionId": "gibt_es_nicht"})
    for path in ("process-definitions", "process-instances", "user-tasks", "incidents", "decision-definitions", "decision-requirements", "forms", "resources",
                 "element-instances", "variables"):
        refused(404, "GET", f"/v2/{path}/9223372036854775807")
    refused(404, "GET", "/v2/gibt-es-nicht")
    refused(405, "DELETE", "/v2/topology")


@pytest.mark.parametrize("key", ["-1", "9223372036854775808", "1e3", "0x1", "١٢", "abc", "1 or 1=1", "%00", "..", "9" * 400, "1.0", "+1"])
def test_key_that_is_none_names_nothing(refused, http, key) -> None:
    for method, path in (("GET", "/v2/process-instances/{}"), ("GET", "/v2/element-instances/{}"), ("GET", "/v2/variables/{}"), ("POST", "/v2/jobs/{}/completion")):
        answer = http(method, path.format(key), {} if method == "POST" else None)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


BODIES = {
    "kein JSON": (b"{", 400), "leerer Text": (b'""', 400), "Liste": (b"[]", 400), "Zahl": (b"1", 400), "NaN": (b'{"variables": {"a": NaN}}', 400),
    "unendlich": (b'{"variables": {"a": 1e999}}', 400), "NUL": (b'{"processDefinitionId": "a\\u0000b"}', 400),
    "halbes Zeichen": (b'{"processDefinitionId": "\\ud800"}', 400), "tief": (b'{"variables": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", 400),
    "kein UTF-8": (b'{"processDefinitionId": "\xff"}', 400), "unbekanntes Feld": (b'{"processDefinitionId": "x", "sudo": true}', 400),
    "falscher Typ": (b'{"processDefinitionId": 5}', 400), "Variablen sind Liste": (b'{"processDefinitionId": "x", "variables": [1]}', 400),
    "beides": (b'{"processDefinitionId": "x", "processDefinitionKey": "1"}', 400), "nichts": (b"{}", 400), "null": (b"null", 400),
    "Zahl als Schluessel": (b'{"processDefinitionKey": 1}', 400), "zu grosse Version": (b'{"processDefinitionId": "x", "processDefinitionVersion": 99999999999}', 400),
    "Wahrheit als Zahl": (b'{"processDefinitionId": "x", "processDefinitionVersion": true}', 400),
    "fremder Mandant": (b'{"processDefinitionId": "x", "tenantId": "koeln"}', 400), "riesige Zahl": (b'{"variables": {"a": ' + b"9" * 5000 + b"}}", 400), "zu grosse Zahl": (b'{"variables": {"a": ' + b"9" * 400 + b"}}", 400)}


@pytest.mark.parametrize("case", BODIES)
def test_body_that_makes_no_sense_is_refused(refused, case) -> None:
    body, status = BODIES[case]
    refused(status, "POST", "/v2/process-instances", body)


def test_body_of_another_type_is_refused(refused) -> None:
    assert "JSON" in refused(415, "POST", "/v2/process-instances", b"<x/>", content_type="text/xml")
    refused(415, "POST", "/v2/process-instances", b"processDefinitionId=x", content_type="application/x-www-form-urlencoded")


def test_body_that_is_too_large_is_refused(refused) -> None:
    assert "größer als 1 MB" in refused(413, "POST", "/v2/process-instances", b'{"processDefinitionId": "' + b"x" * MAX_BODY + b'"}')
    refused(413, "POST", "/v2/deployments", b"x" * (MAX_BODY + 1), content_type="multipart/form-data; boundary=x")


def test_variables_that_are_too_many_change_nothing(refused, http, task) -> None:
    huge = {"variables": {"x": "y" * (MAX_BODY - 100)}}
    assert "zu groß" in refused(400, "PUT", f"/v2/element-instances/{task['processInstanceKey']}/variables", huge)
    assert "zu groß" in refused(400, "POST", "/v2/process-instances", {"processDefinitionId": task["processDefinitionId"], **huge})
    assert http("POST", "/v2/variables/search", {"filter": {"processInstanceKey": task["processInstanceKey"]}}).json["items"] == []


@pytest.mark.parametrize(("form", "given"), [("timeCycle", "= kaputt"), ("timeDate", "= null"), ("timeDuration", "= 1/0"), ("timeCycle", "R/PT0S"),
                                             ("timeDate", "2026-02-30T00:00:00Z"), ("timeDuration", "-P1D"), ("timeDuration", "P99999Y")])
def test_timer_start_event_without_a_time_is_refused(refused, name, form, given) -> None:
    refused(400, "POST", "/v2/deployments", files=[(f"{name}.bpmn", timed(name, form, given))])


def timed(name: str, form: str, given: str) -> bytes:
    return bpmn.process(name, bpmn.el("startEvent", "a", f"<bpmn:timerEventDefinition><bpmn:{form}>{given}</bpmn:{form}></bpmn:timerEventDefinition>")
                        + bpmn.user("u") + bpmn.el("endEvent", "e") + bpmn.chain("a", "u", "e"))


def test_process_with_two_message_starts_is_not_started_by_hand(refused, http, name) -> None:
    def message_start(event: str) -> str:
        return bpmn.el("startEvent", event, f'<bpmn:messageEventDefinition messageRef="m_{event}"/>') + bpmn.flow(event, "u")
    model = bpmn.process(name, message_start("a") + message_start("b") + bpmn.user("u") + bpmn.el("endEvent", "e") + bpmn.flow("u", "e"),
                         bpmn.el("message", "m_a", name=f"{name}_a"), bpmn.el("message", "m_b", name=f"{name}_b"))
    assert http.deploy((f"{name}.bpmn", model)).status_code == 200
    assert "Startereignis" in refused(409, "POST", "/v2/process-instances", {"processDefinitionId": name})
    assert "zu groß" in refused(400, "POST", "/v2/messages/publication", {"name": f"{name}_a", "variables": {"x": "y" * (MAX_BODY - 200)}})


def test_task_whose_form_is_missing_can_still_be_seen(server: Server, refused, http, name) -> None:
    """One from before a missing form became an incident."""
    http.deploy((f"{name}.bpmn", with_form(name)), (f"{name}.form", form(f"{name}.fragen")))
    task = open_task(http, name)
    with psycopg.connect(server.owner_url) as owner:
        owner.execute("update etappe.user_task set form_id = 'nirgends' where key = %s", (int(task["userTaskKey"]),))
    assert http("GET", f"/v2/user-tasks/{task['userTaskKey']}").json["formKey"] is None
    refused(404, "GET", f"/v2/user-tasks/{task['userTaskKey']}/form")


# -- searches ----------------------------------------------------------------------------------------------------------
BAD_SEARCHES = [
    {"filter": []}, {"filter": {"gibtEsNicht": 1}}, {"filter": {"state": "ERLEDIGT"}}, {"filter": {"state": {"$regex": ".*"}}},
    {"filter": {"userTaskKey": 5}}, {"filter": {"userTaskKey": "-5"}}, {"filter": {"userTaskKey": {"$like": "1*"}}}, {"filter": {"userTaskKey": {"$in": "1"}}},
    {"filter": {"priority": "hoch"}}, {"filter": {"priority": 2**40}}, {"filter": {"priority": {"$gt": None}}}, {"filter": {"dueDate": "morgen"}},
    {"filter": {"dueDate": {"$lt": 5}}}, {"filter": {"assignee": {"$exists": "ja"}}}, {"filter": {"$or": [1]}}, {"filter": {"$or": {"state": "CREATED"}}},
    {"filter": {"$or": [{"$or": [{"$or": [{"$or": [{"$or": [{"$or": [{"$or": []}]}]}]}]}]}]}}, {"filter": {"candidateGroup": {"$like": "a"}}},
    {"sort": [{"field": "passwort_hash"}]}, {"sort": [{"field": "priority", "order": "QUER"}]}, {"sort": [{"field": "priority", "order": ["ASC"]}]},
    {"sort": [{}]}, {"sort": ["priority"]}, {"sort": [{"field": "priority"}] * 100}, {"page": {"limit": -1}}, {"page": {"limit": 10_001}}, {"page": {"limit": "10"}},
    {"page": {"limit": 2**70}}, {"page": {"from": -1}}, {"page": {"after": "x"}}, {"page": {"after": "W10="}}, {"page": {"after": "WyJhIl0="}},
    {"page": {"after": "WzFlMzA4XQ=="}}, {"page": {"after": "ä"}}, {"page": {"after": 5}}, {"page": {"before": "eA=="}},
    {"page": {"after": "WyIxIl0=", "before": "WyIxIl0="}}, {"page": {"offset": 1}}, {"seite": 1}]


@pytest.mark.parametrize("query", BAD_SEARCHES, ids=lambda query: json.dumps(query)[:60])
def test_search_that_makes_no_sense_is_refused(refused, query) -> None:
    refused(400, "POST", "/v2/user-tasks/search", query)


def test_forged_cursor_with_a_value_of_another_type_is_refused(refused) -> None:
    import base64
    for values in (["x", 1], [None, "1"], [True, 1], [1e308, 1], ["2026-01-01T00:00:00Z", 2**80], [[1], 1], [{"a": 1}, 1], ["\0", 1]):
        cursor = base64.b64encode(json.dumps(values).encode()).decode()
        refused(400, "POST", "/v2/user-tasks/search", {"sort": [{"field": "dueDate"}], "page": {"after": cursor}})


def test_search_for_variables_is_checked(refused, task) -> None:
    refused(400, "POST", "/v2/variables/search", {"filter": {"processInstanceKey": {"$in": "x"}}})
    instance = {"processInstanceKey": task["processInstanceKey"]}
    for query in ({"filter": instance | {"x": 1}}, {"filter": instance | {"name": 5}}, {"filter": instance | {"name": {"$bad": 1}}},
                  {"filter": instance, "sort": [{"field": "x"}]}, {"filter": instance, "page": {"after": "x"}}, {"filter": instance, "page": {"limit": -1}}):
        refused(400, "POST", "/v2/variables/search", query)


# -- log-in ------------------------------------------------------------------------------------------------------------
def test_nobody_gets_in_without_a_password(refused, http) -> None:
    answer = http("GET", "/v2/authentication/me", login=None)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    refused(401, "POST", "/v2/process-instances", {}, login=None)
    refused(401, "POST", "/v2/process-instances", {}, login="wieland", password="falsch")
    refused(401, "POST", "/v2/process-instances", {}, login="gibt_es_nicht")
    refused(401, "POST", "/v2/documents", {}, login=None)
    refused(401, "GET", "/cluster/v2/topology", login=None)


def test_roles_decide_what_may_be_done(refused, http, task) -> None:
    instance = task["processInstanceKey"]
    for method, path, body in (
            ("POST", "/v2/process-instances", {"processDefinitionId": task["processDefinitionId"]}),
            ("POST", f"/v2/process-instances/{instance}/cancellation", {}), ("POST", "/v2/messages/publication", {"name": "x"}),
            ("POST", "/v2/messages/correlation", {"name": "x"}), ("POST", "/v2/signals/broadcast", {"signalName": "x"}),
            ("POST", "/v2/jobs/activation", {"type": "x", "timeout": 1, "maxJobsToActivate": 1}), ("POST", "/v2/jobs/1/completion", {}),
            ("POST", f"/v2/process-instances/{instance}/modification", {"activateInstructions": [{"elementId": "fragen"}]}),
            ("POST", "/v2/decision-definitions/evaluation", {"decisionDefinitionId": "x"}), ("PUT", "/v2/clock", {"timestamp": 0}), ("POST", "/v2/clock/reset", {}),
            ("PUT", f"/v2/element-instances/{instance}/variables", {"variables": {"x": 1}}),
            ("POST", f"/v2/process-instances/{instance}/migration", {"targetProcessDefinitionKey": "1", "mappingInstructions": []}),
            ("POST", f"/v2/process-instances/{instance}/suspension", {}), ("POST", "/v2/incidents/1/resolution", {})):
        refused(403, method, path, body, login="lindqvist")
    for kind in ("process-instances", "element-instances", "jobs", "incidents", "message-subscriptions"):
        assert http("POST", f"/v2/{kind}/search", {}, login="lindqvist").json["items"] == []


def test_foreign_case_cannot_be_named_at_the_start(server: Server, refused, http, task) -> None:
    from datetime import date

    from services.fall import faelle
    person = faelle.NeuePerson(vorname="Samira", nachname="Qaderi", geburtsdatum=date(1992, 3, 14), hauptperson=True, aufenthalt="asylverfahren")
    case = faelle.anlegen(server.app, actor("falkenrath"), personen=(person,), zugangsweg="M4", rechtskreise=["asylblg"], prozess=None)
    body = {"processDefinitionId": task["processDefinitionId"], "businessId": case}

    refused(400, "POST", "/v2/process-instances", body, login="wieland")
    assert http("POST", "/v2/process-instances", body, login="falkenrath").status_code == 200


# -- jobs, messages, moves ---------------------------------------------------------------------------------------------
def test_job_requests_that_make_no_sense_are_refused(refused) -> None:
    good = {"type": "x", "timeout": 1000, "maxJobsToActivate": 1, "requestTimeout": -1}
    for change in ({"type": ""}, {"type": None}, {"timeout": 0}, {"timeout": "1000"}, {"timeout": 2**70}, {"maxJobsToActivate": 0}, {"maxJobsToActivate": 1.5},
                   {"withLease": "ja"}, {"fetchVariable": "a"}, {"tenantIds": ["koeln"]}, {"x": 1}):
        refused(400, "POST", "/v2/jobs/activation", good | change)
    refused(404, "POST", "/v2/jobs/999999999/completion", {})
    refused(404, "PATCH", "/v2/jobs/999999999", {"changeset": {"retries": 1}})
    for changeset in ({}, {"retries": 2**40}, {"retries": "1"}, {"timeout": -1}, {"x": 1}, {"priority": 5}, []):
        refused(400, "PATCH", "/v2/jobs/999999999", {"changeset": changeset})


def test_messages_that_make_no_sense_are_refused(refused) -> None:
    for body in ({}, {"name": ""}, {"name": 5}, {"name": "x", "timeToLive": -1}, {"name": "x", "timeToLive": 2**70}, {"name": "x", "variables": "y"},
                 {"name": "x", "correlationKey": 7}):
        refused(400, "POST", "/v2/messages/publication", body)
    assert "wartet niemand" in refused(404, "POST", "/v2/messages/correlation", {"name": "gibt es nicht", "correlationKey": "1"})


def test_moves_that_make_no_sense_are_refused(refused, http, task) -> None:
    path = f"/v2/process-instances/{task['processInstanceKey']}/modification"
    for body in ({}, {"activateInstructions": [{"elementId": ""}]}, {"activateInstructions": [{}]}, {"terminateInstructions": [{}]},
                 {"terminateInstructions": [{"elementInstanceKey": "1"}]}, {"terminateInstructions": [{"elementId": "weg"}]}, {"activateInstructions": {}},
                 {"moveInstructions": [{"sourceElementInstruction": {"sourceElementId": "weg"}, "targetElementId": "fragen"}]},
                 {"activateInstructions": [{"elementId": "fragen", "ancestorElementInstanceKey": "5"}]}):
        refused(400, "POST", path, body)
    assert "gibt es im Modell nicht" in refused(400, "POST", path, {"activateInstructions": [{"elementId": "gibt_es_nicht"}]})
    refused(404, "POST", "/v2/process-instances/999999999/modification", {"activateInstructions": [{"elementId": "fragen"}]})
    move = f"/v2/process-instances/{task['processInstanceKey']}/migration"
    refused(409, "POST", move, {"targetProcessDefinitionKey": task["processDefinitionKey"], "mappingInstructions": []})
    refused(404, "POST", move, {"targetProcessDefinitionKey": "999999999", "mappingInstructions": []})
    refused(400, "POST", move, {"targetProcessDefinitionKey": task["processDefinitionKey"], "mappingInstructions": [{}]})


@pytest.mark.parametrize("timestamp", [None, "jetzt", 1.5, 2**70, -2**62, 253402300800000])
def test_clock_takes_milliseconds_only(refused, timestamp) -> None:
    refused(400, "PUT", "/v2/clock", {"timestamp": timestamp})


def test_clock_runs_in_production(server: Server, http, monkeypatch) -> None:
    from dataclasses import replace
    monkeypatch.setattr(server.app, "settings", replace(server.app.settings, testmodus=False))
    answer = http("PUT", "/v2/clock", {"timestamp": 0})
    assert (answer.status_code, "Testmodus" in answer.json["detail"]) == (403, True)


# -- everything else ---------------------------------------------------------------------------------------------------
def test_database_that_is_away_is_503(http, monkeypatch, server: Server) -> None:
    from sqlalchemy.exc import OperationalError

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("select", {}, Exception("away"))
    monkeypatch.setattr(server.app.engine, "connect", away)
    answer = http("GET", "/v2/topology", login=None)
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")


def test_every_refusal_of_the_services_has_a_status() -> None:
    from web.errors import status_of
    kinds = set(ServiceError.__subclasses__()) - {StateUnreadable}
    assert all(400 <= status_of(kind()).value < 500 for kind in kinds)
    assert status_of(StateUnreadable("beschädigt", instance=1)).value == 500, "no fault of the caller"


def test_damaged_state_is_our_fault_and_says_what_to_do(http, refused, server: Server, task) -> None:
    server.watch.execute("update etappe.process_instance set state = set_byte(state, 20, get_byte(state, 20) # 1) where key = %s", (task["processInstanceKey"],))

    detail = refused(500, "POST", f"/v2/user-tasks/{task['userTaskKey']}/completion", {"variables": {"entscheidung": "ja"}})

    assert "ist beschädigt" in detail
    assert "Datensicherung" in detail


def test_markup_and_control_characters_come_back_unchanged(http, name) -> None:
    http.deploy((f"{name}.bpmn", bpmn.sequence(name, bpmn.user("u"))))
    nasty = {"<script>": "</script><script>alert(1)</script>", "lang": "Ä" * 1000, "rtl": "\u202eabc", "zeile": "a\r\nBcc: x", "fallakte": {"__proto__": [None, 1.5]}}
    started = http("POST", "/v2/process-instances", {"processDefinitionId": name, "variables": nasty}).json
    answer = http("POST", "/v2/variables/search", {"filter": {"processInstanceKey": started["processInstanceKey"]}})
    assert answer.mimetype == "application/json"
    assert {v["name"]: json.loads(v["value"]) for v in answer.json["items"]} == nasty


