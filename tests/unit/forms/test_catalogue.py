import json

import pytest

from forms.catalogue import check, expressions, lint, load, load_as
from forms.errors import InvalidForm

FORM = {"id": "prozess.aufgabe", "components": [{"type": "textfield", "key": "a", "label": "A"}]}


def codes(form, compile_feel=None):
    return [(finding.severity, finding.code, finding.key) for finding in check(form, compile_feel)]


def test_same_bytes_give_the_same_form():
    assert load(json.dumps(FORM).encode()) is load(json.dumps(FORM).encode())


def test_id_must_be_the_expected_one():
    data = json.dumps(FORM).encode()

    assert load_as(data, "prozess.aufgabe").id == "prozess.aufgabe"
    with pytest.raises(InvalidForm, match=r"prozess\.andere"):
        load_as(data, "prozess.andere")


def test_form_without_faults_has_no_findings(form):
    assert codes(form({"type": "textfield", "key": "a", "label": "A", "properties": {"fallakte": "ziele.a"}})) == []


def test_unreadable_form_is_one_finding():
    findings = lint(b'{"id": "x", "components": [{"type": "html", "key": "k"}]}')

    assert [(finding.code, finding.form, finding.key) for finding in findings] == [("form_unreadable", "x", "k")]


def test_faults_are_found(form):
    text = {"type": "textfield", "label": "T"}
    found = codes(
        form(
            {**text, "key": "a"}, {**text, "key": "a"}, {**text, "key": "a.b"}, {"type": "textfield", "key": "ohne"},
            {**text, "key": "c", "properties": {"fallakte": "ziele.x"}}, {**text, "key": "d", "properties": {"fallakte": "ziele.x"}},
            {"type": "dynamiclist", "path": "l", "label": "L", "components": [
                {**text, "key": "e", "properties": {"fallakte": "ziele.y"}}, {**text, "key": "f", "readonly": True}]},
            {"type": "radio", "key": "r", "label": "R", "values": [{"value": "a"}], "defaultValue": "z"},
            {"type": "text", "id": "T1", "text": "Hallo {{7*7}}"},
        )
    )  # fmt: skip

    assert set(found) == {
        ("error", "duplicate_key", "a"), ("error", "key_in_key", "a"), ("error", "label_missing", "ohne"),
        ("error", "duplicate_binding", "ziele.x"), ("error", "binding_in_row", "l.*.e"), ("warning", "readonly_in_row", "l"),
        ("warning", "default_not_offered", "r"), ("warning", "template", "T1"),
    }  # fmt: skip


def test_same_key_in_a_list_and_outside_is_fine(form):
    text = {"type": "textfield", "label": "T", "key": "name"}

    assert codes(form(text, {"type": "dynamiclist", "path": "l", "label": "L", "components": [text]})) == []


def test_every_expression_reaches_the_compiler(form):
    parsed = form(
        {"type": "textfield", "key": "a", "label": "=l1", "description": "=l2", "readonly": "=l3", "conditional": {"hide": "=l4"}},
        {"type": "select", "key": "b", "label": "B", "valuesExpression": "=l5"},
        {"type": "expression", "key": "c", "expression": "=l6"},
        {"type": "table", "dataSource": "=l7", "columnsExpression": "=l8"},
        {"type": "text", "text": "=l9"},
        {"type": "group", "label": "=m1", "components": [{"type": "dynamiclist", "path": "d", "label": "D", "components": [
            {"type": "spacer", "conditional": {"hide": "=m2"}}]}]},
    )  # fmt: skip

    assert {text for _, text in expressions(parsed)} == {"l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l9", "m1", "m2"}
    findings = check(parsed, lambda text: "unbekannt." if text == "l4" else None)
    assert [(finding.code, finding.key) for finding in findings] == [("expression", "a")]
    assert "„=l4“ ist nicht gültig: unbekannt." in findings[0].message
