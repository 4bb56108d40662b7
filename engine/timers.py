"""Texts of timers: ISO 8601 date, duration and cycle, cron, or a FEEL value; and when a cycle is due again.

Years, months, weeks and days of a duration run on the wall clock of Europe/Berlin (P1D is the same time tomorrow, also when the clocks
change); hours, minutes and seconds are elapsed time. P1M from 31 January ends on the last day of February. A time without zone is one
of Europe/Berlin. For local times that do not exist or exist twice see `engine.calendar`; a cron turn within an hour that is repeated
comes once.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from engine.calendar import end_of_day, from_wall_clock, local, plus_wall_clock, start_of_day
from engine.cron import CronError, is_cron, parse_cron
from engine.feel.errors import FeelError
from engine.feel.temporal import (
    DAY_NANOS,
    DaysDuration,
    FeelDate,
    FeelDateTime,
    MonthsDuration,
    TemporalError,
    from_python,
    parse_date_time,
)

Form: TypeAlias = Literal["date", "duration", "cycle"]
ENDLESS: Final = -1
_SECOND: Final = dt.timedelta(seconds=1)
_DURATION: Final = re.compile(
    r"P(?:(\d{1,7})Y)?(?:(\d{1,7})M)?(?:(\d{1,7})W)?(?:(\d{1,7})D)?(T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,9}))?S)?)?",
    re.ASCII,
)
_REPEAT: Final = re.compile(r"R(-1|\d{0,9})", re.ASCII)
_BRACKET_ZONE: Final = re.compile(r"(?:Z|[+-]\d\d:\d\d)?\[([^\]]+)\]$")
_SHORT_TIME: Final = re.compile(r"(T\d\d:\d\d)(?=$|Z|[+-]|@)")
_SHORT_OFFSET: Final = re.compile(r"([+-]\d\d)(\d\d)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A timer that has been set.

    Attributes:
        due: first moment it fires, aware UTC; may lie in the past, then it fires at once.
        remaining: how often it fires; -1 without end.
        cycle: what `next_due` needs to find the turn after the next; None if it fires once.
    """

    due: dt.datetime
    remaining: int = 1
    cycle: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A duration in its three measures."""

    months: int
    days: int
    rest: dt.timedelta

    def after(self, start: dt.datetime, times: int = 1) -> dt.datetime:
        """The moment some spans after a start."""
        return plus_wall_clock(start, months=self.months * times, days=self.days * times) + self.rest * times

    def seconds(self) -> float:
        """Rough length, for estimates only."""
        return (self.months * 30.44 + self.days) * 86_400 + self.rest.total_seconds()

    def text(self) -> str:
        seconds = self.rest.total_seconds()
        clock = f"T{seconds:.6f}".rstrip("0").rstrip(".") + "S" if seconds else ""
        return f"P{self.months}M{self.days}D{clock}"


def parse_timer(form: Form, value: object, since: dt.datetime) -> Timer:
    """Set a timer.

    Args:
        form: which of the three timer elements of BPMN holds the text.
        value: text, or the FEEL value of an expression: date, date and time, duration (also for a cycle: without end).
        since: moment the timer is set, aware.

    Raises:
        FeelError: with a German sentence if the text is none of these or leads out of the calendar.
    """
    try:
        if form == "date":
            return Timer(due=_moment(value, end=False))
        if form == "duration":
            return Timer(due=_span(value).after(since))
        return _cycle(value, since)
    except (TemporalError, CronError) as exc:
        raise FeelError(str(value), str(exc)) from exc
    except (OverflowError, ValueError) as exc:
        raise FeelError(str(value), "Der Zeitpunkt liegt außerhalb des Kalenders (Jahr 9999).") from exc


def next_due(cycle: str, last_due: dt.datetime, now: dt.datetime) -> dt.datetime:
    """The first turn after `last_due` that lies after `now`: turns that were missed are not made up for.

    Args:
        cycle: `Timer.cycle`.
        last_due: the turn that fired, aware.
        now: the present, aware.

    Raises:
        FeelError: if the cycle has no further turn.
    """
    after = max(last_due, now)
    try:
        if is_cron(cycle):
            return _cron_after(cycle, after)
        _, anchor_text, span_text = cycle.split("/")
        return _turn_after(dt.datetime.fromisoformat(anchor_text), _span(span_text), after)
    except (TemporalError, CronError) as exc:
        raise FeelError(cycle, str(exc)) from exc
    except (OverflowError, ValueError) as exc:
        raise FeelError(cycle, "Der Zeitpunkt liegt außerhalb des Kalenders (Jahr 9999).") from exc


def instant(value: object, *, end: bool) -> dt.datetime | None:
    """A due or follow-up time: text or FEEL value as aware UTC; a mere date is the end or the beginning of that day; null is None.

    Raises FeelError.
    """
    if value is None or value == "":
        return None
    try:
        return _moment(value, end=end)
    except TemporalError as exc:
        raise FeelError(str(value), str(exc)) from exc
    except (OverflowError, ValueError) as exc:
        raise FeelError(str(value), "Der Zeitpunkt liegt außerhalb des Kalenders (Jahr 9999).") from exc


def _moment(value: object, *, end: bool) -> dt.datetime:
    if isinstance(value, (dt.date, dt.datetime)):
        value = from_python(value)
    if isinstance(value, str):
        text = value.strip()
        value = parse_date_time(_usual(text))
        if "T" not in text:
            value = value.date
    if isinstance(value, FeelDate):
        day = value.to_python()
        return end_of_day(day) if end else start_of_day(day)
    if not isinstance(value, FeelDateTime):
        raise TemporalError("Erwartet wird ein Datum oder ein Zeitpunkt wie 2026-03-01T09:00:00.")
    found = value.to_python()
    return from_wall_clock(found) if found.tzinfo is None else found.astimezone(dt.UTC)


def _usual(text: str) -> str:
    """Spellings of ISO 8601 and of Camunda in the one FEEL reads: seconds added, `+0200` parted, `[Europe/Berlin]` as `@`."""
    text = _BRACKET_ZONE.sub(r"@\1", text)
    text = _SHORT_TIME.sub(r"\1:00", text)
    day, separator, clock = text.partition("T")
    if separator and "@" not in clock:
        clock = _SHORT_OFFSET.sub(lambda match: f"{match[1]}:{match[2] or '00'}", clock) if clock.count(":") < 3 else clock
    return day + separator + clock


def _span(value: object) -> Span:
    if isinstance(value, dt.timedelta):
        value = from_python(value)
    if isinstance(value, MonthsDuration):
        span = Span(value.months, 0, dt.timedelta())
        negative = value.months < 0
    elif isinstance(value, DaysDuration):
        days, rest = divmod(value.nanos, DAY_NANOS)
        span = Span(0, days, dt.timedelta(microseconds=rest // 1000))
        negative = value.nanos < 0
    elif isinstance(value, str):
        return _span_from_text(value.strip())
    else:
        raise TemporalError("Erwartet wird eine Dauer wie P14D oder PT2H.")
    if negative:
        raise TemporalError("Eine Dauer kann nicht negativ sein.")
    return span


def _span_from_text(text: str) -> Span:
    if text.startswith("-"):
        raise TemporalError("Eine Dauer kann nicht negativ sein.")
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise TemporalError(f"„{text[:60]}“ ist keine Dauer wie P14D oder PT2H.")
    years, months, weeks, days, _, hours, minutes, seconds, fraction = match.groups()
    rest = dt.timedelta(hours=int(hours or 0), minutes=int(minutes or 0), seconds=int(seconds or 0))
    rest += dt.timedelta(microseconds=int((fraction or "0").ljust(6, "0")[:6]))
    return Span(int(years or 0) * 12 + int(months or 0), int(weeks or 0) * 7 + int(days or 0), rest)


def _cycle(value: object, since: dt.datetime) -> Timer:
    if not isinstance(value, str):
        return _repeated(ENDLESS, since, _checked(_span(value)), since)
    text = value.strip()
    if is_cron(text):
        return Timer(due=_cron_after(text, since), remaining=ENDLESS, cycle=text)
    repeat, *parts = text.split("/")
    match = _REPEAT.fullmatch(repeat)
    if match is None or len(parts) not in {1, 2}:
        raise TemporalError(f"„{text[:60]}“ ist keine Wiederholung wie R3/PT10M, R/P1D, R/2026-03-01T09:00:00/P1D oder ein Cron-Ausdruck.")
    times = ENDLESS if match[1] in {"", "-1"} else int(match[1])
    if times == 0:
        raise TemporalError("Eine Wiederholung findet mindestens einmal statt.")
    span = _checked(_span(parts[-1]))
    anchor = since if len(parts) == 1 else _moment(parts[0], end=False)
    return _repeated(times, anchor, span, since, at_anchor=len(parts) == 2)


def _checked(span: Span) -> Span:
    """A period that does not make a storm of timers."""
    if span.seconds() < 1:
        raise TemporalError("Eine Wiederholung hat einen Abstand von mindestens einer Sekunde.")
    return span


def _repeated(times: int, anchor: dt.datetime, span: Span, since: dt.datetime, *, at_anchor: bool = False) -> Timer:
    """A cycle counted from an anchor; turns before it was set do not come and do not count."""
    due = anchor if at_anchor and anchor >= since else _turn_after(anchor, span, since)
    return Timer(due=due.astimezone(dt.UTC), remaining=times, cycle=f"R/{anchor.astimezone(dt.UTC).isoformat()}/{span.text()}")


def _turn_after(anchor: dt.datetime, span: Span, after: dt.datetime) -> dt.datetime:
    """The first `anchor + n * span`, n at least 1, after a moment. Counting from the anchor keeps the 31st from drifting."""
    times = max(1, int((after - anchor).total_seconds() / span.seconds()) - 3)
    if after < anchor:
        times = 1
    while True:
        due = span.after(anchor, times)
        if due > after:
            return due
        times += 1


def _cron_after(text: str, after: dt.datetime) -> dt.datetime:
    cron = parse_cron(text)
    wall = local(after).replace(tzinfo=None)
    while True:
        turn = cron.next_after(wall)
        if turn is None:
            raise CronError("Der Cron-Ausdruck trifft keinen Tag der nächsten 30 Jahre.")
        due = from_wall_clock(turn)
        # In the hour that the clocks repeat, the wall clock of `after` may be behind a turn that has already been.
        if due > after:
            return due
        wall = turn
