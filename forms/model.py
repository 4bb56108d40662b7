"""Form documents as values: what a form-js document (Camunda Forms) may say here.

``forms.parse`` builds these from JSON. Keys are dotted paths (``person.name``); FEEL texts stand without the leading ``=``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

MAX_LENGTH = 10_000
MAX_ROWS = 50

Evaluate = Callable[[str, Mapping[str, Any]], Any]
"""Port to FEEL: expression without the leading ``=``, names it may use -> value. Lists, contexts, strings, numbers, booleans, null."""

Scalar = str | int | Decimal | bool


class Temporal(StrEnum):
    """What a ``datetime`` component asks for."""

    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"


@dataclass(frozen=True, kw_only=True)
class Binding:
    """Where an answer goes.

    Attributes:
        section: Section of the Fallakte, or ``None`` for a process variable.
        field: Field in that section, or ``None``.
        variable: Whether the answer becomes a process variable.
    """

    section: str | None = None
    field: str | None = None
    variable: bool = True


@dataclass(frozen=True, kw_only=True)
class Component:
    """Anything that stands in a form.

    Attributes:
        id: Id of the component in the document.
        hide: FEEL text that hides the component when true, or ``None``.
        row: Components with the same row stand side by side, where that fits.
    """

    id: str
    hide: str | None = None
    row: str | None = None


@dataclass(frozen=True, kw_only=True)
class Field(Component):
    """A component that holds an answer.

    Attributes:
        key: Dotted path of the answer, relative to the group or row around it.
        label: Plain text, or FEEL text if it begins with ``=``.
        description: Hint, in the same form as the label.
        required: Whether an answer is needed while the field is visible.
        readonly: FEEL text or a constant; what people send for such a field is not taken.
        default: Answer shown where there is none yet, as written in the document.
        missing: The author's own sentence for a missing answer (``properties.fehlt``), or ``None``.
    """

    key: str
    label: str = ""
    description: str = ""
    required: bool = False
    readonly: bool | str = False
    default: Any = None
    binding: Binding = Binding()
    missing: str | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The key as names from outside to inside."""
        return tuple(self.key.split("."))


@dataclass(frozen=True, kw_only=True)
class TextField(Field):
    """One line or, with ``multiline``, several lines of text."""

    multiline: bool = False
    min_length: int | None = None
    max_length: int = MAX_LENGTH
    pattern: str | None = None
    validation: str | None = None  # "email" or "phone"
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class NumberField(Field):
    """A number; ``decimals`` is the greatest number of decimal places, or ``None`` for any."""

    decimals: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    as_text: bool = False
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class TemporalField(Field):
    """A date, a time of day or both. ``zone``: ``utc_offset``, ``utc_normalized`` or ``no_timezone``."""

    subtype: Temporal = Temporal.DATE
    zone: str = "utc_offset"
    only_future: bool = False


@dataclass(frozen=True, kw_only=True)
class CheckboxField(Field):
    """One box; the answer is true or false. Required means that it must be ticked."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One of the answers that can be chosen."""

    value: Scalar
    label: str

    @property
    def token(self) -> str:
        """The value as a form post sends it."""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


@dataclass(frozen=True, kw_only=True)
class ChoiceField(Field):
    """A choice. Exactly one of ``options``, ``values_key`` and ``values_expression`` is given.

    Attributes:
        widget: ``radio``, ``select``, ``checklist`` or ``taglist``.
        options: Static answers, or ``None``.
        values_key: Name in the context that holds the answers: a list of values or of ``{label, value}``.
        values_expression: FEEL text with such a list as its value.
    """

    widget: str
    options: tuple[Option, ...] | None = None
    values_key: str | None = None
    values_expression: str | None = None

    @property
    def multiple(self) -> bool:
        """Whether the answer is a list."""
        return self.widget in {"checklist", "taglist"}


@dataclass(frozen=True, kw_only=True)
class FileField(Field):
    """References to uploaded files; the files themselves travel another way (``forms.uploads``)."""

    multiple: bool = False
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ExpressionField(Field):
    """An answer computed from others by FEEL; never taken from outside."""

    expression: str
    on_submit: bool = False


@dataclass(frozen=True, kw_only=True)
class Group(Component):
    """Components under one heading; ``path`` (may be empty) nests their answers."""

    label: str = ""
    description: str = ""
    path: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DynamicList(Field):
    """Repeatable rows of components. The answer is a list of contexts.

    Attributes:
        initial: Number of empty rows shown where there are none yet.
        resizable: Whether people may add and remove rows.
    """

    components: tuple[Component, ...] = ()
    min_items: int = 0
    max_items: int = MAX_ROWS
    initial: int = 1
    resizable: bool = True


@dataclass(frozen=True, kw_only=True)
class TextBlock(Component):
    """Markdown, or FEEL text that gives Markdown if it begins with ``=``. Shown without any HTML of its own."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Separator(Component):
    """A line."""


@dataclass(frozen=True, kw_only=True)
class Spacer(Component):
    """Empty space."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table: heading and key in the row."""

    key: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Table(Component):
    """A read-only table.

    Attributes:
        source: FEEL text with a list of contexts as its value.
        columns: Static columns; empty if ``columns_expression`` gives them.
    """

    label: str
    source: str
    columns: tuple[Column, ...] = ()
    columns_expression: str | None = None


@dataclass(frozen=True, eq=False)
class Form:
    """A checked form document. Compared by identity, so that what is built from it can be cached."""

    id: str
    components: tuple[Component, ...]

    def fields(self) -> Iterator[tuple[tuple[str, ...], Field]]:
        """All fields with their full path; fields of a row follow their list under its path plus ``*``."""
        yield from walk(self.components, ())


def walk(components: tuple[Component, ...], prefix: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Field]]:
    """The fields under some components, in the order of the document (see ``Form.fields``)."""
    for component in components:
        if isinstance(component, Group):
            yield from walk(component.components, prefix + component.path)
        elif isinstance(component, Field):
            path = prefix + component.path
            yield path, component
            if isinstance(component, DynamicList):
                yield from walk(component.components, (*path, "*"))
