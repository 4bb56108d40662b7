"""Dates, times and durations: DMN 1.5, 10.3.4.1 (conversions) and 10.3.4.8 (temporal functions). `now` and `today` come from the engine."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.feel.builtins.registry import Registry
from engine.feel.operators import moment
from engine.feel.scope import whole_number
from engine.feel.temporal import (
    SECOND_NANOS,
    DaysDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    MonthsDuration,
    days_in_month,
    make_time,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
)

if TYPE_CHECKING:
    from engine.feel.values import Value

REGISTRY: Final = Registry()
add = REGISTRY.add
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@add("date", "from: string", result="date")
def date_from_text(text: str) -> Value:
    """Read a date."""
    return parse_date(text)


@add("date", "from: date|date and time", result="date")
def date_from_moment(value: FeelDate | FeelDateTime) -> Value:
    """The day of a date and time."""
    return value.date if isinstance(value, FeelDateTime) else value


@add("date", "year: number, month: number, day: number", result="date")
def date_from_parts(year: Value, month: Value, day: Value) -> Value:
    """A date from its parts."""
    return FeelDate(whole_number(year), whole_number(month), whole_number(day))


@add("date and time", "from: string", result="date and time")
def date_time_from_text(text: str) -> Value:
    """Read a date and time; a date alone means midnight."""
    return parse_date_time(text)


@add("date and time", "from: date|date and time", result="date and time")
def date_time_from_moment(value: FeelDate | FeelDateTime) -> Value:
    """A date and time is itself, a date means midnight UTC."""
    return moment(value)


@add("date and time", "date: date|date and time, time: time", result="date and time")
def date_time_from_parts(day: FeelDate | FeelDateTime, time: FeelTime) -> Value:
    """A day and a time of day."""
    return FeelDateTime(day.date if isinstance(day, FeelDateTime) else day, time)


@add("date and time", "date: date and time, timezone: string", result="date and time")
def date_time_in_zone(value: FeelDateTime, timezone: str) -> Value:
    """The same moment on the clock of another zone."""
    return FeelDateTime.from_utc(value.utc_nanos(), timezone)


@add("time", "from: string", result="time")
def time_from_text(text: str) -> Value:
    """Read a time of day."""
    return parse_time(text)


@add("time", "from: time|date|date and time", result="time")
def time_from_moment(value: FeelTime | FeelDate | FeelDateTime) -> Value:
    """The time of day of a date and time; a date means midnight UTC."""
    if isinstance(value, FeelTime):
        return value
    return moment(value).time


@add("time", "hour: number, minute: number, second: number, offset?: days and time duration?", result="time")
def time_from_parts(hour: Value, minute: Value, second: Value, offset: DaysDuration | None = None) -> Value:
    """A time of day from its parts; seconds may have a fraction."""
    whole = int(second)
    nanos = int((Decimal(second) - whole) * SECOND_NANOS)
    shift = None if offset is None else offset.nanos // SECOND_NANOS
    return make_time(whole_number(hour), whole_number(minute), whole, nanos, shift)


@add("duration", "from: string", result="days and time duration")
def duration_from_text(text: str) -> Value:
    """Read a duration."""
    return parse_duration(text)


@add("duration", "from: days and time duration|years and months duration", result="days and time duration")
def duration_same(value: Value) -> Value:
    """A duration is itself."""
    return value


@add("years and months duration", "from: date|date and time, to: date|date and time", result="years and months duration")
def months_between(start: FeelDate | FeelDateTime, end: FeelDate | FeelDateTime) -> Value:
    """Whole months from one day to another, negative if the second is earlier; the time of day does not count."""
    first, second = _day(start), _day(end)
    months = (second.year - first.year) * 12 + second.month - first.month
    if months > 0 and second.day < first.day:
        months -= 1
    elif months < 0 and second.day > first.day:
        months += 1
    return MonthsDuration(months)


def _day(value: FeelDate | FeelDateTime) -> FeelDate:
    return value.date if isinstance(value, FeelDateTime) else value


@add("day of year", "date: date|date and time", result="number")
def day_of_year(value: FeelDate | FeelDateTime) -> Value:
    """1 for 1 January."""
    return _day(value).day_of_year


@add("day of week", "date: date|date and time", result="string")
def day_of_week(value: FeelDate | FeelDateTime) -> Value:
    """The English name of the day of the week."""
    return _DAYS[_day(value).weekday - 1]


@add("month of year", "date: date|date and time", result="string")
def month_of_year(value: FeelDate | FeelDateTime) -> Value:
    """The English name of the month."""
    return _MONTHS[_day(value).month - 1]


@add("week of year", "date: date|date and time", result="number")
def week_of_year(value: FeelDate | FeelDateTime) -> Value:
    """The week of the year (ISO 8601)."""
    return _day(value).week


@add("last day of month", "date: date|date and time", result="date")
def last_day_of_month(value: FeelDate | FeelDateTime) -> Value:
    """The last day of that month (as Camunda 8 offers it)."""
    day = _day(value)
    return FeelDate(day.year, day.month, days_in_month(day.year, day.month))


@add("abs", "n: number", result="number")
def abs_number(value: Value) -> Value:
    """The number without its sign."""
    return abs(value)


@add("abs", "n: days and time duration|years and months duration")
def abs_duration(value: DaysDuration | MonthsDuration) -> Value:
    """The duration without its sign."""
    if isinstance(value, DaysDuration):
        return DaysDuration(abs(value.nanos))
    return MonthsDuration(abs(value.months))
