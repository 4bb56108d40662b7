"""*Modell prüfen*: any file gets a report, and nothing stays behind."""

from __future__ import annotations

import hashlib
import io

import pytest
from sqlalchemy import text as sql

from services.unit_of_work import read
from tests import builders
from tests.unit.engine.models import chain, doc, el, end, ext, start, user

DIAGRAM = ('<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"><bpmndi:BPMNPlane bpmnElement="p">'
           + "".join(f'<bpmndi:BPMNShape bpmnElement="{i}"><dc:Bounds x="{x}" y="10" width="100" height="80"/></bpmndi:BPMNShape>' for i, x in (("s", 0), ("x", 150), ("e", 300)))
           + "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>")
MODEL = doc(start(), el("serviceTask", "x", name="Brief &lt;senden&gt;"), end(), chain("s", "x", "e"))


def send(person, data, name="modell.bpmn", **more):
    person.get("/modelle/pruefen")
    return person.post("/modelle/pruefen", {"modell": (io.BytesIO(data), name), **more}, content_type="multipart/form-data")


def test_every_element_has_a_row_with_line_result_and_reason(browser, text):
    response = send(browser("prozess"), MODEL)

    assert response.status_code == 200
    page = text(response)
    assert "Dieses Modell läuft nicht." in page
    assert "„Brief <senden>“: die Aufgabe braucht einen Auftragstyp (zeebe:taskDefinition)." in page
    assert "Startereignis" in page
    assert hashlib.sha256(MODEL).hexdigest() in page
    html = response.get_data(as_text=True)
    assert "<senden>" not in html
    assert '<th scope="col" role="columnheader">Zeile</th>' in html


def test_diagram_marks_what_does_not_run(browser):
    drawn = send(browser("prozess"), MODEL.replace(b"</bpmn:definitions>", DIAGRAM.encode())).get_data(as_text=True)

    assert 'class="el serviceTask incident" data-element-id="x"' in drawn
    assert 'class="el startEvent" data-element-id="s"' in drawn
    assert 'data-element-id="x"' not in send(browser("prozess"), MODEL).get_data(as_text=True)


def test_form_that_is_not_deployed_is_told_at_its_task_and_the_model_runs(browser, text):
    task = user("x", ext('<zeebe:formDefinition formId="antrag"/>')).replace('id="x"', 'id="x" name="Antrag"', 1)
    later = user("y", ext('<zeebe:formDefinition formId="antrag" bindingType="deployment"/>'))
    page = text(send(browser("prozess"), doc(start(), task, later, end(), chain("s", "x", "y", "e"))))

    assert "Dieses Modell läuft" in page
    assert "Dieses Modell läuft nicht" not in page
    assert page.count("Das Formular „antrag“ ist nicht eingespielt") == 1
    assert "nicht zusammen mit diesem Modell" not in page


def test_report_in_english(browser, text):
    page = text(send(browser("prozess"), MODEL, sprache="en"))

    assert "This model does not run." in page
    assert "the task needs a job type" in page


@pytest.mark.parametrize(("data", "sentence"), [
    (b"PK\x03\x04", "Die Datei ist kein lesbares XML"), (b"<a/>", "Die Datei ist kein BPMN-2.0-Modell."), (b"", "Die Datei ist leer."),
    (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DOCTYPE"),
])
def test_any_other_file_is_answered_with_a_sentence(browser, text, data, sentence):
    response = send(browser("prozess"), data, name="<script>.bpmn")

    assert response.status_code == 200
    assert sentence in text(response)
    assert "<script>." not in response.get_data(as_text=True)


def test_without_a_file_the_form_says_so(browser, text):
    person = browser("prozess")
    person.get("/modelle/pruefen")
    response = person.post("/modelle/pruefen", {}, content_type="multipart/form-data")

    assert response.status_code == 422
    assert "Wählen Sie eine Datei aus." in text(response)


def test_nothing_is_stored(app, browser):
    def stored():
        return read(app, builders.actor("prozess"), lambda uow: uow.session.execute(sql("select count(*) from etappe.deployment")).scalar_one())
    before = stored()
    send(browser("prozess"), MODEL)

    assert stored() == before


@pytest.mark.parametrize("login", ["falkenrath", "osterkamp", "dsb", "lindqvist"])
def test_only_the_prozessverantwortung_may(browser, login):
    person = browser(login)

    assert person.get("/modelle/pruefen").status_code == 403
    person.get("/einstellungen")
    assert person.post("/modelle/pruefen", {"modell": (io.BytesIO(MODEL), "m.bpmn")}, content_type="multipart/form-data").status_code == 403
