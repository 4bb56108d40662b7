"""Expressions made to hurt, at every place of a model that takes one: refused by lint, an incident, or plain text; never executed."""
import time
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest

from engine.dmn import parse
from engine.errors import ExpressionError
from engine.feel import compile_expression
from engine.lint import lint
from tests.unit.engine.models import MSG, Case, boundary, chain, doc, el, end, ext, flow, io, multi, start, timer, user

REFUSED, NULL = "refused", None
PAYLOADS = {
    "python call": ("__import__('os').system('id')", REFUSED),
    "subclasses": ("().__class__.__base__.__subclasses__()", REFUSED),
    "format": ("'{0.__class__}'.format(x)", REFUSED),
    "dollar": ("${7*7}", REFUSED),
    "hash": ("#{7*7}", REFUSED),
    "mustache": ("{{7*7}}", REFUSED),
    "template": ("{% if x %}1{% endif %}", REFUSED),
    "brackets": ("(" * 10_000 + "1" + ")" * 10_000, REFUSED),
    "megabyte": ('"' + "a" * 1_000_000 + '"', REFUSED),
    "power": ("9**9**9", Decimal(9**9) ** 9),  # from left to right: a number of 78 digits, rounded to 34
    "long text": ('"a"*10**9', NULL),
    "pattern": ('matches("' + "a" * 50 + '!", "(a+)+$")', False),
    "division": ("1/0", NULL),
    "null": ("null", NULL),
    "not a number": ("NaN", NULL),
    "unknown": ("gibtsnicht", NULL),
    "confusable": ('d\u0430te("2020-01-01")', NULL),
    "date and text": ('date("2024-01-01") < "2024-01-01"', NULL),
}
SECONDS = 10.0


@pytest.mark.parametrize("name", PAYLOADS)
def test_payload_has_its_answer(name):
    text, expected = PAYLOADS[name]
    begin = time.perf_counter()
    if expected == REFUSED:
        with pytest.raises(ExpressionError) as refusal:
            compile_expression(text).evaluate({"x": 1})
        assert len(str(refusal.value)) < 400
    else:
        found = compile_expression(text).evaluate({"x": 1})
        assert found == expected or (expected is not None and abs(found / expected - 1) < Decimal("1e-30"))
    assert time.perf_counter() - begin < SECONDS


def attribute(text):
    return escape("= " + text, {'"': "&quot;"})


def condition(text):
    return doc(start(), el("exclusiveGateway", "g", default="D"), user("x"), user("y"), chain("s", "g"), flow("g", "x", escape("= " + text)), flow("g", "y", id="D"))


def task(inner):
    return doc(start(), user("x", inner), end(), chain("s", "x", "e"))


PLACES = {
    "condition": condition,
    "timer": lambda text: doc(start(), user("x"), boundary("b", "x", timer("Duration", escape("= " + text))), user("h"), chain("s", "x"), chain("b", "h")),
    "cardinality": lambda text: task(multi(items=attribute(text), inputElement="p")),
    "candidate groups": lambda text: task(ext(f'<zeebe:assignmentDefinition candidateGroups="{attribute(text)}"/>')),
    "assignee": lambda text: task(ext(f'<zeebe:assignmentDefinition assignee="{attribute(text)}"/>')),
    "due date": lambda text: task(ext(f'<zeebe:taskSchedule dueDate="{attribute(text)}"/>')),
    "mapping": lambda text: task(ext(io({"a": attribute(text)}))),
    "script": lambda text: doc(start(), el("scriptTask", "x", ext(f'<zeebe:script expression="{attribute(text)}" resultVariable="r"/>')), user("y"), chain("s", "x", "y")),
    "correlation key": lambda text: doc(start(), el("intermediateCatchEvent", "x", MSG), end(), chain("s", "x", "e")).replace(b'"= fall"', f'"{attribute(text)}"'.encode()),
    "completion": lambda text: task(multi(until=escape("= " + text), inputElement="p", items="= [1, 2]")),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", PAYLOADS)
def test_payload_at_a_place_of_a_model(name, place):
    text, expected = PAYLOADS[name]
    xml = PLACES[place](text)
    begin = time.perf_counter()
    report = lint(xml)

    assert "unexpected" not in [f.code for f in report.findings]
    if expected == REFUSED:
        assert [f.code for f in report.findings if f.severity == "error"][:1] in (["feel"], ["xml_attribute"]), report.findings
        assert all(len(f.message_de) < 1000 for f in report.findings)
    elif report.runs:
        case = Case(xml, x=1)
        assert all(i.message for i in case.engine.open["incidents"].values())
        assert case.ended is None
        case.engine.run(case.key, "cancel", whole_family=True)
        assert case.alive() == []
    assert time.perf_counter() - begin < SECONDS


@pytest.mark.parametrize("text", ["${7*7}", "#{7*7}", "{{7*7}}", "{% raw %}", "__import__('os').system('id')", "'{0.__class__}'.format(x)"])
def test_text_without_equals_sign_stays_text(text):
    shown = escape(text, {'"': "&quot;"})
    case = Case(doc(start(), el("userTask", "x", ext(f'<zeebe:assignmentDefinition assignee="{shown}" candidateGroups="{shown}"/>'), name=shown), chain("s", "x")), x=1)
    task = case.engine.open["user_tasks"][case.at("x")]

    assert task.assignee == text
    assert task.candidate_groups == (text,)
    assert task.name == text


@pytest.mark.parametrize("name", PAYLOADS)
def test_payload_in_a_cell_of_a_table(name):
    text, expected = PAYLOADS[name]
    xml = ('<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="e" name="e"><variable name="e"/><decisionTable>'
           '<input id="i"><inputExpression><text>1</text></inputExpression></input><output id="o"/>'
           f'<rule id="r"><inputEntry><text>-</text></inputEntry><outputEntry><text>{escape(text)}</text></outputEntry></rule></decisionTable></decision></definitions>')
    decision = parse(xml.encode()).evaluate("e", {"x": 1})

    if expected in (REFUSED, NULL):
        assert decision.value is None
    else:
        assert decision.value is not None
    assert expected != REFUSED or decision.problems
