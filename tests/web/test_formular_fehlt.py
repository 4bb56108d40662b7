"""A missing form as people and programs meet it: an incident in the official words, no task, a warning beforehand."""

from __future__ import annotations

import base64
import json
import re
from io import BytesIO

import pytest
from sqlalchemy import text as sql

from services.prozess import deployments, instances, umzug_lesen
from services.prozess.deployments import Resource
from tests import bpmn, builders
from tests.web import daten

FORM = json.dumps({"id": "antrag", "type": "default", "schemaVersion": 18, "components": [
    {"id": "c1", "type": "textfield", "key": "notiz", "label": "Notiz"}]}).encode()
MODEL = bpmn.sequence("p", bpmn.user("pruefen", 'assignee="falkenrath"', '<zeebe:formDefinition formId="antrag"/>'))


@pytest.fixture(autouse=True)
def profile(app) -> None:
    with daten.session(app) as db:
        db.execute(sql("update mandant set profil = 'moers'"))
        db.commit()


def deploy(app, **files: bytes) -> None:
    deployments.deploy(app, builders.actor("prozess"), resources=[Resource(name=n.replace("_", "."), data=d) for n, d in files.items()])


class Program:
    """A program with basic authentication."""

    def __init__(self, flask_app, login: str) -> None:
        self.client = flask_app.test_client()
        self.head = {"Authorization": "Basic " + base64.b64encode(f"{login}:{daten.PASSWORT}".encode()).decode()}

    def post(self, path: str, body: dict | None = None, **kw):
        return self.client.post(path, headers=self.head, **({"json": body or {}} | kw))

    def get(self, path: str):
        return self.client.get(path, headers=self.head)


@pytest.fixture
def program(flask_app):
    return lambda login: Program(flask_app, login)


def test_incident_has_the_official_type_and_resolving_it_opens_the_task(app, program) -> None:
    deploy(app, p_bpmn=MODEL)
    instances.start(app, builders.actor("prozess"), process_id="p")
    prozess = program("prozess")

    (incident,) = prozess.post("/v2/incidents/search", {"filter": {"errorType": "FORM_NOT_FOUND"}}).json["items"]
    assert incident["errorType"] == "FORM_NOT_FOUND"
    assert "„antrag“" in incident["errorMessage"]
    assert prozess.post("/v2/user-tasks/search").json["items"] == []
    assert program("falkenrath").get("/api/v1/aufgaben").json["eintraege"] == []

    deploy(app, f_form=FORM)
    assert prozess.post(f"/v2/incidents/{incident['incidentKey']}/resolution").status_code == 204

    (task,) = prozess.post("/v2/user-tasks/search").json["items"]
    assert program("falkenrath").get(f"/v2/user-tasks/{task['userTaskKey']}/form").json["formId"] == "antrag"
    assert program("falkenrath").post(f"/v2/user-tasks/{task['userTaskKey']}/completion", {"variables": {"notiz": "da"}}).status_code == 204


def test_missing_decision_has_the_official_type(app, program) -> None:
    rule = bpmn.el("businessRuleTask", "regel", bpmn.ext('<zeebe:calledDecision decisionId="tarif" resultVariable="r"/>'))
    deploy(app, p_bpmn=bpmn.sequence("p", rule), q_bpmn=bpmn.sequence("q", bpmn.call("ruf", "unten")))
    for process in ("p", "q"):
        instances.start(app, builders.actor("prozess"), process_id=process)

    found = program("prozess").post("/v2/incidents/search").json["items"]

    assert {i["elementId"]: i["errorType"] for i in found} == {"regel": "CALLED_DECISION_ERROR", "ruf": "CALLED_ELEMENT_ERROR"}


