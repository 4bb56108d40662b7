"""The evaluator of a command: FEEL with the facts of the case, the Kommunalprofil, the clock, and the deployed decisions."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.calendar import Calendar
from engine.expressions import Expressions
from engine.feel import to_json
from processes.profil import UnknownFrist
from services.prozess import bindung

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from engine.dmn.tables import MatchedRule
    from engine.ports import FristPort
    from processes.profil import Frist, Profil
    from services.unit_of_work import UnitOfWork


@lru_cache(maxsize=200)
def calendar(land: str, closing_days: frozenset[date]) -> Calendar:
    """Holidays are computed once per Land and set of closing days."""
    return Calendar(land, closing_days)


def calendar_of(uow: UnitOfWork) -> Calendar:
    """Arbeitstage of the Mandant: holidays of its Land and its closing days."""
    profil = uow.app.profil_of(uow.actor.mandant)
    return calendar(profil.land, frozenset(profil.schliesstage))


def matched(rule: MatchedRule) -> dict[str, Any]:
    """A rule that applied, as JSON."""
    return {"index": rule.index, "id": rule.id, "annotations": list(rule.annotations), "table": rule.table,
            "inputs": [[label, to_json(value)] for label, value in rule.inputs],
            "outputs": {name: to_json(value) for name, value in rule.outputs.items()}}


def frist_port(profil: Profil) -> FristPort:
    """Deadlines for the engine, which asks with a LookupError where none is known."""
    def frist(name: str) -> Frist:
        try:
            return profil.frist(name)
        except UnknownFrist as error:
            raise LookupError(str(error)) from error
    return frist


class Evaluators:
    """One evaluator per instance of a command; they share the facts of the case.

    ``decisions`` collects what was decided and why: rows for the decision log.
    """

    def __init__(self, uow: UnitOfWork, business_id: str | None, decisions: list[dict[str, Any]]) -> None:
        self.uow, self.business_id, self.decisions = uow, business_id, decisions
        self._known: dict[int, Expressions] = {}

    def __call__(self, instance_key: int) -> Expressions:
        found = self._known.get(instance_key)
        if found is None:
            found = self._known[instance_key] = self._make(instance_key)
        return found

    def facts(self) -> dict[str, Any]:
        """``fall`` and ``profil``, each read when an expression asks for it."""
        uow = self.uow
        profil = uow.app.profil_of(uow.actor.mandant)
        return {"fall": lambda: uow.app.facts(uow.session, self.business_id) if self.business_id else {}, "profil": profil.as_facts}

    def _make(self, instance_key: int) -> Expressions:
        uow, profil = self.uow, self.uow.app.profil_of(self.uow.actor.mandant)

        def decide(decision_id: str, view: Mapping[str, Any], binding: str, version_tag: str | None, definition: str) -> Any:  # noqa: ANN401  a FEEL value
            key = bindung.decision_key(uow.session, decision_id, binding, version_tag, definition)
            decided = uow.app.library.decision(uow.session, key).evaluate(decision_id, view, evaluator.functions)
            self.decisions.append({
                "mandant": uow.actor.mandant, "instance_key": instance_key, "decision_id": decision_id, "decision_key": key,
                "result": to_json(decided.value), "matched": [matched(rule) for rule in decided.matched_rules], "at": uow.now})
            return decided.value

        evaluator = Expressions(facts=self.facts(), frist=frist_port(profil), calendar=calendar_of(uow), clock=uow.app.clock, decide=decide,
                                forms=bindung.form_port(uow))
        return evaluator


def make_evaluator(uow: UnitOfWork, business_id: str | None, decisions: list[dict[str, Any]]) -> Expressions:
    """An evaluator outside of any instance."""
    return Evaluators(uow, business_id, decisions)(0)
