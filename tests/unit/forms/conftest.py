"""A small stand-in for the FEEL port, and short ways to write forms."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from forms.model import Form
from forms.parse import parse

_STRING = re.compile(r'"[^"]*"')


def feel(text: str, names: Mapping[str, Any]) -> Any:
    """FEEL of the kind the tests use: comparison, and, or, not, null, list contains, paths, today()."""
    parts: list[str] = []
    end = 0
    for found in _STRING.finditer(text):
        parts += [_operators(text[end : found.start()]), found.group()]
        end = found.end()
    code = "".join([*parts, _operators(text[end:])])
    known = {name: _Context(value) if isinstance(value, Mapping) else value for name, value in names.items()}
    functions = {
        "list_contains": lambda items, item: item in (items or []),
        "string": str,
        "today": lambda: "2026-11-22",
        "count": len,
        "upper": lambda word: word.upper(),
    }
    try:
        result = eval(code, {"__builtins__": {}}, {**functions, **known})
    except (TypeError, NameError, KeyError):
        return None
    return dict(result) if isinstance(result, _Context) else result


def _operators(text: str) -> str:
    text = re.sub(r"(?<![!<>=])=(?!=)", "==", text).replace("list contains", "list_contains")
    return re.sub(r"\b(null|true|false)\b", lambda word: {"null": "None", "true": "True", "false": "False"}[word[0]], text)


class _Context(dict[str, Any]):
    def __getattr__(self, name: str) -> Any:
        value = self.get(name)
        return _Context(value) if isinstance(value, Mapping) else value


@pytest.fixture(name="evaluate")
def evaluate_fixture():
    return feel


def make(*components: dict[str, Any], **document: Any) -> Form:
    return parse(json.dumps({"id": "test.formular", "type": "default", "schemaVersion": 19, "components": list(components), **document}).encode())


def options(*values: str) -> list[dict[str, str]]:
    return [{"value": value, "label": value.capitalize()} for value in values]


@pytest.fixture(name="form")
def form_fixture():
    return make


@pytest.fixture(name="choices")
def choices_fixture():
    return options