def test_deployment_answers_with_a_warning_only_where_something_is_missing(program) -> None:
    prozess = program("prozess")

    def send(*files: tuple[str, bytes]):
        return prozess.post("/v2/deployments", json=None, data={"resources": [(BytesIO(d), n) for n, d in files]}, content_type="multipart/form-data").json

    answer = send(("p.bpmn", MODEL))
    assert [(w["code"], w["elementId"]) for w in answer["warnings"]] == [("form_missing", "pruefen")]
    assert "„antrag“" in answer["warnings"][0]["message"]
    assert "warnings" not in send(("p.bpmn", MODEL), ("f.form", FORM))


@pytest.fixture
def old_task(app) -> int:
    """A task from before: it is open although its form is not there."""
    deploy(app, p_bpmn=bpmn.sequence("p", bpmn.user("pruefen", 'assignee="falkenrath"')))
    instances.start(app, builders.actor("prozess"), process_id="p")
    with daten.session(app) as db:
        key = db.execute(sql("update user_task set form_id = 'antrag' returning key")).scalar_one()
        db.commit()
    return key


def test_open_task_without_its_form_says_so_and_cannot_be_completed_at_any_door(app, old_task, browser, program, text) -> None:
    me, machine = browser("falkenrath"), program("falkenrath")

    page = me.get(f"/aufgaben/{old_task}")
    assert "Das Formular dieser Aufgabe ist nicht eingespielt" in text(page)
    assert "„antrag“" in text(page)
    assert "Aufgabe abschließen" not in text(page)
    assert "Diese Aufgabe hat kein Formular" not in text(page)
    for answer in (me.post(f"/aufgaben/{old_task}", {"_abschliessen": "1"}), machine.post(f"/v2/user-tasks/{old_task}/completion"),
                   machine.post(f"/api/v1/aufgaben/{old_task}/abschliessen", {"werte": {}})):
        assert answer.status_code == 409, answer.get_data(as_text=True)
        assert "antrag" in answer.get_data(as_text=True)

    deploy(app, f_form=FORM)
    assert me.post(f"/aufgaben/{old_task}", {"_abschliessen": "1", "notiz": "da"}).status_code == 302


def test_task_without_any_form_can_still_be_completed(app, browser, text) -> None:
    deploy(app, p_bpmn=bpmn.sequence("p", bpmn.user("pruefen", 'assignee="falkenrath"')))
    instances.start(app, builders.actor("prozess"), process_id="p")
    with daten.session(app) as db:
        key = db.execute(sql("select key from user_task")).scalar_one()
    me = browser("falkenrath")

    assert "Diese Aufgabe hat kein Formular. Schließen Sie sie ab" in text(me.get(f"/aufgaben/{key}"))
    assert me.post(f"/aufgaben/{key}", {"_abschliessen": "1"}).status_code == 302


def test_incident_page_says_what_is_missing_and_who_sees_to_it(app, browser, text) -> None:
    deploy(app, p_bpmn=MODEL)
    instances.start(app, builders.actor("prozess"), process_id="p")

    page = text(browser("prozess").get("/stoerungen"))

    assert re.search(r"Das Formular „antrag“ ist nicht eingespielt|Das Formular, das zu dieser Aufgabe gehört, ist nicht eingespielt", page)


def test_dry_run_page_warns_of_what_the_new_version_lacks(app, browser, text) -> None:
    deploy(app, p_bpmn=bpmn.sequence("p", bpmn.user("pruefen")))
    instances.start(app, builders.actor("prozess"), process_id="p")
    deploy(app, p_bpmn=MODEL)
    new, old = (f.key for f in umzug_lesen.modell(app, builders.actor("prozess"), prozess="p").fassungen)

    page = text(browser("prozess").post("/umzug/modell/p/umziehen", {"von": old, "nach": new, "ziel-pruefen": "pruefen", "umfang": "alle", "schritt": "probelauf"}))

    assert "Der neuen Fassung fehlt noch etwas" in page
    assert "Das Formular „antrag“ ist nicht eingespielt" in page
    assert "danach Störung bei" in page
