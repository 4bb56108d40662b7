"""Evaluation along the requirement graph (DMN 1.5, 10.4): each decision once, after those it requires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.dmn.results import Decision
from engine.feel import FeelError
from engine.feel.budget import BudgetError
from engine.feel.scope import Scope
from engine.feel.types import FunctionType, resolved
from engine.feel.values import Faulty, FeelFunction, Value, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.dmn.model import DecisionModel
    from engine.dmn.reader import Element, Key
    from engine.dmn.tables import DecisionRun
    from engine.feel.types import FeelType

    Code = Callable[[Scope], Value]

_MAX_SERVICE_DEPTH: Final = 20


@dataclass(frozen=True, slots=True)
class Requirement:
    """An arrow of the graph: the element and the import name by which it is seen (None for the own file)."""

    element: Element
    prefix: str | None


@dataclass(frozen=True, eq=False, slots=True)
class Logic:
    """An element, compiled."""

    element: Element
    type: FeelType | None
    code: Code | None = None
    parameters: tuple[str, ...] = ()
    types: tuple[FeelType | None, ...] = ()
    information: tuple[Requirement, ...] = ()
    knowledge: tuple[Requirement, ...] = ()
    outputs: tuple[Element, ...] = ()


def _signature(logic: Logic) -> tuple[tuple[FeelType | None, ...], FeelType | None]:
    """Types of the parameters and of the result; the variable of a function may be typed by its result or by a function type."""
    if logic.type is None:
        return logic.types, None
    try:
        kind = resolved(logic.type)
    except Faulty:
        return logic.types, logic.type
    if not isinstance(kind, FunctionType):
        return logic.types, logic.type
    if len(kind.parameters) != len(logic.types):
        return logic.types, kind.result
    return tuple(own or declared for own, declared in zip(logic.types, kind.parameters, strict=True)), kind.result


def evaluation_order(model: DecisionModel, targets: Sequence[Element], given: frozenset[Key]) -> list[Element]:
    """The decisions to evaluate, each after those it requires. Raises FeelError for a cycle."""
    order: list[Element] = []
    state: dict[Key, bool] = {}
    stack: list[tuple[Element, bool]] = [(element, False) for element in reversed(targets)]
    while stack:
        element, finished = stack.pop()
        if finished:
            state[element.key] = True
            order.append(element)
            continue
        if state.get(element.key) is True or element.key in given:
            continue
        if element.key in state:
            raise FeelError(element.label, "Diese Entscheidung braucht sich selbst.")
        state[element.key] = False
        stack.append((element, True))
        # A decision that is still open further down the stack is an ancestor only if it is reached again below itself.
        stack += [
            (requirement.element, False)
            for requirement in reversed(model.logic(element).information)
            if requirement.element.kind == "decision" and state.get(requirement.element.key) is not True
        ]
    return order


class Undeclared(Mapping[str, Value]):
    """The variables handed in, without those the model declares: what a decision sees of these is a matter of its requirements."""

    def __init__(self, context: Mapping[str, Value], declared: frozenset[str]) -> None:
        self.context = context
        self.declared = declared

    def __getitem__(self, name: str) -> Value:
        if name in self.declared:
            raise KeyError(name)
        return self.context[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.context if name not in self.declared)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Evaluation:
    """The values of one evaluation; `given` replaces decisions and inputs (for decision services)."""

    def __init__(
        self, model: DecisionModel, context: Mapping[str, Value], run: DecisionRun, given: dict[Key, Value], depth: int = 0
    ) -> None:
        self.model = model
        self.context = context
        self.run = run
        self.given = given
        self.depth = depth
        self.values: dict[Key, Value] = {}
        self.functions: dict[Key, FeelFunction] = {}
        self.root = Scope(Undeclared(context, model.declared), None, run)

    def outcome(self, element: Element, problems: list[str]) -> Decision:
        """Evaluate an element and everything it requires, keeping what each decision did."""
        if element.kind == "service":
            value = self.run.call(self.service(element, from_context=True), [])
            return Decision(
                id=element.key.id, name=element.label, value=value, matched_rules=tuple(self.run.matched), problems=tuple(problems)
            )
        outcomes: dict[str, Decision] = {}
        result: Decision | None = None
        for decision in evaluation_order(self.model, [element], frozenset(self.given)):
            self.run.matched = []
            begin = len(problems)
            value = self.decide(decision)
            result = Decision(
                id=decision.key.id, name=decision.label, value=value, matched_rules=tuple(self.run.matched),
                evaluated=dict(outcomes), problems=tuple(problems[begin:]) if decision is not element else tuple(problems),
            )  # fmt: skip
            outcomes[decision.label] = result
        assert result is not None
        return result

    def decide(self, element: Element) -> Value:
        """The value of a decision whose requirements have their values."""
        logic = self.model.logic(element)
        scope = Scope(self._visible(logic), self.root, self.run)
        value = self._converted(None if logic.code is None else self._safely(logic.code, scope), logic.type, element)
        self.values[element.key] = value
        return value

    def _safely(self, code: Code, scope: Scope) -> Value:
        try:
            return code(scope)
        except Faulty as fault:
            self.run.problem(str(fault))
            return None

    def _converted(self, value: Value, kind: FeelType | None, element: Element) -> Value:
        if kind is None:
            return value
        try:
            return kind.coerce(value)
        except Faulty as fault:
            self.run.problem(f"{element.label}: {fault}")
            return None

    def _visible(self, logic: Logic) -> dict[str, Value]:
        """What the requirements make visible, imports under their name."""
        found: dict[str, Value] = {}
        for requirement in (*logic.information, *logic.knowledge):
            target = requirement.element
            value = self.function(target) if target.kind in {"bkm", "service"} else self.value(target, requirement.prefix)
            if requirement.prefix is None:
                found[target.name] = value
            else:
                found.setdefault(requirement.prefix, {})[target.name] = value
        return found

    def value(self, element: Element, prefix: str | None) -> Value:
        """The value of an input or of a decision that has been evaluated."""
        if element.key in self.given:
            return self.given[element.key]
        if element.kind == "decision":
            return self.values.get(element.key)
        value = wrap(self.context.get(element.name))
        if value is None and prefix is not None:
            imported = self.context.get(prefix)
            value = wrap(imported.get(element.name)) if isinstance(imported, dict) else None
        return self._converted(value, self.model.logic(element).type, element)

    def function(self, element: Element) -> FeelFunction:
        """A knowledge model or decision service as a function; made once, so that it may refer to itself."""
        known = self.functions.get(element.key)
        if known is not None:
            return known
        if element.kind == "service":
            found = self.service(element, from_context=False)
        else:
            logic = self.model.logic(element)

            def call(*arguments: Value) -> Value:
                scope = Scope(self._visible(logic), Scope({}, None, self.run), self.run)
                inner = Scope(dict(zip(logic.parameters, arguments, strict=True)), scope, self.run)
                return None if logic.code is None else logic.code(inner)

            types, result = _signature(logic)
            found = FeelFunction(element.name, logic.parameters, call, types=types, result=result)
        self.functions[element.key] = found
        return found

    def service(self, element: Element, *, from_context: bool) -> FeelFunction:
        """A decision service as a function; asked for directly, its arguments come from the context."""
        logic = self.model.logic(element)

        def call(*arguments: Value) -> Value:
            if self.depth >= _MAX_SERVICE_DEPTH:
                raise BudgetError("Entscheidungsdienste rufen einander zu tief auf.")
            values = [wrap(self.context.get(name)) for name in logic.parameters] if from_context else list(arguments)
            given: dict[Key, Value] = {}
            for requirement, kind, value in zip(logic.information, logic.types, values, strict=True):
                given[requirement.element.key] = self._converted(value, kind, requirement.element)
            inner = Evaluation(self.model, {} if not from_context else self.context, self.run, given, self.depth + 1)
            for decision in evaluation_order(self.model, logic.outputs, frozenset(given)):
                inner.decide(decision)
            results = {output.name: inner.value(output, None) for output in logic.outputs}
            return next(iter(results.values())) if len(results) == 1 else results

        parameters = () if from_context else logic.parameters
        return FeelFunction(
            element.name, parameters, call, types=None if from_context else _signature(logic)[0], result=_signature(logic)[1]
        )
