import time
from decimal import Decimal

import pytest

from forms.model import Temporal
from forms.pattern import UnsafePatternError, compile_pattern, matches
from forms.values import BadValueError, number_from_json, parse_number, show_number, show_temporal, to_iso


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3), ("-3", -3), ("\u22123", -3), ("+3", 3), ("3,5", Decimal("3.5")), ("1.234,50", Decimal("1234.50")), ("1.234", 1234),
        ("1234567", 1234567), ("3.5", Decimal("3.5")), ("3,0", 3), ("0,10", Decimal("0.1")), ("007", 7),
    ],
)  # fmt: skip
def test_numbers_are_read_as_germans_write_them(text, number):
    assert parse_number(text) == number
    assert type(parse_number(text)) is type(number)


@pytest.mark.parametrize("text", ["", "drei", "1e9", "NaN", "inf", "1,2,3", "1.23,4", "٣", "9" * 16, "1_000", "0x10", "1 000", "--1", ",5"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(BadValueError, match="Geben Sie eine Zahl ein"):
        parse_number(text)


@pytest.mark.parametrize("value", [True, "3", None, [], float("nan"), float("inf"), 1e300, 10**16])
def test_json_numbers_are_finite_and_typed(value):
    with pytest.raises(BadValueError):
        number_from_json(value)


def test_json_floats_keep_their_written_form():
    assert number_from_json(0.1) == Decimal("0.1")
    assert number_from_json(2.0) == 2
    assert show_number(Decimal("1234.50")) == "1234,50"
    assert show_number(0.5) == "0,5"


@pytest.mark.parametrize(
    ("subtype", "text", "iso"),
    [
        (Temporal.DATE, "14.09.2026", "2026-09-14"),
        (Temporal.DATE, "1.2.2026", "2026-02-01"),
        (Temporal.DATE, "29.02.2028", "2028-02-29"),
        (Temporal.DATE, "2026-09-14", "2026-09-14"),
        (Temporal.TIME, "9:05", "09:05:00"),
        (Temporal.TIME, "10.30 Uhr", "10:30:00"),
        (Temporal.DATETIME, "14.09.2026 10:30", "2026-09-14T10:30:00+02:00"),
        (Temporal.DATETIME, "14.01.2026, 10:30 Uhr", "2026-01-14T10:30:00+01:00"),
        (Temporal.DATETIME, "2026-09-14T08:30:00Z", "2026-09-14T10:30:00+02:00"),
        (Temporal.DATETIME, "2026-09-14T10:30", "2026-09-14T10:30:00+02:00"),
        # The hour that exists twice is taken the first time.
        (Temporal.DATETIME, "25.10.2026 02:30", "2026-10-25T02:30:00+02:00"),
    ],
)
def test_dates_and_times_become_iso(subtype, text, iso):
    assert to_iso(subtype, "utc_offset", text) == iso


def test_zone_of_the_form_decides_the_stored_instant():
    assert to_iso(Temporal.DATETIME, "utc_normalized", "14.09.2026 10:30") == "2026-09-14T08:30:00Z"
    assert to_iso(Temporal.DATETIME, "no_timezone", "14.09.2026 10:30") == "2026-09-14T10:30:00"


@pytest.mark.parametrize(
    ("subtype", "text"),
    [
        (Temporal.DATE, "31.02.2026"), (Temporal.DATE, "2026-02-30"), (Temporal.DATE, "29.02.2026"), (Temporal.DATE, "morgen"),
        (Temporal.DATE, "14.09.26"), (Temporal.DATE, "01.01.0202"), (Temporal.DATE, "01.01.2999"), (Temporal.DATE, "1٤.09.2026"),
        (Temporal.DATE, "2026-09-14T10:30"), (Temporal.TIME, "25:00"), (Temporal.TIME, "10"), (Temporal.DATETIME, "14.09.2026"),
        (Temporal.DATETIME, "29.03.2026 02:30"), (Temporal.DATETIME, "2026-09-14T25:00"), (Temporal.DATETIME, " 10:30"),
        (Temporal.DATETIME, "0001-01-01T00:00:00+14:00"), (Temporal.DATETIME, "9999-12-31T23:59:59-12:00"),
        (Temporal.DATETIME, "2026-09-14T10:30:00+25:00"),
    ],
)  # fmt: skip
def test_impossible_dates_and_times_are_refused(subtype, text):
    with pytest.raises(BadValueError):
        to_iso(subtype, "utc_offset", text)


def test_sentence_names_the_date_that_does_not_exist():
    with pytest.raises(BadValueError, match=r"Den 31\.02\.2026 gibt es nicht\. Geben Sie das Datum als TT\.MM\.JJJJ ein\."):
        to_iso(Temporal.DATE, "utc_offset", "31.2.2026")


def test_stored_dates_are_shown_german_and_others_as_typed():
    assert show_temporal(Temporal.DATE, "2026-09-14") == "14.09.2026"
    assert show_temporal(Temporal.DATETIME, "2026-09-14T08:30:00Z") == "14.09.2026 10:30"
    assert show_temporal(Temporal.TIME, "10:30:00") == "10:30"
    assert show_temporal(Temporal.DATE, "31.02.2026") == "31.02.2026"


@pytest.mark.parametrize("pattern", [r"^[0-9]{5}$", r"^(MO|KO)-\d{4}-\d{1,6}$", r"^[^@ ]+@[^@ ]+\.[a-z]+$", "^a?b", r"(\d{2}-)*x", r"^\S+$"])
def test_ordinary_patterns_are_fine(pattern):
    assert compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*b", "(a*)*", "([a-z]+)*@", "(a|aa)+$", "a*a*a*a*a*a*b", r"(.)\1", "(?=a)b", "(?<!a)b", "(?P<x>a)(?P=x)", "[", "a{99999999999}", "x" * 501],
)  # fmt: skip
def test_patterns_that_can_take_for_ever_are_refused(pattern):
    with pytest.raises(UnsafePatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"^[^@ ]+@[^@ ]+\.[a-z]+$", "^a*a*b$", r"(\d{2}-)*x", "^(ab|cd)?[a-z]{1,40}[0-9a-z]{1,40}!$"])
def test_accepted_patterns_answer_at_once(pattern):
    start = time.perf_counter()

    for value in ("a" * 200, "1" * 200, "a@" * 100, "12-" * 66, "a" * 10_000):
        matches(pattern, value)

    assert time.perf_counter() - start < 1
