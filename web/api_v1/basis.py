"""What all parts of ``/api/v1`` share: declaring an operation, reading a request, writing a refusal.

flask-smorest has no types, so this module is the only one that touches it: :class:`Bereich` is its typed face. An operation is
declared once with its guard, the schema of what comes in and of what goes out, and its refusals; the same declaration checks
the request, writes the answer and becomes the OpenAPI document.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

import flask_smorest  # type: ignore[import-untyped]  # the library has no types
import marshmallow as ma
from flask import Flask, Response, current_app, jsonify, request
from webargs.flaskparser import FlaskParser
from werkzeug.routing import BaseConverter

from services import wiederholung
from services.errors import InvalidInput, ServiceError
from services.fall.abschnitte import TITEL
from services.fall.uebergaben import EinwilligungFehlt
from services.prozess.suche import storable
from web.adressen import Nummer
from web.api_v1 import felder
from web.api_v2.common import UnsupportedMediaType, json_body
from web.auth import CsrfMissing, actor, the_app
from web.errors import answer
from web.guards import guard

if TYPE_CHECKING:
    from flask import Request

View = TypeVar("View", bound=Callable[..., Any])
PREFIX = "/api/v1"
VERSION = "1.0"
PROBLEM_JSON = "application/problem+json"
MAX_FIELDS_TOLD = 10
WITHOUT_NUL = r"^[^\u0000]*$"
BESCHREIBUNG = (
    "Die Fallseite von Etappe: Fälle, Fallakte, Aufgaben, Einwilligungen, Übergaben, Verweise, Partner und Kontakte. "
    "Es gelten dieselben Rechte und Prüfungen wie auf den Seiten. Schlüssel sind Ziffern als Text, Zeitpunkte stehen in UTC. "
    "Jede Ablehnung ist ein Problem nach RFC 9457; danach ist nichts geändert. "
    "Wer unsicher ist, ob eine Anfrage angekommen ist, sendet sie mit demselben Kopf Idempotency-Key noch einmal: "
    "24 Stunden lang wird sie nur einmal ausgeführt und gleich beantwortet."
)
ANMELDUNG = {
    "basic": {"type": "http", "scheme": "basic", "description": "Name und Passwort bei jeder Anfrage, für Programme"},
    "sitzung": {"type": "apiKey", "in": "cookie", "name": "etappe_sitzung",
                "description": "Sitzung einer angemeldeten Person; wer damit schreibt, sendet den Kopf X-CSRF-Token (siehe /ich)"},
}
ABLEHNUNGEN = {
    400: "Der Inhalt der Anfrage ist kein JSON, der Kopf X-CSRF-Token fehlt, oder der Idempotency-Key ist keiner",
    401: "Keine Anmeldung",
    403: "Dazu fehlt die Berechtigung",
    404: "Das gibt es nicht, oder es ist nicht zu sehen",
    409: "Der Zustand ist inzwischen ein anderer, eine Einwilligung fehlt, oder eine Anfrage mit demselben Idempotency-Key läuft noch",
    413: "Die Anfrage ist zu groß",
    415: "Der Inhalt der Anfrage ist nicht als JSON bezeichnet",
    422: "Eine Angabe fehlt, ist unbekannt oder passt nicht, oder der Idempotency-Key gehört zu einer anderen Anfrage",
    429: "Unter diesem Namen gab es zu viele Fehlversuche bei der Anmeldung",
}
SCHLUESSEL = "Idempotency-Key"
WIEDERHOLT = "Idempotency-Replayed"
KOPF_SCHLUESSEL = {
    "in": "header", "name": SCHLUESSEL, "required": False, "schema": {"type": "string", "pattern": r'^([!#-~]{1,255}|"[!#-\[\]-~]{1,253}")$'},
    "description": "Name dieser Anfrage, zum Beispiel eine UUID, mit oder ohne Anführungszeichen. Kommt sie mit demselben Namen und Inhalt noch einmal, "
                   "wird sie nicht wieder ausgeführt; die Antwort ist dieselbe und trägt den Kopf Idempotency-Replayed: true. Gilt 24 Stunden. "
                   "Derselbe Name mit anderem Inhalt: 422. Läuft die erste Anfrage noch: 409. Abgelehnte Anfragen dürfen mit demselben Namen wiederkommen.",
}
KEPT_HEADERS = ("Content-Type", "Location")
IMMER = (401, 403, 429)
MIT_INHALT = (400, 413, 415, 422)


class NotJson(ServiceError):
    """The body cannot be read as JSON."""

    message_de = "Der Inhalt der Anfrage ist kein gültiges JSON."


class BadKey(ServiceError):
    """The header with the name of the request cannot be one."""

    message_de = "Erwartet wird ein Idempotency-Key mit 1 bis 255 sichtbaren Zeichen ohne Umlaute, zum Beispiel eine UUID."


class Unfit(InvalidInput):
    """The request does not have the shape that the interface asks for."""


# -- addresses ---------------------------------------------------------------------------------------------------------
class Akte(BaseConverter):
    """An Aktenzeichen in an address; anything else names no case."""

    regex = "[A-Za-z0-9][A-Za-z0-9-]{0,39}"


class Organisationsschluessel(BaseConverter):
    """The key of an organisation in an address."""

    regex = "[a-z0-9_]{1,100}"


# -- what comes in -----------------------------------------------------------------------------------------------------
class Parser(FlaskParser):
    """Reads a request as strictly as ``/v2`` does: unknown fields and unknown parameters are refused."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": ma.RAISE, "query": ma.RAISE}  # noqa: RUF012  webargs declares it without ClassVar

    def load_json(self, req: Request, schema: ma.Schema) -> Any:  # noqa: ANN401, ARG002  JSON; webargs' signature
        try:
            return json_body()
        except InvalidInput as error:
            raise NotJson(f"{error.detail} Erwartet wird ein JSON-Objekt. Es wurde nichts geändert.") from error

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:  # noqa: ANN401  webargs' own mapping
        if not all(storable(text) for pair in req.args.items(multi=True) for text in pair):
            raise Unfit("Die Adresse enthält ein Zeichen, das sich nicht speichern lässt. Bitte entfernen Sie es.")
        return super().load_querystring(req, schema)

    def handle_error(self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_kw: Any) -> NoReturn:  # noqa: ANN401, ARG002  webargs' signature
        (location, messages), = error.messages_dict.items()
        data = req.args if location == "query" else json_body()
        fehler = felder.saetze(messages, data)
        raise Unfit("Die Anfrage passt nicht zur Schnittstelle.", errors=fehler) from error


