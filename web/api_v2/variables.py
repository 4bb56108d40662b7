"""Variables: search, get, write at a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify

from services.errors import NotFound
from services.prozess import instances, variablen
from services.prozess.quellen import PROCESS_INSTANCES
from web.api_v2.common import SEARCH, TENANT, Body, Flag, empty, key_of, load, one, variables_field, whole_page
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.prozess.variablen import Variable


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/variables/search")(search)
    blueprint.get("/variables/<key>")(get)
    blueprint.put("/element-instances/<key>/variables")(write)


def shape(variable: Variable) -> dict[str, Any]:
    return {"name": variable.name, "value": variable.value, "tenantId": TENANT, "variableKey": str(variable.key), "scopeKey": str(variable.scope),
            "processInstanceKey": str(variable.instance), "rootProcessInstanceKey": str(variable.root)}


def answer(variables: Sequence[Variable]) -> Response:
    """The page of this request; values are always given in full."""
    body = load(SEARCH)
    found = variablen.chosen(variables, filters=body["filter"] or {}, sort=body["sort"] or [], page=body["page"] or {})
    return whole_page([shape(v) | {"isTruncated": False} for v in found.items], found.total)


def exact(wanted: object) -> str | None:
    """The key in an exact filter."""
    key = wanted.get("$eq") if isinstance(wanted, dict) else wanted
    return key if isinstance(key, str) else None


@guard()
def search() -> Response:
    """Variables of one instance, where the filter names it or a scope in it, else of all it may mean."""
    wanted = load(SEARCH)["filter"] or {}
    instance, scope = exact(wanted.get("processInstanceKey")), exact(wanted.get("scopeKey"))
    if instance is None and scope is None:
        return answer(variablen.of_instances(the_app(), actor(), keys=wanted.get("processInstanceKey")))
    try:
        return answer(variablen.of_instance(the_app(), actor(), key=owner_of(key_of(instance or scope or ""))))
    except NotFound:
        return answer([])


def owner_of(key: int) -> int:
    """The instance with this key, or the one in which the element instance with this key is. Raises NotFound."""
    try:
        return int(one(PROCESS_INSTANCES, "processInstanceKey", key, "Den Vorgang").key)
    except NotFound:
        return variablen.place_of(the_app(), actor(), key=key).instance


@guard()
def get(key: str) -> Response:
    return jsonify(shape(variablen.get(the_app(), actor(), key=key_of(key))))


class Write(Body):
    """Variables for a scope. ``local``: exactly there, instead of where the name exists already."""

    variables = variables_field(required=True)
    local = Flag(load_default=False)


WRITE = Write()


@guard()
def write(key: str) -> tuple[str, int]:
    """The key is that of a process instance, or of an open element instance."""
    body, number = load(WRITE), key_of(key)
    try:
        place = variablen.place_of(the_app(), actor(), key=number)
    except NotFound:
        instances.set_variables(the_app(), actor(), key=number, variables=body["variables"] or {})
    else:
        instances.set_variables(the_app(), actor(), key=place.instance, variables=body["variables"] or {}, task_id=place.task_id, local=body["local"])
    return empty()
