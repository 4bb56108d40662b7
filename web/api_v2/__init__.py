"""``/v2``: the Camunda 8 Orchestration Cluster REST API, for the official clients (decision D11).

Shapes follow the official OpenAPI: every required field is present (null if empty), keys are strings, no state is invented.
Paths of the official API that do not run here answer 501 and name the operation (``missing.py``).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from services.errors import ServiceError
from web.api_v2 import (
    authentication,
    batch_operations,
    clock,
    decisions,
    definitions,
    deployments,
    documented,
    element_instances,
    incidents,
    jobs,
    messages,
    missing,
    modification,
    process_instances,
    resources,
    topology,
    user_tasks,
    variables,
)
from web.api_v2.common import UnsupportedMediaType
from web.api_v2.process_instances import ResultTimeout
from web.errors import answer

if TYPE_CHECKING:
    from flask import Flask

PARTS = (authentication, topology, deployments, resources, definitions, process_instances, modification, batch_operations, element_instances, variables, user_tasks,
         messages, jobs, incidents, decisions, clock)


class Routes(Blueprint):
    """Names endpoints after their module too: several parts have a ``search``."""

    def add_url_rule(self, rule: str, endpoint: str | None = None, view_func: Any = None,  # noqa: ANN401  Flask's signature
                     provide_automatic_options: bool | None = None, **options: Any) -> None:  # noqa: ANN401  Flask's signature
        name = endpoint or f"{view_func.__module__.rpartition('.')[2]}_{view_func.__name__}"
        super().add_url_rule(rule, name, view_func, provide_automatic_options, **options)


def register(app: Flask) -> None:
    """Add the routes."""
    blueprint = Routes("api_v2", __name__, url_prefix="/v2")
    for part in PARTS:
        part.add_routes(blueprint)
    blueprint.register_error_handler(ServiceError, documented.refused)
    blueprint.register_error_handler(UnsupportedMediaType, unsupported)
    blueprint.register_error_handler(ResultTimeout, too_late)
    app.register_blueprint(blueprint)
    missing.register(app)


def unsupported(error: UnsupportedMediaType) -> tuple[Response | str, int]:
    return answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail=error.detail)


def too_late(error: ResultTimeout) -> tuple[Response | str, int]:
    return answer(HTTPStatus.GATEWAY_TIMEOUT, detail=error.detail)
