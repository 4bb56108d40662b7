"""Every function, operator and literal of the standard, also with wrong arguments: ``ausdruecke.txt`` has a line for each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from engine.calendar import Calendar
from engine.clock import FixedClock
from engine.errors import ExpressionError
from engine.feel import compile_expression
from engine.feel.fristen import engine_functions
from engine.feel.values import value_text

FUNCTIONS = engine_functions(FixedClock(dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)), Calendar())
LINES = [
    line for line in Path(__file__).with_name("ausdruecke.txt").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
]


def value(text):
    try:
        return compile_expression(text).evaluate({}, FUNCTIONS)
    except ExpressionError:
        return None


def kind(found):
    return "number" if isinstance(found, int | Decimal) and not isinstance(found, bool) else type(found).__name__


@pytest.mark.parametrize("line", LINES)
def test_expression_has_the_value_of_the_standard(line):
    text, _, wanted = line.rpartition(" => ")
    found, expected = value(text), compile_expression(wanted).evaluate({}, FUNCTIONS)

    assert (kind(found), value_text(found)) == (kind(expected), value_text(expected))


@pytest.mark.parametrize(("text", "value"), [
    ("list contains(list: [1, null], element: null)", True), ("is(value1: null, value2: null)", True), ("is(value1: 1)", False), ('substring(start position: 2, string: "abc")', "bc"),
    ("append(list: [1])", [1]), ("insert before(list: [1], position: 1, newItem: null)", [None, 1]),
])
def test_named_arguments_may_be_null_where_the_value_may(text, value):
    assert compile_expression(text).evaluate({}) == value
