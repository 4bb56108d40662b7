"""Process definitions, their XML, and forms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from services.errors import NotFound
from services.prozess import instances
from services.prozess.quellen import PROCESS_DEFINITIONS
from services.unit_of_work import UnitOfWork, read
from web.api_v2.common import TENANT, answer_search, empty, key_of, one
from web.auth import actor, the_app
from web.guards import guard


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/process-definitions/search")(search)
    blueprint.get("/process-definitions/<key>")(get)
    blueprint.get("/process-definitions/<key>/xml")(xml)
    blueprint.get("/process-definitions/<key>/form")(start_form)
    blueprint.get("/forms/<key>")(form)


def shape(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {"processDefinitionKey": str(row.key), "processDefinitionId": row.process_id, "name": row.name, "resourceName": row.resource_name,
            "version": row.version, "versionTag": row.version_tag, "tenantId": TENANT, "hasStartForm": False, "state": "ACTIVE"}


@guard()
def search() -> Response:
    return answer_search(PROCESS_DEFINITIONS, shape)


@guard()
def get(key: str) -> Response:
    return jsonify(shape(one(PROCESS_DEFINITIONS, "processDefinitionKey", key_of(key), "Die Prozessdefinition")))


@guard()
def xml(key: str) -> Response:
    """The original bytes."""
    return Response(instances.definition_xml(the_app(), actor(), definition_key=key_of(key)), mimetype="text/xml")


@guard()
def start_form(key: str) -> tuple[str, int]:
    """204: a start event has no form here; a case begins with the page *Neuer Fall*."""
    one(PROCESS_DEFINITIONS, "processDefinitionKey", key_of(key), "Die Prozessdefinition")
    return empty()


def form_by(where: str, value: int | str) -> dict[str, Any]:
    """A form by ``key`` or the latest version of a ``form_id``. Raises NotFound."""
    def work(uow: UnitOfWork) -> dict[str, Any]:
        row = uow.session.execute(text(f"select key, form_id, version, body from form_definition where {where} = :v order by version desc limit 1"),  # noqa: S608  our own words
                                  {"v": value}).one_or_none()
        if row is None:
            raise NotFound(f"Das Formular {value} gibt es nicht.")
        return {"tenantId": TENANT, "formId": row.form_id, "schema": bytes(row.body).decode(), "version": row.version, "formKey": str(row.key)}
    return read(the_app(), actor(), work)


@guard()
def form(key: str) -> Response:
    return jsonify(form_by("key", key_of(key)))
