"""Dates and distances as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.calendar import Calendar
from web.anzeige import aufzaehlung, datum, end_of, faellig, parse_datum, start_of, weich

TUESDAY = date(2026, 11, 24)
NRW = Calendar("NW")


@pytest.mark.parametrize(("due", "lage", "wann"), [
    (date(2026, 11, 12), "over", "seit 8 Arbeitstagen überfällig"),
    (date(2026, 11, 19), "over", "seit 3 Arbeitstagen überfällig"),
    (date(2026, 11, 23), "over", "seit 1 Arbeitstag überfällig"),
    (date(2026, 11, 24), "today", "heute fällig"),
    (date(2026, 11, 25), "week", "morgen fällig"),
    (date(2026, 11, 27), "week", "in 3 Arbeitstagen"),
    (date(2026, 11, 29), "week", "in 3 Arbeitstagen"),
    (date(2026, 11, 30), "later", "in 4 Arbeitstagen"),
    (date(2026, 12, 8), "later", "in 10 Arbeitstagen"),
])
def test_distance_is_told_in_arbeitstagen(due, lage, wann):
    value = faellig(due, TUESDAY, NRW)

    assert (value.lage, value.wann) == (lage, wann)


def test_a_due_date_is_not_overdue_before_its_day_has_ended():
    last_second = end_of(TUESDAY)

    assert faellig(last_second, TUESDAY, NRW).lage == "today"
    assert faellig(last_second, date(2026, 11, 25), NRW).lage == "over"


def test_an_instant_belongs_to_its_day_in_berlin():
    assert faellig(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), TUESDAY, NRW).lage == "today"
    assert datum(datetime(2026, 7, 31, 22, 30, tzinfo=UTC)) == "01.08.2026"


def test_on_sunday_friday_is_overdue_though_no_arbeitstag_has_passed():
    assert faellig(date(2026, 11, 20), date(2026, 11, 22), NRW).wann == "seit 20.11. überfällig"


def test_holidays_do_not_count():
    assert faellig(date(2026, 12, 28), date(2026, 12, 23), NRW).wann == "in 2 Arbeitstagen"  # Weihnachten lies between


@pytest.mark.parametrize(("typed", "meant"), [("14.09.2026", date(2026, 9, 14)), (" 1.2.2026 ", date(2026, 2, 1)), ("2026-09-14", date(2026, 9, 14))])
def test_dates_are_read_as_people_write_them(typed, meant):
    assert parse_datum(typed) == meant


@pytest.mark.parametrize("typed", ["31.02.2026", "morgen", "", "0.0.0"])
def test_impossible_dates_say_what_to_do(typed):
    with pytest.raises(ValueError, match="Geben Sie"):
        parse_datum(typed)


def test_the_day_of_the_clock_change_has_its_own_bounds():
    assert (end_of(date(2026, 10, 25)).astimezone(UTC) - start_of(date(2026, 10, 25)).astimezone(UTC)).total_seconds() == 25 * 3600 - 1


def test_lists_read_as_sentences():
    assert aufzaehlung([]) == ""
    assert aufzaehlung(["a"]) == "a"
    assert aufzaehlung(["a", "b", "c"]) == "a, b und c"
    assert weich("Leistungssteuerung") == "Leistungs\u00adsteuerung"
