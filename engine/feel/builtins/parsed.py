"""Functions that read FEEL themselves: `range("[1..3]")` (DMN 1.5, 10.3.4.1)."""

from __future__ import annotations

from typing import Final

from engine.feel import nodes as n
from engine.feel.budget import BudgetError
from engine.feel.builtins.registry import Registry
from engine.feel.builtins.temporal import REGISTRY as TEMPORAL
from engine.feel.compiler import compile_node, range_problem
from engine.feel.lexer import SyntaxFault
from engine.feel.parser import Parser
from engine.feel.reading import builtin_names
from engine.feel.scope import Run, Scope
from engine.feel.values import Faulty, FeelFunction, Range, Value, compare

REGISTRY: Final = Registry()
_TEMPORAL: Final = TEMPORAL.functions()
_KNOWN: Final = builtin_names(_TEMPORAL)
_END_FUNCTIONS: Final = frozenset({"date", "date and time", "time", "duration"})


@REGISTRY.add("range", "from: string", result="range")
def range_from_text(text: str) -> Value:
    """Read a range whose ends are literals, `@` literals or date, time and duration of a literal."""
    try:
        node = Parser(text, _KNOWN, {}).whole_expression()
    except SyntaxFault as exc:
        raise Faulty(f"„{text[:60]}“ ist kein Bereich.") from exc
    if not isinstance(node, n.RangeOf):
        raise Faulty(f"„{text[:60]}“ ist kein Bereich.")
    low, high = _end(node.low), _end(node.high)
    problem = range_problem(low, high, low_closed=node.low_closed, high_closed=node.high_closed)
    if problem is not None:
        raise Faulty(problem)
    if low is not None and high is not None:
        order = compare(low, high)
        if order is None or order > 0:
            raise Faulty("Ein Bereich läuft von unten nach oben.")
    return Range(low, high, node.low_closed, node.high_closed)


def _end(node: n.Node) -> Value:
    literal = isinstance(node, n.Const) or (isinstance(node, n.Negation) and isinstance(node.operand, n.Const))
    if isinstance(node, n.Call) and isinstance(node.function, n.Name) and node.function.name in _END_FUNCTIONS:
        literal = all(isinstance(argument, n.Const) for argument in node.arguments)
    if not literal:
        raise Faulty("Die Enden dieses Bereichs sind feste Werte.")
    try:
        return compile_node(node)(Scope({}, None, Run(_TEMPORAL)))
    except BudgetError as exc:
        raise Faulty(str(exc)) from exc


PARSED: Final[dict[str, FeelFunction]] = REGISTRY.functions()
