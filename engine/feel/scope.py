"""What a running expression works with: names in scope, budget, reasons for null, calls of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.feel.budget import DEFAULT, Budget, BudgetError
from engine.feel.temporal import TemporalError
from engine.feel.values import INT_LIMIT, Faulty, FeelFunction, Range, Value, equal, is_context, is_number, kind_of, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_PROBLEMS = 20
_SIZED: Final = frozenset({str, list, dict})


class Run:
    """One evaluation: counts steps, collects reasons."""

    __slots__ = ("_sizes", "budget", "builtins", "depth", "functions", "problems", "steps")

    def __init__(
        self,
        builtins: Mapping[str, FeelFunction],
        functions: Mapping[str, FeelFunction] | None = None,
        budget: Budget = DEFAULT,
        problems: list[str] | None = None,
    ) -> None:
        self.builtins = builtins
        self.functions = functions
        self.budget = budget
        self.problems = problems
        self.steps = 0
        self.depth = 0
        # Sizes of nested values by identity; the value is kept so that its identity is not given to another.
        self._sizes: dict[int, tuple[int, int, Value]] | None = None

    def tick(self, steps: int = 1) -> None:
        """Spend steps; raises BudgetError when there are none left."""
        self.steps += steps
        if self.steps > self.budget.steps:
            raise BudgetError("Der Ausdruck braucht zu viele Schritte.")

    def check_items(self, count: int) -> None:
        if count > self.budget.items:
            raise BudgetError(f"Eine Liste hätte mehr als {self.budget.items} Elemente.")
        self.tick(count)

    def check_text(self, length: int) -> None:
        if length > self.budget.text:
            raise BudgetError(f"Ein Text hätte mehr als {self.budget.text} Zeichen.")
        self.tick(1 + length // 100)

    def size(self, value: Value) -> int:
        """How many values a list or context holds at all levels; raises BudgetError if that is too much.

        Values share parts, so that ten nested lists of ten can stand for ten thousand million elements: whoever compares, prints or
        stores such a value would walk through all of them.
        """
        kind = type(value)
        if kind is str:
            return 1 + (len(value) >> 4)
        if kind is not list and kind is not dict:
            return 1
        if self._sizes is None:
            self._sizes = {}
        known = self._sizes.get(id(value))
        if known is not None:
            return known[0]
        total, levels = 1, 1
        for item in value if kind is list else value.values():
            inner = type(item)
            if inner is list or inner is dict:
                total += self.size(item)
                below = self._sizes.get(id(item))
                levels = max(levels, 2 if below is None else below[1] + 1)
            else:
                total += 1 + (len(item) >> 4) if inner is str else 1
        if total > self.budget.nodes:
            raise BudgetError(f"Ein Wert hätte mehr als {self.budget.nodes} Teile.")
        if levels > self.budget.levels:
            raise BudgetError(f"Ein Wert hätte mehr als {self.budget.levels} Ebenen.")
        if levels > 1:
            self._sizes[id(value)] = (total, levels, value)
        return total

    def same(self, left: Value, right: Value) -> bool | None:
        """`left = right`, paid for by size."""
        if type(left) in _SIZED:
            self.tick(self.size(left))
        return equal(left, right)

    def problem(self, reason: str) -> None:
        """Note why something became null."""
        if self.problems is not None and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(reason)

    def named_function(self, name: str) -> Value:
        """A function that is not in scope: handed in or built in; null if there is none."""
        if self.functions is not None:
            found = self.functions.get(name)
            if found is not None:
                return found
        found = self.builtins.get(name)
        if found is None:
            self.problem(f"Die Variable „{name}“ gibt es hier nicht.")
        return found

    def call(self, function: Value, arguments: Sequence[Value], names: Sequence[str] | None = None) -> Value:
        """Call a function; what goes wrong in it gives null with a reason."""
        if type(function) is not FeelFunction:
            self.problem(f"Ein Wert der Art {kind_of(function)} kann nicht aufgerufen werden.")
            return None
        steps = 1
        for argument in arguments:
            if type(argument) in _SIZED:
                steps += len(argument) >> 4
        self.tick(steps)
        if self.depth >= self.budget.depth:
            raise BudgetError(f"Funktionen rufen einander mehr als {self.budget.depth} Ebenen tief auf.")
        self.depth += 1
        try:
            return self._call(function, arguments, names)
        except Faulty as fault:
            self.problem(f"{function.name}: {fault}")
            return None
        except TemporalError as fault:
            self.problem(f"{function.name}: {fault}")
            return None
        except (ValueError, ArithmeticError):
            self.problem(f"{function.name}: Für diese Werte gibt es kein Ergebnis.")
            return None
        finally:
            self.depth -= 1

    def _call(self, function: FeelFunction, arguments: Sequence[Value], names: Sequence[str] | None) -> Value:
        overloads = function.overloads or (function,)
        fault: Faulty | None = None
        for overload in overloads:
            try:
                bound = _bound(overload, arguments, names)
            except Faulty as exc:
                fault = fault or exc
                continue
            result = overload.body(self, *bound) if overload.with_run else overload.body(*bound)
            result = wrap(result)
            if type(result) in _SIZED:
                self.size(result)
            return result if overload.result is None else overload.result.coerce(result)
        raise fault or Faulty("Diese Funktion kann nicht aufgerufen werden.")


def _bound(function: FeelFunction, arguments: Sequence[Value], names: Sequence[str] | None) -> Sequence[Value]:
    """The arguments in the order of the parameters, converted to their kinds. Raises Faulty."""
    count = len(function.parameters)
    if names is not None:
        given = dict(zip(names, arguments, strict=True))
        if len(given) != len(arguments) or not given.keys() <= set(function.parameters):
            raise Faulty("Ein benanntes Argument passt zu keinem Parameter.")
        values: list[Value] = [given.get(name) for name in function.parameters]
        missing = [name for name in function.parameters if name not in given]
        # A built-in function takes null for what is missing, as the Technology Compatibility Kit expects it of `is(value1: 1)`.
        if missing and function.types is not None and function.kinds is None:
            raise Faulty(f"Das Argument „{missing[0]}“ fehlt.")
        while (
            values
            and function.parameters[len(values) - 1] not in given
            and len(values) > (count if function.required is None else function.required)
        ):
            values.pop()
    else:
        values = list(arguments)
        required = count if function.required is None else function.required
        if len(values) < required or (len(values) > count and not function.variadic):
            raise Faulty(f"Die Funktion hat {count} Parameter, gegeben sind {len(values)} Argumente.")
    if function.kinds is not None:
        last = len(function.kinds) - 1
        for place, value in enumerate(values):
            values[place] = _as_kind(value, function.kinds[min(place, last)])
    elif function.types is not None:
        for place, (value, wanted) in enumerate(zip(values, function.types, strict=False)):
            if wanted is not None:
                values[place] = wanted.coerce(value)
    return values


def _as_kind(value: Value, kind: str) -> Value:
    """A value as the kind a built-in function asks for: `string`, `number?` (may be null), `any`, `date|date and time`, ..."""
    if kind == "any":
        return value
    if value is None:
        if kind.endswith("?"):
            return None
        raise Faulty("Ein Argument ist null.")
    has = kind_of(value)
    wanted = kind.rstrip("?").split("|")
    if has in wanted:
        return value
    if "list" in wanted:
        return [value]
    if has == "list" and len(value) == 1:
        inner = wrap(value[0])
        if kind_of(inner) in wanted:
            return inner
    if "context" in wanted and is_context(value):
        return value
    raise Faulty(f"Ein Argument der Art {has} passt nicht, erwartet wird {' oder '.join(wanted)}.")


class Scope:
    """Names and their values; the outermost scope holds the variables handed in."""

    __slots__ = ("parent", "run", "vars")

    def __init__(self, variables: Mapping[str, Value], parent: Scope | None, run: Run) -> None:
        self.vars = variables
        self.parent = parent
        self.run = run


def whole_number(value: Value) -> int:
    """An integral number as int; raises Faulty for any other."""
    if not is_number(value) or not -INT_LIMIT < value < INT_LIMIT or value != int(value):
        raise Faulty("Erwartet wird eine ganze Zahl.")
    return int(value)


def range_items(low: Value, high: Value) -> range | None:
    """The whole numbers or day numbers from one end to the other, also downwards; None if the ends are of another kind."""
    if is_number(low) and is_number(high):
        start, stop = whole_number(low), whole_number(high)
    elif kind_of(low) == kind_of(high) == "date":
        start, stop = low.ordinal, high.ordinal
    else:
        return None
    return range(start, stop + 1) if start <= stop else range(start, stop - 1, -1)


def closed_ends(value: Range) -> tuple[Value, Value] | None:
    """The ends of a range of whole numbers or days, without those that do not belong to it; None for another or an empty one."""
    items = range_items(value.low, value.high) if value.operator is None else None
    if items is None or items.step < 0:
        return None
    inner = items[0 if value.low_closed else 1 :]
    if not value.high_closed:
        inner = inner[:-1]
    if not inner:
        return None
    if is_number(value.low):
        return inner[0], inner[-1]
    return type(value.low).from_ordinal(inner[0]), type(value.low).from_ordinal(inner[-1])
