"""Deployed files: models, decision models and forms by the key of what they define."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from services.errors import NotFound
from services.unit_of_work import UnitOfWork, read
from web.api_v2.common import TENANT, key_of
from web.auth import actor, the_app
from web.guards import guard

FIND = text("""
    select key, process_id as id, version, version_tag, resource_name, xml as data from process_definition where key = :k
    union all select requirements_key, requirements_id, version, version_tag, resource_name, xml from decision_definition where requirements_key = :k
    union all select key, form_id, version, null, resource_name, body from form_definition where key = :k
    order by version limit 1
""")


def add_routes(blueprint: Blueprint) -> None:
    blueprint.get("/resources/<key>")(get)
    blueprint.get("/resources/<key>/content/binary")(content)


@dataclass(frozen=True, kw_only=True)
class File:
    """A file as it was deployed."""

    key: int
    id: str
    version: int
    version_tag: str | None
    resource_name: str
    data: bytes


def find(key: int) -> File:
    """The file of a process definition, decision model or form. Raises NotFound."""
    def work(uow: UnitOfWork) -> File:
        row = uow.session.execute(FIND, {"k": key}).one_or_none()
        if row is None:
            raise NotFound(f"Die Datei {key} gibt es nicht.")
        return File(**(dict(row._mapping) | {"data": bytes(row.data)}))
    return read(the_app(), actor(), work)


@guard()
def get(key: str) -> Response:
    found = find(key_of(key))
    return jsonify({"resourceName": found.resource_name, "version": found.version, "versionTag": found.version_tag, "resourceId": found.id,
                    "tenantId": TENANT, "resourceKey": str(found.key)})


@guard()
def content(key: str) -> Response:
    """The original bytes."""
    return Response(find(key_of(key)).data, mimetype="application/octet-stream")
