"""Decisions: find, and evaluate outside a process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import etree
from sqlalchemy import text

from engine.errors import EngineError
from services.errors import InvalidInput, NotFound
from services.prozess import rechte
from services.prozess.evaluator import make_evaluator
from services.prozess.rechte import Recht
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.dmn import Decision
    from services.bootstrap import App
    from services.context import Actor


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What was decided, by which version, and why."""

    key: int
    id: str
    name: str | None
    version: int
    requirements_id: str
    requirements_key: int
    decision: Decision
    evaluation_key: int
    is_table: bool


def evaluate(app: App, actor: Actor, *, decision_id: str | None = None, key: int | None = None, variables: Mapping[str, Any] | None = None) -> Evaluated:
    """Evaluate the latest version of a decision, or one by key. Raises NotFound, InvalidInput."""
    rechte.require(actor, Recht.EVALUATE)
    if (decision_id is None) == (key is None):
        raise InvalidInput("Erwartet wird entweder die Kennung oder der Schlüssel einer Entscheidung.")

    def work(uow: UnitOfWork) -> Evaluated:
        row = uow.session.execute(text(
            "select key, decision_id, name, version, requirements_id, requirements_key from decision_definition "
            "where (cast(:k as bigint) is null or key = :k) and (cast(:d as text) is null or decision_id = :d) order by version desc limit 1"),
            {"k": key, "d": decision_id}).one_or_none()
        if row is None:
            raise NotFound(f"Die Entscheidung „{decision_id or key}“ gibt es hier nicht.")
        functions = make_evaluator(uow, None, []).functions
        model = uow.app.library.decision(uow.session, row.key)
        try:
            decided = model.evaluate(row.decision_id, dict(variables or {}), functions)
        except EngineError as error:
            raise InvalidInput(f"Die Entscheidung „{row.decision_id}“ lässt sich damit nicht auswerten. {error}") from error
        is_table = any(etree.QName(child).localname == "decisionTable" for child in model.main.elements[row.decision_id].node.iterchildren("{*}*"))
        return Evaluated(key=row.key, id=row.decision_id, name=row.name, version=row.version, requirements_id=row.requirements_id,
                         requirements_key=row.requirements_key, decision=decided, evaluation_key=uow.key(), is_table=is_table)
    return read(app, actor, work)
