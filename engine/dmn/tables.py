"""Decision tables (DMN 1.5, chapter 8): matching, hit policies, aggregation, defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.feel.builtins import BUILTINS
from engine.feel.scope import Run, Scope
from engine.feel.values import Faulty, Range, Value, equal, value_text, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.feel.types import FeelType

    Code = Callable[[Scope], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedRule:
    """A rule that applied, so that a clerk can see why.

    Attributes:
        index: number of the rule in its table, from 1.
        id: its id in the model, perhaps empty.
        annotations: what the author noted at the rule.
        inputs: label and value of each input column.
        outputs: value of each output column by name.
        table: name of the decision or knowledge model whose table it is.
    """

    index: int
    id: str
    annotations: tuple[str, ...]
    inputs: tuple[tuple[str, Value], ...]
    outputs: dict[str, Value]
    table: str


class DecisionRun(Run):
    """An evaluation that notes which rules applied."""

    __slots__ = ("matched",)

    def __init__(self, *arguments: Value) -> None:
        super().__init__(*arguments)
        self.matched: list[MatchedRule] = []


@dataclass(frozen=True, slots=True)
class Input:
    """An input column."""

    label: str
    code: Code
    type: FeelType | None
    allowed: Code | None


@dataclass(frozen=True, slots=True)
class Output:
    """An output column; `values` are the allowed ones in order of priority."""

    name: str
    type: FeelType | None
    values: Code | None
    default: Code | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row; a cell without a test is None."""

    index: int
    id: str
    annotations: tuple[str, ...]
    tests: tuple[Code | None, ...]
    outputs: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table, compiled."""

    name: str
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]

    def evaluate(self, scope: Scope) -> Value:
        """The result, null with a reason where the standard leaves none. Raises Faulty."""
        values = [_input_value(column, scope) for column in self.inputs]
        scopes = [Scope({"?": value}, scope, scope.run) for value in values]
        hits: list[tuple[Rule, list[Value]]] = []
        for rule in self.rules:
            scope.run.tick(1 + len(rule.tests))
            if all(test is None or test(inner) is True for test, inner in zip(rule.tests, scopes, strict=False)):
                hits.append((rule, self._row(rule, scope)))
                if self.policy == "FIRST":
                    break
        hits = self._ordered(hits, scope)
        if self.policy == "PRIORITY":
            hits = hits[:1]
        if isinstance(scope.run, DecisionRun):
            scope.run.matched += [self._matched(rule, row, values) for rule, row in hits]
        return self._result(hits, scope)

    def _row(self, rule: Rule, scope: Scope) -> list[Value]:
        row: list[Value] = []
        for column, code in zip(self.outputs, rule.outputs, strict=False):
            value = code(scope)
            row.append(value if column.type is None else column.type.coerce(value))
        return row

    def _matched(self, rule: Rule, row: list[Value], values: Sequence[Value]) -> MatchedRule:
        inputs = tuple((column.label, value) for column, value in zip(self.inputs, values, strict=True))
        outputs = {column.name or self.name: value for column, value in zip(self.outputs, row, strict=False)}
        return MatchedRule(index=rule.index, id=rule.id, annotations=rule.annotations, inputs=inputs, outputs=outputs, table=self.name)

    def _result(self, hits: list[tuple[Rule, list[Value]]], scope: Scope) -> Value:
        if not hits:
            return self._default(scope)
        rows = [self._shape(row) for _, row in hits]
        if self.policy == "UNIQUE" and len(hits) > 1:
            numbers = ", ".join(str(rule.index) for rule, _ in hits)
            raise Faulty(f"In der Tabelle „{self.name}“ darf nur eine Regel zutreffen, es sind die Regeln {numbers}.")
        if self.policy == "ANY" and any(equal(rows[0], row) is not True for row in rows[1:]):
            raise Faulty(f"In der Tabelle „{self.name}“ treffen Regeln mit verschiedenen Ergebnissen zu.")
        if self.policy == "COLLECT" and self.aggregation:
            return self._aggregated([row for _, row in hits], scope)
        return rows if self.policy in {"COLLECT", "RULE ORDER", "OUTPUT ORDER"} else rows[0]

    def _shape(self, row: Sequence[Value]) -> Value:
        """One output alone is its value, several are a context."""
        if len(self.outputs) == 1:
            return row[0]
        return {column.name: value for column, value in zip(self.outputs, row, strict=True)}

    def _default(self, scope: Scope) -> Value:
        if not any(column.default for column in self.outputs):
            if self.policy == "COLLECT" and self.aggregation == "COUNT":
                return 0
            scope.run.problem(f"In der Tabelle „{self.name}“ trifft keine Regel zu.")
            return None
        row: list[Value] = []
        for column in self.outputs:
            value = None if column.default is None else column.default(scope)
            row.append(value if column.type is None else column.type.coerce(value))
        shaped = self._shape(row)
        return [shaped] if self.policy in {"RULE ORDER", "OUTPUT ORDER"} and not isinstance(shaped, list) else shaped

    def _aggregated(self, rows: list[list[Value]], scope: Scope) -> Value:
        function = BUILTINS[{"SUM": "sum", "MIN": "min", "MAX": "max", "COUNT": "count"}[self.aggregation]]
        columns = [[row[place] for row in rows] for place in range(len(self.outputs))]
        return self._shape([scope.run.call(function, [column]) for column in columns])

    def _ordered(self, hits: list[tuple[Rule, list[Value]]], scope: Scope) -> list[tuple[Rule, list[Value]]]:
        """Hits in the order of the output values, for the two policies that ask for it."""
        if self.policy not in {"PRIORITY", "OUTPUT ORDER"} or len(hits) < 2:
            return hits
        orders = [column.values(scope) if column.values is not None else None for column in self.outputs]

        def rank(hit: tuple[Rule, list[Value]]) -> list[int]:
            return [_place(value, order) for value, order in zip(hit[1], orders, strict=True) if order is not None]

        return sorted(hits, key=rank)


def _place(value: Value, order: list[Value]) -> int:
    """Where a value stands among the output values; unknown ones come last."""
    for place, wanted in enumerate(order):
        if (isinstance(wanted, Range) and wanted.contains(value)) or equal(wrap(value), wrap(wanted)) is True:
            return place
    return len(order)


def _input_value(column: Input, scope: Scope) -> Value:
    value = column.code(scope)
    if column.type is not None:
        value = column.type.coerce(value)
    if column.allowed is not None and column.allowed(Scope({"?": value}, scope, scope.run)) is not True:
        raise Faulty(f"Der Wert {value_text(value)[:100]} gehört nicht zu den erlaubten Eingaben von „{column.label}“.")
    return value


POLICIES: Final = frozenset({"UNIQUE", "ANY", "PRIORITY", "FIRST", "COLLECT", "RULE ORDER", "OUTPUT ORDER"})
AGGREGATIONS: Final = frozenset({"", "SUM", "MIN", "MAX", "COUNT"})
