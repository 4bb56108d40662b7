"""Dates, times and durations."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import evaluate
from engine.feel.temporal import (
    FeelDate,
    FeelDateTime,
    TemporalError,
    from_python,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_temporal,
    parse_time,
)


@given(st.dates())
def test_day_numbers_agree_with_the_calendar_of_python(day: dt.date) -> None:
    own = FeelDate(day.year, day.month, day.day)

    assert own.ordinal == (day - dt.date(1970, 1, 1)).days
    assert FeelDate.from_ordinal(own.ordinal) == own
    assert (own.weekday, own.week, own.day_of_year) == (day.isoweekday(), day.isocalendar().week, day.timetuple().tm_yday)
    assert own.to_python() == day
    assert parse_date(str(own)) == own


@given(st.integers(min_value=-(10**11), max_value=10**11))
def test_day_numbers_reach_far(number: int) -> None:
    assert FeelDate.from_ordinal(number).ordinal == number


@given(st.datetimes(timezones=st.timezones()))
def test_moments_agree_with_python(moment: dt.datetime) -> None:
    whole = moment.replace(microsecond=0, fold=0)
    shift = whole.utcoffset()
    assert shift is not None
    if shift.microseconds or whole.year in {1, 9999}:
        return

    own = from_python(whole)

    assert isinstance(own, FeelDateTime)
    assert own.utc_nanos() == round((whole.replace(tzinfo=None) - shift - dt.datetime(1970, 1, 1)).total_seconds()) * 10**9


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-29", "-2024-02-29", "999999999-12-31", "10:30:00", "10:30:00.5", "10:30:00Z", "10:30:00+02:00", "10:30:00@Europe/Berlin", "2024-02-29T10:30:00",
        "2024-02-29T10:30:00-03:30", "2024-02-29T10:30:00@Europe/Berlin", "P1D", "PT36H", "-P1DT2H3M4.5S", "P1Y2M", "-P14M", "PT0S",
    ],
)  # fmt: skip
def test_text_survives_reading_and_writing(text: str) -> None:
    assert parse_temporal(str(parse_temporal(text))) == parse_temporal(text)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_date, "2023-02-29"), (parse_date, "2023-13-01"), (parse_date, "2023-1-1"), (parse_date, "02023-01-01"), (parse_date, "+2023-01-01"), (parse_date, "2023-01-01Z"),
        (parse_time, "24:00:00"), (parse_time, "10:60:00"), (parse_time, "10:00"), (parse_time, "10:00:00+19:00"), (parse_time, "10:00:00@Mars/Base"), (parse_time, "10:00:00+02:00@Europe/Berlin"),
        (parse_time, "10:00:00@../../etc/passwd"), (parse_date_time, "2024-01-01T"), (parse_date_time, "2024-01-01 10:00:00"), (parse_duration, "P"), (parse_duration, "P1DT"),
        (parse_duration, "P1Y1D"), (parse_duration, "1D"), (parse_duration, "P1.5D"), (parse_duration, "P999999999999Y"), (parse_date, "２０２４-01-01"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_refused_with_a_sentence(read, text: str) -> None:
    with pytest.raises(TemporalError, match=r"\.$"):
        read(text)


def test_months_keep_to_the_end_of_the_month() -> None:
    assert FeelDate(2024, 1, 31).plus_months(1) == FeelDate(2024, 2, 29)
    assert FeelDate(2024, 3, 31).plus_months(-13) == FeelDate(2023, 2, 28)


def test_elapsed_time_follows_the_zone() -> None:
    before = parse_date_time("2026-03-29T01:30:00@Europe/Berlin")

    assert str(before.plus_nanos(3600 * 10**9)) == "2026-03-29T03:30:00@Europe/Berlin"


@pytest.mark.parametrize(("text", "wanted"), [
    ('years and months duration(@"2016-01-01T12:00:00", @"2017-05-01T00:00:00")', "P1Y4M"),
    ('years and months duration(@"2018-01-15", @"2017-01-16")', "-P11M"),
    ('years and months duration(@"2016-01-31", @"2016-02-29")', "P0M"),
])
def test_months_are_counted_from_day_to_day_whatever_the_time(text, wanted):
    assert str(evaluate(text, {})) == wanted


def test_anything_to_the_power_of_nothing_is_one():
    assert [evaluate(text, {}) for text in ("0 ** 0", "2.5 ** 0", "(-3) ** 0")] == [1, 1, 1]
