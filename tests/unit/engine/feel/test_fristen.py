"""The functions besides the standard: the present, Arbeitstage, Fristen of the profile."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.calendar import Calendar
from engine.clock import FixedClock
from engine.feel import compile_expression, evaluate_json
from engine.feel.fristen import engine_functions
from engine.timers import parse_timer

FRISTEN: dict[str, dict[str, object]] = {
    "erstgespraech": {"wert": 2, "einheit": "wochen"},
    "rueckmeldung": {"wert": 10, "einheit": "arbeitstage"},
    "samstag": {"wert": 1, "einheit": "werktage"},
    "pruefung": {"wert": 6, "einheit": "monate"},
    "ende": {"wert": 5, "einheit": "jahre"},
    "eile": {"wert": 4, "einheit": "stunden"},
    "sofort": {"wert": 0, "einheit": "arbeitstage"},
    "kaputt": {"wert": "viel", "einheit": "tage"},
}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(dt.datetime(2026, 3, 27, 10, tzinfo=dt.UTC))


def ask(text: str, clock: FixedClock, problems: list[str] | None = None) -> object:
    functions = engine_functions(clock, Calendar("NW"), FRISTEN.get)
    return None if (value := compile_expression(text).evaluate({}, functions, problems=problems)) is None else evaluate_json("x", {"x": value})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today()", "2026-03-27"), ("now()", "2026-03-27T11:00:00@Europe/Berlin"), ("arbeitstage(today(), 3)", "2026-04-01"), ('werktage(date("2026-03-27"), 1)', "2026-03-28"),
        ('arbeitstage("2026-03-27", 1)', "2026-03-30"), ('feiertag(date("2026-04-03"))', "Karfreitag"), ("feiertag(today())", None), ('frist("erstgespraech")', "P14D"),
        ('frist("pruefung")', "P6M"), ('frist("ende")', "P5Y"), ('frist("eile")', "PT4H"), ('frist("erstgespraech", today())', "2026-04-10"), ('frist("rueckmeldung", today())', "2026-04-14"),
        ('frist("samstag", today())', "2026-03-28"), ('frist("pruefung", date("2026-08-31"))', "2027-02-28"), ('frist("eile", now())', "2026-03-27T15:00:00@Europe/Berlin"),
        ('frist("rueckmeldung", now())', "2026-04-14T11:00:00@Europe/Berlin"), ('frist("erstgespraech", "2026-01-01")', "2026-01-15"),
        ('frist("erstgespraech", date and time(date("2026-03-20"), time("23:59:59@Europe/Berlin")))', "2026-04-03T23:59:59@Europe/Berlin"),   # summer time begins in between
    ],
)  # fmt: skip
def test_functions(text: str, expected: object, clock: FixedClock) -> None:
    assert ask(text, clock) == expected


@pytest.mark.parametrize("text", ['frist("unbekannt")', 'frist("kaputt")', 'frist("erstgespraech", "bald")', "arbeitstage(today(), 1.5)", "arbeitstage(null, 1)", "arbeitstage(today(), 10**9)"])
def test_fault_is_null_with_a_reason(text: str, clock: FixedClock) -> None:
    problems: list[str] = []

    assert ask(text, clock, problems) is None
    assert problems


@pytest.mark.parametrize("frist", ["rueckmeldung", "samstag", "sofort"])
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_timer_on_counted_days_ends_with_the_day_even_when_the_clocks_change(frist: str, hour: int) -> None:
    clock = FixedClock(dt.datetime(2026, 3, 27, hour, tzinfo=dt.UTC))
    functions = engine_functions(clock, Calendar("NW"), FRISTEN.get)
    length = compile_expression(f'frist("{frist}")').evaluate({}, functions)
    last_day = compile_expression(f'frist("{frist}", today())').evaluate({}, functions)

    due = parse_timer("duration", length, clock.now()).due

    assert due.astimezone(dt.timezone(dt.timedelta(hours=1 if str(last_day) < "2026-03-29" else 2))).isoformat()[:19] == f"{last_day}T23:59:59"


def test_evaluator_has_no_clock_of_its_own() -> None:
    problems: list[str] = []

    assert compile_expression("now()").evaluate({}, problems=problems) is None
    assert "now" in problems[0]
