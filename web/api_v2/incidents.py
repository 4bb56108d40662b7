"""Incidents: search, get, resolve."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from services.prozess import incidents
from services.prozess.quellen import ERROR_TYPES, INCIDENTS
from web.api_v2.common import TENANT, Body, answer_search, element_instance, empty, instant, key_of, load, one, text_key
from web.auth import actor, the_app
from web.guards import guard


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/incidents/search")(search)
    blueprint.get("/incidents/<key>")(get)
    blueprint.post("/incidents/<key>/resolution")(resolve)
    blueprint.post("/process-instances/<key>/incidents/search")(search_of_instance)
    blueprint.post("/element-instances/<key>/incidents/search")(search_of_element)


def shape(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {
        "incidentKey": str(row.key), "processDefinitionId": row.process_id, "processDefinitionKey": str(row.definition_key),
        "processInstanceKey": str(row.instance_key), "rootProcessInstanceKey": str(row.root_key), "errorType": ERROR_TYPES.get(row.type, "UNKNOWN"),
        "errorMessage": row.message, "elementId": row.element_id, "elementInstanceKey": element_instance(row.task_id),
        "creationTime": instant(row.created), "state": row.status, "jobKey": text_key(row.job_key), "tenantId": TENANT}


@guard()
def search() -> Response:
    return answer_search(INCIDENTS, shape)


@guard()
def search_of_instance(key: str) -> Response:
    return answer_search(INCIDENTS, shape, extra={"processInstanceKey": str(key_of(key))})


@guard()
def search_of_element(key: str) -> Response:
    return answer_search(INCIDENTS, shape, extra={"elementInstanceKey": str(key_of(key))})


@guard()
def get(key: str) -> Response:
    return jsonify(shape(one(INCIDENTS, "incidentKey", key_of(key), "Die Störung")))


RESOLVE = Body()


@guard()
def resolve(key: str) -> tuple[str, int]:
    load(RESOLVE)
    incidents.resolve(the_app(), actor(), key=key_of(key))
    return empty()
