"""Process instances: create (also awaiting the result), search, get, cancel, suspend, resume, call hierarchy."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import marshmallow as ma
from flask import Blueprint, Response, jsonify

from services.errors import InvalidInput, ServiceError
from services.prozess import instances, rechte
from services.prozess.quellen import PROCESS_INSTANCES
from services.prozess.rechte import Recht
from web.api_v2.common import (
    LONG,
    TENANT,
    Body,
    Flag,
    Key,
    Long,
    answer_search,
    element_instance,
    empty,
    instant,
    key_of,
    load,
    one,
    text_key,
    variables_field,
)
from web.auth import actor, the_app
from web.guards import guard

DEFAULT_WAIT_MS = 10_000
MAX_WAIT_MS = 60_000
POLL_SECONDS = 0.05


class ResultTimeout(ServiceError):
    """The instance did not end in time."""

    message_de = "Der Vorgang ist gestartet, aber in der Wartezeit nicht zu Ende gekommen."


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/process-instances")(create)
    blueprint.post("/process-instances/search")(search)
    blueprint.get("/process-instances/<key>")(get)
    blueprint.post("/process-instances/<key>/cancellation")(cancel)
    blueprint.post("/process-instances/<key>/suspension")(suspend)
    blueprint.post("/process-instances/<key>/resumption")(resume)
    blueprint.get("/process-instances/<key>/call-hierarchy")(call_hierarchy)


class Create(Body):
    """The official creation instruction: by key, or by id with a version, a version tag, or the latest."""

    processDefinitionId = ma.fields.String(load_default=None)
    processDefinitionKey = Key(load_default=None)
    processDefinitionVersion = Long(load_default=-1, allow_none=True, validate=ma.validate.Range(-1, 2**31 - 1))
    processDefinitionVersionTag = ma.fields.String(load_default=None, allow_none=True)
    variables = variables_field()
    awaitCompletion = Flag(load_default=False, allow_none=True)
    requestTimeout = Long(load_default=0, allow_none=True, validate=ma.validate.Range(0, LONG - 1))
    fetchVariables = ma.fields.List(ma.fields.String(), load_default=list, allow_none=True)
    startInstructions = ma.fields.List(ma.fields.Dict(), load_default=list, allow_none=True)
    runtimeInstructions = ma.fields.List(ma.fields.Dict(), load_default=list, allow_none=True)
    tags = ma.fields.List(ma.fields.String(validate=ma.validate.Length(1, 100)), load_default=list, allow_none=True, validate=ma.validate.Length(max=10))
    businessId = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, 256))


CREATE = Create()


@guard()
def create() -> Response:
    """Start an instance of the latest or a named version."""
    body = load(CREATE)
    if (body["processDefinitionId"] is None) == (body["processDefinitionKey"] is None):
        raise InvalidInput("Erwartet wird entweder processDefinitionId oder processDefinitionKey.")
    if body["startInstructions"] or body["runtimeInstructions"]:
        raise InvalidInput("Start- und Laufzeitanweisungen werden hier nicht ausgeführt. Bitte starten Sie am Startereignis.")
    if body["awaitCompletion"]:
        rechte.require(actor(), Recht.OPERATE)  # before the start: the result may be seen by operators only
    version = body["processDefinitionVersion"]
    started = instances.start(the_app(), actor(), process_id=body["processDefinitionId"], definition_key=body["processDefinitionKey"],
                              version=None if version in (None, -1) else version,
                              version_tag=body["processDefinitionVersionTag"], variables=body["variables"] or {}, business_id=body["businessId"],
                              tags=body["tags"] or [])
    variables: dict[str, Any] = {}
    if body["awaitCompletion"]:
        variables = await_end(started.key, body["requestTimeout"] or 0)
        if body["fetchVariables"]:
            variables = {name: value for name, value in variables.items() if name in body["fetchVariables"]}
    return jsonify({
        "processDefinitionId": started.definition.process_id, "processDefinitionVersion": started.definition.version, "tenantId": TENANT,
        "variables": variables, "processDefinitionKey": str(started.definition.key), "processInstanceKey": str(started.key),
        "tags": list(started.tags), "businessId": started.business_id})


def await_end(key: int, wait_ms: int) -> dict[str, Any]:
    """Wait until the instance ends. Raises ResultTimeout."""
    until = time.monotonic() + timedelta(milliseconds=min(wait_ms or DEFAULT_WAIT_MS, MAX_WAIT_MS)).total_seconds()
    while instances.get(the_app(), actor(), key=key).status == "ACTIVE":
        if time.monotonic() > until:
            raise ResultTimeout(instance=key)
        time.sleep(POLL_SECONDS)
    return instances.variables(the_app(), actor(), key=key)


def shape(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {
        "processInstanceKey": str(row.key), "processDefinitionId": row.process_id, "processDefinitionName": row.name,
        "processDefinitionVersion": row.version, "processDefinitionVersionTag": row.version_tag, "processDefinitionKey": str(row.definition_key),
        "startDate": instant(row.started), "endDate": instant(row.ended), "state": row.status, "suspendedDate": None,
        "hasIncident": row.has_incident, "tenantId": TENANT, "parentProcessInstanceKey": text_key(row.parent_key),
        "parentElementInstanceKey": element_instance(row.parent_task), "rootProcessInstanceKey": str(row.root_key), "tags": list(row.tags),
        "businessId": row.business_id}


@guard()
def search() -> Response:
    return answer_search(PROCESS_INSTANCES, shape)


@guard()
def get(key: str) -> Response:
    return jsonify(shape(one(PROCESS_INSTANCES, "processInstanceKey", key_of(key), "Den Vorgang")))


CANCEL = Body()


@guard()
def cancel(key: str) -> tuple[str, int]:
    load(CANCEL)
    instances.cancel(the_app(), actor(), key=key_of(key))
    return empty()


@guard()
def call_hierarchy(key: str) -> Response:
    """The instances above this one, the root first, and itself."""
    found = one(PROCESS_INSTANCES, "processInstanceKey", key_of(key), "Den Vorgang")
    path = [found]
    while path[0].parent_key is not None:
        path.insert(0, one(PROCESS_INSTANCES, "processInstanceKey", path[0].parent_key, "Den Vorgang"))
    return jsonify([{"processInstanceKey": str(row.key), "processDefinitionKey": str(row.definition_key),
                     "processDefinitionName": row.name or row.process_id} for row in path])


REST = "über die Schnittstelle"


@guard()
def suspend(key: str) -> tuple[str, int]:
    """Let a root instance rest: it refuses commands, and its timers wait."""
    load(CANCEL)
    instances.set_suspended(the_app(), actor(), key=key_of(key), suspended=True, reason=REST)
    return empty()


@guard()
def resume(key: str) -> tuple[str, int]:
    load(CANCEL)
    instances.set_suspended(the_app(), actor(), key=key_of(key), suspended=False, reason=REST)
    return empty()
