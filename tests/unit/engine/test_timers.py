"""Timer texts and when they are due."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import BERLIN
from engine.cron import CronError, parse_cron
from engine.errors import ExpressionError
from engine.feel import evaluate
from engine.timers import Form, instant, next_due, parse_timer

SINCE = dt.datetime(2026, 1, 31, 9, 0, tzinfo=dt.UTC)


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("form", "value", "due"),
    [
        ("date", "2026-03-01T09:00:00", "2026-03-01T09:00:00"), ("date", "2026-03-01", "2026-03-01T00:00:00"), ("date", "2026-03-01T09:00:00Z", "2026-03-01T10:00:00"),
        ("date", "2026-03-01T09:00+0200", "2026-03-01T08:00:00"), ("date", "2026-03-01T09:00:00+01:00[Europe/Berlin]", "2026-03-01T09:00:00"),
        ("date", "2026-03-29T02:30:00", "2026-03-29T03:30:00"), ("duration", "P1M", "2026-02-28T10:00:00"), ("duration", "P2W", "2026-02-14T10:00:00"),
        ("duration", "P1Y2M3DT4H", "2027-04-03T14:00:00"), ("duration", "PT90S", "2026-01-31T10:01:30"), ("cycle", "R3/PT10M", "2026-01-31T10:10:00"),
        ("cycle", "R/P1D", "2026-02-01T10:00:00"), ("cycle", "R/2026-06-01T08:00:00/P1D", "2026-06-01T08:00:00"), ("cycle", "R/2026-01-01T08:00:00/P1D", "2026-02-01T08:00:00"),
        ("cycle", "0 0 9-17 * * MON-FRI", "2026-02-02T09:00:00"), ("cycle", "30 8 * * *", "2026-02-01T08:30:00"), ("cycle", "@monthly", "2026-02-01T00:00:00"),
    ],
)  # fmt: skip
def test_first_due_time(form: Form, value: str, due: str) -> None:
    assert parse_timer(form, value, SINCE).due == local(due)


@pytest.mark.parametrize(
    ("value", "remaining"), [("R3/PT10M", 3), ("R/P1D", -1), ("R-1/P1D", -1), ("R1/P1D", 1), ("0 0 9 * * *", -1)]
)
def test_number_of_turns(value: str, remaining: int) -> None:
    assert parse_timer("cycle", value, SINCE).remaining == remaining


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("duration", "-P1D"), ("cycle", "R/PT0S"), ("date", "2026-02-30"), ("date", "2026-01-01T00:00:00@Mars/Base"), ("duration", "P99999Y"), ("duration", "P"), ("duration", "morgen"),
        ("duration", None), ("duration", 5), ("date", "P1D"), ("cycle", "R0/P1D"), ("cycle", "P1D"), ("cycle", "R/P1D/P1D/P1D"), ("cycle", "0 0 0 31 2 *"), ("cycle", "61 * * * *"), ("cycle", "* * *"),
        ("cycle", "R/-P1D"), ("cycle", "R/P99999Y"), ("date", "2026-01-01T00:00:00[Mars/Base]"),
    ],
)  # fmt: skip
def test_text_without_meaning_is_refused_with_a_sentence(form: Form, value: object) -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse_timer(form, value, SINCE)

    assert refusal.value.reason.endswith(".")


def test_feel_values_are_timers_too() -> None:
    assert parse_timer("duration", evaluate('duration("P1D")', {}), SINCE).due == local("2026-02-01T10:00:00")
    assert parse_timer("duration", evaluate('duration("P1M")', {}), SINCE).due == local("2026-02-28T10:00:00")
    assert parse_timer("date", evaluate('date("2026-05-01")', {}), SINCE).due == local("2026-05-01T00:00:00")
    assert parse_timer("cycle", evaluate('duration("PT1H")', {}), SINCE).remaining == -1
    with pytest.raises(ExpressionError, match="negativ"):
        parse_timer("duration", evaluate('-duration("P1D")', {}), SINCE)


def test_a_day_is_a_day_on_the_wall_clock_and_24_hours_are_24_hours() -> None:
    evening = local("2026-03-28T18:00:00")

    assert parse_timer("duration", "P1D", evening).due == local("2026-03-29T18:00:00")
    assert parse_timer("duration", "PT24H", evening).due == local("2026-03-29T19:00:00")


def test_end_of_month_does_not_drift() -> None:
    timer = parse_timer("cycle", "R/P1M", SINCE)
    found = [timer.due]
    for _ in range(3):
        found.append(next_due(timer.cycle or "", found[-1], found[-1]))

    assert [day.date().isoformat() for day in found] == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


@pytest.mark.parametrize("value", ["R/PT10M", "R/P1D", "R/P1M", "*/10 * * * *", "0 0 9 * * MON"])
def test_missed_turns_come_once(value: str) -> None:
    timer = parse_timer("cycle", value, SINCE)
    now = timer.due + dt.timedelta(days=400, seconds=7)

    following = next_due(timer.cycle or "", timer.due, now)

    assert now < following <= now + dt.timedelta(days=32)


@given(st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2040, 1, 1)), st.integers(0, 10**7), st.sampled_from(["R/PT17M", "R/P1D", "R/P1MT3H", "0 30 2 * * *", "0 0 12 L * ?"]))
def test_next_turn_is_always_later(since: dt.datetime, wait: int, value: str) -> None:
    start = since.replace(tzinfo=dt.UTC)
    timer = parse_timer("cycle", value, start)
    now = timer.due + dt.timedelta(seconds=wait)

    assert timer.due > start
    assert next_due(timer.cycle or "", timer.due, now) > now


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("0 0 12 L * *", "2026-02-01T00:00:00", "2026-02-28T12:00:00"), ("0 0 9 15W * *", "2026-02-01T00:00:00", "2026-02-16T09:00:00"),
        ("0 0 9 * * MON#2", "2026-02-01T00:00:00", "2026-02-09T09:00:00"), ("0 0 9 * * FRIL", "2026-02-01T00:00:00", "2026-02-27T09:00:00"),
        ("0 15,45 */6 * JAN,MAR *", "2026-01-31T23:00:00", "2026-03-01T00:15:00"), ("0 0 0 29 2 ?", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 8 * * 7", "2026-02-02T00:00:00", "2026-02-08T08:00:00"), ("10 0 0 * * *", "2026-02-02T00:00:10", "2026-02-03T00:00:10"), ("0 0 9 LW * *", "2026-02-01T00:00:00", "2026-02-27T09:00:00"),
    ],
)  # fmt: skip
def test_cron(text: str, after: str, expected: str) -> None:
    assert parse_cron(text).next_after(dt.datetime.fromisoformat(after)) == dt.datetime.fromisoformat(expected)


@pytest.mark.parametrize("text", ["* * * *", "* * * * * * *", "60 * * * *", "* 25 * * *", "5-1 * * * *", "*/0 * * * *", "a * * * *", "* * * FOO *", "* * 40W * *", "@never"])
def test_cron_without_meaning_is_refused(text: str) -> None:
    with pytest.raises(CronError, match=r"\.$"):
        parse_cron(text)


def test_cron_in_the_repeated_hour_comes_once() -> None:
    first = next_due("0 30 2 * * *", local("2026-10-25T00:00:00"), local("2026-10-25T00:00:00"))

    assert first == local("2026-10-25T02:30:00")
    assert next_due("0 30 2 * * *", first, first + dt.timedelta(hours=1)) == local("2026-10-26T02:30:00")


def test_due_date_without_time_ends_with_its_day() -> None:
    assert instant("2026-05-01", end=True) == local("2026-05-01T23:59:59")
    assert instant("2026-05-01", end=False) == local("2026-05-01T00:00:00")
    assert instant("2026-05-01T12:00:00", end=True) == local("2026-05-01T12:00:00")
    assert instant(None, end=True) is None
    with pytest.raises(ExpressionError):
        instant("bald", end=True)
