"""A submitted form: checked, decided again on the server, and split into process variables and the Fallakte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import marshmallow as ma

from forms.conditions import Place, Scope, decide, is_readonly, only_name, options_of, root_place, row_places
from forms.model import (
    ChoiceField,
    Component,
    DynamicList,
    Evaluate,
    ExpressionField,
    Field,
    Form,
    NumberField,
    Temporal,
    TemporalField,
)
from forms.schema import build_schema, choose, missing_sentence
from forms.shape import UNKNOWN, Door, MultiDict, Path, get, leaves, name_of, put, shape
from forms.values import BadValueError, number_from_json, parse_date, parse_datetime

MAX_ERRORS = 100


@dataclass(frozen=True, kw_only=True)
class Submission:
    """The outcome.

    Attributes:
        values: Nested answers of the visible fields, typed; of a draft: as they were typed.
        errors: Path as the page names it (``kinder-0-name``) -> German sentence saying what to do. ``_formular`` speaks of the whole.
        typed: Nested answers as they were typed, to show them again or to keep them as a draft.
        variables: Answers that become process variables, nested as the keys say. Empty for drafts and while there are errors.
        fallakte: Section -> field -> answer. Empty for drafts and while there are errors.
    """

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    fallakte: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing stands against taking it."""
        return not self.errors


def submit(
    form: Form,
    data: Mapping[str, Any] | MultiDict,
    evaluate: Evaluate,
    context: Scope,
    *,
    partial: bool = False,
    door: Door = Door.HTML,
) -> Submission:
    """Check what was sent for a form.

    Args:
        form: The form.
        data: A form post (``Door.HTML``: strings; names beginning with ``_`` are left to the page) or JSON (``Door.JSON``: typed).
        evaluate: Port to FEEL.
        context: What FEEL sees: variables, ``fall``, ``profil``, and the present answers under their keys. Read-only fields have
            their value from here, whatever was sent.
        partial: A draft. Invalid and incomplete answers are kept as typed; only what cannot be stored at all is an error.
        door: How the data arrived.

    Returns:
        A submission; the data are never refused by an exception.
    """
    shaped = shape(form, data, door, keep_empty_rows=partial)
    frozen = frozenset(_frozen(form.components, shaped.raw, (), evaluate, context))
    for path in frozen:
        _remove(shaped.raw, path)
        _remove(shaped.typed, path)
    answers, errors = _load(form, shaped.raw, door)
    if partial:
        unknown = {name: text for name, text in errors.items() if text == UNKNOWN}
        return Submission(values=shaped.typed, typed=shaped.typed, errors={**shaped.errors, **unknown})

    for path in frozen:
        errors.pop(name_of(path), None)
        _restore(answers, path, context)
    errors.update(_check_case(form.components, root_place(form, answers, context), evaluate, context, door))
    visibility, visible = decide(form, answers, evaluate, context)
    errors = {name: text for name, text in errors.items() if not visibility.hides(path_of(name))}
    _spare_followers(form.components, (), errors)
    errors = {**shaped.errors, **_in_order(form, errors)}
    for path in frozen:
        # Rows are written as a whole, so their read-only cells stay; elsewhere the value is where it always was.
        if all(isinstance(part, str) for part in path):
            _remove(visible, path)
    if errors:
        return Submission(values=visible, errors=dict(list(errors.items())[:MAX_ERRORS]), typed=shaped.typed)
    variables, fallakte = split(form, visible)
    return Submission(values=visible, typed=shaped.typed, variables=variables, fallakte=fallakte)


