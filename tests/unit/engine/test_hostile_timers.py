"""Timers made to hurt, each with its expected answer: as a literal, as FEEL, and in a running instance."""
from datetime import UTC, datetime

import pytest

from engine import timers
from engine.errors import ExpressionError
from engine.lint import lint
from tests.unit.engine.models import Case, boundary, chain, doc, el, start, timer, user

SINCE = datetime(2026, 1, 31, 9, tzinfo=UTC)
# form, text, due (UTC)
DUE = [
    ("Duration", "PT0S", "2026-01-31T09:00"),
    ("Duration", "P1M", "2026-02-28T09:00"),
    ("Cycle", "R-1/P1D", "2026-02-01T09:00"),
    ("Cycle", "R999999999/PT1S", "2026-01-31T09:00:01"),
    ("Date", "2026-03-29T02:30", "2026-03-29T01:30"),
    ("Date", "2026-03-29T02:30:00@Europe/Berlin", "2026-03-29T01:30"),
    ("Date", "2026-10-25T02:30", "2026-10-25T00:30"),
    ("Date", "2026-10-25T02:30:00@Europe/Berlin", "2026-10-25T00:30"),
    ("Date", "2000-01-01T00:00:00Z", "2000-01-01T00:00"),
    ("Date", "2026-06-01T08:00:00", "2026-06-01T06:00"),
]
REFUSED = [
    ("Cycle", "R/PT0S"), ("Cycle", "R3/PT0S"), ("Cycle", "R0/P1D"), ("Cycle", "R/P99999Y"), ("Cycle", "R5"), ("Cycle", "R/-P1D"),
    ("Duration", "-P1D"), ("Duration", "P99999Y"), ("Duration", "P9999999Y"), ("Duration", "PT1E9S"), ("Duration", "P1D; DROP TABLE timer"), ("Duration", "P"),
    ("Date", "2026-02-30"), ("Date", "2026-13-01T00:00:00Z"), ("Date", "99999-01-01T00:00:00Z"), ("Date", "2026-06-01T08:00:00@Mars/Olympus"),
    ("Date", "2026-06-01T08:00:00[Mars/Olympus]"), ("Date", "2026-06-01T08:00:00@../../etc/passwd"), ("Date", "morgen"),
]


def model(form, text):
    if form == "Cycle":
        return doc(start(), user("u"), boundary("b", "u", timer(form, text), "false"), user("h"), chain("s", "u"), chain("b", "h"))
    return doc(start(), el("intermediateCatchEvent", "b", timer(form, text)), user("h"), chain("s", "b", "h"))


@pytest.mark.parametrize(("form", "text", "due"), DUE)
def test_unusual_timer_has_its_moment(form, text, due):
    assert timers.parse_timer(form.lower(), text, SINCE).due == datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert lint(model(form, text)).runs


def test_years_from_a_leap_day_end_in_february():
    assert timers.parse_timer("duration", "P1Y", datetime(2028, 2, 29, 9, tzinfo=UTC)).due == datetime(2029, 2, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize(("form", "text"), REFUSED)
def test_impossible_timer_is_refused_by_lint_and_an_incident_as_feel(form, text):
    with pytest.raises(ExpressionError):
        timers.parse_timer(form.lower(), text, SINCE)
    assert [f.code for f in lint(model(form, text)).findings if f.severity == "error"] == ["timer"]

    case = Case(model(form, f"= &quot;{text}&quot;"))
    assert case.incident("b").message
    assert not case.open("timers")
    case.engine.run(case.key, "cancel")
    assert case.alive() == []


@pytest.mark.parametrize("expression", ["null", "NaN", "true", "[]", "{}", "1/0", "gibtsnicht", "-1", "function(x) x"])
@pytest.mark.parametrize("form", ["Date", "Duration", "Cycle"])
def test_value_that_is_no_time_is_an_incident(form, expression):
    case = Case(model(form, f"= {expression}"))

    assert case.incident("b").message
    assert not case.open("timers")


def test_duration_of_nothing_and_date_in_the_past_fire_at_the_next_look():
    for form, text in (("Duration", "PT0S"), ("Date", "2000-01-01T00:00:00Z")):
        case = Case(model(form, text))
        case.wait(0, seconds=0)
        assert case.open() == ["h"], text


def test_clock_set_back_fires_nothing_twice_and_nothing_early():
    case = Case(model("Cycle", "R/PT1H"))
    case.wait(0, seconds=3600)
    assert case.open() == ["h", "u"]
    case.wait(0, seconds=-3600)
    case.engine.run(case.key, "tick")
    assert case.open() == ["h", "u"]
    case.wait(0, seconds=3600)
    assert case.open() == ["h", "u"]
    case.wait(0, seconds=3600)
    assert case.open() == ["h", "h", "u"]


def test_a_thousand_timers_of_one_second_fire_in_one_look():
    case = Case(doc(start(), user("u"), boundary("b", "u", timer("Cycle", "R/PT1S"), "false"), el("task", "t"), chain("s", "u"), chain("b", "t")))
    case.wait(0, seconds=1000)

    assert case.open() == ["u"]
    assert len(case.open("timers")) == 1
    assert [what for _, what, element in case.engine.log if element == "t" and what == "completed"] == ["completed"]
    due = next(iter(case.engine.open["timers"].values())).due
    assert due > case.engine.clock.now()
