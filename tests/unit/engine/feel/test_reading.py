"""What the parser takes and refuses, and how names with blanks are recognised."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import ExpressionError
from engine.feel import FeelError, Syntax, compile_expression, evaluate, names, unary_test


@pytest.mark.parametrize("text", ["", "1 +", "(1", "[1, 2", "{a: }", "if a then b", "for x return x", "some x in y", "a instance of", '"offen', "1 2", "a.", "f(a: 1, 2)"])
def test_unfinished_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(FeelError) as refusal:
        compile_expression(text)

    assert refusal.value.text == text
    assert refusal.value.reason.endswith(".")
    assert isinstance(refusal.value, ExpressionError)


@pytest.mark.parametrize("text", ["a == 1", "a = = 1", "a <> 1", "a => 1", "a != = 1"])
def test_operators_of_other_languages_are_refused_and_not_read_as_a_range(text: str) -> None:
    with pytest.raises(FeelError) as refusal:
        compile_expression(text)

    assert "„=“" in refusal.value.reason


def test_words_side_by_side_are_one_name() -> None:
    assert evaluate("Monthly Salary * 12", {"Monthly Salary": 100}) == 1200
    assert evaluate("Person.first name", {"Person": {"first name": "A"}}) == "A"


def test_known_name_with_operator_wins_over_subtraction() -> None:
    syntax = Syntax(names=frozenset({"a-b", "Person's age"}))

    assert compile_expression("a-b + 1", syntax).evaluate({"a-b": 5, "a": 3, "b": 1}) == 6
    assert compile_expression("a - c", syntax).evaluate({"a": 3, "c": 1}) == 2
    assert compile_expression("Person's age > 17", syntax).evaluate({"Person's age": 18}) is True
    assert evaluate("a-b", {"a": 3, "b": 1}) == 2


def test_backticks_quote_any_name() -> None:
    assert evaluate("`a + b` + 1", {"a + b": 1}) == 2


def test_names_are_those_from_outside() -> None:
    assert names("if fall.alter > 17 then x else count(for i in liste return i + y)") == {"fall", "x", "liste", "y"}
    assert names("{a: 1, b: a + c}.b") == {"c"}
    assert names("arbeitstage(today(), n)") == {"arbeitstage", "today", "n"}
    assert names("function(a) a + b") == {"b"}


def test_variable_hides_nothing_that_can_be_called() -> None:
    assert evaluate("count([1, 2]) + count", {"count": 5}) == 7


@pytest.mark.parametrize(
    ("tests", "value", "expected"),
    [
        ("-", None, True), ("< 5", 3, True), ("< 5", 7, False), ("[1..5)", 5, False), ("1, 2, > 10", 11, True), ("not(1, 2)", 3, True), ("not(1, 2)", 2, False),
        ('"a", "b"', "b", True), ("? > 3 and ? < 5", 4, True), ("null", None, True), ("true", None, False), ("true", True, True), ("false", False, True),
        ("< 5", "x", None), ("< 5", None, None), ("> other", 3, True), ("other > 1", "x", True), ('contains(?, "b")', "abc", True), ("[1, 2]", 2, True),
    ],
)  # fmt: skip
def test_unary_tests(tests: str, value: object, expected: bool | None) -> None:
    assert unary_test(tests, value, {"other": 2}) is expected


def test_compiled_expression_is_cached() -> None:
    assert compile_expression("a + 1") is compile_expression("a + 1")


def test_comments_and_unicode_escapes() -> None:
    assert evaluate('"\\u00e4\\U01F40E" /* Kommentar */ // Ende', {}) == "ä\U0001f40e"
    assert evaluate('"\\d"', {}) == "\\d"


def test_numbers_have_34_digits() -> None:
    assert evaluate("0.1 + 0.2", {}) == Decimal("0.3")
    assert evaluate("1/3", {}) == Decimal("0." + "3" * 34)


def test_range_that_cannot_be_counted_has_no_elements() -> None:
    assert evaluate("[0.5..2][1]", {}) is None
    assert evaluate("[1..3][2]", {}) == 2
