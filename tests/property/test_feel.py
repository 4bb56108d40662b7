"""Whatever is asked of FEEL, the answer is a value or a refusal: never another exception."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ExpressionError
from engine.feel import FUNCTIONS, compile_expression, to_json

VALUES = [
    "null", "0", "-1", "2.5", "10**6000", "1e-30", '"a"', '""', '"("', "[]", "[1,2,3]", "[null]", '["a"]', "{}", '{key:"a",value:1}', 'date("999999999-12-31")', 'time("10:00:00@Europe/Berlin")',
    '@"0001-01-01T00:00:00@Asia/Tokyo"', '@"P1D"', '@"-P400D"', '@"P999999999Y"', "[1..3]", "[3..1]", "(< 5)", "(!= 5)", '["a".."z"]', "true", "function(x) x", "function(x,y) x < y", "abs", "variable", "?",
]  # fmt: skip
OPERATORS = ["+", "-", "*", "/", "**", "=", "!=", "<", ">=", "and", "or", "in", ".."]
atoms = st.sampled_from(VALUES)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds(lambda name, arguments: f"{name}({', '.join(arguments)})", st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=4)),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("({}).{}".format, inner, st.sampled_from(["a", "year", "start", "time offset"])),
        st.builds("(for i in {} return {})".format, inner, inner),
        st.builds("[{}..{}]".format, inner, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
    ),
    max_leaves=6,
)
TOKENS = [*VALUES, *OPERATORS, "(", ")", "[", "]", "{", "}", ",", ":", ".", "if", "then", "else", "for", "return", "some", "satisfies", "instance of", "not", "`", '"', "@", "//", "/*"]


def answer(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        to_json(compile_expression(text).evaluate({"variable": [1.5, {"a": None}]}))


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_expression_has_an_answer(text: str) -> None:
    answer(text)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join))
def test_heap_of_tokens_has_an_answer(text: str) -> None:
    answer(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    answer(text)
