"""Batch operations: one order for all instances that fit a filter; what became of it and of each item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import marshmallow as ma
from flask import Response, jsonify

from services.prozess import instances, sammel
from services.prozess.quellen import BATCH_OPERATION_ITEMS, BATCH_OPERATIONS
from web.api_v2.common import Body, Key, answer_search, empty, instant, key_of, load, one, text_of
from web.api_v2.modification import MAX_INSTRUCTIONS, Mapping, Strict
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask import Blueprint


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/process-instances/cancellation")(cancel_instances)
    blueprint.post("/process-instances/suspension")(suspend_instances)
    blueprint.post("/process-instances/resumption")(resume_instances)
    blueprint.post("/process-instances/incident-resolution")(resolve_incidents)
    blueprint.post("/process-instances/migration")(migrate_instances)
    blueprint.post("/process-instances/modification")(modify_instances)
    blueprint.post("/process-instances/<key>/incident-resolution")(resolve_incidents_of)
    blueprint.post("/batch-operations/search")(search)
    blueprint.get("/batch-operations/<key>")(get)
    blueprint.post("/batch-operations/<key>/cancellation")(cancel)
    blueprint.post("/batch-operations/<key>/suspension")(suspend)
    blueprint.post("/batch-operations/<key>/resumption")(resume)
    blueprint.post("/batch-operation-items/search")(search_items)


class Selection(Body):
    """Which instances; an empty filter means every running one."""

    filter = ma.fields.Dict(required=True)


class MigrationPlan(Strict):
    """Where to, and which elements get another id."""

    targetProcessDefinitionKey = Key(required=True)
    mappingInstructions = ma.fields.List(ma.fields.Nested(Mapping), required=True, validate=ma.validate.Length(max=MAX_INSTRUCTIONS))


class Migrate(Selection):
    """The official instruction."""

    migrationPlan = ma.fields.Nested(MigrationPlan, required=True)


class Move(Strict):
    """Every token of the source becomes one at the target."""

    sourceElementId = text_of(required=True)
    targetElementId = text_of(required=True)


class Modify(Selection):
    """The official instruction."""

    moveInstructions = ma.fields.List(ma.fields.Nested(Move), required=True, validate=ma.validate.Length(min=1, max=MAX_INSTRUCTIONS))


SELECTION, MIGRATE, MODIFY, PLAIN = Selection(), Migrate(), Modify(), Body()


def order(kind: str, filters: dict[str, Any], parameters: dict[str, Any] | None = None) -> Response:
    key = sammel.create(the_app(), actor(), kind=kind, filters=filters, parameters=parameters, reason="über die Schnittstelle")
    return jsonify({"batchOperationKey": str(key), "batchOperationType": kind})


@guard()
def cancel_instances() -> Response:
    return order("CANCEL_PROCESS_INSTANCE", load(SELECTION)["filter"])


@guard()
def suspend_instances() -> Response:
    return order("SUSPEND_PROCESS_INSTANCE", load(SELECTION)["filter"])


@guard()
def resume_instances() -> Response:
    return order("RESUME_PROCESS_INSTANCE", load(SELECTION)["filter"])


@guard()
def resolve_incidents() -> Response:
    return order("RESOLVE_INCIDENT", load(SELECTION)["filter"])


@guard()
def resolve_incidents_of(key: str) -> Response:
    """All incidents of one instance."""
    load(PLAIN)
    found = instances.get(the_app(), actor(), key=key_of(key))
    return order("RESOLVE_INCIDENT", {"processInstanceKey": str(found.key)})


@guard()
def migrate_instances() -> Response:
    body = load(MIGRATE)
    plan = body["migrationPlan"]
    return order("MIGRATE_PROCESS_INSTANCE", body["filter"], {
        "definition": plan["targetProcessDefinitionKey"],
        "mapping": {entry["sourceElementId"]: entry["targetElementId"] for entry in plan["mappingInstructions"]}})


@guard()
def modify_instances() -> Response:
    body = load(MODIFY)
    return order("MODIFY_PROCESS_INSTANCE", body["filter"], {
        "moves": [[entry["sourceElementId"], entry["targetElementId"]] for entry in body["moveInstructions"]]})


def shape(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {
        "batchOperationKey": str(row.key), "state": row.status, "batchOperationType": row.type, "startDate": instant(row.started),
        "endDate": instant(row.ended), "actorType": "USER", "actorId": row.created_by, "operationsTotalCount": row.total,
        "operationsFailedCount": row.failed, "operationsCompletedCount": row.completed, "errors": []}


def item(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {
        "operationType": row.type, "batchOperationKey": str(row.operation_key), "itemKey": str(row.item_key),
        "processInstanceKey": str(row.instance_key), "rootProcessInstanceKey": str(row.root_key), "state": row.status,
        "processedDate": instant(row.processed), "errorMessage": row.message}


@guard()
def search() -> Response:
    return answer_search(BATCH_OPERATIONS, shape)


@guard()
def search_items() -> Response:
    return answer_search(BATCH_OPERATION_ITEMS, item)


@guard()
def get(key: str) -> Response:
    return jsonify(shape(one(BATCH_OPERATIONS, "batchOperationKey", key_of(key), "Den Sammelauftrag")))


@guard()
def cancel(key: str) -> tuple[str, int]:
    return steer(key, "CANCELED")


@guard()
def suspend(key: str) -> tuple[str, int]:
    return steer(key, "SUSPENDED")


@guard()
def resume(key: str) -> tuple[str, int]:
    return steer(key, "ACTIVE")


def steer(key: str, status: str) -> tuple[str, int]:
    load(PLAIN)
    sammel.set_status(the_app(), actor(), key=key_of(key), status=status)
    return empty()
