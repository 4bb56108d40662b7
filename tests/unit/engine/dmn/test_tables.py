"""Decision tables: hit policies, aggregation, defaults, reasons."""

from __future__ import annotations

from decimal import Decimal
from xml.sax.saxutils import escape

import pytest

from engine.dmn import DecisionModel, parse
from engine.errors import ExpressionError, InvalidDefinition
from engine.feel import to_json

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="urn:test">'


def table(rules: list[tuple[str, str]], policy: str = "UNIQUE", *, extra: str = "", outputs: str = '<output name="stufe"/>', inputs: str = "") -> DecisionModel:
    rows = "".join(
        f'<rule id="r{index}"><description>Notiz {index}</description><inputEntry><text>{escape(test)}</text></inputEntry>'
        + "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in cells.split("|"))
        + "</rule>"
        for index, (test, cells) in enumerate(rules, 1)
    )
    return parse(
        f'{HEAD}<decision id="d" name="Stufe"><decisionTable hitPolicy="{policy}" {extra}><input label="Alter"><inputExpression typeRef="number">'
        f"<text>alter</text></inputExpression>{inputs}</input>{outputs}{rows}</decisionTable></decision></definitions>".encode()
    )


STEPS = [("< 18", '"jung"'), ("[18..65)", '"mittel"'), (">= 65", '"alt"')]
OVERLAP = [("> 10", "1"), ("> 20", "3"), ("> 5", "2")]
ORDERED = '<output name="stufe"><outputValues><text>"hoch", "mittel", "tief"</text></outputValues></output>'


@pytest.mark.parametrize(("age", "expected"), [(3, "jung"), (18, "mittel"), (64.5, "mittel"), (65, "alt")])
def test_unique_rule(age: float, expected: str) -> None:
    assert table(STEPS).evaluate("d", {"alter": age}).value == expected


def test_matched_rule_says_why() -> None:
    outcome = table(STEPS).evaluate("Stufe", {"alter": 20})

    rule = outcome.matched_rules[0]
    assert (rule.index, rule.id, rule.annotations) == (2, "r2", ("Notiz 2",))
    assert rule.inputs == (("Alter", 20),)
    assert rule.outputs == {"stufe": "mittel"}


def test_two_hits_of_a_unique_table_are_null_and_both_are_named() -> None:
    outcome = table(OVERLAP).evaluate("d", {"alter": 15})

    assert outcome.value is None
    assert "1, 3" in outcome.problems[0]
    assert [rule.index for rule in outcome.matched_rules] == [1, 3]


@pytest.mark.parametrize(
    ("policy", "extra", "expected"),
    [
        ("FIRST", "", 1), ("RULE ORDER", "", [1, 3, 2]), ("COLLECT", "", [1, 3, 2]), ("COLLECT", 'aggregation="SUM"', 6), ("COLLECT", 'aggregation="MIN"', 1),
        ("COLLECT", 'aggregation="MAX"', 3), ("COLLECT", 'aggregation="COUNT"', 3), ("ANY", "", None),
    ],
)  # fmt: skip
def test_hit_policies(policy: str, extra: str, expected: object) -> None:
    assert to_json(table(OVERLAP, policy, extra=extra).evaluate("d", {"alter": 30}).value) == expected


@pytest.mark.parametrize(("policy", "expected"), [("PRIORITY", "hoch"), ("OUTPUT ORDER", ["hoch", "mittel", "tief"])])
def test_policies_by_order_of_the_output_values(policy: str, expected: object) -> None:
    rules = [("> 0", '"tief"'), ("> 0", '"hoch"'), ("> 0", '"mittel"')]

    assert table(rules, policy, outputs=ORDERED).evaluate("d", {"alter": 1}).value == expected


def test_any_takes_equal_results() -> None:
    assert table([("> 0", "1"), ("> 5", "1.0")], "ANY").evaluate("d", {"alter": 9}).value == 1


def test_several_outputs_are_a_context_with_defaults() -> None:
    outputs = '<output name="a"><defaultOutputEntry><text>"-"</text></defaultOutputEntry></output><output name="b"/>'
    model = table([("> 5", '"x"|alter * 2')], outputs=outputs)

    assert to_json(model.evaluate("d", {"alter": 6}).value) == {"a": "x", "b": 12}
    assert model.evaluate("d", {"alter": 1}).value == {"a": "-", "b": None}


def test_no_hit_is_null_with_a_reason() -> None:
    outcome = table(STEPS[:1]).evaluate("d", {"alter": 40})

    assert outcome.value is None
    assert "keine Regel" in outcome.problems[0]


def test_input_of_another_type_or_outside_the_allowed_values_is_null() -> None:
    assert table(STEPS).evaluate("d", {"alter": "vierzig"}).value is None
    assert table(STEPS, inputs="<inputValues><text>[0..30]</text></inputValues>").evaluate("d", {"alter": 40}).value is None


def test_missing_input_matches_only_the_test_for_null() -> None:
    model = table([("null", '"unbekannt"'), ("-", '"immer"')], "FIRST")

    assert model.evaluate("d", {}).value == "unbekannt"
    assert model.evaluate("d", {"alter": 1}).value == "immer"


def test_cell_that_cannot_be_read_is_reported_with_its_place() -> None:
    model = table([("18 <", '"x"'), ("-", '"y"')], "FIRST")

    assert model.problems[0].element_id == "r1"
    assert model.problems[0].text == "18 <"
    assert model.evaluate("d", {"alter": 1}).value is None


def test_unknown_decision_is_refused() -> None:
    with pytest.raises(ExpressionError, match="gibt es im Modell nicht"):
        table(STEPS).evaluate("fehlt", {})


@pytest.mark.parametrize("data", [b"", b"<root>kein Modell</root>", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidDefinition):
        parse(data)


def test_another_expression_language_is_reported_not_run() -> None:
    xml = f'{HEAD}<decision id="d" name="D"><literalExpression expressionLanguage="javascript"><text>process.exit()</text></literalExpression></decision></definitions>'
    model = parse(xml.encode())

    assert "javascript" in model.problems[0].reason
    assert model.evaluate("d", {}).value is None


def test_exact_numbers() -> None:
    assert table([("-", "alter + 0.2")]).evaluate("d", {"alter": 0.1}).value == Decimal("0.3")
