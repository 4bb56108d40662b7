"""Messages and signals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import marshmallow as ma
from flask import Blueprint, Response, jsonify

from services.prozess import messages
from services.prozess.quellen import SUBSCRIPTIONS
from web.api_v2.common import LONG, TENANT, Body, Long, answer_search, element_instance, instant, load, text_key, variables_field
from web.auth import actor, the_app
from web.guards import guard


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/messages/publication")(publish)
    blueprint.post("/messages/correlation")(correlate)
    blueprint.post("/signals/broadcast")(broadcast)
    blueprint.post("/message-subscriptions/search")(search_subscriptions)


class Correlate(Body):
    """A message for somebody who waits now."""

    name = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=500))
    correlationKey = ma.fields.String(load_default="", validate=ma.validate.Length(max=1000))
    variables = variables_field()
    businessId = ma.fields.String(load_default=None, allow_none=True)


class Publish(Correlate):
    """A message for the buffer; ``timeToLive`` in milliseconds."""

    timeToLive = Long(load_default=0, allow_none=True, validate=ma.validate.Range(0, LONG - 1))
    messageId = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(max=500))


class Broadcast(Body):
    """A signal."""

    signalName = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=500))
    variables = variables_field()


PUBLISH, CORRELATE, BROADCAST = Publish(), Correlate(), Broadcast()


@guard()
def publish() -> Response:
    body = load(PUBLISH)
    key = messages.publish(the_app(), actor(), name=body["name"], correlation_key=body["correlationKey"], variables=body["variables"] or {},
                           ttl=timedelta(milliseconds=min(body["timeToLive"] or 0, 10**12)), message_id=body["messageId"] or None)
    return jsonify({"tenantId": TENANT, "messageKey": str(key)})


@guard()
def correlate() -> Response:
    body = load(CORRELATE)
    done = messages.correlate(the_app(), actor(), name=body["name"], correlation_key=body["correlationKey"], variables=body["variables"] or {})
    return jsonify({"tenantId": TENANT, "messageKey": str(done.message_key), "processInstanceKey": str(done.instance_key)})


def subscription(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {
        "messageSubscriptionKey": str(row.key), "processDefinitionId": row.process_id, "processDefinitionKey": str(row.definition_key),
        "processInstanceKey": text_key(row.instance_key), "rootProcessInstanceKey": text_key(row.root_key), "elementId": row.element_id,
        "elementInstanceKey": element_instance(row.task_id), "messageSubscriptionState": "CREATED", "lastUpdatedDate": instant(row.created),
        "messageName": row.name, "correlationKey": row.correlation_key,
        "messageSubscriptionType": "START_EVENT" if row.instance_key is None else "PROCESS_EVENT", "toolProperties": {}, "toolName": None,
        "inboundConnectorType": None, "processDefinitionName": row.process_name, "processDefinitionVersion": row.version,
        "businessId": row.business_id, "tenantId": TENANT}


@guard()
def search_subscriptions() -> Response:
    """Who waits for a message now; a subscription that got its message is gone."""
    return answer_search(SUBSCRIPTIONS, subscription)


@guard()
def broadcast() -> Response:
    body = load(BROADCAST)
    key = messages.broadcast(the_app(), actor(), name=body["signalName"], variables=body["variables"] or {})
    return jsonify({"tenantId": TENANT, "signalKey": str(key)})
