"""Every model of the house has a diagram that people can read, and the page that shows where a case stands can draw it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from engine.diagram.check import check
from engine.diagram.read import EVENTS, GATEWAYS, read
from engine.diagram.svg import ElementState, render
from engine.errors import InvalidDefinition

PROCESSES = Path(__file__).resolve().parents[2] / "processes"
MODELS = sorted(PROCESSES.glob("*/*.bpmn"))
MODEL = PROCESSES / "kontaktabbruch" / "kontaktabbruch.bpmn"


def test_models_are_found():
    assert len(MODELS) >= 10


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_diagram_of_a_model_has_no_errors(path):
    flaws = check(path.read_bytes())

    assert [f for f in flaws if f.level == "error"] == []
    crossings = [f for f in flaws if f.rule == "crossing"]
    assert len(crossings) <= 8, "a handful of crossing lines is the most a reader follows"


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_picture_of_a_model_shows_every_node_by_name(path):
    data = path.read_bytes()

    picture = etree.fromstring(render(data).encode())

    shown = {node.get("data-element-id") for node in picture.iter() if node.get("data-element-id")}
    nodes = {e.id for e in read(data).elements.values() if e.kind in EVENTS | GATEWAYS | {"callActivity"} or e.kind.endswith("Task")}
    assert nodes <= shown
    assert picture.find("{*}title").text
    assert not list(picture.iter("{*}script", "{*}style"))


def test_states_are_shown_in_words_numbers_links_and_lines():
    states = {
        "kontakt_suchen": ElementState(state="active", count=2, href="/aufgaben/7?a=1&b=2"),
        "partner_informieren": ElementState(state="done"),
        "kontakt_verloren__partner_informieren": ElementState(state="done"),
        "abstand_abgewartet": ElementState(state="waiting"),
        "versuch_zaehlen": ElementState(state="incident"),
    }

    picture = etree.fromstring(render(MODEL.read_bytes(), states, prefix='fall"7').encode())

    titles = [node.text for node in picture.iter("{*}title")]
    assert "Kontakt suchen (hier steht der Fall): 2" in titles
    assert "Partner informieren (erledigt)" in titles
    assert [a.get("href") for a in picture.iter("{*}a")] == ["/aufgaben/7?a=1&b=2"]
    assert picture.find("{*}desc").text == (
        "Hier steht der Fall: Kontakt suchen. Wartet: Abstand abgewartet. Störung: Versuch zählen. Erledigt: Partner informieren."
    )
    assert picture.get("aria-describedby") == picture.find("{*}desc").get("id")
    assert len([g for g in picture.iter("{*}g") if g.get("class") == "flow done"]) == 1


def test_names_from_a_file_cannot_become_markup():
    data = MODEL.read_text("utf-8").replace('name="Kontakt suchen"', 'name="&lt;script&gt;&quot;"').encode()

    picture = etree.fromstring(render(data, {"kontakt_suchen": ElementState(href='x" onclick="y')}).encode())

    assert not list(picture.iter("{*}script"))
    assert not [node for node in picture.iter() if node.get("onclick")]


def damaged(pattern: str, replacement: str) -> list[str]:
    data, count = re.subn(pattern, replacement, MODEL.read_text("utf-8"), count=1, flags=re.DOTALL)
    assert count == 1
    return [f.rule for f in check(data.encode()) if f.level == "error"]


def test_a_moved_shape_is_found():
    rules = damaged(r'(bpmnElement="kontakt_suchen".*?<dc:Bounds x=)"\d+" y="\d+"', r'\1"900" y="20"')

    assert "outside" in rules
    assert "loose-edge" in rules


def test_a_missing_shape_is_found():
    assert "no-shape" in damaged(r'<bpmndi:BPMNShape id="[^"]*" bpmnElement="kontakt_suchen".*?</bpmndi:BPMNShape>', "")


def test_a_missing_edge_is_found():
    assert "no-edge" in damaged(r'<bpmndi:BPMNEdge id="[^"]*" bpmnElement="versuch_steht_an__kontakt_suchen".*?</bpmndi:BPMNEdge>', "")


def test_a_file_without_diagram_is_an_error_and_no_picture():
    data = re.sub(r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", MODEL.read_text("utf-8"), flags=re.DOTALL).encode()

    assert [f.rule for f in check(data)] == ["no-diagram"]
    with pytest.raises(InvalidDefinition):
        render(data)


def test_damaged_numbers_do_not_stop_the_picture():
    data = MODEL.read_text("utf-8").replace('x="', 'x="nan', 5).encode()

    assert render(data).startswith("<svg")
