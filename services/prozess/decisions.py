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
    from datetime import datetime

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


@dataclass(frozen=True, kw_only=True)
class Grund:
    """A rule that applied: its number in the table from 1, what it looked at, and what its author noted."""

    regel: int
    tabelle: str
    eingaben: tuple[tuple[str, Any], ...]
    anmerkungen: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Getroffen:
    """A decision that an instance has taken: which, when, with which result, and why. ``spalten``: labels of the results by name."""

    decision_id: str
    name: str
    version: int
    am: datetime
    ergebnis: Any
    gruende: tuple[Grund, ...]
    spalten: Mapping[str, str]


def getroffen(app: App, actor: Actor, *, instance_key: int) -> tuple[Getroffen, ...]:
    """Decisions of an instance in the order they were taken, for whoever may see its case. Raises NotFound."""
    def work(uow: UnitOfWork) -> tuple[Getroffen, ...]:
        instance = uow.session.execute(text("select business_id from process_instance where key = :k"), {"k": instance_key}).one_or_none()
        if instance is None:
            raise NotFound(f"Den Vorgang {instance_key} gibt es nicht.")
        rechte.require_instance(uow, instance.business_id)
        rows = uow.session.execute(text(
            "select l.decision_key, l.decision_id, coalesce(d.name, l.decision_id) as name, d.version, l.at, l.result, l.matched from decision_log l "
            "join decision_definition d on d.key = l.decision_key where l.instance_key = :k order by l.id"), {"k": instance_key})
        return tuple(Getroffen(
            decision_id=row.decision_id, name=row.name, version=row.version, am=row.at, ergebnis=row.result,
            spalten=_spalten(uow, row.decision_key, row.decision_id),
            gruende=tuple(Grund(regel=rule["index"], tabelle=rule["table"], eingaben=tuple((label, value) for label, value in rule["inputs"]),
                                anmerkungen=tuple(a for a in rule["annotations"] if a)) for rule in row.matched)) for row in rows)
    return read(app, actor, work)


def _spalten(uow: UnitOfWork, key: int, decision_id: str) -> dict[str, str]:
    """Labels of the result columns of a table, as its author wrote them."""
    node = uow.app.library.decision(uow.session, key).main.elements[decision_id].node
    return {o.get("name") or "": o.get("label") or o.get("name") or "" for o in node.iterfind("{*}decisionTable/{*}output")}
