"""Files in the form of a task, as a person meets them: with and without JavaScript, wide and narrow."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from services import demo
from services.context import Actor, system_actor
from services.dokumente import lesen
from services.fall import faelle
from services.prozess import deployments, instances, tasks
from services.prozess.deployments import Resource
from tests import bpmn
from tests.browser.test_barrierefreiheit import violations

HOCHLADEN = re.compile("^Hochladen ?: Bescheid")
PDF = b"%PDF-1.7 Bescheid"
FORM = {"id": "unterlagen_probe", "type": "default", "schemaVersion": 18, "components": [
    {"id": "c1", "type": "textfield", "key": "notiz", "label": "Notiz", "validate": {"required": True}},
    {"id": "c2", "type": "filepicker", "key": "bescheid", "label": "Bescheid", "description": "Der neueste.", "accept": ".pdf", "validate": {"required": True},
     "properties": {"fallakte": "leistungen.bescheid", "variable": "true"}},
    {"id": "c3", "type": "filepicker", "key": "belege", "label": "Belege", "multiple": True},
]}
ICH = Actor(login="fallmanagement", name="", mandant=demo.FIRST, organisation="stadt_moers", roles=frozenset({"fallmanagement"}),
            functions=frozenset({"servicestelle", "fallmanagement"}))


@pytest.fixture
def aufgabe(etappe) -> tuple[str, int]:
    """A case with a task that asks for files; its Aktenzeichen and the key of the task."""
    model = bpmn.sequence("unterlagen_probe", bpmn.user("fragen", 'assignee="fallmanagement"', '<zeebe:formDefinition formId="unterlagen_probe"/>'))
    deployments.deploy(etappe, system_actor(demo.FIRST), resources=[
        Resource(name="unterlagen_probe.bpmn", data=model), Resource(name="unterlagen_probe.form", data=json.dumps(FORM).encode())])
    people = [faelle.NeuePerson(vorname="Lina", nachname="Probst", geburtsdatum=date(1990, 1, 2), hauptperson=True)]
    akte = faelle.anlegen(etappe, ICH, personen=people, zugangsweg="person", login=ICH.login, prozess=None)
    instances.start(etappe, system_actor(demo.FIRST), process_id="unterlagen_probe", business_id=akte)
    return akte, tasks.of_case(etappe, ICH, business_id=akte)[0].key


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 360)])
def test_person_uploads_takes_away_and_completes(person, etappe, aufgabe, javascript, width):
    akte, key = aufgabe
    page = person("fallmanagement", javascript=javascript, width=width)
    page.goto(f"/aufgaben/{key}")
    page.get_by_label("Notiz").fill("mit Unterlagen")

    page.get_by_label("Bescheid", exact=True).set_input_files({"name": "bild.gif", "mimeType": "image/gif", "buffer": b"GIF89a"})
    page.get_by_role("button", name=HOCHLADEN).click()
    assert "Laden Sie eine Datei dieser Arten hoch: PDF." in page.locator("#feld-bescheid-fehler").inner_text()
    assert page.get_by_label("Bescheid", exact=True).get_attribute("aria-invalid") == "true"

    page.get_by_label("Bescheid", exact=True).set_input_files({"name": "Bescheid.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.get_by_label("Belege (freiwillig)").set_input_files([
        {"name": name, "mimeType": "application/pdf", "buffer": PDF + name.encode()} for name in ("richtig.pdf", "falsch.pdf")])
    page.get_by_role("button", name=HOCHLADEN).click()
    assert page.get_by_label("Notiz").input_value() == "mit Unterlagen"
    box, word = (page.get_by_role("button", name=HOCHLADEN).locator(part).bounding_box() for part in ("xpath=.", ".kern-label"))
    assert box is not None
    assert word is not None
    assert box["width"] >= word["width"] > 60  # the word fits its button
    page.get_by_role("button", name=re.compile("^Entfernen ?: falsch.pdf")).click()
    assert page.get_by_text("falsch.pdf").count() == 0
    if javascript:
        assert violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    page.get_by_role("button", name="Aufgabe abschließen").click()
    page.wait_for_url("**/fertig")
    assert page.get_by_role("link", name="Bescheid: Bescheid.pdf").is_visible()
    assert {d.neueste.dateiname for d in lesen.auflisten(etappe, ICH, aktenzeichen=akte)} == {"Bescheid.pdf", "richtig.pdf"}


def test_page_with_files_fits_a_narrow_screen_in_both_schemes(person, aufgabe):
    for scheme in ("light", "dark"):
        page = person("fallmanagement", scheme=scheme, width=360)
        page.goto(f"/aufgaben/{aufgabe[1]}")
        page.get_by_label("Bescheid", exact=True).set_input_files({"name": "Ein langer Name für einen Bescheid vom Januar.pdf", "mimeType": "application/pdf",
                                                                    "buffer": PDF})
        page.get_by_role("button", name=HOCHLADEN).click()
        assert violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_start_link_stays_on_one_line_on_a_narrow_screen(person):
    page = person("koordination", width=360)
    page.goto("/vorgaenge")
    for link in page.get_by_role("link", name="Starten").all():
        box = link.bounding_box()
        assert box is not None
        assert box["height"] < 40, f"{link.inner_text()} is {box['height']} px high"
        assert box["x"] + box["width"] <= 360


@pytest.mark.parametrize("width", [1280, 360])
def test_files_that_are_too_big_are_not_sent_and_nothing_typed_is_lost(person, aufgabe, width):
    _, key = aufgabe
    page = person("fallmanagement", javascript=True, width=width)
    page.goto(f"/aufgaben/{key}")
    page.get_by_label("Notiz").fill("lange getippt")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" and not request.url.endswith("/entwurf") else None)
    field, complete = page.locator("input[name='_datei-belege']"), page.get_by_role("button", name="Aufgabe abschließen")

    def file(name: str, mib: int) -> dict[str, object]:
        return {"name": name, "mimeType": "application/pdf", "buffer": PDF + bytes(mib * 1024 * 1024)}

    field.set_input_files([file("gross.pdf", 11)])
    complete.click()
    words = page.get_by_role("alert")
    assert words.inner_text() == "„gross.pdf“ ist 11 MB groß. Eine Datei darf höchstens 10 MB groß sein. Verkleinern Sie die Datei oder wählen Sie eine andere."
    assert words.get_attribute("id") in field.get_attribute("aria-describedby").split()
    assert page.evaluate("document.activeElement.name") == "_datei-belege"

    field.set_input_files([file("eins.pdf", 7), file("zwei.pdf", 7)])
    complete.click()
    assert "Ihre Dateien sind zusammen 14 MB groß. Auf einmal gehen höchstens 12 MB." in words.inner_text()
    assert (sent, page.get_by_label("Notiz").input_value()) == ([], "lange getippt")
    assert violations(page) == []

    field.set_input_files([file("klein.pdf", 1)])
    assert words.count() == 0
    assert field.get_attribute("aria-invalid") is None
    page.get_by_role("button", name=re.compile("^Hochladen: Belege")).click()
    page.get_by_text("klein.pdf, 1").wait_for()
    assert page.get_by_label("Notiz").input_value() == "lange getippt"
