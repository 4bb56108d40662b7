"""A decision model: the elements of its files, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dmn.boxed import BoxedCompiler
from engine.dmn.evaluation import Evaluation, Logic, Requirement, evaluation_order
from engine.dmn.itemtypes import type_named
from engine.dmn.reader import Element, Key, Source, child, children, href_key, line_of, version_tag_of
from engine.dmn.results import Decision, DecisionInfo, Problem
from engine.dmn.tables import DecisionRun
from engine.feel import FUNCTIONS, FeelError
from engine.feel.budget import DEFAULT, Budget, BudgetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.etree import _Element

    from engine.feel.types import FeelType
    from engine.feel.values import FeelFunction, Value


class DecisionModel:
    """One or several files that belong together; the first is the one whose decisions are asked for. Immutable after parsing."""

    def __init__(self, sources: Sequence[Source], compiled_problems: list[Problem]) -> None:
        self.sources = {source.namespace: source for source in reversed(sources)}
        self.main = sources[0]
        self._problems = compiled_problems
        self.declared = frozenset(element.name for source in sources for element in source.elements.values())
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
            DecisionInfo(
                id=element.key.id,
                name=element.label,
                namespace=element.key.namespace,
                is_service=element.kind == "service",
                version_tag=version_tag_of(element.node),
            )
            for element in self.main.elements.values()
            if element.kind in {"decision", "service"}
        )

    def input_names(self, decision: str) -> tuple[str, ...]:
        """Names of the inputs a decision needs, also indirectly. Raises FeelError for an unknown decision."""
        order = evaluation_order(self, [self._find(decision)], frozenset())
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
