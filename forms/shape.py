"""What arrived, brought into the shape of the form: two doors, one nested mapping.

A page posts flat names (``kinder-0-name``), each with one or several strings. A machine sends nested JSON. Both become a mapping
of names to what was sent, which the schema then checks; nothing here judges a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from forms.model import CheckboxField, ChoiceField, Component, DynamicList, ExpressionField, Field, FileField, Form, Group
from forms.text import without_control_characters

MAX_NAMES = 5_000
DRAFT_LENGTH = 20_000
ROW_MARK = "_zeile"
LIST_MARK = "_liste"  # a hidden field of the page names each list it shows

Path = tuple[str | int, ...]


class Door(StrEnum):
    """How an answer arrived."""

    HTML = "html"
    JSON = "json"


@runtime_checkable
class MultiDict(Protocol):
    """The one method of a Werkzeug ``MultiDict`` that matters here."""

    def getlist(self, key: str) -> list[str]: ...


@dataclass(kw_only=True)
class Shaped:
    """Answers by name.

    Attributes:
        raw: Nested mapping for the schema; empty strings are ``None``, what was not sent is absent.
        typed: The same as it was typed, fit for storing and for showing again.
        errors: Path -> German sentence for what has no place in the form or in a draft.
    """

    raw: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


UNKNOWN = "Dieses Feld gehört nicht zum Formular. Laden Sie die Seite neu und versuchen Sie es noch einmal."


def name_of(path: Iterable[str | int]) -> str:
    """The name of a field in a form post, and the key of its error: ``kinder-0-name``."""
    return "-".join(str(part) for part in path)


def put(target: dict[str, Any], path: Sequence[str], value: object) -> None:
    """Set a value under a path, making the mappings on the way."""
    for part in path[:-1]:
        inner = target.get(part)
        if not isinstance(inner, dict):
            inner = target[part] = {}
        target = inner
    target[path[-1]] = value


def open_path(target: dict[str, Any], path: Sequence[str]) -> None:
    """Make the mappings of a path."""
    for part in path:
        target = target.setdefault(part, {})


def get(source: object, path: Iterable[str | int]) -> Any:  # noqa: ANN401  # an answer can be of any JSON type
    """The value under a path, or ``None``."""
    for part in path:
        if not isinstance(source, Mapping):
            return None
        source = source.get(part)
    return source


def shape(form: Form, data: Mapping[str, Any] | MultiDict, door: Door, *, keep_empty_rows: bool) -> Shaped:
    """Bring answers into shape.

    Args:
        form: The form that was answered.
        data: A form post (values are strings, lists of strings, or read by ``getlist``) or a JSON object.
        door: Which of the two it is.
        keep_empty_rows: Whether rows without any answer stay; a finished form posts them away, a draft does not.
    """
    if door is Door.JSON:
        return _shape_json(form, data)
    return _Post(data, keep_empty_rows=keep_empty_rows).shape(form)


class _Post:
    def __init__(self, data: Mapping[str, Any] | MultiDict, *, keep_empty_rows: bool) -> None:
        names: list[str] = list(data.keys()) if isinstance(data, Mapping) else [str(name) for name in data]  # type: ignore[attr-defined]
        self.values: dict[str, list[str]] = {}
        self.overflow = len(names) > MAX_NAMES
        for name in names[:MAX_NAMES]:
            if isinstance(data, MultiDict):
                values: object = data.getlist(name)
            else:
                values = data[name]
            sent = values if isinstance(values, list | tuple) else [values]
            self.values[name] = [str(value) for value in sent]
        self.lists = frozenset(self.values.get(LIST_MARK, ()))
        self.used: set[str] = set()
        self.keep_empty_rows = keep_empty_rows
        self.errors: dict[str, str] = {}

    def shape(self, form: Form) -> Shaped:
        raw, typed = self.components(form.components, ())
        # Names with an underscore in front belong to the page: token, buttons, version of the task.
        unknown = [name[:100] for name in self.values if name not in self.used and not name.startswith("_")]
        self.errors.update(dict.fromkeys(unknown[:20], UNKNOWN))
        if self.overflow:
            self.errors["_formular"] = "Die Eingabe enthält zu viele Angaben. Laden Sie die Seite neu und versuchen Sie es noch einmal."
        return Shaped(raw=raw, typed=typed, errors=self.errors)

    def components(self, components: tuple[Component, ...], prefix: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        """Raw and typed answers of some components whose names begin with a prefix."""
        raw: dict[str, Any] = {}
        typed: dict[str, Any] = {}
        for path, component in leaves(components):
            name = name_of((*prefix, *path))
            if isinstance(component, DynamicList):
                if not prefix and not self.has_list(name):
                    open_path(raw, path[:-1])
                    continue
                rows = self.rows(component, (*prefix, *path))
                put(raw, path, [row for row, _ in rows])
                put(typed, path, [row for _, row in rows])
                continue
            sent = self.values.get(name, [])
            self.used.add(name)
            if isinstance(component, ExpressionField):
                continue
            boxes = isinstance(component, CheckboxField) or takes_many(component)
            if not sent and not (prefix and boxes):
                # Not on the page: no answer, and no reason to clear the one there is. Its group is there all the same.
                # A box that is not ticked and a list of answers without any send nothing, so the page sends an empty one before
                # them. A row is always written as a whole.
                open_path(raw, path[:-1])
            elif isinstance(component, CheckboxField):
                value: object = bool(sent) and sent[-1].lower() not in {"", "false", "0", "nein"}
                put(raw, path, value)
                put(typed, path, value)
            elif takes_many(component):
                many = [each for each in sent if each]
                put(raw, path, many[:1000])
                put(typed, path, [self.keep(each, name) for each in many[:1000]])
            else:
                put(raw, path, (sent[0] or None) if len(sent) == 1 else sent)
                put(typed, path, self.keep(sent[0], name))
        return raw, typed

    def has_list(self, name: str) -> bool:
        """Whether a list was on the page: it is named, or one of its rows was sent."""
        return name in self.lists or any(sent.startswith(f"{name}-") for sent in self.values)

    def rows(self, component: DynamicList, path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        begin = name_of(path) + "-"
        found = set()
        for name in self.values:
            if name.startswith(begin):
                digits = name[len(begin) :].partition("-")[0]
                if re.fullmatch("[0-9]{1,3}", digits):
                    found.add(int(digits))
        rows = []
        # One more than allowed is read, so that the schema can say that it is too many.
        for number in sorted(found)[: component.max_items + 1]:
            self.used.add(f"{begin}{number}-{ROW_MARK}")
            raw, typed = self.components(component.components, (*path, number))
            if self.keep_empty_rows or not component.resizable or not is_blank(raw):
                rows.append((raw, typed))
        return rows

    def keep(self, text: str, name: str) -> str:
        if len(text) > DRAFT_LENGTH:
            self.errors[name] = f"Kürzen Sie den Text auf höchstens {DRAFT_LENGTH} Zeichen."
        return without_control_characters(text[:DRAFT_LENGTH])


def _shape_json(form: Form, data: object) -> Shaped:
    if not isinstance(data, Mapping):
        return Shaped(errors={"_formular": "Senden Sie die Antworten als JSON-Objekt."})
    shaped = Shaped()
    shaped.raw = _fill_groups(form.components, data)
    shaped.typed = _typed_json(form.components, data, (), shaped.errors)
    return shaped


def _fill_groups(components: tuple[Component, ...], data: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which groups that were not sent are empty, so that their required fields are missed."""
    filled = dict(data)
    for path, _ in leaves(components):
        holder: dict[str, Any] = filled
        for part in path[:-1]:
            inner = holder.get(part)
            if inner is not None and not isinstance(inner, Mapping):
                break
            holder[part] = dict(inner or {})
            holder = holder[part]
    return filled


