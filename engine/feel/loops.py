"""Filters, `for`, `some` and `every` (DMN 1.5, 10.3.2.5, 10.3.2.13.1, table 55)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from engine.feel.scope import Scope, closed_ends, range_items, whole_number
from engine.feel.temporal import FeelDate
from engine.feel.values import Faulty, Range, Value, is_number, kind_of, wrap

Code: TypeAlias = Callable[[Scope], Value]
Bound: TypeAlias = "tuple[tuple[str, Code, Code | None], ...]"


def filtered(base: Code, condition: Code, index: int | None, cost: int = 1) -> Code:
    """`base[condition]`; index is set if the condition is a literal number, cost is charged for each element."""

    def run(scope: Scope) -> Value:
        value = base(scope)
        if type(value) is Range:
            try:
                ends = closed_ends(value)
            except Faulty as fault:
                scope.run.problem(str(fault))
                return None
            value = [] if ends is None else list(_items(scope, *ends))
        items = value if type(value) is list else [value] if value is not None else []
        if index is not None:
            return _at(scope, items, index)
        if not items:
            place = condition(Scope({"item": None}, scope, scope.run)) if value is None else None
            return None if is_number(place) else []
        scope.run.check_items(len(items))
        scope.run.tick(cost * len(items))
        first = condition(_item_scope(wrap(items[0]), scope))
        if is_number(first):
            # The place may depend on the surroundings only, not on the element.
            try:
                return _at(scope, items, whole_number(condition(scope)))
            except Faulty as fault:
                scope.run.problem(str(fault))
                return None
        if first is not None and type(first) is not bool:
            scope.run.problem(f"Ein Filter braucht eine Bedingung oder eine Nummer, nicht {kind_of(first)}.")
            return None
        kept = [items[0]] if first is True else []
        kept += [item for item in items[1:] if condition(_item_scope(wrap(item), scope)) is True]
        return kept

    return run


def _item_scope(item: Value, scope: Scope) -> Scope:
    """The scope of a filter: `item`, and the entries of an element that is a context."""
    inner = Scope({"item": item}, scope, scope.run)
    return Scope(item, inner, scope.run) if isinstance(item, Mapping) else inner


def _at(scope: Scope, items: list[Value], index: int) -> Value:
    place = index - 1 if index > 0 else len(items) + index
    if index == 0 or not 0 <= place < len(items):
        scope.run.problem(f"Die Liste hat kein Element Nummer {index}.")
        return None
    return wrap(items[place])


def _items(scope: Scope, low: Value, high: Value) -> Iterator[Value]:
    """Whole numbers or days from one end to the other. Raises Faulty if the ends do not allow that."""
    steps = range_items(low, high)
    if steps is None:
        raise Faulty(f"Von {kind_of(low)} bis {kind_of(high)} kann nicht gezählt werden.")
    scope.run.check_items(abs(steps.stop - steps.start))
    return (FeelDate.from_ordinal(step) for step in steps) if type(low) is FeelDate else iter(steps)


def _domain(scope: Scope, start: Code, end: Code | None) -> Iterator[Value]:
    value = start(scope)
    if end is not None:
        return _items(scope, value, end(scope))
    if type(value) is list:
        scope.run.tick(len(value))
        return (wrap(item) for item in value)
    if type(value) is Range:
        ends = closed_ends(value)
        if ends is None and range_items(value.low, value.high) is None:
            raise Faulty("Über diesen Bereich kann nicht gezählt werden.")
        return iter(()) if ends is None else _items(scope, *ends)
    if value is None:
        raise Faulty("Über null kann nicht gezählt werden.")
    return iter((value,))


def _scopes(scope: Scope, bindings: Bound) -> Iterator[Scope]:
    """One scope for every combination of the loop variables, the last one turning fastest."""
    name, start, end = bindings[0]
    rest = bindings[1:]
    for item in _domain(scope, start, end):
        scope.run.tick()
        inner = Scope({name: item}, scope, scope.run)
        if rest:
            yield from _scopes(inner, rest)
        else:
            yield inner


def iteration(bindings: Bound, body: Code, *, uses_partial: bool, cost: int = 1) -> Code:
    """`for ... return body`; cost is charged for each turn."""

    def run(scope: Scope) -> Value:
        results: list[Value] = []
        outer = scope
        if uses_partial:
            outer = Scope({"partial": results}, scope, scope.run)
        try:
            for inner in _scopes(outer, bindings):
                if uses_partial:
                    # A snapshot: what a turn keeps of `partial` must not grow afterwards.
                    scope.run.tick(len(results))
                    outer.vars = {"partial": list(results)}
                scope.run.tick(cost)
                results.append(body(inner))
                if len(results) > scope.run.budget.items:
                    scope.run.check_items(len(results))
        except Faulty as fault:
            scope.run.problem(str(fault))
            return None
        scope.run.size(results)
        return results

    return run


def quantified(bindings: Bound, condition: Code, *, is_some: bool, cost: int = 1) -> Code:
    """`some` or `every ... satisfies condition`, in three-valued logic."""

    def run(scope: Scope) -> Value:
        result: bool | None = not is_some
        try:
            for inner in _scopes(scope, bindings):
                scope.run.tick(cost)
                value = condition(inner)
                if value is is_some:
                    return is_some
                if type(value) is not bool:
                    result = None
        except Faulty as fault:
            scope.run.problem(str(fault))
            return None
        return result

    return run
