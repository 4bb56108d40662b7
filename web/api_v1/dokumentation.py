"""The OpenAPI document, and the same as a page that needs nothing from elsewhere. Both hold no data, so they are public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, render_template

from web.api_v1.basis import PREFIX, VERSION, document
from web.guards import public

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Response

seiten = Blueprint("api_v1_dokumentation", __name__, url_prefix=PREFIX, template_folder="templates")
METHODS = ("get", "post", "put", "delete")


@dataclass(frozen=True, kw_only=True)
class Angabe:
    """A parameter or a member of an object. ``form`` names the shape behind it, if it has one of its own."""

    name: str
    art: str
    pflicht: bool
    text: str
    form: str = ""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation of the page. ``hinein`` and ``heraus`` are names of shapes, or empty."""

    id: str
    method: str
    pfad: str
    titel: str
    text: str
    angaben: tuple[Angabe, ...]
    hinein: str
    heraus: str
    antworten: tuple[tuple[str, str], ...]


@seiten.get("/openapi.json")
@public
def openapi() -> Response:
    return jsonify(document())


@seiten.get("/")
@public
def uebersicht() -> str:
    found = document()
    groups: dict[str, list[Operation]] = {}
    for pfad, methods in found["paths"].items():
        for method in METHODS:
            if method in methods:
                groups.setdefault(methods[method]["tags"][0], []).append(operation(method, pfad, methods[method]))
    shapes = [(name, schema.get("description", ""), list(members(schema))) for name, schema in sorted(found["components"]["schemas"].items())]
    return render_template("api_v1/uebersicht.html", gruppen=groups, formen=shapes, fassung=VERSION, beschreibung=found["info"]["description"])


def operation(method: str, pfad: str, entry: Mapping[str, Any]) -> Operation:
    """An operation of the document as the page shows it."""
    content = entry.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    success = next(answer for code, answer in entry["responses"].items() if code.startswith("2"))
    result = success.get("content", {}).get("application/json", {}).get("schema", {})
    parameters = tuple(Angabe(name=p["name"], art=art(p["schema"]), pflicht=p.get("required", False), text=p.get("description", ""))
                       for p in entry.get("parameters", ()))
    return Operation(id=entry["operationId"], method=method.upper(), pfad=PREFIX + pfad.removeprefix(PREFIX), titel=entry["summary"],
                     text=entry.get("description", ""), angaben=parameters, hinein=shape(content), heraus=shape(result),
                     antworten=tuple((code, answer["description"]) for code, answer in sorted(entry["responses"].items()) if code != "default"))


def members(schema: Mapping[str, Any]) -> Iterator[Angabe]:
    """The members of an object."""
    for name, inner in schema.get("properties", {}).items():
        yield Angabe(name=name, art=art(inner), pflicht=name in schema.get("required", ()), text=inner.get("description", ""), form=shape(inner))


def shape(schema: Mapping[str, Any]) -> str:
    """The name of the shape behind a schema: of itself, of its entries, or of its alternative to null."""
    inner = next((one for one in (schema, schema.get("items", {}), *schema.get("anyOf", ()), *schema.get("allOf", ())) if "$ref" in one), None)
    return "" if inner is None else str(inner["$ref"]).rpartition("/")[2]


ARTEN = {"string": "Text", "integer": "ganze Zahl", "boolean": "true oder false", "array": "Liste", "object": "Objekt", "null": "null", "number": "Zahl"}
FORMATE = {"date": "Tag", "date-time": "Zeitpunkt"}


def art(schema: Mapping[str, Any]) -> str:
    """The kind of a value in words."""
    if "enum" in schema:
        return " | ".join("null" if value is None else str(value) for value in schema["enum"])
    if "type" not in schema:
        return "Objekt oder null" if "anyOf" in schema else "Objekt"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    words = [FORMATE.get(schema.get("format", ""), ARTEN[kind]) if kind == "string" else ARTEN[kind] for kind in kinds]
    inner = f" ({art(schema['items'])})" if "items" in schema and "$ref" not in schema["items"] else ""
    return " oder ".join(words) + inner
