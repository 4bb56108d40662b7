"""FEEL in a form: which names it sees, what it hides, what it computes, which answers it offers.

Names: those of the context, then the keys of the form (null where unanswered), and in a row also the keys of the row, ``this`` (the
row), ``parent`` (the answers around it) and ``i`` (list of row numbers from outside to inside, counted from 1).
An error of the port passes through: a form is compiled before it is deployed, so a failing expression is a defect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.model import (
    CheckboxField,
    ChoiceField,
    Component,
    DynamicList,
    Evaluate,
    ExpressionField,
    Field,
    Form,
    Group,
    Option,
    Scalar,
)
from forms.shape import Path, get, leaves, put

MAX_ROUNDS = 20
MAX_OPTIONS = 1_000

Scope = Mapping[str, Any]
Spot = tuple[int, tuple[int, ...]]
"""A component (by identity) in a row (indices from outside to inside)."""


@dataclass(frozen=True)
class Place:
    """Where a component stands: its level.

    Attributes:
        prefix: Path of the level, with row indices.
        rows: Row indices alone, from outside to inside.
        scope: What FEEL sees there.
        values: Answers of this level.
    """

    prefix: Path
    rows: tuple[int, ...]
    scope: dict[str, Any]
    values: Mapping[str, Any]


def root_place(form: Form, values: Mapping[str, Any], context: Scope) -> Place:
    """The outermost level of a form."""
    scope = {**context, **_blank(form.components), **values}
    return Place(prefix=(), rows=(), scope=scope, values=values)


def row_places(place: Place, path: tuple[str, ...], component: DynamicList, values: Mapping[str, Any]) -> Iterator[Place]:
    """The levels of the rows of a list."""
    rows = get(values, path)
    blank = _blank(component.components)
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        content = row if isinstance(row, Mapping) else {}
        inside = (*place.rows, number)
        yield Place(
            prefix=(*place.prefix, *path, number),
            rows=inside,
            scope={**place.scope, **blank, **content, "this": content, "parent": place.values, "i": [each + 1 for each in inside]},
            values=content,
        )


def _blank(components: tuple[Component, ...]) -> dict[str, Any]:
    blank: dict[str, Any] = {}
    for path, component in leaves(components):
        if len(path) == 1:
            blank.setdefault(path[0], False if isinstance(component, CheckboxField) else [] if takes_list(component) else None)
        else:
            # A nested name counts as unanswered, not as unknown.
            holder = blank.setdefault(path[0], {})
            if isinstance(holder, dict):
                put(holder, path[1:], None)
    return blank


def takes_list(component: Field) -> bool:
    """Whether the answer is a list."""
    return isinstance(component, DynamicList) or (isinstance(component, ChoiceField) and component.multiple)


@dataclass(kw_only=True)
class Visibility:
    """What is hidden, by component and row, and by name.

    Attributes:
        spots: Hidden components themselves.
        paths: Paths of all fields that are hidden, by themselves or with a group or list around them.
    """

    spots: frozenset[Spot] = frozenset()
    paths: set[Path] = field(default_factory=set)

    def hides(self, path: Path) -> bool:
        """Whether a path lies at or under a hidden field."""
        return any(path[: length + 1] in self.paths for length in range(len(path)))


def decide(form: Form, values: Mapping[str, Any], evaluate: Evaluate, context: Scope) -> tuple[Visibility, dict[str, Any]]:
    """Decide what is visible and compute expression fields.

    A hidden field has no answer, and conditions see that; so deciding is repeated until nothing changes.

    Returns:
        What is hidden, and the answers of visible fields only.
    """
    seen: dict[str, Any] = compute(form, values, evaluate, context)
    spots: frozenset[Spot] = frozenset()
    for _ in range(MAX_ROUNDS):
        found = frozenset(_hidden(form.components, root_place(form, seen, context), evaluate))
        if found == spots:
            break
        spots = found
        seen = compute(form, prune(form.components, values, spots), evaluate, context)
    visibility = Visibility(spots=spots)
    _hidden_paths(form.components, values, (), (), spots, visibility.paths)
    return visibility, prune(form.components, seen, spots)


def _hidden(components: tuple[Component, ...], place: Place, evaluate: Evaluate) -> Iterator[Spot]:
    for component in components:
        if component.hide is not None and evaluate(component.hide, place.scope) is True:
            yield id(component), place.rows
        if isinstance(component, Group):
            inner = get(place.values, component.path) if component.path else place.values
            values = inner if isinstance(inner, Mapping) else {}
            scope = {**place.scope, **_blank(component.components), **values} if component.path else place.scope
            yield from _hidden(component.components, Place(place.prefix + component.path, place.rows, scope, values), evaluate)
        elif isinstance(component, DynamicList):
            for row in row_places(place, component.path, component, place.values):
                yield from _hidden(component.components, row, evaluate)


def prune(
    components: tuple[Component, ...], values: Mapping[str, Any], spots: frozenset[Spot], rows: tuple[int, ...] = ()
) -> dict[str, Any]:
    """The answers of visible fields."""
    kept: dict[str, Any] = {}
    _prune(components, values, spots, rows, (), kept)
    return kept


def _prune(
    components: tuple[Component, ...],
    values: Mapping[str, Any],
    spots: frozenset[Spot],
    rows: tuple[int, ...],
    prefix: tuple[str, ...],
    kept: dict[str, Any],
) -> None:
    for component in components:
        if (id(component), rows) in spots:
            continue
        if isinstance(component, Group):
            _prune(component.components, values, spots, rows, prefix + component.path, kept)
        elif isinstance(component, Field):
            path = prefix + component.path
            holder = get(values, path[:-1])
            if not isinstance(holder, Mapping) or path[-1] not in holder:
                continue
            value = holder[path[-1]]
            if isinstance(component, DynamicList) and isinstance(value, list):
                value = [
                    prune(component.components, row if isinstance(row, Mapping) else {}, spots, (*rows, number))
                    for number, row in enumerate(value)
                ]
            put(kept, path, value)


def _hidden_paths(
    components: tuple[Component, ...],
    values: Mapping[str, Any],
    prefix: Path,
    rows: tuple[int, ...],
    spots: frozenset[Spot],
    found: set[Path],
    *,
    all_hidden: bool = False,
) -> None:
    for component in components:
        hidden = all_hidden or (id(component), rows) in spots
        if isinstance(component, Group):
            inner = get(values, component.path) if component.path else values
            content = inner if isinstance(inner, Mapping) else {}
            _hidden_paths(component.components, content, prefix + component.path, rows, spots, found, all_hidden=hidden)
        elif isinstance(component, Field):
            path = (*prefix, *component.path)
            if hidden:
                found.add(path)
            elif isinstance(component, DynamicList):
                sent = get(values, component.path)
                for number, row in enumerate(sent if isinstance(sent, list) else ()):
                    inside = row if isinstance(row, Mapping) else {}
                    _hidden_paths(component.components, inside, (*path, number), (*rows, number), spots, found)


def compute(form: Form, values: Mapping[str, Any], evaluate: Evaluate, context: Scope) -> dict[str, Any]:
    """A copy of the answers with the expression fields filled in, in the order of the document."""
    copy: dict[str, Any] = _copy(values)
    if any(isinstance(component, ExpressionField) for _, component in form.fields()):
        _compute(form.components, copy, root_place(form, copy, context), evaluate)
    return copy


def _compute(components: tuple[Component, ...], target: dict[str, Any], place: Place, evaluate: Evaluate) -> None:
    for path, component in leaves(components):
        if isinstance(component, ExpressionField):
            value = evaluate(component.expression, place.scope)
            put(target, path, value)
            place.scope[path[0]] = target[path[0]]
        elif isinstance(component, DynamicList):
            for number, row in enumerate(row_places(place, path, component, target)):
                content = get(target, path)[number]
                if isinstance(content, dict):
                    _compute(component.components, content, row, evaluate)


def _copy(value: Any) -> Any:  # noqa: ANN401  # JSON of any shape
    if isinstance(value, Mapping):
        return {name: _copy(each) for name, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value


def is_readonly(component: Field, evaluate: Evaluate, context: Scope) -> bool:
    """Whether people may not change a field; FEEL here sees the context only, never what was sent."""
    if isinstance(component.readonly, str):
        return evaluate(component.readonly, context) is True
    return component.readonly


def options_of(component: ChoiceField, evaluate: Evaluate, scope: Scope) -> tuple[Option, ...]:
    """The answers that can be chosen now. Entries that are neither a scalar nor ``{label, value}`` are left out."""
    if component.options is not None:
        return component.options
    if component.values_key is not None:
        offered = get(scope, component.values_key.split("."))
    else:
        offered = evaluate(component.values_expression or "null", scope)
    options: dict[str, Option] = {}
    for entry in offered[:MAX_OPTIONS] if isinstance(offered, list | tuple) else ():
        value, label = (entry.get("value"), entry.get("label")) if isinstance(entry, Mapping) else (entry, None)
        if isinstance(value, float):
            value = str(value)
        if isinstance(value, Scalar) and value != "":
            option = Option(value=value, label=label if isinstance(label, str) and label else str(value))
            options.setdefault(option.token, option)
    return tuple(options.values())


# Conditions on one other answer, for the page

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_WORDS = frozenset({"not", "and", "or", "in", "null", "true", "false", "list", "contains", "count", "if", "then", "else", "between"})


def only_name(expression: str) -> str | None:
    """The one name a FEEL text uses, or ``None`` if there are none or several."""
    names = names_in(expression)
    return names.pop() if len(names) == 1 else None


def names_in(expression: str) -> set[str]:
    """The names a FEEL text uses, dotted as written; at worst some too many (functions), never too few."""
    return set(_NAME.findall(_STRING.sub(" ", expression))) - _WORDS


def shown_by(trigger: Field, expression: str, evaluate: Evaluate, scope: Scope) -> frozenset[str] | None:
    """Which answers to a field show another one, if that is all it depends on.

    The expression itself is asked for each possible answer, so that the page can never disagree with the server.

    Returns:
        Tokens of the answers that show it, or ``None`` if it cannot be told from single answers: then the server decides.
    """

    def hidden(value: object) -> bool:
        return evaluate(expression, {**scope, trigger.path[0]: value}) is True

    if only_name(expression) != trigger.key or len(trigger.path) != 1 or trigger.readonly is not False:
        return None
    if isinstance(trigger, CheckboxField):
        return frozenset({"true"}) if hidden(value=False) and not hidden(value=True) else None
    if not isinstance(trigger, ChoiceField) or trigger.options is None or trigger.widget == "taglist":
        return None
    if trigger.multiple:
        shown = frozenset(option.token for option in trigger.options if not hidden([option.value]))
        rest = [option.value for option in trigger.options if option.token not in shown]
        agrees = hidden([]) and hidden(rest) and not hidden([option.value for option in trigger.options])
    else:
        shown = frozenset(option.token for option in trigger.options if not hidden(option.value))
        # Unanswered, the page hides it. That may differ from the server only where the answer is required anyway.
        agrees = trigger.required or hidden(None)
    return shown if shown and agrees else None
