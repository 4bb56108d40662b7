import json
from decimal import Decimal

import pytest

from forms.document import MAX_BYTES
from forms.errors import InvalidForm
from forms.model import (
    CheckboxField,
    ChoiceField,
    DynamicList,
    ExpressionField,
    FileField,
    Group,
    NumberField,
    Separator,
    Spacer,
    Table,
    Temporal,
    TemporalField,
    TextBlock,
    TextField,
)
from forms.parse import parse


def refusal(data: bytes) -> InvalidForm:
    with pytest.raises(InvalidForm) as caught:
        parse(data)
    return caught.value


def document(*components, **more) -> bytes:
    return json.dumps({"id": "a.b", "components": list(components), **more}).encode()


def test_every_known_type_becomes_its_own_class(form, choices):
    parsed = form(
        {"type": "textfield", "key": "a"},
        {"type": "textarea", "key": "b"},
        {"type": "number", "key": "c", "validate": {"min": 1, "max": "2.5"}},
        {"type": "datetime", "subtype": "datetime", "key": "d"},
        {"type": "checkbox", "key": "e"},
        *({"type": kind, "key": kind, "values": choices("x")} for kind in ("radio", "select", "checklist", "taglist")),
        {"type": "filepicker", "key": "f"},
        {"type": "expression", "key": "g", "expression": "=1"},
        {"type": "group", "components": [{"type": "textfield", "key": "h"}]},
        {"type": "dynamiclist", "path": "i", "components": []},
        {"type": "text", "text": "Hallo"},
        {"type": "separator"},
        {"type": "spacer"},
        {"type": "table", "dataSource": "=x", "columns": [{"key": "k", "label": "K"}]},
        {"type": "button", "label": "Senden"},
    )

    kinds = [type(component) for component in parsed.components]
    assert kinds == [
        TextField, TextField, NumberField, TemporalField, CheckboxField, ChoiceField, ChoiceField, ChoiceField, ChoiceField,
        FileField, ExpressionField, Group, DynamicList, TextBlock, Separator, Spacer, Table,
    ]  # fmt: skip
    number = parsed.components[2]
    assert (number.minimum, number.maximum) == (Decimal(1), Decimal("2.5"))
    assert parsed.components[3].subtype is Temporal.DATETIME


def test_attributes_are_read(form):
    field = form(
        {
            "type": "textfield", "key": "person.name", "id": "F1", "label": "Name", "description": "Wie im Ausweis",
            "validate": {"required": True, "minLength": 2, "maxLength": 50, "pattern": "^[A-Z]", "validationType": "email"},
            "conditional": {"hide": "= x = 1"}, "readonly": "=gesperrt", "defaultValue": "A", "layout": {"row": "R", "columns": 8},
            "appearance": {"prefixAdorner": "Frau", "suffixAdorner": "!"},
            "properties": {"fallakte": "stammdaten.name", "variable": "true", "fehlt": "Nennen Sie den Namen."},
        }
    ).components[0]  # fmt: skip

    assert (field.path, field.required, field.min_length, field.max_length) == (("person", "name"), True, 2, 50)
    assert (field.hide, field.readonly, field.row, field.prefix, field.suffix) == ("x = 1", "gesperrt", "R", "Frau", "!")
    assert (field.binding.section, field.binding.field, field.binding.variable) == ("stammdaten", "name", True)
    assert (field.validation, field.pattern, field.missing, field.default) == ("email", "^[A-Z]", "Nennen Sie den Namen.", "A")


def test_binding_to_the_fallakte_alone_is_no_variable(form):
    field = form({"type": "textfield", "key": "a", "properties": {"fallakte": "ziele.text"}}).components[0]

    assert not field.binding.variable


def test_byte_order_mark_and_missing_version_are_fine():
    assert parse(b"\xef\xbb\xbf" + document()).id == "a.b"


