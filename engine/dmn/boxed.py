"""Boxed expressions (DMN 1.5, chapters 8 and 10.2) as functions of a scope, like everything the FEEL compiler makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.dmn.itemtypes import type_named
from engine.dmn.reader import Source, child, children, local, text_of
from engine.dmn.tables import AGGREGATIONS, POLICIES, Input, Output, Rule, Table
from engine.errors import ExpressionError
from engine.feel import compile_expression, compile_unary_tests, loops
from engine.feel.scope import Scope
from engine.feel.values import Faulty, FeelFunction, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

    from engine.feel.types import FeelType

    Code = Callable[[Scope], Value]
    Report = Callable[[_Element, str, str], None]


class BoxedCompiler:
    """Compiles the expressions of one file. What cannot be read is reported, and gives null with that reason when it is evaluated."""

    def __init__(self, source: Source, report: Report) -> None:
        self.source = source
        self.report = report

    # -- text -------------------------------------------------------------------------------------------------------------------

    def text(self, node: _Element, text: str, *, unary: bool = False) -> Code:
        """A FEEL text that stands at an element."""
        language = node.get("expressionLanguage") or ""
        if language and not language.rstrip("/").lower().endswith("feel"):
            return self.failed(node, text, f"Die Ausdruckssprache „{language}“ wird nicht unterstützt, nur FEEL.")
        try:
            compiled = (compile_unary_tests if unary else compile_expression)(text, self.source.syntax)
        except ExpressionError as exc:
            return self.failed(node, text, str(exc))
        return compiled.evaluate_in

    def failed(self, node: _Element, text: str, reason: str) -> Code:
        """Report a fault and stand in for what could not be compiled."""
        self.report(node, text, reason)

        def run(_scope: Scope) -> Value:
            raise Faulty(reason)

        return run

    # -- expressions ------------------------------------------------------------------------------------------------------------

    def inside(self, node: _Element | None, name: str) -> Code:
        """The expression inside an element."""
        for part in node if node is not None else ():
            if local(part) in _EXPRESSIONS:
                return self.expression(part, name)
        if node is None:
            return _nothing
        return self.failed(node, "", f"In „{name}“ fehlt ein Ausdruck.")

    def expression(self, node: _Element, name: str) -> Code:
        """An expression element; `name` is that of the decision, for messages and tables."""
        code: Code = getattr(self, _EXPRESSIONS[local(node)])(node, name)
        kind = type_named(self.source, node.get("typeRef")) if local(node) != "functionDefinition" else None
        return _guarded(code, kind)

    def literal(self, node: _Element, _name: str) -> Code:
        text = text_of(node)
        if not text:
            return _nothing
        return self.text(node, text)

    def context(self, node: _Element, name: str) -> Code:
        entries: list[tuple[str | None, Code, FeelType | None]] = []
        for entry in children(node, "contextEntry"):
            variable = child(entry, "variable")
            key = (variable.get("name") or "").strip() if variable is not None else None
            kind = type_named(self.source, variable.get("typeRef")) if variable is not None else None
            entries.append((key, self.inside(entry, key or name), kind))

        def run(scope: Scope) -> Value:
            found: dict[str, Value] = {}
            inner = Scope(found, scope, scope.run)
            for key, code, kind in entries:
                value = _guarded(code, kind)(inner)
                if key is None:
                    return value
                found[key] = value
            return found

        return run

    def invocation(self, node: _Element, name: str) -> Code:
        function = self.inside(node, name)
        bindings = [
            ((parameter.get("name") or "").strip(), self.inside(binding, name))
            for binding in children(node, "binding")
            if (parameter := child(binding, "parameter")) is not None
        ]
        names = [parameter for parameter, _ in bindings]

        def run(scope: Scope) -> Value:
            called = function(scope)
            return scope.run.call(called, [code(scope) for _, code in bindings], names)

        return run

    def list(self, node: _Element, name: str) -> Code:
        items = [self.expression(part, name) for part in node if local(part) in _EXPRESSIONS]
        return lambda scope: [item(scope) for item in items]

    def relation(self, node: _Element, name: str) -> Code:
        columns = [(column.get("name") or "").strip() for column in children(node, "column")]
        rows = [[self.expression(part, name) for part in row if local(part) in _EXPRESSIONS] for row in children(node, "row")]
        return lambda scope: [{column: code(scope) for column, code in zip(columns, row, strict=False)} for row in rows]

    def function(self, node: _Element, name: str) -> Code:
        parameters, types = self.parameters(node)
        kind = node.get("kind") or "FEEL"
        result = type_named(self.source, node.get("typeRef"))
        if kind.upper() != "FEEL":
            body = self.failed(node, kind, f"Funktionen der Art „{kind}“ werden nicht ausgeführt.")
        else:
            body = self.inside(node, name)

        def run(scope: Scope) -> Value:
            def call(*arguments: Value) -> Value:
                return body(Scope(dict(zip(parameters, arguments, strict=True)), scope, scope.run))

            return FeelFunction(name, parameters, call, types=types, declared_result=result)

        return run

    def parameters(self, node: _Element) -> tuple[tuple[str, ...], tuple[FeelType | None, ...]]:
        """Names and types of formal parameters."""
        found = list(children(node, "formalParameter"))
        names = tuple((parameter.get("name") or "").strip() for parameter in found)
        return names, tuple(type_named(self.source, parameter.get("typeRef")) for parameter in found)

    def conditional(self, node: _Element, name: str) -> Code:
        condition, then, otherwise = (self.inside(child(node, part), name) for part in ("if", "then", "else"))

        def run(scope: Scope) -> Value:
            value = condition(scope)
            if value is not None and type(value) is not bool:
                raise Faulty("Die Bedingung ergibt keinen Wahrheitswert.")
            return then(scope) if value is True else otherwise(scope)

        return run

    def filter(self, node: _Element, name: str) -> Code:
        return loops.filtered(self.inside(child(node, "in"), name), self.inside(child(node, "match"), name), None)

    def iterator(self, node: _Element, name: str) -> Code:
        variable = (node.get("iteratorVariable") or "").strip()
        bindings = ((variable, self.inside(child(node, "in"), name), None),)
        if local(node) == "for":
            body = child(node, "return")
            uses_partial = body is not None and any("partial" in (part.text or "") for part in body.iter())
            return loops.iteration(bindings, self.inside(body, name), uses_partial=uses_partial)
        return loops.quantified(bindings, self.inside(child(node, "satisfies"), name), is_some=local(node) == "some")

    # -- decision tables --------------------------------------------------------------------------------------------------------

    def table(self, node: _Element, name: str) -> Code:
        policy = (node.get("hitPolicy") or "UNIQUE").upper()
        aggregation = (node.get("aggregation") or "").upper()
        if policy not in POLICIES or aggregation not in AGGREGATIONS:
            return self.failed(node, policy, f"Die Trefferregel „{policy} {aggregation}“ gibt es nicht.")
        inputs = tuple(self.input(part) for part in children(node, "input"))
        only = len(list(children(node, "output"))) == 1
        outputs = tuple(self.output(part, node if only else None, name) for part in children(node, "output"))
        rules = tuple(self.rule(part, index) for index, part in enumerate(children(node, "rule"), 1))
        if any(len(rule.tests) != len(inputs) or len(rule.outputs) != len(outputs) for rule in rules) or not outputs:
            return self.failed(node, name, f"In der Tabelle „{name}“ hat eine Regel zu viele oder zu wenige Zellen.")
        return Table(name, policy, aggregation, inputs, outputs, rules).evaluate

    def input(self, node: _Element) -> Input:
        expression = child(node, "inputExpression")
        text = text_of(expression)
        code = self.text(expression, text) if expression is not None and text else _nothing
        values = child(node, "inputValues")
        allowed = self.text(values, text_of(values), unary=True) if values is not None and text_of(values) else None
        kind = type_named(self.source, expression.get("typeRef")) if expression is not None else None
        return Input(node.get("label") or text, code, kind, allowed)

    def output(self, node: _Element, table: _Element | None, name: str) -> Output:
        values, default = child(node, "outputValues"), child(node, "defaultOutputEntry")
        text = text_of(values)
        reference = node.get("typeRef") or (table.get("typeRef") if table is not None else None)
        order = text or self.allowed_text(reference)
        return Output(
            (node.get("name") or "").strip() or (name if table is not None else ""),
            type_named(self.source, node.get("typeRef")),
            self.text(node, f"[{order}]") if order else None,
            self.text(default, text_of(default)) if default is not None and text_of(default) else None,
        )

    def allowed_text(self, reference: str | None) -> str:
        """The allowed values of an item definition: the order of priority where the column itself lists none."""
        plain = (reference or "").rpartition(":")[2].strip()
        for node in children(self.source.root, "itemDefinition"):
            if plain and node.get("name") == plain:
                return text_of(child(node, "allowedValues"))
        return ""

    def rule(self, node: _Element, index: int) -> Rule:
        tests: list[Code | None] = []
        for entry in children(node, "inputEntry"):
            text = text_of(entry)
            tests.append(None if text in {"", "-"} else self.text(entry, text, unary=True))
        notes = [text_of(note) for note in children(node, "annotationEntry")]
        notes += [(note.text or "").strip() for note in children(node, "description")]
        outputs = tuple(
            self.text(entry, text_of(entry)) if text_of(entry) not in {"", "-"} else _nothing for entry in children(node, "outputEntry")
        )
        return Rule(index, node.get("id") or "", tuple(note for note in notes if note), tuple(tests), outputs)


def _nothing(_scope: Scope) -> Value:
    return None


def _guarded(code: Code, kind: FeelType | None) -> Code:
    """The same code, converted to a type; what goes wrong gives null with the reason."""

    def run(scope: Scope) -> Value:
        try:
            value = code(scope)
            return value if kind is None else kind.coerce(value)
        except Faulty as fault:
            scope.run.problem(str(fault))
            return None

    return run


_EXPRESSIONS: Final = {
    "literalExpression": "literal",
    "context": "context",
    "invocation": "invocation",
    "list": "list",
    "relation": "relation",
    "functionDefinition": "function",
    "decisionTable": "table",
    "conditional": "conditional",
    "filter": "filter",
    "for": "iterator",
    "some": "iterator",
    "every": "iterator",
}
