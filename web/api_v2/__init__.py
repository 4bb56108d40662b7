"""``/v2``: the Camunda 8 Orchestration Cluster REST API, for the official clients (decision D11).

Shapes follow the official OpenAPI: every required field is present (null if empty), keys are strings, no state is invented.
Paths of the official API that do not run here answer 501 and name the operation (``missing.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from web.api_v2 import (
    clock,
    decisions,
    definitions,
    deployments,
    incidents,
    jobs,
    messages,
    process_instances,
    topology,
    user_tasks,
)

if TYPE_CHECKING:
    from flask import Flask

PARTS = (topology, deployments, definitions, process_instances, user_tasks, messages, jobs, incidents, decisions, clock)


def register(app: Flask) -> None:
    """Add the routes."""
    blueprint = Blueprint("api_v2", __name__, url_prefix="/v2")
    for part in PARTS:
        part.add_routes(blueprint)
    app.register_blueprint(blueprint)
