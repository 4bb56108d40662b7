"""Process variables in, process variables out."""

from __future__ import annotations

import datetime as dt
import json
from collections import ChainMap
from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest

from engine.feel import FeelFunction, compile_expression, evaluate, evaluate_json, from_json, to_json
from engine.feel.temporal import FeelDate


class Lazy(Mapping[str, object]):
    """Notes what is read and cannot be walked through."""

    def __init__(self, content: dict[str, object]) -> None:
        self.content = content
        self.read: list[str] = []

    def __getitem__(self, key: str) -> object:
        self.read.append(key)
        return self.content[key]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the context must not be copied")

    def __len__(self) -> int:
        raise AssertionError("the context must not be copied")


def test_only_what_an_expression_names_is_read() -> None:
    fall = Lazy({"phase": "klaerung", "alter": 30})
    context = Lazy({"fall": fall, "x": 1})

    assert evaluate('fall.phase = "klaerung" and x > 0', context) is True
    assert context.read == ["fall", "x"]
    assert fall.read == ["phase"]


def test_chain_of_scopes_is_searched_from_the_nearest() -> None:
    assert evaluate("a + b", ChainMap({"a": 1}, {"a": 5, "b": 2})) == 3


@pytest.mark.parametrize(
    ("value", "expression", "expected"),
    [
        (0.1, "x + 0.2 = 0.3", True), (True, "x", True), (3, "x * 2", 6), ((1, 2), "sum(x)", 3), ([0.5, [0.5]], "x[2][1] + x[1]", 1), ({"a": [1.5]}, "x.a[1]", Decimal("1.5")),
        (float("nan"), "x", None), ("2026-01-01", "x", "2026-01-01"), ("2026-01-01", 'date(x) + duration("P1D")', "2026-01-02"), (dt.date(2026, 1, 1), "x.year", 2026),
        (dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC), "x", "2026-01-01T12:00:00Z"), (dt.timedelta(hours=36), "x", "P1DT12H"),
    ],
)  # fmt: skip
def test_variable_of_any_json_kind(value: object, expression: str, expected: object) -> None:
    assert evaluate_json(expression, {"x": value}) == expected


def test_result_is_json() -> None:
    result = evaluate_json('{a: 6 / 2, b: @"P1D", c: [today, null], d: function(x) x, e: [1..3], f: @"10:00:00"}', {"today": FeelDate(2026, 1, 2)})

    assert result == {"a": 3, "b": "P1D", "c": ["2026-01-02", None], "d": None, "e": "[1..3]", "f": "10:00:00"}
    assert type(result["a"]) is int
    assert json.dumps(result)


def test_integral_decimal_becomes_int_and_others_stay_exact() -> None:
    assert type(to_json(Decimal("3.0"))) is int
    assert to_json(Decimal("3.5")) == Decimal("3.5")
    assert from_json({"a": [1.5, (2,)]}) == {"a": [Decimal("1.5"), [2]]}


def test_missing_variable_is_null_with_its_name() -> None:
    problems: list[str] = []

    assert compile_expression("vorname.laenge + 1").evaluate({}, problems=problems) is None
    assert "vorname" in problems[0]


def test_engine_can_add_functions() -> None:
    double = FeelFunction("double", ("n",), lambda n: n * 2, kinds=("number",))

    assert evaluate("double(n: x) + double(1)", {"x": 4}, {"double": double}) == 10
    assert evaluate('double("a")', {}, {"double": double}) is None


def test_expression_cannot_change_variables() -> None:
    variables = {"a": {"b": [1, 2]}}

    evaluate('context put(a, "b", append(a.b, 3))', variables)

    assert variables == {"a": {"b": [1, 2]}}
