"""How many tokens stand, stood, failed or were cancelled at each element: of one instance, or of all of a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from services.db.models.prozess import ProcessDefinition, ProcessInstance
from services.prozess.quellen import ELEMENT_INSTANCES, LOG, PROCESS_INSTANCES, open_incident
from services.prozess.suche import conditions
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

    from services.bootstrap import App
    from services.context import Actor

x = LOG.c
i = ProcessInstance.__table__.c


@dataclass(frozen=True, kw_only=True)
class Count:
    """Element instances of one element. What has an incident is not counted as active."""

    element_id: str
    active: int
    canceled: int
    incidents: int
    completed: int


def of_instance(app: App, actor: Actor, *, key: int) -> tuple[Count, ...]:
    """Counts of one instance; empty where the actor may not see it."""
    return counts(app, actor, [i.key == key])


def of_definition(app: App, actor: Actor, *, key: int, filters: Mapping[str, Any]) -> tuple[Count, ...]:
    """Counts of the instances of a version that fit the filters of the search for instances, or for element instances."""
    elements = {"elementId": "elementId", "elementInstanceState": "state", "hasElementInstanceIncident": "hasIncident"}
    of_elements = {elements[name]: value for name, value in filters.items() if name in elements}
    of_instances = {name: value for name, value in filters.items() if name not in elements}
    return counts(app, actor, [i.definition_key == key, *conditions(PROCESS_INSTANCES, of_instances), *conditions(ELEMENT_INSTANCES, of_elements)])


def counts(app: App, actor: Actor, where: list[ColumnElement[bool]]) -> tuple[Count, ...]:
    """Counts of the instances that the actor may see; the conditions may name the log, the instance and its definition."""
    assert PROCESS_INSTANCES.visible is not None
    broken = open_incident.is_not(None)
    statement = select(
        x.element_id,
        func.count().filter(and_(x.state == "ACTIVE", ~broken)).label("active"), func.count().filter(x.state == "TERMINATED").label("canceled"),
        func.count().filter(and_(x.state == "ACTIVE", broken)).label("incidents"), func.count().filter(x.state == "COMPLETED").label("completed"),
    ).join_from(LOG, ProcessInstance.__table__, i.key == x.instance_key).join(
        ProcessDefinition.__table__, ProcessDefinition.__table__.c.key == i.definition_key).where(
        PROCESS_INSTANCES.visible(actor, app.clock.today()), *where).group_by(x.element_id).order_by(x.element_id)

    def work(uow: UnitOfWork) -> tuple[Count, ...]:
        return tuple(Count(**row._mapping) for row in uow.session.execute(statement))
    return read(app, actor, work)
