"""Expressions made to hurt end soon: with a clean refusal, or with null."""

from __future__ import annotations

import time

import pytest

from engine.errors import ExpressionError
from engine.feel import Budget, compile_expression

NESTED = "{a:[1,1,1,1,1,1,1,1,1,1]," + ",".join(f"{new}:[{old},{old},{old},{old},{old},{old},{old},{old},{old},{old}]" for old, new in zip("abcdef", "bcdefg", strict=True))
LIMIT_SECONDS = 10.0  # generous: the machine may be busy; without a budget these run for minutes or for ever

REFUSED = {
    "brackets": "(" * 10_000 + "1" + ")" * 10_000,
    "lists": "[" * 10_000 + "]" * 10_000,
    "not": "not(" * 5000 + "true" + ")" * 5000,
    "in": "1 in (" * 5000 + "1" + ")" * 5000,
    "paths": "a" + ".b" * 10_000,
    "length": '"' + "a" * 1_000_000 + '"',
    "loops": "for a in 1..1000, b in 1..1000, c in 1..1000 return 1",
    "range": "count(for i in 1..10000000000 return i)",
    "text": '{a: string join(for i in 1..1000 return "aaaaaaaaaa"), b: a+a+a+a+a+a+a+a+a+a, c: b+b+b+b+b+b+b+b+b+b}.c',
    "levels": "for i in 1..500 return [partial[-1]]",
    "recursion": "{f: function(x) f(x), r: f(1)}.r",
    "fork": "{f: function(x) f(x + 1) + f(x + 2), r: f(1)}.r",
    "omega": "(function(x) x(x))(function(x) x(x))",
    "doubling": "for i in 1..5000 return concatenate(partial, partial)",
    "nested string": NESTED + ",h: string(g)}.h",
    "nested equality": NESTED + ",h: g = g}.h",
    "long body": "count(for i in 1..100000 return " + "+".join(["1"] * 20_000) + ")",
    "back-reference": 'matches("' + "a" * 60 + '", "(a*)*(a*)*(a*)*\\1b")',
    "slow pattern": 'matches("' + "a" * 20_000 + '", "a*a*a*a*a*a*b")',
    "pattern in a loop": 'count(for i in 1..100000 return matches("' + "a" * 1000 + '", "a*b"))',
    "huge literal": "1e999999999",
    "python": "__import__('os').system('id')",
}
HARMLESS = {
    "power": "9 ** (9 ** 9)",
    "power of power": "9**9**9",
    "exponential": "exp(10**6000)",
    "catastrophic pattern": 'matches("' + "a" * 50 + '!", "(a+)+$")',
    "overlapping pattern": 'matches("' + "a" * 50 + '!", "(a|aa)+$")',
    "huge pattern": 'matches("x", "(((a{1000}){1000}){1000}){1000}")',
    "huge duration": 'duration("P999999999999999999Y")',
    "end of time": 'date("999999999-12-31") + duration("P1D")',
    "index": "[1,2][10**300]",
    "attributes": '"".__class__.__base__',
    "confusable": 'd\u0430te("2020-01-01")',
    "types": 'date("2024-01-01") = "2024-01-01"',
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_growth_is_refused(text: str) -> None:
    begin = time.perf_counter()

    with pytest.raises(ExpressionError):
        compile_expression(text).evaluate({})

    assert time.perf_counter() - begin < LIMIT_SECONDS


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_extreme_value_has_a_quick_answer(text: str) -> None:
    begin = time.perf_counter()

    compile_expression(text).evaluate({})

    assert time.perf_counter() - begin < LIMIT_SECONDS


def test_budget_can_be_smaller() -> None:
    with pytest.raises(ExpressionError, match="Schritte"):
        compile_expression("for i in 1..50 return i").evaluate({}, budget=Budget(steps=10))


def test_refusal_shortens_the_text() -> None:
    with pytest.raises(ExpressionError) as refusal:
        compile_expression("(" * 10_000)

    assert len(str(refusal.value)) < 400


def test_long_but_harmless_expression_runs() -> None:
    assert compile_expression("+".join(["1"] * 5000)).evaluate({}) == 5000
    assert compile_expression(" and ".join(["a"] * 2000)).evaluate({"a": True}) is True
