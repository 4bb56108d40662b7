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
# A bus line with twelve branches shares its line on purpose.
ACCEPTED = {
    "etappen_produktionsnetzwerk": {"shared-line"},
}
MAX_CROSSINGS = 2
MODEL = PROCESSES / "kontaktabbruch" / "kontaktabbruch.bpmn"


def test_models_are_found():
    assert len(MODELS) >= 10


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_diagram_of_a_model_has_no_errors(path):
    flaws = check(path.read_bytes())

    assert [f for f in flaws if f.level == "error"] == []
    crossings = [f for f in flaws if f.rule == "crossing"]
    assert len(crossings) <= MAX_CROSSINGS, "two crossing lines are the most a reader follows"


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_nothing_in_the_diagram_of_a_model_touches_a_label_or_a_name(path):
    accepted = {"crossing", *ACCEPTED.get(path.stem, set())}

    flaws = [f"{f.rule}: {f.element} {f.text}" for f in check(path.read_bytes()) if f.rule not in accepted]

    assert flaws == []


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_model_shows_in_one_pool_who_does_what(path):
    model = read(path.read_bytes())
    shown = {model.elements[s.element].kind for s in model.shapes}
    ends = [e.name for e in model.elements.values() if e.kind == "endEvent" and model.elements[e.parent].kind == "process"]

    assert {"participant", "lane"} <= shown
    assert len(ends) == len(set(ends)), "two end events with one name cannot be told apart"


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_arrow_to_an_end_comes_from_its_left(path):
    model = read(path.read_bytes())
    boxes = {s.element: s.box for s in model.shapes}
    flows = [e for e in model.elements.values() if e.kind == "sequenceFlow" and model.elements[e.target].kind == "endEvent"]

    assert [e.id for e in flows if boxes[e.target].cx < boxes[e.source].cx - 5] == []


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


def warned(pattern: str, replacement: str, path: Path = MODEL) -> list[str]:
    data, count = re.subn(pattern, replacement, path.read_text("utf-8"), count=1, flags=re.DOTALL)
    assert count == 1
    return [f.rule for f in check(data.encode()) if f.level == "warning" and f.rule != "crossing"]


def label_of(element: str) -> str:
    return rf'(bpmnElement="{element}"(?:(?!BPMNLabel).)*<bpmndi:BPMNLabel>\s*<dc:Bounds x=)"[\d.]+" y="[\d.]+"'


def test_an_untouched_diagram_has_no_warning():
    assert warned("<bpmndi:BPMNDiagram", "<bpmndi:BPMNDiagram") == []


def moved(element: str, x: float, y: float) -> list[str]:
    return warned(label_of(element), rf'\1"{x}" y="{y}"')


def test_a_label_on_something_else_is_found():
    model = read(MODEL.read_bytes())
    boxes = {s.element: s.box for s in model.shapes}
    task, pool = boxes["kontakt_suchen"], boxes["pool"]
    line = next(d for d in model.edges if d.element == "versuch_steht_an__kontakt_suchen").points[0]
    other = next(s.label for s in model.shapes if s.element == "kontakt_verloren")
    default = next(d for d in model.edges if model.elements[model.elements[d.element].source].attributes.get("default") == d.element)
    (x, y), (u, v) = default.points[0], default.points[1]
    mark = (x + (11 if u > x else -11 if u < x else 0), y + (11 if v > y else -11 if v < y else 0))

    assert "label-on-shape" in moved("ist_kontakt_hergestellt", task.x, task.y)
    assert "label-on-edge" in moved("ist_kontakt_hergestellt", line[0] - 10, line[1] - 10)
    assert "label-on-label" in moved("kontakt_hergestellt", other.x, other.y)
    assert "label-on-border" in moved("kontakt_verloren", pool.x2 - 10, pool.y + 40)
    assert "label-on-mark" in moved(default.element, mark[0] - 3, mark[1] - 3)
    assert "label-far" in moved("kontakt_verloren", boxes["kontakt_verloren"].x, boxes["kontakt_verloren"].y2 + 40)


def test_a_name_that_does_not_fit_is_found():
    long = "Kontakt suchen und dabei alle Beteiligten, die etwas wissen könnten, nacheinander fragen und das festhalten"

    assert "long-name" in warned('name="Kontakt suchen"', f'name="{long}"')
    assert "long-name" in warned('name="Kontakt suchen"', 'name="Kontaktwiederaufnahmeversuch"')
    assert "long-name" in warned('(<bpmn:lane [^>]*name=)"[^"]*"', rf'\1"{long}, {long}"')
    assert "no-name" in warned('(<bpmn:lane [^>]*name=)"[^"]*"', r'\1""')


def test_a_shape_on_a_name_or_a_title_is_found():
    fallback = PROCESSES / "berichtswesen_mitteilung" / "berichtswesen_mitteilung.bpmn"
    box = next(s.box for s in read(fallback.read_bytes()).shapes if s.element == "mitteilung_beantworten")
    event = next(e.id for e in read(fallback.read_bytes()).elements.values() if e.host == "mitteilung_beantworten")

    on_name = warned(rf'(bpmnElement="{event}">\s*<dc:Bounds x=)"[\d.]+" y="[\d.]+"', rf'\1"{box.cx - 18}" y="{box.cy - 18}"', fallback)

    assert "shape-on-name" in on_name


def test_a_file_without_diagram_is_an_error_and_no_picture():
    data = re.sub(r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", MODEL.read_text("utf-8"), flags=re.DOTALL).encode()

    assert [f.rule for f in check(data)] == ["no-diagram"]
    with pytest.raises(InvalidDefinition):
        render(data)


def test_damaged_numbers_do_not_stop_the_picture():
    data = MODEL.read_text("utf-8").replace('x="', 'x="nan', 5).encode()

    assert render(data).startswith("<svg")
