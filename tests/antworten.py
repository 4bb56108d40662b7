"""Plausible answers to any form: what a person would enter who fills in just what is required."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forms.conditions import options_of
from forms.model import (
    CheckboxField,
    ChoiceField,
    Component,
    DynamicList,
    ExpressionField,
    Form,
    Group,
    NumberField,
    Temporal,
    TemporalField,
    TextField,
)
from forms.shape import Door
from forms.submission import submit

Evaluate = Callable[[str, Mapping[str, Any]], Any]


def value_for(field: Component, evaluate: Evaluate, context: Mapping[str, Any]) -> Any:
    """One valid answer to a field."""
    if isinstance(field, CheckboxField):
        return True
    if isinstance(field, ChoiceField):
        options = options_of(field, evaluate, context)
        first = options[0].value if options else None
        return [first] if field.multiple else first
    if isinstance(field, NumberField):
        return int(field.minimum) if field.minimum is not None else 1
    if isinstance(field, TemporalField):
        today = evaluate("string(today())", context)
        return {Temporal.DATE: today, Temporal.TIME: "10:00", Temporal.DATETIME: f"{today}T10:00:00"}[field.subtype]
    if isinstance(field, DynamicList):
        return [fill(field.components, evaluate, context, {}) for _ in range(max(1, field.min_items))]
    if isinstance(field, TextField):
        if field.validation == "email":
            return "erika@beispiel.example"
        if field.validation == "phone":
            return "+49 2841 000000"
        return "x" * max(1, field.min_length or 0) if field.min_length else "Angabe"
    return None


def fill(components: tuple[Component, ...], evaluate: Evaluate, context: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Required fields; visible or not is decided by the caller, who drops what the form refuses."""
    found: dict[str, Any] = {}
    for component in components:
        if isinstance(component, Group):
            inner = fill(component.components, evaluate, context, given)
            target = found
            for part in component.path:
                target = target.setdefault(part, {})
            target.update(inner)
        elif isinstance(component, ExpressionField) or not hasattr(component, "key"):
            continue
        elif component.required or (isinstance(component, DynamicList) and component.min_items):
            if component.key not in given:
                target = found
                for part in component.path[:-1]:
                    target = target.setdefault(part, {})
                target[component.path[-1]] = value_for(component, evaluate, context)
    return found


def answers(form: Form, evaluate: Evaluate, context: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A typed (JSON) answer that passes the form, with ``given`` answers where they are asked for."""
    names = {path[0] for path, _ in form.fields()}
    wanted = {name: value for name, value in (given or {}).items() if name in names}
    result = fill(form.components, evaluate, context, wanted) | wanted
    submission = submit(form, result, evaluate, context, door=Door.JSON)
    assert submission.ok, f"{form.id}: {submission.errors} for {result}"
    return result
