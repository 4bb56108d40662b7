"""Process instances: create (also awaiting the result), search, get, cancel, modify, suspend, and their variables."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import marshmallow as ma
from flask import Blueprint, Response, jsonify

from services.errors import InvalidInput, ServiceError
from services.prozess import instances
from services.prozess.suche import PROCESS_INSTANCES
from web.api_v2.common import (
    SEARCH,
    TENANT,
    Body,
    Key,
    answer_search,
    element_instance,
    empty,
    instant,
    key_of,
    load,
    one,
    text_key,
    variables_field,
    whole_page,
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
    blueprint.post("/process-instances/<key>/modification")(modify)
    blueprint.post("/variables/search")(search_variables)
    blueprint.put("/element-instances/<key>/variables")(set_variables)


class Create(Body):
    """The official creation instruction, by id or by key."""

    processDefinitionId = ma.fields.String(load_default=None)
    processDefinitionKey = Key(load_default=None)
    processDefinitionVersion = ma.fields.Integer(load_default=-1, allow_none=True)
    variables = variables_field()
    awaitCompletion = ma.fields.Boolean(load_default=False, allow_none=True)
    requestTimeout = ma.fields.Integer(load_default=0, allow_none=True)
    fetchVariables = ma.fields.List(ma.fields.String(), load_default=list, allow_none=True)
    startInstructions = ma.fields.List(ma.fields.Dict(), load_default=list, allow_none=True)
    runtimeInstructions = ma.fields.List(ma.fields.Dict(), load_default=list, allow_none=True)
    tags = ma.fields.List(ma.fields.String(), load_default=list, allow_none=True)
    businessId = ma.fields.String(load_default=None, allow_none=True)


CREATE = Create()


@guard()
def create() -> Response:
    """Start an instance of the latest or a named version."""
    body = load(CREATE)
    if (body["processDefinitionId"] is None) == (body["processDefinitionKey"] is None):
        raise InvalidInput("Erwartet wird entweder processDefinitionId oder processDefinitionKey.")
    if body["startInstructions"] or body["runtimeInstructions"]:
        raise InvalidInput("Start- und Laufzeitanweisungen werden hier nicht ausgeführt. Bitte starten Sie am Startereignis.")
    version = body["processDefinitionVersion"]
    started = instances.start(the_app(), actor(), process_id=body["processDefinitionId"], definition_key=body["processDefinitionKey"],
                              version=None if version in (None, -1) else version, variables=body["variables"] or {}, business_id=body["businessId"],
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


class Modify(Body):
    """Activate and terminate; variables at the process scope only."""

    activateInstructions = ma.fields.List(ma.fields.Dict(), load_default=list)
    terminateInstructions = ma.fields.List(ma.fields.Dict(), load_default=list)
    moveInstructions = ma.fields.List(ma.fields.Dict(), load_default=list)


MODIFY = Modify()


@guard()
def modify(key: str) -> tuple[str, int]:
    """Move tokens by hand."""
    body = load(MODIFY)
    if body["moveInstructions"]:
        raise InvalidInput("moveInstructions werden hier nicht ausgeführt. Bitte verwenden Sie terminate und activate.")
    number = key_of(key)
    activate = [str(entry.get("elementId") or "") for entry in body["activateInstructions"]]
    variables: dict[str, Any] = {}
    for entry in body["activateInstructions"]:
        for instruction in entry.get("variableInstructions") or []:
            variables |= instruction.get("variables") or {}
    wanted = {str(entry.get("elementInstanceKey")) for entry in body["terminateInstructions"]}
    open_now = {element_instance(task): task for task in instances.open_tasks(the_app(), actor(), key=number)}
    unknown = wanted - set(open_now)
    if unknown or not all(activate):
        raise InvalidInput("Diese Elemente sind nicht offen oder nicht benannt: " + ", ".join(sorted(unknown)))
    instances.modify(the_app(), actor(), key=number, activate=activate, terminate=[open_now[name] for name in wanted], variables=variables)
    return empty()


@guard()
def search_variables() -> Response:
    """Variables of the process scope; a filter on ``processInstanceKey`` or ``scopeKey`` is needed."""
    body = load(SEARCH)
    wanted = dict(body["filter"] or {})
    key = wanted.pop("processInstanceKey", None) or wanted.pop("scopeKey", None)
    if isinstance(key, dict):
        key = key.get("$eq")
    if key is None:
        raise InvalidInput("Bitte nennen Sie im Filter einen Vorgang (processInstanceKey): Variablen gehören zu einem Vorgang.")
    instance = one(PROCESS_INSTANCES, "processInstanceKey", key_of(str(key)), "Den Vorgang")
    found = instances.variables(the_app(), actor(), key=instance.key)
    name = wanted.pop("name", None)
    if isinstance(name, str):
        found = {n: v for n, v in found.items() if n == name}
    return whole_page(variable(instance.key, instance.key, instance.root_key, n, v) for n, v in sorted(found.items()))


def variable(instance: int, scope: int, root: int, name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """A variable in the official shape; ``value`` is JSON text."""
    return {"name": name, "value": json.dumps(value, ensure_ascii=False), "isTruncated": False, "tenantId": TENANT,
            "variableKey": str(abs(hash((scope, name))) % 10**17), "scopeKey": str(scope), "processInstanceKey": str(instance),
            "rootProcessInstanceKey": str(root)}


class SetVariables(Body):
    """Variables for a scope."""

    variables = variables_field()
    local = ma.fields.Boolean(load_default=False)


SET_VARIABLES = SetVariables()


@guard()
def set_variables(key: str) -> tuple[str, int]:
    """Write at the process scope (the key of a process instance) of a running instance."""
    body = load(SET_VARIABLES)
    instances.set_variables(the_app(), actor(), key=key_of(key), variables=body["variables"] or {})
    return empty()
