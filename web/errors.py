"""The only place that knows HTTP statuses: refusals of the services become German pages, or problem details for machines."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, g, jsonify, make_response, render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from services.anmeldung import LoginRefused, LoginThrottled
from services.errors import Conflict, InvalidInput, NotFound, NotPermitted, ServiceError, StateUnreadable
from services.prozess import entwuerfe
from web import grenzen
from web.anzeige import zeitpunkt
from web.auth import CsrfMissing, NotLoggedIn, is_machine_path, the_app

if TYPE_CHECKING:
    from flask import Response

log = logging.getLogger("etappe.web")

# The first class that fits decides.
STATUSES: tuple[tuple[type[ServiceError], HTTPStatus], ...] = (
    (NotLoggedIn, HTTPStatus.UNAUTHORIZED),
    (LoginThrottled, HTTPStatus.TOO_MANY_REQUESTS),
    (LoginRefused, HTTPStatus.UNAUTHORIZED),
    (CsrfMissing, HTTPStatus.BAD_REQUEST),
    (NotFound, HTTPStatus.NOT_FOUND),
    (NotPermitted, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (InvalidInput, HTTPStatus.BAD_REQUEST),
    (StateUnreadable, HTTPStatus.INTERNAL_SERVER_ERROR),
    (ServiceError, HTTPStatus.BAD_REQUEST),
)


@dataclass(frozen=True)
class Words:
    """What people read for a status: a heading and a sentence that says what to do."""

    title: str
    sentence: str


PAGES = {
    400: Words("Das haben wir nicht verstanden", "Die Anfrage war unvollständig. Bitte gehen Sie zurück und versuchen Sie es noch einmal."),
    401: Words("Bitte melden Sie sich an", "Für diese Seite brauchen Sie eine Anmeldung."),
    403: Words("Dafür fehlt Ihnen die Berechtigung",
               "Diese Seite ist für andere Aufgaben bestimmt. Wenn Sie sie brauchen, wenden Sie sich an Ihre Koordination."),
    404: Words("Diese Seite gibt es nicht",
               "Vielleicht ist die Adresse nicht vollständig, oder der Eintrag ist nicht für Sie bestimmt."),
    405: Words("So lässt sich diese Seite nicht aufrufen", "Bitte öffnen Sie die Seite noch einmal über das Menü."),
    409: Words("Das hat sich inzwischen geändert", "Jemand anders war schneller. Bitte laden Sie die Seite neu."),
    413: Words("Das ist zu groß", "Die Anfrage ist größer als {grenze} MB. Bitte verkleinern Sie die Datei oder kürzen Sie den Text."),
    415: Words("Dieses Format nehmen wir nicht an", "Bitte verwenden Sie das Formular auf der Seite."),
    422: Words("Bitte prüfen Sie Ihre Angaben", "Einige Angaben passen nicht."),
    429: Words("Bitte warten Sie einen Moment", "Es gab zu viele Versuche in kurzer Zeit."),
    503: Words("Etappe ist gleich wieder da", "Die Datenbank antwortet gerade nicht. Bitte versuchen Sie es in einer Minute noch einmal."),
}
OURS = Words("Das hat nicht geklappt", "Etappe konnte diese Seite nicht anzeigen. Der Fehler liegt bei uns, nicht bei Ihnen.")


def status_of(error: ServiceError) -> HTTPStatus:
    """The HTTP status of a refusal."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def words_of(status: int) -> Words:
    """Heading and sentence of a status."""
    return PAGES.get(status) or (PAGES[400] if status < 500 else OURS)


def init(flask_app: Flask) -> None:
    """Register the handlers; whatever is not foreseen becomes a page with a number that stands in the log."""
    grenze = max(1, (flask_app.config["MAX_CONTENT_LENGTH"] or 0) // (1024 * 1024))

    def too_large() -> tuple[Response | str, int]:
        if is_machine_path():
            return answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail=words_of(413).sentence.format(grenze=grenze))
        return answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail=" ".join([grenzen.satz(), *kept()]))

    @flask_app.errorhandler(ServiceError)
    def refused(error: ServiceError) -> tuple[Response | str, int]:
        status = status_of(error)
        return answer(status, detail=error.detail)

    @flask_app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[Response | str, int] | Response | HTTPException:
        status = error.code or 500
        if status < 400:
            return error  # a redirect
        if status >= 500:
            return ours(error)
        if isinstance(error, RequestEntityTooLarge):
            return too_large()
        methods = error.valid_methods if isinstance(error, MethodNotAllowed) else None
        if methods is None:
            return answer(HTTPStatus(status))
        allowed = ", ".join(sorted(methods))
        body, code = answer(HTTPStatus(status), detail=f"{request.method} gibt es unter dieser Adresse nicht. Möglich ist: {allowed}." if is_machine_path() else None)
        response = make_response(body, code)
        response.headers["Allow"] = allowed  # RFC 9110, 15.5.6: a 405 names what is possible
        return response

    @flask_app.errorhandler(OperationalError)
    def no_database(error: OperationalError) -> tuple[Response | str, int]:
        log.error("database_unreachable", extra={"kind": type(error.orig).__name__})
        return answer(HTTPStatus.SERVICE_UNAVAILABLE)

    @flask_app.errorhandler(Exception)
    def unforeseen(error: Exception) -> tuple[Response | str, int]:
        return ours(error)


def kept() -> list[str]:
    """A sentence about the draft of the task whose page was sent, if there is one."""
    key = (request.view_args or {}).get("key")
    if request.endpoint != "aufgabe.absenden" or key is None or g.get("actor") is None:
        return []
    try:
        draft = entwuerfe.load_draft(the_app(), g.actor, key=key)
    except ServiceError:
        return []
    if draft is None:
        return ["Zu dieser Aufgabe ist noch kein Entwurf gespeichert; mit „Zurück“ im Browser kommen Sie zu dem, was Sie getippt haben."]
    return [f"Ihr Entwurf vom {zeitpunkt(draft.gespeichert)} ist gespeichert; laden Sie die Seite neu, um damit weiterzuarbeiten."]


def ours(error: Exception) -> tuple[Response | str, int]:
    """Our fault: the log and the page share a number; the message of the exception never reaches the page."""
    alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    number = "E-" + "".join(secrets.choice(alphabet) for _ in range(4)) + "-" + "".join(secrets.choice(alphabet) for _ in range(2))
    log.error("request_failed", exc_info=error, extra={"number": number, "endpoint": request.endpoint, "method": request.method})
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, number=number)


def answer(status: HTTPStatus, *, detail: str | None = None, number: str | None = None) -> tuple[Response | str, int]:
    """The page or the problem details (RFC 9457) for a status."""
    words = words_of(status)
    sentence = detail or words.sentence.format(grenze="12")
    if is_machine_path():
        body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": sentence if number is None else
                f"{sentence} {number}", "instance": request.path}
        response = jsonify(body)
        response.mimetype = "application/problem+json"
        if status == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Basic realm="Etappe", charset="UTF-8"'
            if the_app().settings.oidc_issuer:
                response.headers.add("WWW-Authenticate", 'Bearer realm="Etappe"')
        return response, status.value
    g.setdefault("actor", None)
    return render_template("seiten/fehler.html", titel=words.title, satz=sentence, nummer=number, status=status.value), status.value
