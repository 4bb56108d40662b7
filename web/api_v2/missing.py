"""Operations of the official API that do not run here: each answers 501 and names itself.

``operations.json`` lists every operation of the API version we follow (method, path, name); what is served is taken from
the routes themselves, so the two can never drift apart.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, TypedDict

from web.errors import answer
from web.guards import guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response

PARAMETER = re.compile(r"\{(\w+)\}|<(?:\w+:)?(\w+)>")


class Operation(TypedDict):
    """One line of ``operations.json``."""

    operation: str
    method: str
    path: str


def operations() -> list[Operation]:
    """All operations of the official API."""
    found: list[Operation] = json.loads(files("web.api_v2").joinpath("operations.json").read_text())
    return found


def served(app: Flask) -> set[tuple[str, str]]:
    """Method and path (parameters blank) of every route of the application."""
    return {(method, PARAMETER.sub("{}", rule.rule)) for rule in app.url_map.iter_rules() for method in rule.methods or ()}


def register(app: Flask) -> None:
    """Add a route for every operation that nothing else serves."""
    known = served(app)
    for entry in operations():
        if (entry["method"], PARAMETER.sub("{}", entry["path"])) not in known:
            path = PARAMETER.sub(lambda found: f"<{found[1]}>", entry["path"])
            app.add_url_rule(path, endpoint=f"api_v2_missing.{entry['operation']}", methods=[entry["method"]], view_func=refusal(entry))


def refusal(entry: Operation) -> Callable[..., tuple[Response | str, int]]:
    """The view of one operation."""
    def view(**_: str) -> tuple[Response | str, int]:
        return answer(HTTPStatus.NOT_IMPLEMENTED, detail=f"Die Operation „{entry['operation']}“ gehört nicht zum Umfang von Etappe.")
    return guard()(view)
