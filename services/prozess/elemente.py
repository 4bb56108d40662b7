"""Names and kinds of elements in searches. They stand in the models, not in the log, so a search that asks for them brings them along."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func, literal, text
from sqlalchemy.dialects.postgresql import JSONB

from services.db.models.prozess import ProcessInstance
from services.prozess.quellen import ELEMENT_INSTANCES, LOG
from services.prozess.suche import Field, one_of
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.suche import Source

BROUGHT = frozenset({"elementName", "type"})
OURS = frozenset({
    "BOUNDARY_EVENT", "BUSINESS_RULE_TASK", "CALL_ACTIVITY", "END_EVENT", "EVENT_BASED_GATEWAY", "EXCLUSIVE_GATEWAY", "INCLUSIVE_GATEWAY",
    "INTERMEDIATE_CATCH_EVENT", "INTERMEDIATE_THROW_EVENT", "MANUAL_TASK", "PARALLEL_GATEWAY", "RECEIVE_TASK", "SCRIPT_TASK", "SEND_TASK",
    "SERVICE_TASK", "START_EVENT", "SUB_PROCESS", "TASK", "USER_TASK"})
# Of the official enumeration; no element of ours is one of these.
OTHERS = ("AD_HOC_SUB_PROCESS", "AD_HOC_SUB_PROCESS_INNER_INSTANCE", "EVENT_SUB_PROCESS", "MULTI_INSTANCE_BODY", "PROCESS", "SEQUENCE_FLOW", "UNKNOWN",
          "UNSPECIFIED")


def type_of(tag: str) -> str:
    """The BPMN tag in the words of the official API."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", tag).upper()
    return name if name in OURS else "UNKNOWN"


def asks(filters: object, sort: Sequence[Mapping[str, Any]] = ()) -> bool:
    """Whether a search filters or sorts by what has to be brought along."""
    if any(entry.get("field") in BROUGHT for entry in sort):
        return True
    if not isinstance(filters, Mapping):
        return False
    parts = filters.get("$or")
    return not BROUGHT.isdisjoint(filters) or (isinstance(parts, list) and any(asks(part) for part in parts))


def source(app: App, actor: Actor) -> Source:
    """The search of element instances with the names and kinds of the models that have instances."""
    def work(uow: UnitOfWork) -> tuple[dict[str, str], dict[str, str]]:
        names, kinds = {}, {}
        for key in uow.session.execute(text(
                "select d.key from process_definition d where exists (select from process_instance i where i.definition_key = d.key)")).scalars():
            for facts in uow.app.library.process(uow.session, key).elements.values():
                kinds[f"{key}/{facts.id}"] = type_of(facts.type)
                if facts.name:
                    names[f"{key}/{facts.id}"] = facts.name
        return names, kinds

    names, kinds = read(app, actor, work)
    element = LOG.c.element_id
    place = func.concat(ProcessInstance.__table__.c.definition_key, "/", element)

    def looked_up(table: Mapping[str, str]) -> Any:  # noqa: ANN401  a column
        return cast(literal(json.dumps(table), Text), JSONB).op("->>", return_type=Text())(place)
    return replace(ELEMENT_INSTANCES, fields={
        **ELEMENT_INSTANCES.fields, "elementName": Field(column=func.coalesce(looked_up(names), element, type_=Text)),
        "type": Field(column=func.coalesce(looked_up(kinds), "UNKNOWN", type_=Text), convert=one_of(*sorted(OURS), *OTHERS))})
