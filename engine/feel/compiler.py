"""Syntax tree to closures. Each node becomes one function of a scope, so that nothing is decided twice at run time."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Final, TypeAlias

from engine.feel import loops
from engine.feel import nodes as n
from engine.feel.analysis import free_names, turn_cost
from engine.feel.operators import ARITHMETIC, get_property, negate
from engine.feel.scope import Scope
from engine.feel.unarytests import compile_tests
from engine.feel.values import NATIVE, Faulty, FeelFunction, Range, Value, compare, kind_of, wrap

Code: TypeAlias = Callable[[Scope], Value]
_MISSING: Final = object()


def compile_node(node: n.Node) -> Code:
    """The function that evaluates a node."""
    return _COMPILERS[type(node)](node)


def _const(node: n.Const) -> Code:
    value = node.value
    return lambda _scope: value


def _name(node: n.Name) -> Code:
    name = node.name

    def run(scope: Scope) -> Value:
        while scope.parent is not None:
            if name in scope.vars:
                return wrap(scope.vars[name])
            scope = scope.parent
        try:
            value = scope.vars[name]
        except KeyError:
            return scope.run.named_function(name)
        return value if type(value) in NATIVE else wrap(value)

    return run


def _path(node: n.Path) -> Code:
    """`base.name`, quickly for what nearly every condition is: an entry of a context among the outermost variables."""
    base, name = compile_node(node.base), node.name
    if isinstance(node.base, n.Name):
        variable, plain = node.base.name, _path_of(base, name)

        def quick(scope: Scope) -> Value:
            if scope.parent is None and type(scope.vars) is dict:
                owner = scope.vars.get(variable)
                if type(owner) is dict:
                    value = owner.get(name, _MISSING)
                    if type(value) in NATIVE:
                        return value
            return plain(scope)

        return quick
    return _path_of(base, name)


def _path_of(base: Code, name: str) -> Code:

    def run(scope: Scope) -> Value:
        owner = base(scope)
        if type(owner) is dict:
            value = owner.get(name, _MISSING)
            if type(value) in NATIVE:
                return value
            if value is not _MISSING:
                return wrap(value)
        if owner is None:
            scope.run.problem(f"„{name}“ von null ist null.")
            return None
        try:
            if type(owner) is list:
                scope.run.check_items(len(owner))
            return get_property(owner, name)
        except Faulty as fault:
            scope.run.problem(str(fault))
            return None

    return run


def _arithmetic(node: n.Arithmetic) -> Code:
    first = compile_node(node.first)
    rest = tuple((ARITHMETIC[operator], compile_node(operand)) for operator, operand in node.rest)

    def run(scope: Scope) -> Value:
        value = first(scope)
        for operation, operand in rest:
            other = operand(scope)
            if value is None or other is None:
                scope.run.problem("Eine Rechnung mit null ergibt null.")
                value = None
                continue
            try:
                value = operation(value, other)
            except Faulty as fault:
                scope.run.problem(str(fault))
                value = None
            if type(value) is str:
                scope.run.check_text(len(value))
        return value

    return run


def _negation(node: n.Negation) -> Code:
    operand = compile_node(node.operand)

    def run(scope: Scope) -> Value:
        try:
            return negate(operand(scope))
        except Faulty as fault:
            scope.run.problem(str(fault))
            return None

    return run


def _equality(node: n.Comparison) -> Code:
    left, right = compile_node(node.left), compile_node(node.right)
    wanted = node.operator == "="
    if isinstance(node.right, n.Const) and type(node.right.value) is str:
        text = node.right.value

        def quick(scope: Scope) -> Value:
            one = left(scope)
            return (one == text) is wanted if type(one) is str else _compared(scope, one, text, wanted=wanted)

        return quick

    def run(scope: Scope) -> Value:
        one, other = left(scope), right(scope)
        if type(one) is str and type(other) is str:
            return (one == other) is wanted
        return _compared(scope, one, other, wanted=wanted)

    return run


def _compared(scope: Scope, one: Value, other: Value, *, wanted: bool) -> Value:
    same = scope.run.same(one, other)
    if same is None:
        scope.run.problem(f"{kind_of(one)} und {kind_of(other)} können nicht verglichen werden.")
        return None
    return same is wanted


def _order(node: n.Comparison) -> Code:
    left, right = compile_node(node.left), compile_node(node.right)
    holds, plain = _HOLDS[node.operator], _PLAIN_ORDER[node.operator]

    def run(scope: Scope) -> Value:
        one, other = left(scope), right(scope)
        if type(one) is int and type(other) is int:
            return plain(one, other)
        order = compare(one, other)
        if order is None:
            scope.run.problem(f"{kind_of(one)} und {kind_of(other)} können nicht geordnet werden.")
            return None
        return holds(order)

    return run


_PLAIN_ORDER: Final[dict[str, Callable[[int, int], bool]]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_HOLDS: Final[dict[str, Callable[[int], bool]]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def _comparison(node: n.Comparison) -> Code:
    return _equality(node) if node.operator in {"=", "!="} else _order(node)


def _between(node: n.Between) -> Code:
    operand, low, high = compile_node(node.operand), compile_node(node.low), compile_node(node.high)

    def run(scope: Scope) -> Value:
        value = operand(scope)
        above, below = compare(value, low(scope)), compare(value, high(scope))
        if (above is not None and above < 0) or (below is not None and below > 0):
            return False
        if above is None or below is None:
            scope.run.problem("Für „between“ passen die Arten der Werte nicht zusammen.")
            return None
        return True

    return run


def _junction(node: n.Junction) -> Code:
    operands = tuple(compile_node(operand) for operand in node.operands)
    neutral = node.is_and

    def run(scope: Scope) -> Value:
        result: bool | None = neutral
        for operand in operands:
            value = operand(scope)
            if value is neutral:
                continue
            if value is (not neutral):
                return value
            if value is not None:
                scope.run.problem(f"Ein Wert der Art {kind_of(value)} ist kein Wahrheitswert.")
            result = None
        return result

    return run


def _if(node: n.If) -> Code:
    condition, then, otherwise = compile_node(node.condition), compile_node(node.then), compile_node(node.otherwise)
    return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)


def _list(node: n.ListOf) -> Code:
    items = tuple(compile_node(item) for item in node.items)

    def run(scope: Scope) -> Value:
        found = [item(scope) for item in items]
        scope.run.size(found)
        return found

    return run


def _context(node: n.ContextOf) -> Code:
    entries = tuple((key, compile_node(value)) for key, value in node.entries)
    unique = len({key for key, _ in entries}) == len(entries)

    def run(scope: Scope) -> Value:
        if not unique:
            scope.run.problem("Ein Kontext nennt denselben Eintrag zweimal.")
            return None
        found: dict[str, Value] = {}
        inner = Scope(found, scope, scope.run)
        for key, value in entries:
            found[key] = value(inner)
        scope.run.size(found)
        return found

    return run


def _range(node: n.RangeOf) -> Code:
    low, high = compile_node(node.low), compile_node(node.high)
    low_closed, high_closed = node.low_closed, node.high_closed

    def run(scope: Scope) -> Value:
        start, end = low(scope), high(scope)
        problem = range_problem(start, end, low_closed=low_closed, high_closed=high_closed)
        if problem is not None:
            scope.run.problem(problem)
            return None
        return Range(start, end, low_closed, high_closed)

    return run


def range_problem(low: Value, high: Value, *, low_closed: bool, high_closed: bool) -> str | None:
    """Why two ends make no range, or None: both null, a closed end that is null, ends of different kinds."""
    if (low is None and low_closed) or (high is None and high_closed) or (low is None and high is None):
        return "Ein Bereich braucht zwei Enden."
    if (
        low is not None
        and high is not None
        and (kind_of(low) != kind_of(high) or kind_of(low) in {"boolean", "list", "context", "function", "range"})
    ):
        return f"Ein Bereich von {kind_of(low)} bis {kind_of(high)} ist nicht möglich."
    return None


def _unary_range(node: n.UnaryRange) -> Code:
    operand, operator = compile_node(node.operand), node.operator
    return lambda scope: make_unary(operator, operand(scope))


def make_unary(operator: str, end: Value) -> Range | None:
    """The range of a unary test such as `< end`; None where null has no order."""
    if operator in {"=", "!="}:
        return Range(end, end, low_closed=True, high_closed=True, operator=operator)
    if end is None:
        return None
    closed = operator.endswith("=")
    if operator[0] == "<":
        return Range(None, end, low_closed=False, high_closed=closed, operator=operator)
    return Range(end, None, low_closed=closed, high_closed=False, operator=operator)


def _cell(node: n.Tests) -> Code:
    return compile_tests(node, compile_node, in_cell=True)


def _in(node: n.In) -> Code:
    operand, tests = compile_node(node.operand), compile_tests(node.tests, compile_node, in_cell=False)

    def run(scope: Scope) -> Value:
        result = tests(Scope({"?": operand(scope)}, scope, scope.run))
        if result is None:
            scope.run.problem("Für „in“ passen die Arten der Werte nicht zusammen.")
        return result

    return run


def _instance_of(node: n.InstanceOf) -> Code:
    operand, kind = compile_node(node.operand), node.type

    def run(scope: Scope) -> Value:
        try:
            return kind.has(operand(scope))
        except Faulty as fault:
            scope.run.problem(str(fault))
            return None

    return run


def _call(node: n.Call) -> Code:
    function = compile_node(node.function)
    arguments = tuple(compile_node(argument) for argument in node.arguments)
    names = node.names
    if isinstance(node.function, n.Name):
        function = _function_name(node.function)
    return lambda scope: scope.run.call(function(scope), [argument(scope) for argument in arguments], names)


def _function_name(node: n.Name) -> Code:
    """A name in front of brackets: a variable that holds no function does not hide a built-in one."""
    plain, name = _name(node), node.name

    def run(scope: Scope) -> Value:
        found = plain(scope)
        return found if type(found) is FeelFunction else scope.run.named_function(name)

    return run


def _lambda(node: n.Lambda) -> Code:
    parameters = tuple(name for name, _ in node.parameters)
    types = tuple(kind for _, kind in node.parameters)
    body = None if node.body is None else compile_node(node.body)
    cost = turn_cost(node.body)

    def run(scope: Scope) -> Value:
        def call(*arguments: Value) -> Value:
            if body is None:
                raise Faulty("Externe Funktionen werden nicht ausgeführt.")
            scope.run.tick(cost)
            return body(Scope(dict(zip(parameters, arguments, strict=True)), scope, scope.run))

        return FeelFunction("function", parameters, call, types=types)

    return run


def _filter(node: n.Filter) -> Code:
    return loops.filtered(compile_node(node.base), compile_node(node.condition), _constant_index(node.condition), turn_cost(node.condition))


def _constant_index(node: n.Node) -> int | None:
    if isinstance(node, n.Negation) and isinstance(node.operand, n.Const) and type(node.operand.value) is int:
        return -node.operand.value
    return node.value if isinstance(node, n.Const) and type(node.value) is int else None


def _bindings(bindings: n.Bindings) -> tuple[tuple[str, Code, Code | None], ...]:
    return tuple((name, compile_node(domain.start), None if domain.end is None else compile_node(domain.end)) for name, domain in bindings)


def _for(node: n.For) -> Code:
    return loops.iteration(
        _bindings(node.bindings), compile_node(node.body), uses_partial="partial" in free_names(node.body), cost=turn_cost(node.body)
    )


def _quantified(node: n.Quantified) -> Code:
    return loops.quantified(_bindings(node.bindings), compile_node(node.condition), is_some=node.is_some, cost=turn_cost(node.condition))


_COMPILERS: Final[dict[type, Callable[..., Code]]] = {
    n.Const: _const,
    n.Name: _name,
    n.Path: _path,
    n.Filter: _filter,
    n.Call: _call,
    n.Arithmetic: _arithmetic,
    n.Negation: _negation,
    n.Comparison: _comparison,
    n.Between: _between,
    n.Tests: _cell,
    n.In: _in,
    n.Junction: _junction,
    n.If: _if,
    n.For: _for,
    n.Quantified: _quantified,
    n.InstanceOf: _instance_of,
    n.ListOf: _list,
    n.ContextOf: _context,
    n.RangeOf: _range,
    n.UnaryRange: _unary_range,
    n.Lambda: _lambda,
}
