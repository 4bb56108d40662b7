"""Arithmetic and property access of FEEL (DMN 1.5, tables 45, 54 to 57 and 65). Every function raises Faulty where there is no result."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from engine.feel.temporal import DAY_NANOS, DaysDuration, FeelDate, FeelDateTime, FeelTime, MonthsDuration, TemporalError
from engine.feel.values import DECIMAL, INT_LIMIT, Faulty, Range, Value, is_number, kind_of, normal, wrap

Operation = Callable[[Value, Value], Value]


def add(left: Value, right: Value) -> Value:
    """`left + right`."""
    if type(left) is int and type(right) is int:
        total = left + right
        return total if -INT_LIMIT < total < INT_LIMIT else normal(total)
    if is_number(left) and is_number(right):
        return _decimal(DECIMAL.add, left, right)
    if type(left) is str and type(right) is str:
        return left + right
    found = _ADD.get((type(left), type(right)))
    if found is None:
        raise _undefined("+", left, right)
    return _temporal(found, left, right)


def subtract(left: Value, right: Value) -> Value:
    """`left - right`."""
    if type(left) is int and type(right) is int:
        total = left - right
        return total if -INT_LIMIT < total < INT_LIMIT else normal(total)
    if is_number(left) and is_number(right):
        return _decimal(DECIMAL.subtract, left, right)
    found = _SUBTRACT.get((type(left), type(right)))
    if found is None:
        raise _undefined("-", left, right)
    return _temporal(found, left, right)


def multiply(left: Value, right: Value) -> Value:
    """`left * right`."""
    if is_number(left) and is_number(right):
        if type(left) is int and type(right) is int:
            return normal(left * right)
        return _decimal(DECIMAL.multiply, left, right)
    if is_number(left):
        left, right = right, left
    if is_number(right) and type(left) in {DaysDuration, MonthsDuration}:
        return _scaled(left, Decimal(right), DECIMAL.multiply)
    raise _undefined("*", left, right)


def divide(left: Value, right: Value) -> Value:
    """`left / right`."""
    if is_number(right):
        if is_number(left):
            return _decimal(DECIMAL.divide, left, right)
        if type(left) in {DaysDuration, MonthsDuration}:
            if right == 0:
                raise Faulty("Durch null kann nicht geteilt werden.")
            return _scaled(left, Decimal(right), DECIMAL.divide)
    if type(left) is DaysDuration and type(right) is DaysDuration:
        return _decimal(DECIMAL.divide, left.nanos, right.nanos)
    if type(left) is MonthsDuration and type(right) is MonthsDuration:
        return _decimal(DECIMAL.divide, left.months, right.months)
    raise _undefined("/", left, right)


def power(left: Value, right: Value) -> Value:
    """`left ** right`."""
    if is_number(left) and is_number(right):
        # IEEE 754-2008, 9.2.1: pow(x, 0) is 1 for every x; Python's decimal refuses 0 ** 0.
        return 1 if right == 0 else _decimal(DECIMAL.power, left, right)
    raise _undefined("**", left, right)


def negate(value: Value) -> Value:
    """`-value`."""
    if is_number(value):
        return -value if type(value) is int else DECIMAL.minus(value)
    if type(value) is DaysDuration:
        return DaysDuration(-value.nanos)
    if type(value) is MonthsDuration:
        return MonthsDuration(-value.months)
    raise Faulty(f"Ein Wert der Art {kind_of(value)} hat kein Negatives.")


def _decimal(operation: Callable[[Decimal, Decimal], Decimal], left: int | Decimal, right: int | Decimal) -> Decimal:
    try:
        result = operation(Decimal(left), Decimal(right))
    except (decimal.DivisionByZero, decimal.InvalidOperation) as exc:
        raise Faulty("Die Rechnung hat kein Ergebnis, zum Beispiel bei einer Teilung durch null.") from exc
    except decimal.Overflow as exc:
        raise Faulty("Das Ergebnis der Rechnung ist zu groß.") from exc
    if not result.is_finite():
        raise Faulty("Die Rechnung hat kein endliches Ergebnis.")
    return result


def _scaled(length: DaysDuration | MonthsDuration, factor: Decimal, operation: Callable[[Decimal, Decimal], Decimal]) -> Value:
    amount = length.nanos if isinstance(length, DaysDuration) else length.months
    try:
        scaled = int(_decimal(operation, amount, factor))
        return DaysDuration(scaled) if isinstance(length, DaysDuration) else MonthsDuration(scaled)
    except TemporalError as exc:
        raise Faulty("Die Dauer ist zu lang.") from exc


def _temporal(operation: Operation, left: Value, right: Value) -> Value:
    try:
        return operation(left, right)
    except TemporalError as exc:
        raise Faulty("Das Ergebnis liegt außerhalb der darstellbaren Tage.") from exc


def _undefined(operator: str, left: Value, right: Value) -> Faulty:
    return Faulty(f"„{operator}“ ist für {kind_of(left)} und {kind_of(right)} nicht erklärt.")


def moment(value: FeelDate | FeelDateTime) -> FeelDateTime:
    """A date as the date and time it stands for: midnight UTC (10.3.2.3.6)."""
    return value if isinstance(value, FeelDateTime) else FeelDateTime(value, FeelTime(0, 0))


def _difference(left: FeelDate | FeelDateTime, right: FeelDate | FeelDateTime) -> DaysDuration:
    first, second = moment(left), moment(right)
    if first.time.is_local != second.time.is_local:
        raise Faulty("Ein Zeitpunkt mit Zeitzone und einer ohne haben keinen Abstand.")
    return DaysDuration(first.utc_nanos() - second.utc_nanos())


def _time_difference(left: FeelTime, right: FeelTime) -> DaysDuration:
    if left.is_local != right.is_local:
        raise Faulty("Eine Uhrzeit mit Zeitzone und eine ohne haben keinen Abstand.")
    return DaysDuration(left.utc_nanos() - right.utc_nanos())


def _shift_time(time: FeelTime, nanos: int) -> FeelTime:
    return FeelTime((time.nanos + nanos) % DAY_NANOS, time.offset, time.zone)


def _shift_date(day: FeelDate, nanos: int) -> FeelDate:
    return FeelDate.from_ordinal((day.ordinal * DAY_NANOS + nanos) // DAY_NANOS)


_ADD: Final[dict[tuple[type, type], Operation]] = {
    (DaysDuration, DaysDuration): lambda a, b: DaysDuration(a.nanos + b.nanos),
    (MonthsDuration, MonthsDuration): lambda a, b: MonthsDuration(a.months + b.months),
    (FeelDateTime, MonthsDuration): lambda a, b: a.plus_months(b.months),
    (FeelDateTime, DaysDuration): lambda a, b: a.plus_nanos(b.nanos),
    (FeelDate, MonthsDuration): lambda a, b: a.plus_months(b.months),
    (FeelDate, DaysDuration): lambda a, b: _shift_date(a, b.nanos),
    (FeelTime, DaysDuration): lambda a, b: _shift_time(a, b.nanos),
    (MonthsDuration, FeelDateTime): lambda a, b: b.plus_months(a.months),
    (DaysDuration, FeelDateTime): lambda a, b: b.plus_nanos(a.nanos),
    (MonthsDuration, FeelDate): lambda a, b: b.plus_months(a.months),
    (DaysDuration, FeelDate): lambda a, b: _shift_date(b, a.nanos),
    (DaysDuration, FeelTime): lambda a, b: _shift_time(b, a.nanos),
}
_SUBTRACT: Final[dict[tuple[type, type], Operation]] = {
    (DaysDuration, DaysDuration): lambda a, b: DaysDuration(a.nanos - b.nanos),
    (MonthsDuration, MonthsDuration): lambda a, b: MonthsDuration(a.months - b.months),
    (FeelDateTime, MonthsDuration): lambda a, b: a.plus_months(-b.months),
    (FeelDateTime, DaysDuration): lambda a, b: a.plus_nanos(-b.nanos),
    (FeelDate, MonthsDuration): lambda a, b: a.plus_months(-b.months),
    (FeelDate, DaysDuration): lambda a, b: _shift_date(a, -b.nanos),
    (FeelTime, DaysDuration): lambda a, b: _shift_time(a, -b.nanos),
    (FeelTime, FeelTime): _time_difference,
    **{(a, b): _difference for a in (FeelDate, FeelDateTime) for b in (FeelDate, FeelDateTime)},
}
ARITHMETIC: Final[dict[str, Operation]] = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}


def _offset(time: FeelTime, day: FeelDate | None) -> Value:
    seconds = time.offset_on(day)
    return None if seconds is None else DaysDuration(seconds * 1_000_000_000)


def _part(index: int) -> Callable[[DaysDuration | MonthsDuration], Value]:
    return lambda value: value.parts()[index]


def _included(*, low: bool) -> Callable[[Range], Value]:
    def included(value: Range) -> Value:
        return value.low_closed if low else value.high_closed

    return included


def _of_date(get: Callable[[FeelDate], Value]) -> Callable[[FeelDateTime], Value]:
    return lambda moment: get(moment.date)


def _of_time(get: Callable[[FeelTime], Value]) -> Callable[[FeelDateTime], Value]:
    return lambda moment: get(moment.time)


_DATE_PROPERTIES: Final[dict[str, Callable[[FeelDate], Value]]] = {
    "year": lambda day: day.year,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "weekday": lambda day: day.weekday,
}
_TIME_PROPERTIES: Final[dict[str, Callable[[FeelTime], Value]]] = {
    "hour": lambda time: time.hour,
    "minute": lambda time: time.minute,
    "second": lambda time: time.second,
    "timezone": lambda time: time.zone,
}
PROPERTIES: Final[dict[type, dict[str, Callable[[Value], Value]]]] = {
    FeelDate: {**_DATE_PROPERTIES},
    FeelTime: {**_TIME_PROPERTIES, "time offset": lambda time: _offset(time, None)},
    FeelDateTime: {
        **{name: _of_date(get) for name, get in _DATE_PROPERTIES.items()},
        **{name: _of_time(get) for name, get in _TIME_PROPERTIES.items()},
        "time offset": lambda moment: _offset(moment.time, moment.date),
    },
    DaysDuration: {"days": _part(0), "hours": _part(1), "minutes": _part(2), "seconds": _part(3)},
    MonthsDuration: {"years": _part(0), "months": _part(1)},
    Range: {
        "start": lambda value: value.low,
        "end": lambda value: value.high,
        "start included": _included(low=True),
        "end included": _included(low=False),
    },
}
PROPERTY_NAMES: Final = ("time offset", "start included", "end included")


def _property_or_null(value: Value, name: str) -> Value:
    try:
        return get_property(value, name)
    except Faulty:
        return None


def get_property(value: Value, name: str) -> Value:
    """`value.name`: an entry of a context, a part of a date or duration, or, for a list, that of each element."""
    if isinstance(value, Mapping):
        try:
            return wrap(value[name])
        except KeyError:
            raise Faulty(f"Der Kontext hat keinen Eintrag „{name}“.") from None
    if type(value) is list:
        return [_property_or_null(wrap(item), name) for item in value]
    getter = PROPERTIES.get(type(value), {}).get(name)
    if getter is None:
        raise Faulty(f"Ein Wert der Art {kind_of(value)} hat keine Eigenschaft „{name}“.")
    return getter(value)
