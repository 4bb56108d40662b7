"""The functions our models have besides those of the standard: the present, Arbeitstage, and the Fristen of the profile.

They are handed to an evaluation as `functions`; the evaluator itself never asks a clock. A day given as text (process variables are
JSON) is read as a date, because these functions can mean nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypedDict

from engine.calendar import MAX_TAGE, Calendar, end_of_day, plus_wall_clock
from engine.clock import BERLIN
from engine.feel.operators import add
from engine.feel.scope import whole_number
from engine.feel.temporal import DaysDuration, FeelDate, FeelDateTime, MonthsDuration, from_python, parse_date_time
from engine.feel.values import Faulty, FeelFunction, Value

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from engine.clock import Clock

_HOUR: Final = 3_600_000_000_000
_DAY_KINDS: Final = "string|date|date and time"


class Frist(TypedDict):
    """A deadline of the profile: a figure and its unit (stunden, tage, wochen, monate, jahre, arbeitstage, werktage)."""

    wert: int
    einheit: str


class FristPort(Protocol):
    """Gives the deadlines of the Kommune whose process runs."""

    def __call__(self, name: str) -> Mapping[str, object] | None:
        """The deadline of that name with `wert` and `einheit`, or None."""
        ...


_LENGTHS: Final[dict[str, Callable[[int], DaysDuration | MonthsDuration]]] = {
    "stunden": lambda n: DaysDuration(n * _HOUR),
    "tage": lambda n: DaysDuration(n * 24 * _HOUR),
    "wochen": lambda n: DaysDuration(n * 7 * 24 * _HOUR),
    "monate": MonthsDuration,
    "jahre": lambda n: MonthsDuration(n * 12),
}
_COUNTED: Final = frozenset({"arbeitstage", "werktage"})
_DAYS: Final = frozenset({"tage", "wochen"})


def engine_functions(clock: Clock, calendar: Calendar, frist: FristPort | None = None) -> dict[str, FeelFunction]:
    """`now`, `today`, `arbeitstage`, `werktage`, `feiertag`, and `frist` if there is a profile."""

    def count(unit: str, start: Value, n: int) -> Value:
        """The n-th counted day after a start; a date and time keeps its time of day."""
        day = _day(start)
        if abs(n) > MAX_TAGE:
            raise Faulty(f"Gezählt werden höchstens {MAX_TAGE} Tage.")
        try:
            found = (calendar.arbeitstage if unit == "arbeitstage" else calendar.werktage)(day.to_python(), n)
        except ValueError as exc:
            raise Faulty("Der Tag liegt außerhalb des Kalenders.") from exc
        target = FeelDate(found.year, found.month, found.day)
        return FeelDateTime(target, start.time) if isinstance(start, FeelDateTime) else target

    def feiertag(start: Value) -> Value:
        return calendar.feiertag(_day(_start(start)).to_python())

    def length(name: str) -> tuple[int, str]:
        entry = None if frist is None else frist(name)
        if entry is None:
            raise Faulty(f"Das Profil hat keine Frist „{name}“.")
        amount, unit = entry.get("wert"), entry.get("einheit")
        if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0 or (unit not in _LENGTHS and unit not in _COUNTED):
            raise Faulty(f"Die Frist „{name}“ braucht einen ganzzahligen Wert und eine bekannte Einheit.")
        return amount, str(unit)

    def frist_length(name: str) -> Value:
        amount, unit = length(name)
        if unit in _LENGTHS:
            return _LENGTHS[unit](amount)
        last = (calendar.arbeitstage if unit == "arbeitstage" else calendar.werktage)(clock.today(), amount)
        return duration_until(clock.now(), end_of_day(last))

    def frist_from(name: str, start: Value) -> Value:
        amount, unit = length(name)
        begin = _start(start)
        if unit in _COUNTED:
            return count(unit, begin, amount)
        if unit in _DAYS and isinstance(begin, FeelDateTime):
            # a week from the end of a day ends with a day, also where summer time begins or ends in between; timers count the same way
            return FeelDateTime(add(begin.date, _LENGTHS[unit](amount)), begin.time)
        return add(begin, _LENGTHS[unit](amount))

    def counted(unit: str) -> Callable[[Value, Value], Value]:
        return lambda start, n: count(unit, _start(start), whole_number(n))

    lengths = (
        FeelFunction("frist", ("name",), frist_length, kinds=("string",)),
        FeelFunction("frist", ("name", "start"), frist_from, kinds=("string", _DAY_KINDS)),
    )
    functions = [
        FeelFunction("now", (), lambda: from_python(clock.now().astimezone(BERLIN)), kinds=()),
        FeelFunction("today", (), lambda: from_python(clock.today()), kinds=()),
        FeelFunction("arbeitstage", ("date", "n"), counted("arbeitstage"), kinds=(_DAY_KINDS, "number")),
        FeelFunction("werktage", ("date", "n"), counted("werktage"), kinds=(_DAY_KINDS, "number")),
        FeelFunction("feiertag", ("date",), feiertag, kinds=(_DAY_KINDS,)),
        FeelFunction("frist", lengths[1].parameters, frist_from, overloads=lengths),
    ]
    return {function.name: function for function in functions}


def _start(value: Value) -> FeelDate | FeelDateTime:
    """A day given as date, date and time, or text. Raises TemporalError, which makes the result null."""
    if isinstance(value, str):
        moment = parse_date_time(value)
        return moment if "T" in value else moment.date
    return value  # type: ignore[no-any-return]  # the kinds of the functions let nothing else through


def _day(value: FeelDate | FeelDateTime) -> FeelDate:
    return value.date if isinstance(value, FeelDateTime) else value


def duration_until(now: dt.datetime, target: dt.datetime) -> DaysDuration:
    """The duration that a timer set now adds up to the target.

    A timer adds days on the wall clock and the rest as elapsed time, so both parts are measured that way. Both moments are aware.
    """
    days = max((target - now).days, 0)
    while days and plus_wall_clock(now, days=days) > target:
        days -= 1
    rest = target - plus_wall_clock(now, days=days)
    return DaysDuration(days * 24 * _HOUR + (rest.days * 86_400 + rest.seconds) * 1_000_000_000 + rest.microseconds * 1000)
