"""Deployments: models, decision tables and forms in one request, all or nothing."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from flask import Blueprint, Response, jsonify, request

from services.errors import InvalidInput
from services.prozess import deployments
from services.prozess.deployments import Deployed, Resource
from web.api_v2.common import TENANT
from web.auth import actor, the_app
from web.guards import guard

KINDS = ("processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource")


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/deployments")(create)


@guard()
def create() -> Response:
    """Multipart with the repeated part ``resources``; the ending of the file name says what a file is."""
    files = request.files.getlist("resources")
    if not files:
        raise InvalidInput("Erwartet wird multipart/form-data mit mindestens einem Teil „resources“.")
    resources = [Resource(name=PurePosixPath((f.filename or "").replace("\\", "/")).name, data=f.read()) for f in files]
    result = deployments.deploy(the_app(), actor(), resources=resources, name=request.form.get("name", ""))
    entries = [entry(definition) for definition in result.definitions]
    seen: set[str] = set()
    for definition in result.definitions:
        if definition.kind == "decision" and definition.requirements_id is not None and definition.requirements_id not in seen:
            seen.add(definition.requirements_id)
            entries.append(dict.fromkeys(KINDS) | {"decisionRequirements": {
                "decisionRequirementsId": definition.requirements_id, "decisionRequirementsName": definition.requirements_id,
                "version": definition.version, "resourceName": definition.resource_name, "tenantId": TENANT,
                "decisionRequirementsKey": str(definition.requirements_key)}})
    body: dict[str, Any] = {"deploymentKey": str(result.key), "tenantId": TENANT, "deployments": entries}
    if result.warnings:  # not in the official answer, whose readers pass over what they do not know
        body["warnings"] = [{"code": w.code, "elementId": w.element_id, "message": w.message_de} for w in result.warnings]
    return jsonify(body)


def entry(definition: Deployed) -> dict[str, Any]:
    """One definition in the official shape; the other kinds are null."""
    if definition.kind == "process":
        kind, body = "processDefinition", {
            "processDefinitionId": definition.id, "processDefinitionVersion": definition.version, "resourceName": definition.resource_name,
            "tenantId": TENANT, "processDefinitionKey": str(definition.key)}
    elif definition.kind == "decision":
        kind, body = "decisionDefinition", {
            "decisionDefinitionId": definition.id, "version": definition.version, "name": definition.name or definition.id, "tenantId": TENANT,
            "decisionRequirementsId": definition.requirements_id, "decisionDefinitionKey": str(definition.key),
            "decisionRequirementsKey": str(definition.requirements_key)}
    else:
        kind, body = "form", {"formId": definition.id, "version": definition.version, "resourceName": definition.resource_name,
                              "tenantId": TENANT, "formKey": str(definition.key)}
    return dict.fromkeys(KINDS) | {kind: body}