class _Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # the library has no types
    ARGUMENTS_PARSER = Parser()


blueprint = _Blueprint("api_v1", __name__, url_prefix=PREFIX)


# -- declaring operations ----------------------------------------------------------------------------------------------
class FehlendeEinwilligung(felder.Schema):
    """A section of a person that no consent covers."""

    person = felder.Schluessel(required=True)
    abschnitt = felder.text(required=True)


class Problem(felder.Schema):
    """Why a request was refused (RFC 9457), with our own members ``fehler`` and ``fehlend``."""

    type = felder.text(required=True)
    title = felder.text(required=True)
    status = ma.fields.Integer(required=True)
    detail = felder.text(required=True, metadata={"description": "was erwartet und was gefunden wurde, und was zu tun ist"})
    instance = felder.text(required=True)
    fehler = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), metadata={"description": "Name der Angabe -> was nicht passt"})
    fehlend = ma.fields.List(ma.fields.Nested(FehlendeEinwilligung), metadata={"description": "wofür keine Einwilligung vorliegt"})


@dataclass(frozen=True, kw_only=True)
class Bereich:
    """A group of operations under one heading of the document."""

    namen: ClassVar[list[str]] = []
    name: str

    def __post_init__(self) -> None:
        self.namen.append(self.name)

    def get(self, pfad: str, titel: str, **kw: Any) -> Callable[[View], View]:  # noqa: ANN401  see operation
        return self.operation("GET", pfad, titel, **kw)

    def post(self, pfad: str, titel: str, **kw: Any) -> Callable[[View], View]:  # noqa: ANN401  see operation
        return self.operation("POST", pfad, titel, **kw)

    def put(self, pfad: str, titel: str, **kw: Any) -> Callable[[View], View]:  # noqa: ANN401  see operation
        return self.operation("PUT", pfad, titel, **kw)

    def delete(self, pfad: str, titel: str, **kw: Any) -> Callable[[View], View]:  # noqa: ANN401  see operation
        return self.operation("DELETE", pfad, titel, **kw)

    def operation(self, method: str, pfad: str, titel: str, *, roles: tuple[str, ...], answer: type[ma.Schema] | None = None, status: int = 200,
                  body: type[ma.Schema] | None = None, query: type[ma.Schema] | None = None, problems: tuple[int, ...] = (),
                  mehr: str = "", einmal: bool = True, datei: bool = False, formular: Mapping[str, Any] | None = None) -> Callable[[View], View]:
        """Declare an operation; the function gets the checked ``query`` or ``body`` as its first argument.

        Args:
            method: Of HTTP.
            pfad: Below ``/api/v1``.
            titel: German name of the operation.
            roles: Who is let in (see ``web.guards``); empty: everybody who is logged in.
            answer: Shape of the answer; None: 204 without content.
            status: Of success, where there is an answer.
            body: Shape of the JSON object that is sent.
            query: Shape of the parameters in the address.
            problems: Statuses of refusals besides those that every operation with this guard and body knows.
            mehr: German sentences for the document.
            einmal: Whether a POST takes an ``Idempotency-Key``; not for one that only asks.
            datei: Whether the answer is a file.
            formular: Schema of the ``multipart/form-data`` that the function reads itself.
        """
        schluessel = einmal and method == "POST"

        def declare(view: View) -> View:
            declared: Callable[..., Any] = guard(roles=roles)(view)
            if datei:
                declared = blueprint.response(status, {"type": "string", "format": "binary"}, content_type="*/*")(declared)
            else:
                declared = blueprint.response(status if answer else 204, answer)(_empty(declared) if answer is None else declared)
            if query is not None:
                declared = blueprint.arguments(query, location="query")(declared)
            if body is not None:
                declared = blueprint.arguments(body, required=bool([f for f in body().fields.values() if f.required]))(declared)
            codes = {*IMMER, *problems, *(MIT_INHALT if body or formular else ()), *((422,) if query else ()), *((400, 409, 422) if schluessel else ())}
            for code in sorted(codes):
                declared = blueprint.alt_response(code, schema=Problem, content_type=PROBLEM_JSON, description=ABLEHNUNGEN[code])(declared)
            name = f"{view.__module__.rpartition('.')[2]}_{view.__name__}"
            declared = blueprint.doc(
                summary=titel, description=mehr, operationId=name, **({"parameters": [KOPF_SCHLUESSEL]} if schluessel else {}),
                **({"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": dict(formular)}}}} if formular else {}))(declared)
            declared = _einmal(declared) if schluessel else declared
            blueprint.route(pfad, methods=[method], endpoint=name, tags=[self.name])(declared)
            return view
        return declare


