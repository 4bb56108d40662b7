"""Every page: no violation of WCAG 2.1 A and AA, no sideways scrolling, light and dark, wide and narrow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import processes
from services import demo, vorgaenge
from services.context import Actor
from services.fall import uebergaben_lesen
from services.prozess import deployments, umzug_lesen
from services.prozess.deployments import Resource
from tests.browser.conftest import AXE

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
FALL = "MO-2026-0005"
PAGES = {
    None: ("/anmeldung", "/hilfe", "/barrierefreiheit", "/datenschutz", "/impressum", "/api/v1/"),
    "fallmanagement": (
        "/aufgaben", "/aufgaben?liste=gruppen&faellig=heute", "/aufgaben?liste=erledigt", "TASK", "DONE", "/faelle", "/faelle?status=alle&nur=meine",
        "/faelle/neu", f"/faelle/{FALL}", f"/faelle/{FALL}/plan", f"/faelle/{FALL}/akte", f"/faelle/{FALL}/verlauf", f"/faelle/{FALL}/aufgaben",
        f"/faelle/{FALL}/einwilligungen", f"/faelle/{FALL}/einwilligungen/neu", "REVOKE", f"/faelle/{FALL}/uebergaben", f"/faelle/{FALL}/prozess",
        f"/faelle/{FALL}/kontakt", f"/faelle/{FALL}/kontaktabbruch", f"/faelle/{FALL}/rechtskreise", f"/faelle/{FALL}/personen/neu", "PERSON", "PERSON/berichtigen", "PERSON/ausscheiden", "EHEMALIGE",
        f"/faelle/{FALL}/personen/hauptperson", f"/faelle/{FALL}/vorgang-starten", f"/faelle/{FALL}/vorgang-starten/kinderschutz",
        "/uebergaben?liste=ausgang", "/partner", "/einstellungen", "/suche", "/nirgends"),
    "awo": ("/uebergaben", "HANDOVER"),
    "koordination": ("/aufgaben?liste=team", "/fristen", "/stoerungen", "/vorgaenge", "/vorgaenge/starten/etappen_produktionsnetzwerk", "VORGANG", f"/faelle/{FALL}/zugriffe"),
    "prozessverantwortung": ("/kommunalprofil", "/stoerungen", "/umzug", "/umzug/modell/fallmanagement", "/umzug/modell/fallmanagement/umziehen", "UMZUG", "/umzug/auftraege",
                             "LAUF", "VERLEGEN"),
}


def resolve(page, etappe, path: str) -> str:
    """Addresses that only the data know."""
    if path == "TASK":
        page.goto("/aufgaben")
        return page.locator("a.et-strong").first.get_attribute("href")
    if path == "DONE":
        page.goto("/aufgaben?liste=erledigt")
        return page.locator("a.et-strong").first.get_attribute("href")
    if path == "REVOKE":
        page.goto(f"/faelle/{FALL}/einwilligungen")
        return page.get_by_role("link", name=re.compile("^Widerrufen")).first.get_attribute("href")
    if path.startswith("PERSON"):
        page.goto(f"/faelle/{FALL}")
        return path.replace("PERSON", page.get_by_role("complementary", name="Zum Fall").locator("a.et-strong").last.get_attribute("href"))
    if path == "EHEMALIGE":
        return ehemalige(page)
    if path == "VORGANG":
        return f"/vorgaenge/{vorgang(etappe)}"
    if path == "UMZUG":
        return f"/umzug/modell/{umzug(etappe)}/umziehen"
    if path in {"LAUF", "VERLEGEN"}:
        page.goto("/umzug/modell/fallmanagement")
        lauf = page.locator("#auswahl a.et-strong").first.get_attribute("href")
        return lauf if path == "LAUF" else f"{lauf}/verlegen"
    if path == "HANDOVER":
        awo = Actor(login="awo", name="", mandant=demo.FIRST, organisation="awo_fluechtlingsberatung", roles=frozenset({"partner"}))
        return f"/uebergaben/{uebergaben_lesen.eingang(etappe, awo)[0].key}"
    return path


def ehemalige(page) -> str:
    """The page on which the leaving of somebody is taken back; she joins and leaves by keyboard."""
    page.goto(f"/faelle/{FALL}")
    back = page.get_by_role("link", name=re.compile("^Zurücknehmen.*Noor Qaderi"))
    if not back.count():
        page.goto(f"/faelle/{FALL}/personen/neu")
        page.get_by_label("Warum kommt die Person dazu?").select_option("geburt")
        page.get_by_label("Vorname").fill("Noor")
        page.get_by_label("Vorname").press("Enter")
        page.get_by_role("link", name="Scheidet aus dem Fall aus").press("Enter")
        page.get_by_label("Warum?").select_option("irrtum")
        page.get_by_label("Ausgeschieden am").press("Enter")
    return back.get_attribute("href")


def vorgang(etappe) -> int:
    """A process of the Kommune, started once."""
    who = Actor(login="koordination", name="", mandant=demo.FIRST, organisation="stadt_moers", roles=frozenset({"koordination"}))
    if not vorgaenge.auflisten(etappe, who):
        vorgaenge.starten(etappe, who, key="etappen_produktionsnetzwerk")
    return vorgaenge.auflisten(etappe, who)[0].key


def umzug(etappe) -> str:
    """A model with cases in an old version: the newest is the same with a step that has another id."""
    who = Actor(login="prozessverantwortung", name="", mandant=demo.FIRST, organisation="stadt_moers", roles=frozenset({"prozessverantwortung"}))
    if len(umzug_lesen.modell(etappe, who, prozess="zugang_moers_empfehlung").fassungen) == 1:
        xml = (Path(processes.__file__).parent / "zugang_moers_empfehlung" / "zugang_moers_empfehlung.bpmn").read_bytes().replace(b"empfehlung_geben", b"empfehlung_aussprechen")
        xml = xml.replace(b"zugang_moers_empfehlung.empfehlung_aussprechen", b"zugang_moers_empfehlung.empfehlung_geben")  # the form keeps its id
        deployments.deploy(etappe, who, resources=[Resource(name="zugang_moers_empfehlung.bpmn", data=xml)])
    return "zugang_moers_empfehlung"


# Every rule runs over every element; what a page fulfils is not described and sent, which would take longer than the rules.
RUN = """async only => (await axe.run(document, {runOnly: only, resultTypes: ['violations']}))
  .violations.map(v => ({id: v.id, targets: v.nodes.map(n => n.target)}))"""


def violations(page, rules=RULES) -> list[str]:
    page.evaluate("source => { window.axe ?? eval(source) }", AXE.read_text())
    return [f"{v['id']}: {v['targets'][:3]}" for v in page.evaluate(RUN, rules)]


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("login", list(PAGES))
def test_page_is_accessible(person, etappe, login, width):
    page = person(login, width=width)
    problems = []
    for path in PAGES[login]:
        page.goto(resolve(page, etappe, path))
        problems += [f"{path}: {v}" for v in violations(page)]
        page.emulate_media(color_scheme="dark")  # the same page in other colours: only contrast can differ
        problems += [f"{path}, dark: {v}" for v in violations(page, ["color-contrast"])]
        page.emulate_media(color_scheme="light")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            problems.append(f"{path}: scrolls sideways")
        if page.locator("h1").count() != 1:
            problems.append(f"{path}: {page.locator('h1').count()} h1")

    assert problems == []


def test_contrast_in_dark_is_really_looked_at(person):
    """The colours change with the scheme while the page stays open, and text that cannot be read in the dark is found."""
    page = person(None)
    page.goto("/hilfe")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert violations(page, ["color-contrast"]) == []

    page.evaluate("document.querySelector('h1').style.color = '#555'")

    assert [v.partition(":")[0] for v in violations(page, ["color-contrast"])] == ["color-contrast"]
