"""Topology and status: whether the service is ready."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from web.auth import the_app
from web.guards import public

VERSION = "8.9.0"


def add_routes(blueprint: Blueprint) -> None:
    blueprint.get("/topology")(topology)
    blueprint.get("/status")(status)
    blueprint.get("/license")(licence)


def ping() -> None:
    with the_app().engine.connect() as connection:
        connection.execute(text("select 1"))


@public
def topology() -> Response:
    """One broker and one partition: the database. Answers as soon as the service is ready."""
    ping()
    settings = the_app().settings
    broker = {"nodeId": 0, "brokerId": "0", "host": settings.host, "port": settings.port, "version": VERSION,
              "partitions": [{"partitionId": 1, "role": "leader", "health": "healthy", "state": "active"}]}
    return jsonify({"brokers": [broker], "clusterId": "etappe", "clusterSize": 1, "partitionsCount": 1, "replicationFactor": 1,
                    "gatewayVersion": VERSION, "lastCompletedChangeId": "-1"})


@public
def status() -> tuple[str, int]:
    """204 if the service can work."""
    ping()
    return "", 204


@public
def licence() -> Response:
    """Etappe is free software: there is nothing to expire."""
    return jsonify({"validLicense": True, "licenseType": "EUPL-1.2", "isCommercial": False, "expiresAt": None})
