"""What all parts of ``/v2`` share: reading a body, checking it, writing values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import marshmallow as ma
from flask import jsonify, request

from services.errors import InvalidInput, NotFound, ServiceError
from services.prozess import schluessel
from services.prozess.suche import search, storable
from web.auth import actor, the_app

if TYPE_CHECKING:
    from flask import Response

    from services.prozess.suche import Found, Source

TENANT = "<default>"  # one log-in acts in one Mandant; Camunda's clients expect this name when they name none
KEY = re.compile(r"[0-9]{1,19}\Z")
MAX_DEPTH = 100   # of JSON
LONG = 2**63


class UnsupportedMediaType(ServiceError):
    """The body is not JSON."""

    message_de = "Erwartet wird JSON (Content-Type: application/json)."


class Key(ma.fields.Field[int]):
    """A 64-bit key: a string of digits in JSON."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kw: Any) -> int:  # noqa: ANN401, ARG002  marshmallow's signature
        if not isinstance(value, str) or not KEY.match(value) or int(value) >= 2**63:
            raise ma.ValidationError("Erwartet wird ein Schlüssel: Ziffern als Text.")
        return int(value)


def integral(value: object) -> object:
    """A number without a fraction as int, also where it is written 5.0: to JSON the two are one number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Long(ma.fields.Integer):
    """A 64-bit number in JSON; a text with digits is not one."""

    def __init__(self, **kw: Any) -> None:  # noqa: ANN401  options of marshmallow
        kw.setdefault("validate", ma.validate.Range(-LONG, LONG - 1))
        super().__init__(strict=True, **kw)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kw: Any) -> int:  # noqa: ANN401  marshmallow's signature
        return super()._deserialize(integral(value), attr, data, **kw)


class Flag(ma.fields.Field[bool]):
    """true or false, nothing that looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kw: Any) -> bool:  # noqa: ANN401, ARG002  marshmallow's signature
        if not isinstance(value, bool):
            raise ma.ValidationError("Erwartet wird true oder false.")
        return value


class Body(ma.Schema):
    """A request body. Unknown fields are refused, so that a typing error never passes silently."""

    class Meta:
        """Strict."""

        unknown = ma.RAISE

    operationReference = Long(load_default=None, allow_none=True)
    tenantId = ma.fields.String(load_default=None, allow_none=True)


def variables_field(**kw: Any) -> ma.fields.Field[Any]:  # noqa: ANN401  options of marshmallow
    """Variables: a JSON object; null counts as empty."""
    if not kw.get("required"):
        kw["load_default"] = dict
    return ma.fields.Dict(keys=ma.fields.String(), allow_none=True, **kw)


def text_of(**kw: Any) -> ma.fields.String:  # noqa: ANN401  options of marshmallow
    """An id in a model."""
    return ma.fields.String(validate=ma.validate.Length(1, 1000), **kw)


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
    # A form may have been read before this view; then its bytes are gone, but its length is known.
    if not request.get_data(cache=True) and not (request.content_length and request.form):
        return {}
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaType(f"Erwartet wird JSON (Content-Type: application/json), gefunden wurde {request.mimetype or 'nichts'}.")
    try:
        found = json.loads(request.get_data(cache=True).decode("utf-8"), parse_constant=refuse_constant, parse_float=finite, parse_int=whole)
        check(found)
    except NotStorable as error:
        raise InvalidInput(f"Der Inhalt der Anfrage ist kein JSON, das gespeichert werden kann: {error}.") from error
    except (ValueError, OverflowError, RecursionError) as error:
        raise InvalidInput("Der Inhalt der Anfrage ist kein gültiges JSON.") from error
    return {} if found is None else found


class NotStorable(ValueError):
    """JSON that the database cannot hold; the message names what in it."""


def refuse_constant(name: str) -> None:
    raise ValueError(name)


def finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def whole(text: str) -> int:
    number = int(text)
    float(number)  # beyond that, FEEL cannot calculate
    return number


def check(value: object, depth: int = 0) -> None:
    """Refuse what JSON allows but the database cannot hold. Raises NotStorable."""
    if depth > MAX_DEPTH:
        raise NotStorable(f"Es ist mehr als {MAX_DEPTH} Ebenen tief geschachtelt")
    if isinstance(value, str) and not storable(value):
        raise NotStorable("Ein Text enthält das Zeichen NUL oder ein halbes Zeichen (einen Teil eines Surrogatpaars)")
    if isinstance(value, dict):
        for name, inner in value.items():
            check(name)
            check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check(inner, depth + 1)


