"""The evaluator: JSON out, facts behind variables, clock, Fristen, decisions, timers."""
from collections import ChainMap
from datetime import UTC, datetime

import pytest

from engine.calendar import Calendar
from engine.clock import FixedClock
from engine.errors import ExpressionError
from engine.expressions import Expressions
from tests.unit.engine.stub import FRISTEN

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)           # Friday, 13:00 in Berlin, the clocks go forward on Sunday


def make(facts=None, decide=lambda name, view, *bound: None):
    return Expressions(facts or {}, FRISTEN.__getitem__, Calendar(), FixedClock(NOW), decide)


@pytest.mark.parametrize(("text", "expected"), [
    ("wort", "wort"), ("= 1 + 1", 2), ("= 1 / 4", 0.25), ('= {a: 0.5, b: [1.5, date("2026-01-02")]}', {"a": 0.5, "b": [1.5, "2026-01-02"]}),
    ('= duration("P1D")', "P1D"), ("= x.y", 7), ("= fehlt", None), ("= [1..3]", "[1..3]"), ("= today()", "2026-03-27"), ("= string(now())", "2026-03-27T13:00:00@Europe/Berlin"),
    ('= frist("antwort")', "P14D"), ('= frist("antwort", date("2026-01-01"))', "2026-01-15"), ('= arbeitstage(date("2026-01-01"), 1)', "2026-01-02")])
def test_value_is_json(text, expected):
    value = make().value(text, ChainMap({"x": {"y": 7}}))

    assert value == expected
    assert type(value) is type(expected)


def test_unreadable_expression_raises():
    with pytest.raises(ExpressionError):
        make().value("= 1 +", {})


def test_facts_are_read_once_and_only_when_needed():
    read = []
    expressions = make({"fall": lambda: read.append(1) or {"alter": 17}, "profil": {"wert": 3}})
    assert expressions.value("= profil.wert", {}) == 3
    assert read == []
    assert expressions.value("= fall.alter", {}) == 17
    assert expressions.value("= fall.alter + 1", {}) == 18
    assert read == [1]
    assert expressions.value("= fall", {"fall": "eigene"}) == "eigene"


def test_decision_sees_variables_and_facts():
    expressions = make({"profil": {"grenze": 18}}, lambda name, view, *bound: {name: [view["alter"] >= view["profil"]["grenze"], *bound]})

    assert expressions.decide("volljaehrig", {"alter": 18}, "versionTag", "v1", "7") == {"volljaehrig": [True, "versionTag", "v1", "7"]}


def test_failing_decision_is_one_sentence():
    with pytest.raises(ExpressionError, match="Entscheidung „d“"):
        make(decide=lambda name, view, *bound: 1 / 0).decide("d", {}, "latest", None, "7")


def test_unknown_frist_names_it():
    with pytest.raises(ExpressionError, match="weg"):
        make().value('= frist("weg")', {})


def epoch(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("form", "text", "due"), [
    ("duration", "P1D", (2026, 3, 28, 12)), ("duration", "P2D", (2026, 3, 29, 11)), ("duration", "PT48H", (2026, 3, 29, 12)),   # wall clock against elapsed time
    ("duration", '= frist("abstand")', (2026, 5, 27, 11)), ("duration", '= frist("pruefung")', (2026, 4, 1, 21, 59, 59)), ("date", "2026-04-01", (2026, 3, 31, 22)),
    ("date", '= frist("antwort", now())', (2026, 4, 10, 11)), ("cycle", "R3/P1W", (2026, 4, 3, 11)), ("cycle", "0 0 8 * * MON", (2026, 3, 30, 6))])
def test_timers(form, text, due):
    assert make().timer(form, text, {}, NOW.timestamp()).at == epoch(*due)


def test_timer_counts_arbeitstage_from_the_moment_it_is_set():
    """A timer that a migration adds counts from the entry of its element, and so does the Frist in it."""
    assert make().timer("duration", '= frist("pruefung")', {}, epoch(2026, 3, 2, 9)).at == epoch(2026, 3, 5, 22, 59, 59)


def test_cycle_goes_on_from_its_anchor():
    expressions = make()
    timer = expressions.timer("cycle", "R3/P1D", {}, NOW.timestamp())

    assert timer.left == 3
    assert expressions.next_due(timer.cycle, timer.at, timer.at + 5 * 86400) == epoch(2026, 4, 3, 11)


@pytest.mark.parametrize(("text", "end", "expected"), [
    ("= null", True, None), ("2026-04-01", True, (2026, 4, 1, 21, 59, 59)), ("2026-04-01", False, (2026, 3, 31, 22)), ("2026-04-01T08:00:00Z", True, (2026, 4, 1, 8)),
    ('= frist("antwort")', True, (2026, 4, 10, 11)), ("P7D", True, (2026, 4, 3, 11)), ('= string(frist("pruefung", today()))', True, (2026, 4, 1, 21, 59, 59))])
def test_due_and_follow_up_times(text, end, expected):
    assert make().instant(text, {}, NOW.timestamp(), end_of_day=end) == (None if expected is None else epoch(*expected))


def test_unreadable_times_raise():
    for form, text in (("duration", "= null"), ("date", "morgen"), ("cycle", '= "R/PT0S"')):
        with pytest.raises(ExpressionError):
            make().timer(form, text, {}, 0.0)
    with pytest.raises(ExpressionError):
        make().instant("bald", {}, 0.0, end_of_day=True)
