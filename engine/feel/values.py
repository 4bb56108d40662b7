"""Values of FEEL and the relations between them (DMN 1.5, 10.3.2).

null is None, a number is `int` or `Decimal` (34 digits), a list is `list`, a context is any `Mapping`. Values that come from process
variables are turned into these one at a time, when an expression reads them: see `wrap`.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.feel.temporal import DaysDuration, FeelDate, FeelDateTime, FeelTime, MonthsDuration, from_python

if TYPE_CHECKING:
    from engine.feel.types import FeelType

# FEEL is dynamically typed: every operation asks its operands for their kind. A union would say no more and need a cast at each use.
Value: TypeAlias = Any

DECIMAL: Final = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
INT_LIMIT: Final = 10**34
MILLISECOND: Final = 1_000_000


class Faulty(Exception):
    """An operation has no result; the message is one German sentence. The operation then yields null."""


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """All values between two ends, or those a unary test such as `< 10` allows.

    Attributes:
        low: lower end, or None if there is none.
        high: upper end, or None if there is none.
        low_closed: whether the lower end belongs to the range.
        high_closed: whether the upper end belongs to the range.
        operator: the operator of a unary test (`<`, `=`, `!=`, ...), or None for a range written with two ends.
    """

    low: Value
    high: Value
    low_closed: bool
    high_closed: bool
    operator: str | None = None

    def contains(self, value: Value) -> bool | None:
        """Whether a value lies in the range; None if that cannot be said."""
        if self.operator == "=":
            return equal(value, self.low)
        if self.operator == "!=":
            same = equal(value, self.low)
            return None if same is None else not same
        if value is None or (self.low is None and self.high is None):
            return None
        if self.operator is None and (self.low is None or self.high is None):
            return None
        above: bool | None = True
        below: bool | None = True
        if self.low is not None:
            order = compare(value, self.low)
            above = None if order is None else order > 0 or (order == 0 and self.low_closed)
        if self.high is not None:
            order = compare(value, self.high)
            below = None if order is None else order < 0 or (order == 0 and self.high_closed)
        return None if above is None or below is None else above and below


@dataclass(frozen=True, slots=True, eq=False)
class FeelFunction:
    """A function an expression can call: built in, defined in FEEL, or handed in by the engine.

    Attributes:
        name: for messages.
        parameters: names in order, for named arguments.
        body: called with one positional argument per parameter; raises Faulty (or returns None) where it has no result.
        variadic: whether the last parameter takes any number of arguments (body gets them all).
        required: how many parameters must be given; None for all.
        types: what the parameters are declared as, where FEEL or a decision model declares it.
        result: what the result is converted to.
        declared_result: what `instance of function<...>` takes the result for, where it is not converted.
        kinds: kinds of the arguments, for built-in functions: `string`, `number?` (may be null), `any`, `date|time`, ...
        with_run: whether the body wants the running evaluation as its first argument, for budgets and calls.
        overloads: several functions under one name; the first that takes the arguments is called.
    """

    name: str
    parameters: tuple[str, ...]
    body: Callable[..., Value]
    variadic: bool = False
    required: int | None = None
    types: tuple[FeelType | None, ...] | None = None
    result: FeelType | None = None
    kinds: tuple[str, ...] | None = None
    with_run: bool = False
    overloads: tuple[FeelFunction, ...] = ()
    declared_result: FeelType | None = None


NATIVE: Final = frozenset(
    {type(None), bool, int, Decimal, str, dict, FeelDate, FeelTime, FeelDateTime, DaysDuration, MonthsDuration, Range, FeelFunction}
)


_NATIVE_ITEMS: Final = NATIVE | {list}


def wrap(value: Value) -> Value:
    """Turn what a variable holds into a FEEL value.

    JSON numbers become int or Decimal, tuples lists, Python dates their FEEL twins. A context stays as it is: what it holds is wrapped
    when it is read. Strings stay strings, also if they look like a date.
    """
    kind = type(value)
    if kind in NATIVE:
        return value
    if kind is list:
        # Inner lists are wrapped when they are read in turn; going down here would cost once per level and reader.
        for item in value:
            if type(item) not in _NATIVE_ITEMS:
                return [item if type(item) is list else wrap(item) for item in value]
        return value
    if kind is float:
        return Decimal(repr(value)) if value - value == 0 else None
    if isinstance(value, (tuple, list, set, frozenset)):
        return [wrap(item) for item in value]
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (dt.date, dt.time, dt.timedelta)):
        return from_python(value)
    for base in (bool, int, str, Decimal):
        if isinstance(value, base):
            return base(value)
    return None


def is_number(value: Value) -> bool:
    """Whether the value is a FEEL number; a boolean is none."""
    kind = type(value)
    return kind is int or kind is Decimal


def is_context(value: Value) -> bool:
    """Whether the value is a context."""
    return isinstance(value, Mapping)


def normal(number: int | Decimal) -> int | Decimal:
    """A number within the 34 digits of decimal128; integral results of moderate size become int."""
    if type(number) is int:
        return number if -INT_LIMIT < number < INT_LIMIT else DECIMAL.plus(DECIMAL.create_decimal(number))
    return number


def number_from_text(text: str) -> int | Decimal | None:
    """Read the digits of a number; None outside the range of decimal128."""
    try:
        if text.isdecimal() and len(text) <= 34:
            return int(text)
        value = DECIMAL.create_decimal(text)
    except (decimal.DecimalException, ValueError):
        return None
    return value if value.is_finite() else None


def number_text(number: int | Decimal) -> str:
    """A number in plain digits, without a needless fraction."""
    if isinstance(number, int):
        return str(number)
    if number.adjusted() > 40 or number.adjusted() < -40:
        return str(number.normalize(DECIMAL))
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def kind_of(value: Value) -> str:
    """The name of the kind of a value; two values can only be compared if this is the same."""
    kind = type(value)
    name = _KINDS.get(kind)
    if name is not None:
        return name
    return "context" if isinstance(value, Mapping) else "unknown"


_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    FeelDate: "date",
    FeelTime: "time",
    FeelDateTime: "date and time",
    DaysDuration: "days and time duration",
    MonthsDuration: "years and months duration",
    Range: "range",
    FeelFunction: "function",
}


def equal(left: Value, right: Value) -> bool | None:
    """`left = right`; None if the two are of different kinds (and neither is null)."""
    if left is None or right is None:
        return left is right
    kind = kind_of(left)
    if kind != kind_of(right):
        return None
    if kind == "list":
        return _equal_lists(left, right)
    if kind == "context":
        return _equal_contexts(left, right)
    if kind == "range":
        return _equal_ranges(left, right)
    if kind in {"time", "date and time"}:
        return _equal_times(left, right)
    return bool(left == right) if kind != "function" else left is right


def _equal_lists(left: list[Value], right: list[Value]) -> bool:
    return len(left) == len(right) and all(equal(wrap(a), wrap(b)) is True for a, b in zip(left, right, strict=True))


def _equal_contexts(left: Mapping[str, Value], right: Mapping[str, Value]) -> bool:
    return left.keys() == right.keys() and all(equal(wrap(left[key]), wrap(right[key])) is True for key in left)


def _equal_ranges(left: Range, right: Range) -> bool:
    return (
        left.operator == right.operator
        and (left.low_closed, left.high_closed) == (right.low_closed, right.high_closed)
        and equal(left.low, right.low) is True
        and equal(left.high, right.high) is True
    )


def _equal_times(left: FeelTime | FeelDateTime, right: FeelTime | FeelDateTime) -> bool | None:
    order = _compare_times(left, right)
    return None if order is None else order == 0


def _compare_times(left: Value, right: Value) -> int | None:
    """Order of two times or two dates and times; None if only one of them knows its offset.

    Finer than a millisecond does not count: a date and time is a number of seconds in the standard, written with milliseconds at most.
    """
    clocks = (left, right) if type(left) is FeelTime else (left.time, right.time)
    if clocks[0].is_local != clocks[1].is_local:
        return None
    a, b = left.utc_nanos() // MILLISECOND, right.utc_nanos() // MILLISECOND
    return int(a > b) - int(a < b)


_ORDERED: Final = frozenset({"number", "string", "date", "days and time duration", "years and months duration"})


def compare(left: Value, right: Value) -> int | None:
    """-1, 0 or 1 as left is before, equal to or after right; None if the two cannot be ordered."""
    kind = kind_of(left)
    if kind != kind_of(right):
        return None
    if kind in _ORDERED:
        return int(left > right) - int(left < right)
    return _compare_times(left, right) if kind in {"time", "date and time"} else None


def identical(left: Value, right: Value) -> bool:
    """`is(left, right)`: the same kind and the same value, for times also the same offset or zone."""
    if kind_of(left) != kind_of(right):
        return False
    if type(left) in {FeelTime, FeelDateTime}:
        return bool(left == right)
    return equal(left, right) is True


def to_json(value: Value) -> Value:
    """A FEEL value as JSON: integral numbers int, others Decimal; dates, durations and ranges strings; functions None."""
    kind = type(value)
    if value is None or kind in {bool, int, str}:
        return value
    if kind is Decimal:
        return int(value) if value.adjusted() < 40 and value == value.to_integral_value() else value
    if kind is list:
        return [to_json(wrap(item)) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(wrap(item)) for key, item in value.items()}
    if kind is FeelFunction:
        return None
    if kind is Range:
        return range_text(value)
    return str(value) if kind in NATIVE else to_json(wrap(value))


def from_json(value: Value) -> Value:
    """A JSON value as a FEEL value, all the way down; strings stay strings."""
    plain = wrap(value)
    if isinstance(plain, list):
        return [from_json(item) for item in plain]
    if isinstance(plain, Mapping):
        return {key: from_json(item) for key, item in plain.items()}
    return plain


def literal_text(value: Value) -> str:
    """A value inside a list or context as `string()` writes it: strings in quotation marks, dates plain."""
    if type(value) is str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value_text(value)


def value_text(value: Value) -> str:
    """What `string(value)` gives for anything but null."""
    kind = type(value)
    if value is None:
        return "null"
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is Decimal:
        return number_text(value)
    if kind is list:
        return "[" + ", ".join(literal_text(wrap(item)) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key_text(key)}: {literal_text(wrap(item))}" for key, item in value.items()) + "}"
    if kind is Range:
        return range_text(value)
    if kind is FeelFunction:
        return f"function({', '.join(value.parameters)})"
    return str(value)


def _key_text(key: str) -> str:
    return key if key.replace(" ", "").replace("_", "").isalnum() else literal_text(key)


def range_text(value: Range) -> str:
    """A range as FEEL writes it."""
    if value.operator is not None:
        return f"{value.operator} {literal_text(value.low if value.low is not None else value.high)}"
    return f"{'[' if value.low_closed else '('}{literal_text(value.low)}..{literal_text(value.high)}{']' if value.high_closed else ')'}"
