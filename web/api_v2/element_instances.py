"""Element instances: search, get, and how many there are per element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify

from services.prozess import elemente, statistik
from services.prozess.quellen import ELEMENT_INSTANCES, PROCESS_DEFINITIONS, PROCESS_INSTANCES
from services.unit_of_work import read
from web.api_v2.common import SEARCH, TENANT, Body, answer_search, element_instance, instant, key_of, load, one, text_key
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.catalogue import Definition
    from services.prozess.statistik import Count

import marshmallow as ma


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/element-instances/search")(search)
    blueprint.get("/element-instances/<key>")(get)
    blueprint.get("/process-instances/<key>/statistics/element-instances")(of_instance)
    blueprint.post("/process-definitions/<key>/statistics/element-instances")(of_definition)


def shape(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    facts = definition(row.definition_key).elements.get(row.element_id)
    return {
        "processDefinitionId": row.process_id, "startDate": instant(row.started), "endDate": instant(row.ended), "elementId": row.element_id,
        "elementName": (facts.name if facts else "") or row.element_id, "type": elemente.type_of(facts.type) if facts else "UNKNOWN", "state": row.state,
        "hasIncident": row.incident_key is not None, "tenantId": TENANT, "elementInstanceKey": element_instance(row.task_id),
        "processInstanceKey": str(row.instance_key), "rootProcessInstanceKey": str(row.root_key), "processDefinitionKey": str(row.definition_key),
        "incidentKey": text_key(row.incident_key)}


def definition(key: int) -> Definition:
    """The model of an element: name and type stand there."""
    return read(the_app(), actor(), lambda uow: the_app().library.process(uow.session, key))


@guard()
def search() -> Response:
    body = load(SEARCH)
    asked = elemente.asks(body["filter"] or {}, body["sort"] or [])
    return answer_search(elemente.source(the_app(), actor()) if asked else ELEMENT_INSTANCES, shape)


@guard()
def get(key: str) -> Response:
    return jsonify(shape(one(ELEMENT_INSTANCES, "elementInstanceKey", key_of(key), "Das Element")))


def items(counts: Iterable[Count]) -> Response:
    return jsonify({"items": [{"elementId": c.element_id, "active": c.active, "canceled": c.canceled, "incidents": c.incidents,
                               "completed": c.completed} for c in counts]})


@guard()
def of_instance(key: str) -> Response:
    instance = one(PROCESS_INSTANCES, "processInstanceKey", key_of(key), "Den Vorgang")
    return items(statistik.of_instance(the_app(), actor(), key=instance.key))


class Query(Body):
    """Which instances count."""

    filter = ma.fields.Dict(load_default=dict, allow_none=True)


QUERY = Query()


@guard()
def of_definition(key: str) -> Response:
    body = load(QUERY)
    row = one(PROCESS_DEFINITIONS, "processDefinitionKey", key_of(key), "Die Prozessdefinition")
    return items(statistik.of_definition(the_app(), actor(), key=row.key, filters=body["filter"] or {}))
