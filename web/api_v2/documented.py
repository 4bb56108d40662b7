"""Statuses the official API documents: a refusal with another one becomes the documented refusal that is nearest."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import request

from services.errors import StaleVersion
from web.errors import answer, status_of

if TYPE_CHECKING:
    from flask import Response

    from services.errors import ServiceError

# Operations whose documentation knows no 404 although they name something that may be missing (method and end of the rule).
WITHOUT_404: Final = frozenset(
    {
        ("POST", "/v2/process-instances"),
        ("PUT", "/v2/element-instances/<key>/variables"),
        ("POST", "/v2/user-tasks/<key>/variables/search"),
        ("POST", "/v2/user-tasks/<key>/effective-variables/search"),
        ("GET", "/v2/process-instances/<key>/statistics/element-instances"),
        ("POST", "/v2/process-definitions/<key>/statistics/element-instances"),
        ("POST", "/v2/process-instances/cancellation"),
        ("POST", "/v2/process-instances/migration"),
        ("POST", "/v2/process-instances/modification"),
        ("POST", "/v2/process-instances/incident-resolution"),
        ("POST", "/v2/process-instances/resumption"),
        ("POST", "/v2/process-instances/suspension"),
    }
)
# The same for 409; a lost race there is a 503, after which the official clients try again. A message that was published before stays
# a 409, as the official server answers: who sends twice has to know that it is not lost.
WITHOUT_409: Final = frozenset(
    {
        ("PUT", "/v2/element-instances/<key>/variables"),
        ("PUT", "/v2/clock"),
        ("POST", "/v2/clock/reset"),
        ("POST", "/v2/decision-definitions/evaluation"),
        ("POST", "/v2/deployments"),
        ("POST", "/v2/jobs/activation"),
        ("POST", "/v2/messages/correlation"),
        ("POST", "/v2/process-instances/<key>/modification"),
        ("POST", "/v2/signals/broadcast"),
    }
)


def refused(error: ServiceError) -> tuple[Response | str, int]:
    """The answer to a refusal."""
    return answer(documented(status_of(error), error), detail=error.detail)


def documented(status: HTTPStatus, error: ServiceError) -> HTTPStatus:
    """The status for this request."""
    operation = (request.method, request.url_rule.rule if request.url_rule is not None else "")
    if status == HTTPStatus.NOT_FOUND and operation in WITHOUT_404:
        return HTTPStatus.BAD_REQUEST
    if status == HTTPStatus.CONFLICT and operation in WITHOUT_409:
        return HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, StaleVersion) else HTTPStatus.BAD_REQUEST
    return status