def _typed_json(components: tuple[Component, ...], data: object, prefix: Path, errors: dict[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for path, component in leaves(components):
        value = get(data, path)
        if value is None or isinstance(component, ExpressionField):
            continue
        name = name_of((*prefix, *path))
        if isinstance(component, DynamicList):
            rows = value if isinstance(value, list) else []
            kept: object = [
                _typed_json(component.components, row, (*prefix, *path, number), errors)
                for number, row in enumerate(rows[: component.max_items])
            ]
        elif isinstance(value, list):
            kept = [_keep_scalar(each, name, errors) for each in value[:1000] if isinstance(each, str | int | float)]
        elif isinstance(value, str | int | float):
            kept = _keep_scalar(value, name, errors)
        else:
            continue
        put(typed, path, kept)
    return typed


def _keep_scalar(value: str | float, name: str, errors: dict[str, str]) -> str | int | float:
    if not isinstance(value, str):
        return value
    if len(value) > DRAFT_LENGTH:
        errors[name] = f"Kürzen Sie den Text auf höchstens {DRAFT_LENGTH} Zeichen."
    return without_control_characters(value[:DRAFT_LENGTH])


def leaves(components: tuple[Component, ...], prefix: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], Field]]:
    """The fields of one level: groups are opened, rows are not."""
    for component in components:
        if isinstance(component, Group):
            yield from leaves(component.components, prefix + component.path)
        elif isinstance(component, Field):
            yield prefix + component.path, component


def takes_many(component: Field) -> bool:
    """Whether a form post sends the name once per answer."""
    return (isinstance(component, ChoiceField | FileField) and component.multiple) or isinstance(component, FileField)


def is_blank(value: object) -> bool:
    """Whether nothing was answered, at any depth; an unticked box is no answer."""
    if isinstance(value, Mapping):
        return all(is_blank(each) for each in value.values())
    if isinstance(value, list):
        return all(is_blank(each) for each in value)
    return value is None or value is False or (isinstance(value, str) and not value.strip())