def load(schema: ma.Schema) -> dict[str, Any]:
    """The checked body. Raises InvalidInput with a sentence for each field."""
    body = json_body()
    if not isinstance(body, dict):
        raise InvalidInput(f"Erwartet wird ein JSON-Objekt, gefunden wurde {WORDS.get(type(body), 'etwas anderes')}.")
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ma.ValidationError as error:
        raise InvalidInput("Die Anfrage passt nicht zur Schnittstelle: " + sentence(error.messages), errors=flat(error.messages)) from error
    asked = [loaded.get("tenantId"), *(loaded.get("tenantIds") or ())]
    if set(asked) - {None, "", TENANT, actor().mandant}:
        raise InvalidInput("Diese Anmeldung arbeitet in einem anderen Mandanten.", errors={"tenantId": "unbekannt"})
    return loaded


WORDS = {list: "eine Liste", str: "ein Text", int: "eine Zahl", float: "eine Zahl", bool: "ein Wahrheitswert"}
# marshmallow speaks English; these are its sentences that a caller can provoke.
GERMAN = (
    ("Missing data for required field.", "Diese Angabe fehlt."), ("Unknown field.", "Diese Angabe gibt es hier nicht."),
    ("Field may not be null.", "Diese Angabe darf nicht leer sein."), ("Not a valid string.", "Erwartet wird ein Text."),
    ("Not a valid integer.", "Erwartet wird eine ganze Zahl."), ("Not a valid list.", "Erwartet wird eine Liste."),
    ("Not a valid mapping type.", "Erwartet wird ein JSON-Objekt."), ("Invalid input type.", "Erwartet wird ein JSON-Objekt."),
    ("Invalid type.", "Erwartet wird ein JSON-Objekt."), ("Must be greater than", "Diese Zahl ist zu klein."), ("Must be less than", "Diese Zahl ist zu groß."),
    ("Shorter than minimum", "Dieser Text ist zu kurz."), ("Longer than maximum", "Dieser Text ist zu lang."), ("Length must be", "Dieser Text ist zu kurz oder zu lang."))


def german(message: object) -> str:
    text = str(message)
    return next((sentence for beginning, sentence in GERMAN if text.startswith(beginning)), text)


def flat(messages: Any, path: str = "") -> dict[str, str]:  # noqa: ANN401  marshmallow's nested messages
    if isinstance(messages, Mapping):
        found: dict[str, str] = {}
        for name, inner in messages.items():
            found |= flat(inner, f"{path}.{name}" if path else str(name))
        return found
    return {path: " ".join(german(m) for m in messages) if isinstance(messages, list) else german(messages)}


def sentence(messages: Any) -> str:  # noqa: ANN401  marshmallow's nested messages
    return "; ".join(f"{path[:80]}: {text}" for path, text in list(flat(messages).items())[:10])


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
    """Camunda's key of an element instance, made of the engine's task id."""
    return None if task_id is None else str(schluessel.element_key(task_id))


def empty() -> tuple[str, int]:
    return "", 204


def answer_search(source: Source, shape: Callable[[Any], dict[str, Any]], *, extra: Mapping[str, Any] | None = None) -> Response:
    """Run the search of this request and write the page."""
    body = load(SEARCH)
    found = search(the_app(), actor(), source, filters=body["filter"] or {}, sort=body["sort"] or [], page=body["page"] or {}, within=extra)
    return page(found, [shape(row) for row in found.rows])


def page(found: Found, items: list[dict[str, Any]]) -> Response:
    return jsonify({"items": items, "page": {"totalItems": found.total, "hasMoreTotalItems": found.more_than_total,
                                             "startCursor": found.start_cursor, "endCursor": found.end_cursor}})


def whole_page(items: list[dict[str, Any]], total: int) -> Response:
    """A page of things that are not searched in the database (variables of one instance)."""
    return jsonify({"items": items, "page": {"totalItems": total, "hasMoreTotalItems": False, "startCursor": None, "endCursor": None}})


def one(source: Source, name: str, key: int, what: str) -> Any:  # noqa: ANN401  a row
    """The thing with this key, under the same rule as the search. Raises NotFound."""
    found = search(the_app(), actor(), source, filters={name: str(key)}, page={"limit": 1})
    if not found.rows:
        raise NotFound(f"{what} {key} gibt es nicht.")
    return found.rows[0]


SEARCH = Search()
