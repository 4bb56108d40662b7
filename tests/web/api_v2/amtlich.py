"""The official contract, as the official client carries it: documented statuses, required fields, fields to filter and sort by."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import camunda_orchestration_sdk.api
import httpx
from camunda_orchestration_sdk import models
from werkzeug.test import TestResponse

ALWAYS = frozenset({401, 403, 413, 415})  # log-in, rights and the envelope: true of every operation, documented at a few only
STRICT = SimpleNamespace(raise_on_unexpected_status=True)


@dataclass(frozen=True)
class Operation:
    """One operation; ``parse`` raises for an undocumented status and for an answer that lacks a required field."""

    statuses: frozenset[int]
    parse: Callable[..., Any]

    def check(self, answer: TestResponse) -> None:
        if answer.status_code in ALWAYS - self.statuses:
            return
        self.parse(client=STRICT, response=httpx.Response(answer.status_code, content=answer.data, headers=dict(answer.headers)))


def plain(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"<[^>]+>|\{[^}]+\}", "{}", path)


def contract() -> dict[tuple[str, str], Operation]:
    """Method and path (parameters blank) -> operation."""
    found = {}
    for module in pkgutil.walk_packages(camunda_orchestration_sdk.api.__path__, camunda_orchestration_sdk.api.__name__ + "."):
        if module.ispkg:
            continue
        loaded = importlib.import_module(module.name)
        source = inspect.getsource(loaded)
        method, url = re.search(r'"method":\s*"(\w+)"', source), re.search(r'"url":\s*"([^"]+)"', source)
        if method and url:
            statuses = frozenset(map(int, re.findall(r"status_code == (\d+)", source)))
            found[method[1].upper(), "/v2" + plain(url[1])] = Operation(statuses, loaded._parse_response)
    return found


def camel(name: str) -> str:
    """An attribute of the client as JSON names it."""
    if name == "or_":
        return "$or"
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def sort_fields(kind: str) -> list[str]:
    """What a search of things of this kind may sort by."""
    return [field.value for field in getattr(models, f"{kind}SearchQuerySortRequestField")]


def filter_fields(kind: str) -> list[str]:
    """What it may filter by."""
    return [camel(field.name) for field in getattr(models, f"{kind}Filter").__attrs_attrs__ if field.name != "additional_properties"]
