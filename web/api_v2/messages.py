"""Messages and signals."""

from __future__ import annotations

from datetime import timedelta

import marshmallow as ma
from flask import Blueprint, Response, jsonify

from services.prozess import messages
from web.api_v2.common import TENANT, Body, load, variables_field
from web.auth import actor, the_app
from web.guards import guard


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/messages/publication")(publish)
    blueprint.post("/messages/correlation")(correlate)
    blueprint.post("/signals/broadcast")(broadcast)


class Correlate(Body):
    """A message for somebody who waits now."""

    name = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=500))
    correlationKey = ma.fields.String(load_default="")
    variables = variables_field()
    businessId = ma.fields.String(load_default=None, allow_none=True)


class Publish(Correlate):
    """A message for the buffer; ``timeToLive`` in milliseconds."""

    timeToLive = ma.fields.Integer(load_default=0, allow_none=True, validate=ma.validate.Range(min=0))
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


@guard()
def broadcast() -> Response:
    body = load(BROADCAST)
    key = messages.broadcast(the_app(), actor(), name=body["signalName"], variables=body["variables"] or {})
    return jsonify({"tenantId": TENANT, "signalKey": str(key)})
