"""The answers a page starts from: completed by defaults, and as values that conditions can use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.conditions import Scope, is_readonly
from forms.model import CheckboxField, ChoiceField, Component, DynamicList, Evaluate, ExpressionField, Option, Scalar
from forms.schema import read_answer
from forms.shape import Door, get, leaves, put


def fill(
    components: tuple[Component, ...], values: Mapping[str, Any], present: object, evaluate: Evaluate, context: Scope
) -> dict[str, Any]:
    """The answers to show: given, else present (read-only fields), else default; lists have their first rows."""
    filled: dict[str, Any] = {}
    for path, component in leaves(components):
        value = get(values, path)
        if isinstance(component, DynamicList):
            known = get(present, path)
            if value is None:
                first = max(component.initial, component.min_items)
                value = component.default if isinstance(component.default, list) else [{} for _ in range(first)]
            rows = value if isinstance(value, list) else []
            value = [
                fill(
                    component.components,
                    row if isinstance(row, Mapping) else {},
                    known[number] if not component.resizable and isinstance(known, list) and number < len(known) else {},
                    evaluate,
                    context,
                )
                for number, row in enumerate(rows)
            ]
        elif value is None and not isinstance(component, ExpressionField):
            holder = get(values, path[:-1])
            answered = isinstance(holder, Mapping) and path[-1] in holder
            # A field that was not on the page before has its present answer, where a variable of that name is its own.
            if is_readonly(component, evaluate, context) or (component.binding.variable and not answered):
                value = get(present, path)
            value = component.default if value is None and not answered else value
        put(filled, path, value)
    return filled


def settle(components: tuple[Component, ...], typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as values where that is possible and null elsewhere: conditions must not see half-typed answers."""
    settled: dict[str, Any] = {}
    for path, component in leaves(components):
        value = get(typed, path)
        if isinstance(component, DynamicList):
            value = [settle(component.components, row) for row in value or ()]
        elif isinstance(component, ChoiceField) and component.options is not None:
            bytoken_of = {option.token: option.value for option in component.options}
            if component.multiple:
                value = [bytoken_of[token] for token in map(token_of, value if isinstance(value, list) else ()) if token in bytoken_of]
            else:
                value = bytoken_of.get(token_of(value))
        elif isinstance(component, CheckboxField):
            value = value is True
        elif isinstance(value, str) and not isinstance(component, ExpressionField):
            try:
                value = read_answer(component, value, Door.HTML)
            except ValueError:
                value = None
        put(settled, path, value)
    return settled


def token_of(value: object) -> str:
    """A value as a form post would send it."""
    if isinstance(value, Scalar):
        return Option(value=value, label="").token
    return "" if value is None else str(value)