def split(form: Form, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Divide answers by their bindings into process variables and ``{section: {field: value}}`` of the Fallakte."""
    variables: dict[str, Any] = {}
    fallakte: dict[str, dict[str, Any]] = {}
    for path, component in leaves(form.components):
        holder = get(values, path[:-1])
        if not isinstance(holder, Mapping) or path[-1] not in holder:
            continue
        binding = component.binding
        if binding.section is not None and binding.field is not None:
            fallakte.setdefault(binding.section, {})[binding.field] = holder[path[-1]]
        if binding.variable:
            put(variables, path, holder[path[-1]])
    return variables, fallakte


def prefill(form: Form, variables: Mapping[str, Any], fallakte: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The present answers to a form: the reverse of ``split``. Answers nobody gave yet are left out."""
    values: dict[str, Any] = {}
    for path, component in leaves(form.components):
        binding = component.binding
        value = None
        if binding.section is not None and binding.field is not None:
            value = fallakte.get(binding.section, {}).get(binding.field)
        if value is None and binding.variable:  # of a field in both places the Fallakte counts, the process may only propose
            value = get(variables, path)
        if value is not None:
            put(values, path, _as_answered(component, value))
    return values


def _as_answered(component: Field, value: Any) -> Any:  # noqa: ANN401  # an answer can be of any JSON type
    """Numbers that are stored as text (with a decimal point) become numbers again, so that nobody reads a thousands point."""
    if isinstance(component, NumberField) and component.as_text and isinstance(value, str):
        try:
            return number_from_json(Decimal(value))
        except (InvalidOperation, BadValueError):
            return value
    if isinstance(component, DynamicList) and isinstance(value, list):
        rows = [dict(row) if isinstance(row, Mapping) else {} for row in value]
        for path, cell in leaves(component.components):
            for row in rows:
                if get(row, path) is not None and len(path) == 1:
                    row[path[0]] = _as_answered(cell, row[path[0]])
        return rows
    return value


def path_of(name: str) -> Path:
    """The reverse of ``name_of``."""
    return tuple(int(part) if part.isdecimal() else part for part in name.split("-"))


def _load(form: Form, raw: dict[str, Any], door: Door) -> tuple[dict[str, Any], dict[str, str]]:
    """The valid part of the answers, and an error for each other one."""
    try:
        loaded = build_schema(form, door).load(raw)
    except ma.ValidationError as error:
        errors: dict[str, str] = {}
        _flatten(error.messages, (), errors)
        valid = error.valid_data
        return (valid if isinstance(valid, dict) else {}), errors
    return (loaded if isinstance(loaded, dict) else {}), {}


def _flatten(messages: object, path: Path, errors: dict[str, str]) -> None:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            _flatten(inner, path if name == "_schema" else (*path, name if isinstance(name, int) else str(name)[:100]), errors)
    elif isinstance(messages, list) and messages:
        errors.setdefault(name_of(path) or "_formular", str(messages[0]))


def _frozen(
    components: tuple[Component, ...], raw: object, prefix: Path, evaluate: Evaluate, context: Scope
) -> Iterator[Path]:
    """Paths of the fields whose value is not taken from what was sent; computed ones are left to ``decide``."""
    for path, component in leaves(components):
        if is_readonly(component, evaluate, context):
            yield (*prefix, *path)
        elif isinstance(component, ExpressionField):
            continue
        elif isinstance(component, DynamicList):
            rows = get(raw, path)
            for number, row in enumerate(rows if isinstance(rows, list) else ()):
                inside = (*prefix, *path, number)
                yield from _frozen(component.components, row, inside, evaluate, context)


def _dig(source: object, path: Path) -> Any:  # noqa: ANN401  # an answer can be of any JSON type
    for part in path:
        if isinstance(part, int):
            source = source[part] if isinstance(source, list) and part < len(source) else None
        else:
            source = get(source, (part,))
    return source


def _remove(target: object, path: Path) -> None:
    holder = _dig(target, path[:-1])
    if isinstance(holder, dict):
        holder.pop(str(path[-1]), None)


def _restore(answers: dict[str, Any], path: Path, context: Scope) -> None:
    """Put the present value of a read-only field among the answers, so that conditions see it."""
    value = _dig(context, path)
    holder: object = answers
    for part in path[:-1]:
        if isinstance(part, int):
            holder = holder[part] if isinstance(holder, list) and part < len(holder) else None
        elif isinstance(holder, dict):
            holder = holder.setdefault(part, {})
    if isinstance(holder, dict) and value is not None:
        holder[str(path[-1])] = value


def _check_case(components: tuple[Component, ...], place: Place, evaluate: Evaluate, context: Scope, door: Door) -> dict[str, str]:
    """Errors that only the case can tell: offered answers, days in the past, fixed rows. Chosen tokens become typed values."""
    errors: dict[str, str] = {}
    for path, component in leaves(components):
        value = get(place.values, path)
        if value is None:
            continue
        name = name_of((*place.prefix, *path))
        try:
            if isinstance(component, ChoiceField) and component.options is None:
                options = options_of(component, evaluate, place.scope)
                chosen = [choose(options, each, door) for each in value] if component.multiple else choose(options, value, door)
                _restore_value(place.values, path, chosen)
            elif isinstance(component, TemporalField) and component.only_future:
                _check_future(component, value, evaluate, place.scope)
            elif isinstance(component, DynamicList):
                _check_rows(component, value, None if place.prefix else get(context, path))
                for row in row_places(place, path, component, place.values):
                    errors.update(_check_case(component.components, row, evaluate, context, door))
        except BadValueError as error:
            errors[name] = str(error)
    return errors


def _restore_value(values: Mapping[str, Any], path: tuple[str, ...], value: object) -> None:
    if isinstance(values, dict):
        put(values, path, value)


def _check_rows(component: DynamicList, rows: object, present: object) -> None:
    if not component.resizable and isinstance(present, list) and isinstance(rows, list) and len(rows) != len(present):
        raise BadValueError("Hier können Sie keine Einträge hinzufügen oder entfernen. Laden Sie die Seite neu.")


def _check_future(component: TemporalField, value: str, evaluate: Evaluate, scope: Scope) -> None:
    if component.subtype is Temporal.TIME:
        return
    today = evaluate("string(today())", scope)
    day = parse_date(value) if component.subtype is Temporal.DATE else parse_datetime(value).date()
    if isinstance(today, str) and day < parse_date(today):
        raise BadValueError("Geben Sie ein Datum ab heute ein.")


def _spare_followers(components: tuple[Component, ...], prefix: Path, errors: dict[str, str]) -> None:
    """Drop errors of fields that wait for another answer which is missing itself: one sentence is enough."""
    unanswered = set()
    for path, component in leaves(components):
        name = name_of((*prefix, *path))
        if errors.get(name) == missing_sentence(component):
            unanswered.add(component.key)
        if isinstance(component, DynamicList):
            depth = len(path_of(name))
            rows = {path_of(each)[depth] for each in errors if each.startswith(name + "-")}
            for row in rows:
                _spare_followers(component.components, (*path_of(name), row), errors)
    for waiting in components:
        if waiting.hide is not None and only_name(waiting.hide) in unanswered:
            for path, _ in leaves((waiting,)):
                begin = name_of((*prefix, *path))
                for name in [name for name in errors if name == begin or name.startswith(begin + "-")]:
                    del errors[name]


def _in_order(form: Form, errors: Mapping[str, str]) -> dict[str, str]:
    """Errors in the order of the fields, as the summary on the page lists them."""
    order = {path: number for number, (path, _) in enumerate(form.fields())}

    def position(name: str) -> tuple[int, ...]:
        ranks: list[int] = []
        pattern: tuple[str, ...] = ()
        for part in path_of(name):
            if isinstance(part, int):
                ranks += [order.get(pattern, -1), part]
                pattern = (*pattern, "*")
            else:
                pattern = (*pattern, part)
        return (*ranks, order.get(pattern, len(order)))

    return {name: errors[name] for name in sorted(errors, key=position)}