@pytest.mark.parametrize("kind", ["html", "image", "iframe", "documentPreview", "slider", ""])
def test_other_types_are_refused_with_form_key_and_type(kind):
    error = refusal(document({"type": kind, "key": "bild"}))

    assert (error.form, error.key, error.kind) == ("a.b", "bild", kind)
    assert "„a.b“" in error.message
    assert "„bild“" in error.message
    assert (kind or "fehlt") in error.message


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"null", b"{", b"\xff\xfe{}", b'{"id": "a", "id": "b", "components": []}', b'{"id": NaN}',
        b'{"id":' + b"[" * 100_000, b" " * (MAX_BYTES + 1), b"PK\x03\x04", b'{"components": []}', b'{"id": "../x", "components": []}',
        b'{"id": "a", "components": {}}', b'{"id": "a", "components": [1]}', b'{"id": "a", "schemaVersion": 20}',
        b'{"id": "a", "schemaVersion": true}', b'{"id": "a", "type": "wizard"}',
    ],
)  # fmt: skip
def test_what_is_no_form_document_is_refused(data):
    assert refusal(data).message


@pytest.mark.parametrize(
    "component",
    [
        {"type": "textfield"},
        {"type": "textfield", "key": ""},
        {"type": "textfield", "key": "_csrf"},
        {"type": "textfield", "key": "a-b"},
        {"type": "textfield", "key": "größe"},
        {"type": "textfield", "key": "__class__.x"},
        {"type": "textfield", "key": "a..b"},
        {"type": "textfield", "key": 3},
        {"type": "textfield", "key": "a", "label": {"x": 1}},
        {"type": "textfield", "key": "a", "validate": {"required": "ja"}},
        {"type": "textfield", "key": "a", "validate": {"minLength": -1}},
        {"type": "textfield", "key": "a", "validate": {"pattern": "(a+)+$"}},
        {"type": "textfield", "key": "a", "validate": {"pattern": "["}},
        {"type": "textfield", "key": "a", "validate": {"validationType": "iban"}},
        {"type": "textfield", "key": "a", "conditional": {"hide": "x = 1"}},
        {"type": "textfield", "key": "a", "properties": {"fallakte": "akte"}},
        {"type": "textfield", "key": "a", "properties": {"fallakte": "geheim.feld"}},
        {"type": "textfield", "key": "a", "properties": {"fallakte": "ziele.a.b"}},
        {"type": "textfield", "key": "a", "properties": {"variable": "vielleicht"}},
        {"type": "number", "key": "a", "validate": {"min": "=x"}},
        {"type": "number", "key": "a", "validate": {"min": 1e300}},
        {"type": "datetime", "key": "a", "subtype": "week"},
        {"type": "datetime", "key": "a", "timeSerializingFormat": "mars"},
        {"type": "radio", "key": "a"},
        {"type": "radio", "key": "a", "values": []},
        {"type": "radio", "key": "a", "values": [{"label": "x"}]},
        {"type": "radio", "key": "a", "values": [{"value": "x"}, {"value": "x"}]},
        {"type": "radio", "key": "a", "values": [{"value": 1}, {"value": "1"}]},
        {"type": "radio", "key": "a", "values": [{"value": "x"}], "valuesKey": "y"},
        {"type": "radio", "key": "a", "valuesExpression": "y"},
        {"type": "expression", "key": "a"},
        {"type": "dynamiclist", "path": "a", "validate": {"minItems": 3, "maxItems": 2}},
        {"type": "table", "columns": [{"key": "a"}]},
        {"type": "table", "dataSource": "=x"},
        {"type": ["textfield"], "key": "a"},
    ],
)
def test_wrong_components_are_refused_in_german(component):
    error = refusal(document(component))

    assert error.form == "a.b"
    assert error.message.startswith("Formular „a.b“")


def test_too_many_components_are_refused():
    error = refusal(document(*({"type": "textfield", "key": f"f{number}"} for number in range(501))))

    assert "500" in error.message


def test_deep_groups_are_refused():
    component = {"type": "textfield", "key": "a"}
    for _ in range(13):
        component = {"type": "group", "components": [component]}

    assert "verschachtelt" in refusal(document(component)).message


def test_list_limits_come_from_validate_or_properties(form):
    by_properties = form({"type": "dynamiclist", "path": "a", "properties": {"minItems": "1", "maxItems": "3"}}).components[0]
    required = form({"type": "dynamiclist", "key": "a", "validate": {"required": True}, "allowAddRemove": False}).components[0]

    assert (by_properties.min_items, by_properties.max_items, by_properties.resizable) == (1, 3, True)
    assert (required.min_items, required.max_items, required.resizable) == (1, 50, False)
