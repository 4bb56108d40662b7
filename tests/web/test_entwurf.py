"""Drafts: what was typed stays, what the page did not show is not touched."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import text as sql

from services.context import system_actor
from services.fall import akte
from services.prozess import deployments, instances
from services.prozess.deployments import Resource
from services.unit_of_work import transact
from tests import bpmn, builders
from tests.web import daten

LATER = {"conditional": {"hide": '= notiz != "mehr"'}}  # the server decides: a text field opens nothing by CSS
OPTIONS = {"values": [{"value": "a1", "label": "A1"}, {"value": "b1", "label": "B1"}]}
FORM = {"id": "probe", "type": "default", "schemaVersion": 18, "components": [
    {"id": "c1", "type": "textfield", "key": "notiz", "label": "Notiz"},
    {"id": "c2", "type": "textfield", "key": "lage", "label": "Lage", **LATER, "properties": {"fallakte": "wohnen.lage"}},
    {"id": "c3", "type": "checklist", "key": "kurse", "label": "Kurse", **OPTIONS, **LATER, "properties": {"fallakte": "sprache.kurse"}},
    {"id": "c4", "type": "checkbox", "key": "dolmetscher", "label": "Sprachmittlung nötig", **LATER, "properties": {"fallakte": "sprache.noetig"}},
    {"id": "c5", "type": "checklist", "key": "wege", "label": "Wege", **OPTIONS, "properties": {"fallakte": "netzwerk.wege"}},
    {"id": "c6", "type": "dynamiclist", "path": "kinder", "label": "Kinder", "defaultRepetitions": 0, **LATER, "properties": {"fallakte": "familie.kinder"},
     "components": [{"id": "c7", "type": "textfield", "key": "name", "label": "Name"}]},
]}
KNOWN = {"wohnen": {"lage": "Zwei Zimmer"}, "sprache": {"kurse": ["b1"], "noetig": True}, "netzwerk": {"wege": ["a1"]}, "familie": {"kinder": [{"name": "Sami"}]}}


@pytest.fixture
def aufgabe(app):
    """A task with this form in a case whose Fallakte knows all answers; returns its key."""
    with daten.session(app) as db:
        db.execute(sql("update mandant set profil = 'moers'"))
        db.commit()
    more = '<zeebe:formDefinition formId="probe"/>'
    model = bpmn.sequence("probe", bpmn.user("fragen", 'assignee="falkenrath"', more))
    deployments.deploy(app, builders.actor("prozess"), resources=[
        Resource(name="probe.bpmn", data=model), Resource(name="probe.form", data=json.dumps(FORM).encode())])
    fall = daten.fall(app, login="falkenrath")
    transact(app, builders.actor("falkenrath"), lambda uow: akte.write_sections(uow, builders.actor("falkenrath"), fall, None, KNOWN))
    instances.start(app, system_actor("moers"), process_id="probe", business_id=fall)
    with daten.session(app) as db:
        return db.execute(sql("select key from user_task where status = 'CREATED'")).scalar_one()


def test_draft_of_a_task_that_moved_is_offered_to_the_colleague_and_to_nobody_outside(app, aufgabe, browser):
    browser("falkenrath").post(f"/aufgaben/{aufgabe}/entwurf", {"notiz": "halb fertig", "wege": ""})
    with daten.session(app) as db:
        db.execute(sql("update user_task set assignee = 'brueggen'"))
        db.commit()
    person = browser("brueggen")
    page = person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)
    assert "Es gibt einen Entwurf von Ines Falkenrath." in page
    assert "halb fertig" not in page

    person.post(f"/aufgaben/{aufgabe}/entwurf-uebernehmen", {})

    page = person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)
    assert "halb fertig" in page
    assert "Es gibt einen Entwurf" not in page
    person.post(f"/aufgaben/{aufgabe}/entwurf", {"notiz": "fertig", "wege": ""})
    assert person.post(f"/aufgaben/{aufgabe}/entwurf-uebernehmen", {}).status_code == 302  # the own draft stays
    assert 'value="fertig"' in person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)
    with daten.session(app) as db:
        db.execute(sql("update user_task set assignee = 'wieland'"))
        db.commit()
    page = browser("wieland").get(f"/aufgaben/{aufgabe}").get_data(as_text=True)
    assert 'name="notiz"' in page
    assert "Es gibt einen Entwurf" not in page


def checked(page: str, name: str) -> list[str]:
    return re.findall(rf'type="checkbox" id="[^"]*" name="{name}" value="([^"]*)" checked', page)


def test_field_that_appears_later_shows_what_the_fallakte_knows(aufgabe, browser):
    person = browser("falkenrath")
    page = person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)
    assert 'name="lage"' not in page
    assert checked(page, "wege") == ["a1"]
    # The draft of a browser: what stands on the page, an unticked list as its empty answer.
    person.post(f"/aufgaben/{aufgabe}/entwurf", {"notiz": "me", "wege": ""})

    later = person.post(f"/aufgaben/{aufgabe}", {"notiz": "mehr", "wege": "", "_aktualisieren": "1"}).get_data(as_text=True)

    for shown in (later, person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)):
        assert 'value="Zwei Zimmer"' in shown
        assert checked(shown, "kurse") == ["b1"]
        assert checked(shown, "dolmetscher") == ["true"]
        assert 'value="Sami"' in shown
        assert checked(shown, "wege") == [], "what was unticked on the page stays unticked"


def test_what_was_cleared_on_the_page_stays_cleared(aufgabe, browser):
    person = browser("falkenrath")
    seen = {"notiz": "mehr", "lage": "", "kurse": "", "dolmetscher": "", "wege": "a1", "_liste": "kinder"}

    person.post(f"/aufgaben/{aufgabe}/entwurf", seen)

    page = person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)
    assert 'value="Zwei Zimmer"' not in page
    assert checked(page, "kurse") == checked(page, "dolmetscher") == []
    assert 'value="Sami"' not in page
    assert checked(page, "wege") == ["a1"]


def test_what_was_typed_comes_back_with_its_field(aufgabe, browser):
    person = browser("falkenrath")
    person.post(f"/aufgaben/{aufgabe}/entwurf", {"notiz": "mehr", "lage": "Ein Zimmer", "kurse": ["", "a1"], "dolmetscher": "", "wege": "", "_liste": "kinder"})
    person.post(f"/aufgaben/{aufgabe}/entwurf", {"notiz": "weniger", "wege": ""})  # the fields have gone
    assert 'name="lage"' not in person.get(f"/aufgaben/{aufgabe}").get_data(as_text=True)

    page = person.post(f"/aufgaben/{aufgabe}", {"notiz": "mehr", "wege": "", "_aktualisieren": "1"}).get_data(as_text=True)

    assert 'value="Ein Zimmer"' in page
    assert checked(page, "kurse") == ["a1"]


def test_page_names_the_boxes_and_lists_it_shows(aufgabe, browser):
    person = browser("falkenrath")

    page = person.post(f"/aufgaben/{aufgabe}", {"notiz": "mehr", "wege": "", "_aktualisieren": "1"}).get_data(as_text=True)

    for name in ("kurse", "dolmetscher", "wege"):
        assert f'<input type="hidden" name="{name}" value="">' in page
    assert '<input type="hidden" name="_liste" value="kinder">' in page