def _empty(view: Callable[..., Any]) -> Callable[..., Response]:
    @wraps(view)
    def done(*args: Any, **kw: Any) -> Response:  # noqa: ANN401  whatever the view takes
        view(*args, **kw)
        return Response(status=HTTPStatus.NO_CONTENT)
    return done


def _einmal(view: Callable[..., Any]) -> Callable[..., Response]:
    """With an ``Idempotency-Key``, carry out once; the answer of the first time is the answer of every time."""
    @wraps(view)
    def done(*args: Any, **kw: Any) -> Response:  # noqa: ANN401  whatever the view takes
        key = schluessel_von(request.headers.get(SCHLUESSEL))
        if key is None:
            return current_app.make_response(view(*args, **kw))

        def ausfuehren() -> wiederholung.Antwort:
            response = current_app.make_response(view(*args, **kw))
            kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
            return wiederholung.Antwort(status=response.status_code, kopf=kept, inhalt=response.get_data())

        found = wiederholung.einmal(the_app(), actor(), schluessel=key, operation=f"{request.method} {request.full_path}", pruefwert=pruefwert(),
                                    ausfuehren=ausfuehren)
        response = Response(found.inhalt, status=found.status, headers=dict(found.kopf))
        if found.wiederholt:
            response.headers[WIEDERHOLT] = "true"
        return response
    return done


