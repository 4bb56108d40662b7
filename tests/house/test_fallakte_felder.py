"""Several forms write the same field of the Fallakte; they have to mean the same by it, or one form loses what another one took down."""

from __future__ import annotations

from pathlib import Path

from forms.model import ChoiceField, DynamicList, TextField
from forms.parse import parse

FORMS = sorted((Path(__file__).resolve().parents[2] / "forms" / "vorlagen").glob("*/*.form"))


def meaning(field) -> tuple:
    """What an answer may be: kind, options, columns. One line or several lines of text are the same."""
    if isinstance(field, ChoiceField):
        return ("choice", field.multiple, field.options and frozenset(option.value for option in field.options))
    if isinstance(field, DynamicList):
        return ("list", frozenset((column.key, meaning(column)) for column in field.components if hasattr(column, "key")))
    return ("text",) if isinstance(field, TextField) else (type(field).__name__, getattr(field, "subtype", None))


def test_forms_agree_on_every_field_of_the_fallakte():
    seen: dict[str, tuple[str, tuple]] = {}
    conflicts = []
    for path in FORMS:
        for _, field in parse(path.read_bytes()).fields():
            if field.binding.section is None:
                continue
            target = f"{field.binding.section}.{field.binding.field}"
            first, kind = seen.setdefault(target, (path.stem, meaning(field)))
            if kind != meaning(field):
                conflicts.append((target, first, path.stem))

    assert len(seen) > 100
    assert conflicts == []
