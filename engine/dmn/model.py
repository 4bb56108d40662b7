"""A decision model and its evaluation along the requirement graph (DMN 1.5, chapters 6 and 10.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.dmn.boxed import BoxedCompiler
from engine.dmn.itemtypes import type_named
from engine.dmn.reader import Element, Key, Source, child, children, href_key, line_of
from engine.dmn.tables import DecisionRun, MatchedRule
from engine.feel import FUNCTIONS, FeelError
from engine.feel.budget import DEFAULT, Budget, BudgetError
from engine.feel.scope import Scope
from engine.feel.values import Faulty, FeelFunction, Value, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lxml.etree import _Element

    from engine.feel.types import FeelType

    Code = Callable[[Scope], Value]

_MAX_SERVICE_DEPTH: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a model that cannot be read; the model is usable, but this expression gives null.

    Attributes:
        element_id: id of the nearest element that has one.
        text: the expression.
        reason: German sentence.
        line: line in the file.
    """

    element_id: str
    text: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInfo:
    """A decision that can be evaluated."""

    id: str
    name: str
    namespace: str
    is_service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome of an evaluation.

    Attributes:
        id: id of the decision.
        name: its name.
        value: FEEL value (`engine.feel.to_json` makes JSON of it).
        matched_rules: rules that applied in its tables, also in the knowledge models it called.
        evaluated: outcome of each decision this one requires, by name, in order of evaluation.
        problems: German sentences for each thing that became null on the way.
    """

    id: str
    name: str
    value: Value
    matched_rules: tuple[MatchedRule, ...] = ()
    evaluated: Mapping[str, Decision] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


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


class DecisionModel:
    """One or several files that belong together; the first is the one whose decisions are asked for. Immutable after parsing."""

    def __init__(self, sources: Sequence[Source], compiled_problems: list[Problem]) -> None:
        self.sources = {source.namespace: source for source in reversed(sources)}
        self.main = sources[0]
        self._problems = compiled_problems
        self._logic: dict[Key, Logic] = {}
        for source in sources:
            compiler = BoxedCompiler(source, self._report)
            for element in source.elements.values():
                self._logic[element.key] = self._compile(element, compiler)

    @property
    def id(self) -> str:
        """Id of the first file's definitions (its decision requirements graph); its name where it has none."""
        return str(self.main.root.get("id") or self.main.name)

    @property
    def name(self) -> str:
        """Name of the first file's definitions."""
        return self.main.name

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read."""
        return tuple(self._problems)

    @property
    def decisions(self) -> tuple[DecisionInfo, ...]:
        """Decisions and decision services of the first file, in its order."""
        return tuple(
            DecisionInfo(id=element.key.id, name=element.label, namespace=element.key.namespace, is_service=element.kind == "service")
            for element in self.main.elements.values()
            if element.kind in {"decision", "service"}
        )

    def input_names(self, decision: str) -> tuple[str, ...]:
        """Names of the inputs a decision needs, also indirectly. Raises FeelError for an unknown decision."""
        order = _order(self, [self._find(decision)], frozenset())
        found: dict[str, None] = {}
        for element in order:
            for requirement in self._logic[element.key].information:
                if requirement.element.kind == "input":
                    found[requirement.element.name] = None
        return tuple(found)

    def evaluate(
        self,
        decision: str,
        context: Mapping[str, Value],
        functions: Mapping[str, FeelFunction] | None = None,
        budget: Budget = DEFAULT,
    ) -> Decision:
        """Evaluate a decision or decision service.

        Args:
            decision: its id, or its name.
            context: the inputs by name; read lazily. Other variables are visible too, so that tables of tools that draw no inputs work.
            functions: FEEL functions besides the built-in ones.
            budget: limits for everything that is evaluated.

        Raises:
            ExpressionError: if there is no such decision, the graph has a cycle or the budget is exceeded.
        """
        element = self._find(decision)
        problems: list[str] = []
        run = DecisionRun(FUNCTIONS, functions, budget, problems)
        try:
            return Evaluation(self, context, run, {}).outcome(element, problems)
        except BudgetError as exc:
            raise FeelError(decision, str(exc)) from exc
        except RecursionError as exc:
            raise FeelError(decision, "Die Entscheidung ist zu tief geschachtelt.") from exc

    def logic(self, element: Element) -> Logic:
        return self._logic[element.key]

    def _find(self, decision: str) -> Element:
        found = self.main.elements.get(decision)
        if found is None or found.kind not in {"decision", "service"}:
            for element in self.main.elements.values():
                if element.kind in {"decision", "service"} and decision in {element.label, element.name}:
                    return element
            raise FeelError(decision, "Diese Entscheidung gibt es im Modell nicht.")
        return found

    def _report(self, node: _Element, text: str, reason: str) -> None:
        owner: _Element | None = node
        while owner is not None and not owner.get("id"):
            owner = owner.getparent()
        own_id = "" if owner is None else owner.get("id") or ""
        self._problems.append(Problem(element_id=own_id, text=text, reason=reason, line=line_of(node)))

    def _requirements(self, element: Element, arrow: str, *targets: str) -> tuple[Requirement, ...]:
        prefixes = {namespace: name for name, namespace in element.source.imports.items()}
        found: list[Requirement] = []
        for requirement in children(element.node, arrow):
            for node in children(requirement, *targets):
                target = self._element(href_key(element.source, node))
                if target is None:
                    self._report(node, node.get("href") or "", f"„{element.label}“ braucht ein Element, das es nicht gibt.")
                    continue
                prefix = None if target.source is element.source else prefixes.get(target.key.namespace) or None
                found.append(Requirement(target, prefix))
        return tuple(found)

    def _element(self, key: Key) -> Element | None:
        source = self.sources.get(key.namespace)
        return None if source is None else source.elements.get(key.id)

    def _compile(self, element: Element, compiler: BoxedCompiler) -> Logic:
        variable = child(element.node, "variable")
        kind = type_named(element.source, variable.get("typeRef")) if variable is not None else None
        knowledge = self._requirements(element, "knowledgeRequirement", "requiredKnowledge")
        if element.kind == "decision":
            information = self._requirements(element, "informationRequirement", "requiredDecision", "requiredInput")
            return Logic(element, kind, compiler.inside(element.node, element.label), information=information, knowledge=knowledge)
        if element.kind == "bkm":
            body = child(element.node, "encapsulatedLogic")
            if body is None:
                return Logic(
                    element, kind, compiler.failed(element.node, "", f"In „{element.label}“ fehlt die Logik."), knowledge=knowledge
                )
            parameters, types = compiler.parameters(body)
            if (body.get("kind") or "FEEL").upper() != "FEEL":
                code = compiler.failed(body, body.get("kind") or "", "Externe Funktionen werden nicht ausgeführt.")
            else:
                code = compiler.inside(body, element.label)
            return Logic(element, kind, code, parameters, types, knowledge=knowledge)
        if element.kind == "service":
            return self._service(element, kind)
        return Logic(element, kind)

    def _service(self, element: Element, kind: FeelType | None) -> Logic:
        """A decision service: its parameters are its input data, then its input decisions (DMN 1.5, 10.4)."""
        inputs = [self._element(href_key(element.source, node)) for node in children(element.node, "inputData")]
        decisions = [self._element(href_key(element.source, node)) for node in children(element.node, "inputDecision")]
        outputs = [self._element(href_key(element.source, node)) for node in children(element.node, "outputDecision")]
        found = [part for part in (*inputs, *decisions) if part is not None]
        types = tuple(_variable_type(part) for part in found)
        information = tuple(Requirement(part, None) for part in found)
        return Logic(
            element, kind, parameters=tuple(part.name for part in found), types=types, information=information,
            outputs=tuple(part for part in outputs if part is not None),
        )  # fmt: skip


def _variable_type(element: Element) -> FeelType | None:
    variable = child(element.node, "variable")
    return None if variable is None else type_named(element.source, variable.get("typeRef"))


def _order(model: DecisionModel, targets: Sequence[Element], given: frozenset[Key]) -> list[Element]:
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
        self.root = Scope(context, None, run)

    def outcome(self, element: Element, problems: list[str]) -> Decision:
        """Evaluate an element and everything it requires, keeping what each decision did."""
        if element.kind == "service":
            value = self.run.call(self.service(element, from_context=True), [])
            return Decision(
                id=element.key.id, name=element.label, value=value, matched_rules=tuple(self.run.matched), problems=tuple(problems)
            )
        outcomes: dict[str, Decision] = {}
        result: Decision | None = None
        for decision in _order(self.model, [element], frozenset(self.given)):
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

            found = FeelFunction(element.name, logic.parameters, call, types=logic.types, result=logic.type)
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
            for decision in _order(self.model, logic.outputs, frozenset(given)):
                inner.decide(decision)
            results = {output.name: inner.value(output, None) for output in logic.outputs}
            return next(iter(results.values())) if len(results) == 1 else results

        parameters = () if from_context else logic.parameters
        return FeelFunction(element.name, parameters, call, types=None if from_context else logic.types, result=logic.type)