def schluessel_von(sent: str | None) -> str | None:
    """The key of a header: a string of structured fields (RFC 9651) in quotation marks, or its characters alone. Raises BadKey."""
    if sent is None:
        return None
    quoted = re.fullmatch(r'"((?:[^"\\]|\\["\\])*)"', sent.strip())
    key = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else sent.strip()
    if not re.fullmatch(r"[!-~]{1,255}", key):
        raise BadKey
    return key


def pruefwert() -> str:
    """Digest of what a request says: JSON whatever its spaces and order of members, a form whatever its boundaries."""
    if request.mimetype == "multipart/form-data":
        said: object = [sorted(request.form.items(multi=True)), sorted(
            (name, file.filename or "", hashlib.sha256(file.stream.read()).hexdigest()) for name, file in request.files.items(multi=True))]
        for file in [file for name in request.files for file in request.files.getlist(name)]:
            file.stream.seek(0)
    else:
        said = request.get_json(silent=True) if request.is_json else None
        if said is None:
            return hashlib.sha256(request.get_data()).hexdigest()
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class Api(flask_smorest.Api):  # type: ignore[misc]  # the library has no types
    """Only the document: errors and the pages of the document are ours."""

    def _register_error_handlers(self) -> None:
        """``web.errors`` answers for the whole application."""

    def _register_doc_blueprint(self) -> None:
        """``dokumentation`` serves the document, with a guard."""

    def _register_responses(self) -> None:
        """Whatever goes wrong besides is a problem, too."""
        self.spec.components.response("DEFAULT_ERROR", {
            "description": "Jede andere Störung", "content": {PROBLEM_JSON: {"schema": Problem}}}, lazy=True)


def add_converters(flask_app: Flask) -> None:
    """The kinds of parts of addresses."""
    flask_app.url_map.converters.update(nummer=Nummer, akte=Akte, stelle=Organisationsschluessel)


