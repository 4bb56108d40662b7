"""Arbeitstage, Feiertage and the wall clock."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.calendar import Calendar, end_of_day, from_wall_clock, plus_wall_clock, start_of_day
from engine.clock import BERLIN, FixedClock, SystemClock

D = dt.date


def test_feiertage_depend_on_the_land() -> None:
    assert Calendar("NW").feiertag(D(2026, 11, 1)) == "Allerheiligen"
    assert Calendar("BE").feiertag(D(2026, 11, 1)) is None
    assert Calendar("NW").feiertag(D(2026, 12, 25)) == "Erster Weihnachtstag"


def test_unknown_land_is_refused() -> None:
    with pytest.raises(ValueError, match="XX"):
        Calendar("XX")


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (D(2026, 12, 23), 1, D(2026, 12, 24)), (D(2026, 12, 24), 1, D(2026, 12, 28)), (D(2026, 5, 15), 0, D(2026, 5, 15)), (D(2026, 5, 16), 0, D(2026, 5, 18)),
        (D(2026, 5, 18), -1, D(2026, 5, 15)), (D(2026, 5, 13), 1, D(2026, 5, 15)),
    ],
)  # fmt: skip
def test_arbeitstage_skip_weekends_and_feiertage(start: dt.date, n: int, expected: dt.date) -> None:
    assert Calendar("NW").arbeitstage(start, n) == expected


def test_saturday_is_a_werktag_but_no_arbeitstag() -> None:
    calendar = Calendar("NW")

    assert calendar.werktage(D(2026, 5, 15), 1) == D(2026, 5, 16)
    assert not calendar.is_arbeitstag(D(2026, 5, 16))
    assert calendar.is_werktag(D(2026, 5, 16))


def test_closing_day_is_no_arbeitstag() -> None:
    calendar = Calendar("NW", closing_days={D(2026, 12, 24)})

    assert calendar.arbeitstage(D(2026, 12, 23), 1) == D(2026, 12, 28)
    assert calendar.werktage(D(2026, 12, 23), 1) == D(2026, 12, 24)


def test_arbeitstage_between_counts_the_end_but_not_the_start() -> None:
    calendar = Calendar("NW")

    assert calendar.arbeitstage_between(D(2026, 12, 23), D(2026, 12, 28)) == 2
    assert calendar.arbeitstage_between(D(2026, 12, 28), D(2026, 12, 23)) == -2
    assert calendar.arbeitstage_between(D(2026, 12, 23), D(2026, 12, 23)) == 0


def test_absurd_numbers_of_days_are_refused() -> None:
    with pytest.raises(ValueError, match="10000"):
        Calendar("NW").arbeitstage(D(2026, 1, 1), 10**9)
    with pytest.raises(ValueError, match="outside"):
        Calendar("NW").arbeitstage(D(9999, 12, 31), 5)


def test_hour_that_does_not_exist_is_the_one_after_the_change() -> None:
    assert from_wall_clock(dt.datetime(2026, 3, 29, 2, 30)).astimezone(BERLIN).isoformat() == "2026-03-29T03:30:00+02:00"


def test_hour_that_exists_twice_is_the_first() -> None:
    assert from_wall_clock(dt.datetime(2026, 10, 25, 2, 30)).astimezone(BERLIN).isoformat() == "2026-10-25T02:30:00+02:00"


def test_day_ends_at_its_last_second_in_berlin() -> None:
    assert end_of_day(D(2026, 7, 1)) == dt.datetime(2026, 7, 1, 21, 59, 59, tzinfo=dt.UTC)
    assert start_of_day(D(2026, 1, 1)) == dt.datetime(2025, 12, 31, 23, tzinfo=dt.UTC)


def test_wall_clock_arithmetic_keeps_the_time_of_day() -> None:
    start = dt.datetime(2026, 3, 28, 9, tzinfo=dt.UTC)

    assert plus_wall_clock(start, days=1) - start == dt.timedelta(hours=23)
    assert plus_wall_clock(dt.datetime(2026, 1, 31, 11, tzinfo=dt.UTC), months=1).date() == D(2026, 2, 28)
    assert plus_wall_clock(dt.datetime(2026, 1, 15, 11, tzinfo=dt.UTC), months=-2).date() == D(2025, 11, 15)


def test_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC))

    assert clock.today() == D(2026, 7, 1)
    assert clock.advance(days=1, hours=1) == clock.now() == dt.datetime(2026, 7, 2, 0, 30, tzinfo=dt.UTC)
    with pytest.raises(ValueError, match="aware"):
        clock.set(dt.datetime(2026, 1, 1))


def test_system_clock_is_aware() -> None:
    assert SystemClock().now().utcoffset() == dt.timedelta()
    assert abs(SystemClock().today() - dt.datetime.now(BERLIN).date()) <= dt.timedelta(days=1)
