"""Cron expressions as Camunda 8 accepts them: `second minute hour day month weekday`, five fields without the seconds, or a macro.

A day must satisfy both its fields, day of month and weekday. `?` is `*`; `L` is the last day, `15W` the weekday nearest to the 15th,
`MON#2` the second Monday, `FRIL` the last Friday.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

DayTest: TypeAlias = Callable[[dt.date], bool]
_MONTHS: Final = dict(zip(("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), range(1, 13), strict=True))
_DAYS: Final = dict(zip(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), range(7), strict=True))
_MACROS: Final = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_HORIZON_DAYS: Final = 366 * 30


class CronError(ValueError):
    """The text is no cron expression; the message is one German sentence."""


@dataclass(frozen=True)
class Cron:
    """A cron expression, read."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    day_tests: tuple[DayTest, ...]

    def next_after(self, moment: dt.datetime) -> dt.datetime | None:
        """The first turn after a wall-clock time (naive); None if there is none within 30 years."""
        day = moment.date()
        found = self._time_after(moment.time()) if self._is_day(day) else None
        try:
            for _ in range(_HORIZON_DAYS):
                if found is not None:
                    return dt.datetime.combine(day, found)
                day += dt.timedelta(days=1)
                found = dt.time(self.hours[0], self.minutes[0], self.seconds[0]) if self._is_day(day) else None
        except OverflowError:
            return None
        return None

    def _is_day(self, day: dt.date) -> bool:
        return day.month in self.months and all(test(day) for test in self.day_tests)

    def _time_after(self, time: dt.time) -> dt.time | None:
        """The first time of day after another."""
        for hour in self.hours:
            if hour < time.hour:
                continue
            if hour > time.hour:
                return dt.time(hour, self.minutes[0], self.seconds[0])
            for minute in self.minutes:
                if minute < time.minute:
                    continue
                if minute > time.minute:
                    return dt.time(hour, minute, self.seconds[0])
                later = next((second for second in self.seconds if second > time.second), None)
                if later is not None:
                    return dt.time(hour, minute, later)
        return None


def is_cron(text: str) -> bool:
    """Whether a timer text can only be meant as a cron expression."""
    return text.strip().startswith("@") or len(text.split()) in {5, 6}


@functools.lru_cache(maxsize=512)
def parse_cron(text: str) -> Cron:
    """Read a cron expression. Raises CronError."""
    fields = _MACROS.get(text.strip().lower(), text).upper().split()
    if len(fields) == 5:
        fields = ["0", *fields]
    if len(fields) != 6:
        raise CronError("Ein Cron-Ausdruck hat fünf oder sechs Felder.")
    tests = [test for test in (_day_of_month(fields[3]), _day_of_week(fields[5])) if test is not None]
    return Cron(
        _numbers(fields[0], 0, 59), _numbers(fields[1], 0, 59), _numbers(fields[2], 0, 23),
        frozenset(_numbers(fields[4], 1, 12, _MONTHS)), tuple(tests),
    )  # fmt: skip


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, 1, high, None) if slash else 1
        if span in {"*", "?"}:
            first, last = low, high
        elif "-" in span:
            begin, _, end = span.partition("-")
            first, last = _number(begin, low, high, names), _number(end, low, high, names)
            if last < first:
                raise CronError(f"Im Cron-Ausdruck läuft „{span}“ rückwärts.")
        else:
            first = _number(span, low, high, names)
            last = high if slash else first
        found.update(range(first, last + 1, step))
    return tuple(sorted(found))


def _number(text: str, low: int, high: int, names: dict[str, int] | None) -> int:
    value = (names or {}).get(text)
    if value is None:
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            raise CronError(f"„{text}“ ist in einem Cron-Ausdruck nicht möglich.")
        value = int(text)
    if not low <= value <= high:
        raise CronError(f"„{text}“ liegt im Cron-Ausdruck nicht zwischen {low} und {high}.")
    return value


def _last_day(day: dt.date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _day_of_month(field: str) -> DayTest | None:
    if field in {"*", "?"}:
        return None
    if field == "L":
        return lambda day: day.day == _last_day(day)
    if field.startswith("L-"):
        back = _number(field[2:], 1, 30, None)
        return lambda day: day.day == _last_day(day) - back
    if field.endswith("W"):
        wanted = None if field == "LW" else _number(field[:-1], 1, 31, None)
        return lambda day: day == _nearest_weekday(day, wanted)
    numbers = frozenset(_numbers(field, 1, 31))
    return lambda day: day.day in numbers


def _nearest_weekday(day: dt.date, wanted: int | None) -> dt.date | None:
    """Monday to Friday nearest to a day of the month, within that month; None stands for the last day."""
    last = _last_day(day)
    if wanted is not None and wanted > last:
        return None
    target = day.replace(day=wanted or last)
    if target.weekday() == 5:
        return target + dt.timedelta(days=-1 if target.day > 1 else 2)
    if target.weekday() == 6:
        return target + dt.timedelta(days=1 if target.day < last else -2)
    return target


def _day_of_week(field: str) -> DayTest | None:
    if field in {"*", "?"}:
        return None
    name, hash_sign, which_text = field.partition("#")
    if hash_sign:
        wanted, which = _number(name, 0, 7, _DAYS) % 7, _number(which_text, 1, 5, None)
        return lambda day: day.isoweekday() % 7 == wanted and (day.day - 1) // 7 + 1 == which
    if field.endswith("L") and len(field) > 1:
        last = _number(field[:-1], 0, 7, _DAYS) % 7
        return lambda day: day.isoweekday() % 7 == last and day.day > _last_day(day) - 7
    numbers = frozenset(number % 7 for number in _numbers(field, 0, 7, _DAYS))
    return lambda day: day.isoweekday() % 7 in numbers
