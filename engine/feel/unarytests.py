"""Unary tests: what stands in a cell of a decision table or after `in` (DMN 1.5, 10.3.2.8 and table 55)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.feel import nodes as n
from engine.feel.analysis import free_names
from engine.feel.values import Range, Value, equal, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.feel.scope import Scope

    Code = Callable[[Scope], Value]


class _Test(NamedTuple):
    """What is known about a test before it runs.

    Attributes:
        uses_value: whether it mentions `?`, so that a truth value is its verdict.
        is_range: whether it is a range, which is null where it cannot be formed.
        is_condition: whether it is an expression in a cell whose truth value is the verdict on an input that is no truth value itself.
    """

    uses_value: bool
    is_range: bool
    is_condition: bool


def compile_tests(node: n.Tests, compile_node: Callable[[n.Node], Code], *, in_cell: bool) -> Code:
    """Unary tests against `?`, which the scope must hold."""
    tests = tuple((compile_node(test), _known(test, in_cell=in_cell)) for test in node.tests)
    negated = node.negated

    def run(scope: Scope) -> Value:
        if not tests:
            return True
        value = scope.vars["?"]
        result: bool | None = False
        for test, kind in tests:
            wanted = test(scope)
            if type(wanted) is list:
                scope.run.tick(scope.run.size(wanted))
            passed = _passes(value, wanted, kind)
            if passed is True:
                return not negated
            if passed is None:
                result = None
        return None if result is None else negated

    return run


def _known(test: n.Node, *, in_cell: bool) -> _Test:
    return _Test("?" in free_names(test), isinstance(test, (n.RangeOf, n.UnaryRange)), in_cell and not isinstance(test, n.Const))


def _passes(value: Value, test: Value, known: _Test) -> bool | None:
    """Whether a value passes what one unary test evaluated to (DMN 1.5, 10.3.2.8 and table 55)."""
    kind = type(test)
    if kind is bool and (known.uses_value or (known.is_condition and type(value) is not bool)):
        return bool(test)
    if kind is Range:
        return True if type(value) is Range and equal(value, test) else test.contains(value)
    if kind is list:
        if type(value) is list and equal(value, test):
            return True
        found: bool | None = False
        for item in test:
            inner = wrap(item)
            passed = inner.contains(value) if type(inner) is Range and type(value) is not Range else equal(value, inner)
            if passed is True:
                return True
            if passed is None and type(inner) is Range:
                found = None
        return found
    if test is None and (known.uses_value or known.is_range):
        return None
    return equal(value, test)
