"""Whatever arrives: an answer, never an exception; and what is taken has the types of the form."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forms.errors import InvalidForm
from forms.parse import parse
from forms.shape import Door
from forms.show import build_view
from forms.submission import submit

KEYS = ["name", "zahl", "tag", "ja", "art", "themen", "kinder", "person", "kinder-0-name", "kinder-1-_zeile", "person-ort", "x"]
FORM = parse(
    json.dumps(
        {
            "id": "test.alles",
            "components": [
                {"type": "textfield", "key": "name", "validate": {"pattern": "^[A-Z]"}},
                {"type": "number", "key": "zahl"},
                {"type": "datetime", "subtype": "datetime", "key": "tag"},
                {"type": "checkbox", "key": "ja"},
                {"type": "radio", "key": "art", "values": [{"value": 1}, {"value": "b"}]},
                {"type": "checklist", "key": "themen", "valuesKey": "liste"},
                {"type": "dynamiclist", "path": "kinder", "components": [{"type": "textfield", "key": "name", "conditional": {"hide": "=hide"}}]},
                {"type": "group", "path": "person", "components": [{"type": "filepicker", "key": "ort"}]},
                {"type": "expression", "key": "e", "expression": "=1"},
            ],
        }
    ).encode()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def read_or_refused(document: Any) -> str:
    """The id of the form, or the sentence that refuses it."""
    try:
        return parse(json.dumps(document).encode()).id
    except InvalidForm as error:
        return error.message


def evaluate(text: str, names: Any) -> Any:
    return {"1": 1, "hide": names.get("ja") is True, "string(today())": "2026-11-22"}[text]


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8), st.booleans())
def test_any_json_is_answered(data, partial):
    result = submit(FORM, data, evaluate, {"liste": ["a", 1]}, door=Door.JSON, partial=partial)

    build_view(FORM, result.typed, result.errors, evaluate, {"liste": ["a", 1]})
    if result.ok and not partial:
        assert isinstance(result.values.get("name"), str | None)
        assert isinstance(result.values.get("zahl"), int | Decimal | None)
        assert not isinstance(result.values.get("zahl"), bool)
        assert result.values.get("art") in {None, 1, "b"}
    if partial and result.ok:
        # A draft can be sent again as it was kept.
        assert submit(FORM, result.typed, evaluate, {}, door=Door.JSON, partial=True).typed == result.typed


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), st.text(max_size=12) | st.lists(st.text(max_size=12), max_size=3), max_size=8))
def test_any_post_is_answered(data):
    result = submit(FORM, data, evaluate, {})

    build_view(FORM, result.typed, result.errors, evaluate, {})
    assert all(text.endswith(".") for text in result.errors.values())


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "components", "schemaVersion", "type"]), JSON) | JSON)
def test_any_document_is_read_or_refused(document):
    assert read_or_refused(document)


PARTS = ["key", "label", "path", "values", "validate", "conditional", "layout", "readonly", "components", "columns", "dataSource", "properties", "subtype"]
COMPONENT = st.builds(
    lambda kind, rest: {"key": "a", **rest, "type": kind},
    st.sampled_from("textfield number datetime checkbox radio select checklist filepicker expression group dynamiclist text table spacer".split()),
    st.dictionaries(st.sampled_from(PARTS), JSON, max_size=5),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(COMPONENT, max_size=3))
def test_any_component_is_read_or_refused(components):
    assert read_or_refused({"id": "a", "components": components})
