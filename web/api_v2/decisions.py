"""Decisions: search, get, XML, evaluate with the rules that matched."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma
from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from engine.feel import to_json
from services.prozess import decisions
from services.prozess.quellen import DECISION_DEFINITIONS, DECISION_REQUIREMENTS
from services.unit_of_work import read
from web.api_v2.common import TENANT, Body, Key, answer_search, key_of, load, one, variables_field
from web.api_v2.resources import find
from web.auth import actor, the_app
from web.guards import guard


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/decision-definitions/search")(search)
    blueprint.post("/decision-definitions/evaluation")(evaluate)
    blueprint.get("/decision-definitions/<key>")(get)
    blueprint.get("/decision-definitions/<key>/xml")(xml)
    blueprint.post("/decision-requirements/search")(search_requirements)
    blueprint.get("/decision-requirements/<key>")(get_requirements)
    blueprint.get("/decision-requirements/<key>/xml")(requirements_xml)


def shape(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {
        "decisionDefinitionKey": str(row.key), "decisionDefinitionId": row.decision_id, "name": row.name or row.decision_id, "version": row.version,
        "decisionRequirementsId": row.requirements_id, "decisionRequirementsKey": str(row.requirements_key),
        "decisionRequirementsName": row.requirements_name or row.requirements_id, "decisionRequirementsVersion": row.version, "tenantId": TENANT}


@guard()
def search() -> Response:
    return answer_search(DECISION_DEFINITIONS, shape)


@guard()
def get(key: str) -> Response:
    return jsonify(shape(one(DECISION_DEFINITIONS, "decisionDefinitionKey", key_of(key), "Die Entscheidung")))


@guard()
def xml(key: str) -> Response:
    row = one(DECISION_DEFINITIONS, "decisionDefinitionKey", key_of(key), "Die Entscheidung")
    data = read(the_app(), actor(), lambda uow: uow.session.execute(text("select xml from decision_definition where key = :k"), {"k": row.key}).scalar_one())
    return Response(bytes(data), mimetype="text/xml")


def requirements(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {"decisionRequirementsKey": str(row.requirements_key), "decisionRequirementsId": row.requirements_id,
            "decisionRequirementsName": row.requirements_name or row.requirements_id, "resourceName": row.resource_name, "version": row.version,
            "tenantId": TENANT}


@guard()
def search_requirements() -> Response:
    return answer_search(DECISION_REQUIREMENTS, requirements)


@guard()
def get_requirements(key: str) -> Response:
    return jsonify(requirements(one(DECISION_REQUIREMENTS, "decisionRequirementsKey", key_of(key), "Das Entscheidungsmodell")))


@guard()
def requirements_xml(key: str) -> Response:
    return Response(find(key_of(key)).data, mimetype="text/xml")


class Evaluate(Body):
    """By id (latest version) or key."""

    decisionDefinitionId = ma.fields.String(load_default=None)
    decisionDefinitionKey = Key(load_default=None)
    variables = variables_field()
    businessId = ma.fields.String(load_default=None, allow_none=True)


EVALUATE = Evaluate()


def dumps(value: object) -> str:
    return json.dumps(to_json(value), ensure_ascii=False)


@guard()
def evaluate() -> Response:
    """The result, and which rules matched: a clerk can see why."""
    body = load(EVALUATE)
    done = decisions.evaluate(the_app(), actor(), decision_id=body["decisionDefinitionId"], key=body["decisionDefinitionKey"],
                              variables=body["variables"] or {})
    decision = done.decision
    failed = decision.value is None and bool(decision.problems)
    evaluated = {
        "decisionDefinitionId": done.id, "decisionDefinitionName": done.name or done.id, "decisionDefinitionVersion": done.version,
        "decisionDefinitionType": "DECISION_TABLE" if done.is_table else "LITERAL_EXPRESSION", "output": dumps(decision.value), "tenantId": TENANT,
        "decisionDefinitionKey": str(done.key), "decisionEvaluationInstanceKey": f"{done.evaluation_key}-1",
        "matchedRules": [{
            "ruleId": rule.id or str(rule.index), "ruleIndex": rule.index,
            "evaluatedOutputs": [{"outputId": name, "outputName": name, "outputValue": dumps(value), "ruleId": rule.id or str(rule.index),
                                  "ruleIndex": rule.index} for name, value in rule.outputs.items()]} for rule in decision.matched_rules],
        "evaluatedInputs": [{"inputId": label, "inputName": label, "inputValue": dumps(value)}
                            for rule in decision.matched_rules[:1] for label, value in rule.inputs]}
    return jsonify({
        "decisionDefinitionId": done.id, "decisionDefinitionKey": str(done.key), "decisionDefinitionName": done.name or done.id,
        "decisionDefinitionVersion": done.version, "decisionEvaluationKey": str(done.evaluation_key), "decisionInstanceKey": str(done.evaluation_key),
        "decisionRequirementsId": done.requirements_id, "decisionRequirementsKey": str(done.requirements_key), "evaluatedDecisions": [evaluated],
        "failedDecisionDefinitionId": done.id if failed else None,
        "failureMessage": " ".join(decision.problems[:5]) if failed else None, "output": dumps(decision.value), "tenantId": TENANT})
