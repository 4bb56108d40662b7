"""Lists: DMN 1.5, 10.3.4.4 and sort (10.3.4.7). A single value where a list is expected counts as a list of one."""

from __future__ import annotations

import decimal
import functools
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.feel.builtins.registry import Registry
from engine.feel.operators import add as plus
from engine.feel.operators import divide, multiply, subtract
from engine.feel.scope import whole_number
from engine.feel.temporal import DaysDuration, MonthsDuration
from engine.feel.values import DECIMAL, Faulty, FeelFunction, Value, compare, is_number, kind_of, wrap

if TYPE_CHECKING:
    from engine.feel.scope import Run

REGISTRY: Final = Registry()
_PLAIN: Final = frozenset({bool, int, Decimal, str, type(None)})
add = REGISTRY.add


def spread(values: tuple[Value, ...]) -> list[Value]:
    """The arguments of a function that takes a list or single values."""
    if len(values) == 1 and type(values[0]) is list:
        return [wrap(item) for item in values[0]]
    return list(values)


def numbers(values: tuple[Value, ...]) -> list[Value]:
    """The same, where every element must be a number; none at all gives Faulty."""
    items = spread(values)
    if not items or not all(is_number(item) for item in items):
        raise Faulty("Erwartet werden Zahlen.")
    return items


@add("list contains", "list: list, element: any", result="boolean", with_run=True)
def list_contains(run: Run, items: list[Value], element: Value) -> Value:
    """Whether an element of the list equals the value."""
    run.tick(len(items))
    return any(run.same(element, wrap(item)) is True for item in items)


@add("count", "list: list", result="number")
def count(items: list[Value]) -> Value:
    """The number of elements."""
    return len(items)


def _extreme(items: list[Value], sign: int) -> Value:
    best = items[0] if items else None
    if len(items) == 1 and compare(best, best) is None:
        raise Faulty("Das Element kann nicht geordnet werden.")
    for item in items[1:]:
        order = compare(item, best)
        if order is None:
            raise Faulty("Die Elemente können nicht geordnet werden.")
        if order * sign > 0:
            best = item
    return best


for _name, _sign in (("min", -1), ("max", 1)):
    add(_name, "list: list")(functools.partial(_extreme, sign=_sign))
    add(_name, "*list: any")(lambda *values, sign=_sign: _extreme(spread(values), sign))


def _sum(items: list[Value]) -> Value:
    if not items:
        return None
    if not all(is_number(item) for item in items) and not all(type(item) in {DaysDuration, MonthsDuration} for item in items):
        raise Faulty("Summiert werden Zahlen oder Dauern.")
    total = items[0]
    for item in items[1:]:
        total = plus(total, item)
    return total


def _mean(items: list[Value]) -> Value:
    total = _sum(items)
    return None if total is None else divide(total, len(items))


def _product(items: list[Value]) -> Value:
    total: Value = numbers((items,))[0]
    for item in items[1:]:
        total = multiply(total, item)
    return total


def _median(items: list[Value]) -> Value:
    if not items:
        return None
    ordered = sorted(numbers((items,)))
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else divide(plus(ordered[middle - 1], ordered[middle]), 2)


def _stddev(items: list[Value]) -> Value:
    """Standard deviation of a sample; there is none for fewer than two numbers."""
    if len(numbers((items,))) < 2:
        raise Faulty("Eine Standardabweichung braucht mindestens zwei Zahlen.")
    mean = _mean(items)
    squares = _sum([multiply(subtract(item, mean), subtract(item, mean)) for item in items])
    try:
        return DECIMAL.sqrt(Decimal(divide(squares, len(items) - 1)))
    except decimal.DecimalException as exc:
        raise Faulty("Die Standardabweichung ist zu groß.") from exc


def _mode(items: list[Value]) -> Value:
    if not items:
        return []
    counts: dict[Value, int] = {}
    for item in numbers((items,)):
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values())
    return sorted(item for item, times in counts.items() if times == most)


def _all(items: list[Value]) -> Value:
    if any(item is False for item in items):
        return False
    return None if any(item is not True for item in items) else True


def _any(items: list[Value]) -> Value:
    if any(item is True for item in items):
        return True
    return None if any(item is not False for item in items) else False


for _name, _body, _result in (
    ("sum", _sum, "number"),
    ("mean", _mean, "number"),
    ("product", _product, "number"),
    ("median", _median, "number"),
    ("stddev", _stddev, "number"),
    ("mode", _mode, "list"),
    ("all", _all, "boolean"),
    ("any", _any, "boolean"),
):
    add(_name, "list: list", result=_result)(lambda items, body=_body: body([wrap(item) for item in items]))
    add(_name, "*list: any", result=_result)(lambda *values, body=_body: body(spread(values)))
add("and", "list: list", result="boolean")(_all)
add("or", "list: list", result="boolean")(_any)


@add("sublist", "list: list, start position: number, length?: number?")
def sublist(items: list[Value], start: Value, length: Value = None) -> Value:
    """A part of a list; positions begin with 1, negative ones count from the end."""
    place = whole_number(start)
    if place == 0 or abs(place) > len(items):
        raise Faulty(f"Die Liste hat keine Stelle {place}.")
    begin = place - 1 if place > 0 else len(items) + place
    if length is None:
        return items[begin:]
    size = whole_number(length)
    if size < 0 or begin + size > len(items):
        raise Faulty("So viele Elemente hat die Liste von dieser Stelle an nicht.")
    return items[begin : begin + size]


