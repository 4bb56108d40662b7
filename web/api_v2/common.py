"""What all parts of ``/v2`` share: reading a body, checking it, writing values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import marshmallow as ma
from flask import jsonify, request

from services.errors import InvalidInput, NotFound, ServiceError
from services.prozess.suche import search
from web.auth import actor, the_app

if TYPE_CHECKING:
    from flask import Response

    from services.prozess.suche import Found, Source

TENANT = "<default>"  # one log-in acts in one Mandant; Camunda's clients expect this name when they name none
KEY = re.compile(r"[0-9]{1,19}\Z")
MISSING: Any = object()


class UnsupportedMediaType(ServiceError):
    """The body is not JSON."""

    message_de = "Erwartet wird JSON (Content-Type: application/json)."


class Key(ma.fields.Field[int]):
    """A 64-bit key: a string of digits in JSON."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kw: Any) -> int:  # noqa: ANN401, ARG002  marshmallow's signature
        if not isinstance(value, str) or not KEY.match(value) or int(value) >= 2**63:
            raise ma.ValidationError("Erwartet wird ein Schlüssel: Ziffern als Text.")
        return int(value)


class Body(ma.Schema):
    """A request body. Unknown fields are refused, so that a typing error never passes silently."""

    class Meta:
        """Strict."""

        unknown = ma.RAISE

    operationReference = ma.fields.Integer(load_default=None)
    tenantId = ma.fields.String(load_default=None, allow_none=True)


def variables_field(**kw: Any) -> ma.fields.Field[Any]:  # noqa: ANN401  options of marshmallow
    """Variables: a JSON object; null counts as empty."""
    return ma.fields.Dict(keys=ma.fields.String(), load_default=dict, allow_none=True, **kw)


class Search(ma.Schema):
    """The envelope of every search; what stands inside is checked by ``services.prozess.suche``."""

    class Meta:
        """Strict."""

        unknown = ma.RAISE

    filter = ma.fields.Dict(load_default=dict, allow_none=True)
    sort = ma.fields.List(ma.fields.Dict(), load_default=list, allow_none=True)
    page = ma.fields.Dict(load_default=dict, allow_none=True)


def json_body() -> Any:  # noqa: ANN401  JSON
    """The body as JSON; an empty body is an empty object. Raises InvalidInput, UnsupportedMediaType."""
    if not request.get_data(cache=True):
        return {}
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaType(f"Erwartet wird JSON (Content-Type: application/json), gefunden wurde {request.mimetype or 'nichts'}.")
    found = request.get_json(silent=True, force=True)
    if found is None:
        raise InvalidInput("Der Inhalt der Anfrage ist kein gültiges JSON.")
    return found


def load(schema: ma.Schema) -> dict[str, Any]:
    """The checked body. Raises InvalidInput with a sentence for each field."""
    body = json_body()
    if not isinstance(body, dict):
        raise InvalidInput(f"Erwartet wird ein JSON-Objekt, gefunden wurde {type(body).__name__}.")
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ma.ValidationError as error:
        raise InvalidInput("Die Anfrage passt nicht zur Schnittstelle: " + sentence(error.messages), errors=flat(error.messages)) from error
    return loaded


def flat(messages: Any, path: str = "") -> dict[str, str]:  # noqa: ANN401  marshmallow's nested messages
    if isinstance(messages, Mapping):
        found: dict[str, str] = {}
        for name, inner in messages.items():
            found |= flat(inner, f"{path}.{name}" if path else str(name))
        return found
    return {path: " ".join(str(m) for m in messages) if isinstance(messages, list) else str(messages)}


def sentence(messages: Any) -> str:  # noqa: ANN401  marshmallow's nested messages
    return "; ".join(f"{path}: {text}" for path, text in list(flat(messages).items())[:10])


def key_of(value: str) -> int:
    """A key from the address. Raises NotFound: what is no key names nothing."""
    if not KEY.match(value) or int(value) >= 2**63:
        raise NotFound(f"„{value[:40]}“ ist kein Schlüssel.")
    return int(value)


def instant(value: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds."""
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def text_key(value: int | None) -> str | None:
    return None if value is None else str(value)


def element_instance(task_id: str | None) -> str | None:
    """Camunda's key of an element instance: 60 bits of the engine's task id."""
    if task_id is None:
        return None
    try:
        return str(int(task_id, 16) >> max(0, len(task_id) * 4 - 60))
    except ValueError:
        return "0"


def empty() -> tuple[str, int]:
    return "", 204


def answer_search(source: Source, shape: Callable[[Any], dict[str, Any]], *, extra: Mapping[str, Any] | None = None) -> Response:
    """Run the search of this request and write the page."""
    body = load(SEARCH)
    found = search(the_app(), actor(), source, filters={**(body["filter"] or {}), **(extra or {})}, sort=body["sort"] or [], page=body["page"] or {})
    return page(found, [shape(row) for row in found.rows])


def page(found: Found, items: list[dict[str, Any]]) -> Response:
    return jsonify({"items": items, "page": {"totalItems": found.total, "hasMoreTotalItems": found.more_than_total,
                                             "startCursor": found.start_cursor, "endCursor": found.end_cursor}})


def whole_page(items: Iterable[dict[str, Any]]) -> Response:
    """A page for things that are not searched in the database (variables of one instance)."""
    listed = list(items)
    return jsonify({"items": listed, "page": {"totalItems": len(listed), "hasMoreTotalItems": False, "startCursor": None, "endCursor": None}})


def one(source: Source, name: str, key: int, what: str) -> Any:  # noqa: ANN401  a row
    """The thing with this key, under the same rule as the search. Raises NotFound."""
    found = search(the_app(), actor(), source, filters={name: str(key)}, page={"limit": 1})
    if not found.rows:
        raise NotFound(f"{what} {key} gibt es nicht.")
    return found.rows[0]


SEARCH = Search()