@lru_cache(maxsize=1)
def document() -> Mapping[str, Any]:
    """The OpenAPI document. Built when somebody asks for it, on an application of its own: it is the same for all, and starting stays quick."""
    flask_app = Flask("api_v1")
    add_converters(flask_app)
    api = Api(spec_kwargs={
        "title": "Etappe, Fallseite", "version": VERSION, "openapi_version": "3.1.0",
        "info": {"description": BESCHREIBUNG, "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
        "components": {"securitySchemes": ANMELDUNG}, "security": [{name: []} for name in ANMELDUNG]})
    api.register_converter(Nummer, lambda _: {"type": "string", "pattern": "^[0-9]{1,19}$"})
    for converter in (Akte, Organisationsschluessel):
        api.register_converter(converter, lambda found: {"type": "string", "pattern": f"^{found.regex}$"})
    api.register_field(felder.Flag, "boolean", None)
    api.init_app(flask_app)
    api.register_blueprint(blueprint)
    found: dict[str, Any] = api.spec.to_dict()
    tell_storable(found)
    return {**found, "tags": [{"name": name} for name in dict.fromkeys(Bereich.namen)]}


def tell_storable(part: Any) -> None:  # noqa: ANN401  JSON
    """Say at every free text that it holds no NUL, which PostgreSQL does not store: what the document allows is accepted."""
    if isinstance(part, list):
        for inner in part:
            tell_storable(inner)
    elif isinstance(part, dict):
        if part.get("type") in ("string", ["string", "null"]) and not part.keys() & {"enum", "format", "pattern"}:
            part["pattern"] = WITHOUT_NUL
        for inner in part.values():
            tell_storable(inner)


# -- what goes out where something does not fit ------------------------------------------------------------------------
def problem(status: HTTPStatus, detail: str, **more: object) -> tuple[Response, int]:
    """Problem details with further members."""
    response, code = answer(status, detail=detail)
    assert isinstance(response, Response)
    body: dict[str, object] = {**json.loads(response.get_data()), **more}
    response.set_data(jsonify(body).get_data())
    return response, code


@blueprint.errorhandler(InvalidInput)  # type: ignore[untyped-decorator]  # the library has no types
def invalid(error: InvalidInput) -> tuple[Response, int]:
    """Understood, but it does not fit; ``fehler`` names each place."""
    told = list(error.errors.items())
    detail = error.detail
    if told and not any(satz in detail for _, satz in told):
        detail += " " + " ".join(f"{name[:80]}: {satz}" for name, satz in told[:MAX_FIELDS_TOLD])
    if "nichts geändert" not in detail:
        detail += " Es wurde nichts geändert."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, **({"fehler": dict(told)} if told else {}))


@blueprint.errorhandler(NotJson)  # type: ignore[untyped-decorator]  # the library has no types
def no_json(error: NotJson) -> tuple[Response, int]:
    return problem(HTTPStatus.BAD_REQUEST, error.detail)


@blueprint.errorhandler(BadKey)  # type: ignore[untyped-decorator]  # the library has no types
def bad_key(error: BadKey) -> tuple[Response, int]:
    return problem(HTTPStatus.BAD_REQUEST, error.detail)


@blueprint.errorhandler(UnsupportedMediaType)  # type: ignore[untyped-decorator]  # the library has no types
def unsupported(error: UnsupportedMediaType) -> tuple[Response, int]:
    return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error.detail)


@blueprint.errorhandler(CsrfMissing)  # type: ignore[untyped-decorator]  # the library has no types
def csrf_missing(_error: CsrfMissing) -> tuple[Response, int]:
    return problem(HTTPStatus.BAD_REQUEST, "Mit einer Sitzung wird beim Schreiben der Kopf X-CSRF-Token erwartet; er fehlt oder gehört zu einer "
                                           "anderen Sitzung. Bitte holen Sie ihn mit GET /api/v1/ich. Es wurde nichts geändert.")


@blueprint.errorhandler(EinwilligungFehlt)  # type: ignore[untyped-decorator]  # the library has no types
def consent_missing(error: EinwilligungFehlt) -> tuple[Response, int]:
    """409, with what is not covered."""
    lacking = error.facts.get("fehlend")
    pairs: list[Any] = list(lacking) if isinstance(lacking, list | tuple) else []
    names = sorted({TITEL[abschnitt] for _, abschnitt in pairs})
    detail = f"{error.detail} Es fehlt: {', '.join(names)}. Bitte erfassen Sie zuerst die Einwilligung. Es wurde nichts geändert."
    return problem(HTTPStatus.CONFLICT, detail, fehlend=[{"person": str(person), "abschnitt": abschnitt} for person, abschnitt in pairs])


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Answers and variables as JSON, dates as text."""
    found: dict[str, Any] = json.loads(json.dumps(dict(values), ensure_ascii=False, default=str))
    return found