@add("append", "list: list, *item: any", with_run=True)
def append(run: Run, items: list[Value], *more: Value) -> Value:
    """The list with values at its end."""
    run.check_items(len(items) + len(more))
    return [*items, *more]


@add("concatenate", "*list: list", with_run=True)
def concatenate(run: Run, *lists: list[Value]) -> Value:
    """Several lists in one."""
    run.check_items(sum(len(items) for items in lists))
    return [item for items in lists for item in items]


@add("insert before", "list: list, position: number, newItem: any", with_run=True)
def insert_before(run: Run, items: list[Value], position: Value, item: Value) -> Value:
    """The list with a value before a position."""
    place = _place(items, position)
    run.check_items(len(items) + 1)
    return [*items[:place], item, *items[place:]]


@add("remove", "list: list, position: number")
def remove(items: list[Value], position: Value) -> Value:
    """The list without the element at a position."""
    place = _place(items, position)
    return items[:place] + items[place + 1 :]


@add("list replace", "list: list, position: number, newItem: any")
def list_replace_at(items: list[Value], position: Value, item: Value) -> Value:
    """The list with another element at a position."""
    place = _place(items, position)
    return [*items[:place], item, *items[place + 1 :]]


@add("list replace", "list: list, match: function, newItem: any", with_run=True)
def list_replace_matching(run: Run, items: list[Value], match: FeelFunction, item: Value) -> Value:
    """The list with another element wherever `match(element, newItem)` holds."""
    if len(match.parameters) != 2:
        raise Faulty("Die Funktion nimmt das Element und das neue Element.")
    result = []
    for old in items:
        hit = run.call(match, [wrap(old), item])
        if type(hit) is not bool:
            raise Faulty("Die Funktion ergibt keinen Wahrheitswert.")
        result.append(item if hit else old)
    return result


def _place(items: list[Value], position: Value) -> int:
    place = whole_number(position)
    if place == 0 or abs(place) > len(items):
        raise Faulty(f"Die Liste hat keine Stelle {place}.")
    return place - 1 if place > 0 else len(items) + place


@add("reverse", "list: list")
def reverse(items: list[Value]) -> Value:
    """The list from its end to its beginning."""
    return items[::-1]


@add("index of", "list: list, match: any", with_run=True)
def index_of(run: Run, items: list[Value], match: Value) -> Value:
    """The positions of the elements that equal the value."""
    run.tick(len(items))
    return [place for place, item in enumerate(items, 1) if run.same(match, wrap(item)) is True]


def _distinct(run: Run, items: list[Value]) -> list[Value]:
    kept: list[Value] = []
    seen: set[tuple[str, Value]] = set()
    for item in items:
        if type(item) in _PLAIN:
            run.tick()
            mark = (kind_of(item), item)
            if mark not in seen:
                seen.add(mark)
                kept.append(item)
            continue
        run.tick(len(kept) + 1)
        if not any(run.same(wrap(item), wrap(other)) is True for other in kept):
            kept.append(item)
    return kept


@add("distinct values", "list: list", with_run=True)
def distinct_values(run: Run, items: list[Value]) -> Value:
    """Each value once, in order of first occurrence."""
    return _distinct(run, items)


@add("union", "*list: list", with_run=True)
def union(run: Run, *lists: list[Value]) -> Value:
    """Each value of the lists once."""
    return _distinct(run, [item for items in lists for item in items])


@add("duplicate values", "list: list", with_run=True)
def duplicate_values(run: Run, items: list[Value]) -> Value:
    """Each value that occurs more than once (as Camunda 8 offers it)."""
    run.tick(len(items) ** 2)
    return _distinct(run, [item for item in items if sum(run.same(wrap(item), wrap(other)) is True for other in items) > 1])


@add("flatten", "list: list", with_run=True)
def flatten(run: Run, items: list[Value]) -> Value:
    """The elements of nested lists in one list."""
    result: list[Value] = []
    stack = [iter(items)]
    while stack:
        run.tick()
        for item in stack[-1]:
            if isinstance(item, list):
                stack.append(iter(item))
                break
            result.append(item)
        else:
            stack.pop()
    return result


@add("is empty", "list: list", result="boolean")
def is_empty(items: list[Value]) -> Value:
    """Whether the list has no elements (as Camunda 8 offers it)."""
    return not items


@add("partition", "list: list, size: number", with_run=True)
def partition(run: Run, items: list[Value], size: Value) -> Value:
    """The list in pieces of a size (as Camunda 8 offers it)."""
    step = whole_number(size)
    if step < 1:
        raise Faulty("Ein Teil hat mindestens ein Element.")
    run.check_items(len(items))
    return [items[begin : begin + step] for begin in range(0, len(items), step)]


class _Unordered(Exception):
    """Two elements have no order."""


@add("sort", "list: list, precedes?: function", with_run=True)
def sort(run: Run, items: list[Value], precedes: FeelFunction | None = None) -> Value:
    """The list in order of `precedes(x, y)`, stable; without it in natural order."""
    if precedes is not None and len(precedes.parameters) != 2:
        raise Faulty("Die Funktion nimmt zwei Elemente.")

    def order(left: Value, right: Value) -> int:
        run.tick()
        if precedes is None:
            natural = compare(wrap(left), wrap(right))
            if natural is None:
                raise _Unordered
            return natural
        if run.call(precedes, [wrap(left), wrap(right)]) is True:
            return -1
        return 1 if run.call(precedes, [wrap(right), wrap(left)]) is True else 0

    try:
        return sorted(items, key=functools.cmp_to_key(order))
    except _Unordered:
        raise Faulty("Die Elemente können nicht geordnet werden.") from None
