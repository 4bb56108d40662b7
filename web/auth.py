"""Who makes this request: session cookie for people, basic authentication or bearer tokens for machines, and the CSRF token of both worlds.

``flask.g.actor`` is the person (None where nobody is logged in), ``flask.g.einstellungen`` the personal settings.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.exceptions import InternalServerError

from services import anmeldung, bearer, unit_of_work
from services.errors import NotPermitted
from web import grenzen
from web.guards import guard_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response

    from services.bootstrap import App
    from services.context import Actor

COOKIE = "etappe_sitzung"
BEFORE_LOGIN = "etappe_vor"       # a random value for the CSRF token of the log-in page
MACHINE_PATHS = ("/v2/", "/api/", "/cluster/v2/")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class NotLoggedIn(NotPermitted):
    """The page needs a log-in."""

    message_de = "Bitte melden Sie sich an."


class CsrfMissing(NotPermitted):
    """The form does not come from a page of this session."""

    message_de = ("Diese Seite war zu lange geöffnet oder gehört zu einer anderen Anmeldung. "
                  "Bitte laden Sie die Seite neu und senden Sie das Formular noch einmal.")


def the_app() -> App:
    """The composition root of this server."""
    return cast("App", current_app.extensions["etappe"])


def actor() -> Actor:
    """The person of this request; only for routes with a guard."""
    found: Actor | None = g.actor
    if found is None:
        raise NotLoggedIn
    return found


def is_machine_path() -> bool:
    """Whether the caller expects JSON: answers there are problem details, never pages."""
    return f"{request.path}/".startswith(MACHINE_PATHS)


def csrf_token() -> str:
    """The token for the forms of this page: derived from the cookie, so that nothing has to be stored."""
    secret: str = g.get("cookie") or g.get("vor") or ""
    return hmac.digest(secret.encode(), b"csrf", "sha256").hex() if secret else ""


def init(flask_app: Flask) -> None:
    """Register the hooks. Order: who is it, may they, is the form ours."""
    flask_app.before_request(identify)
    flask_app.before_request(admit)
    flask_app.before_request(lambda: None if is_machine_path() else grenzen.widen())
    flask_app.before_request(check_csrf)
    flask_app.after_request(keep_alive)
    flask_app.teardown_request(lambda _: unit_of_work.give_back())
    flask_app.context_processor(lambda: {"csrf": csrf_token(), "ich": g.get("actor")})


def identify() -> None:
    """Find out who makes the request; nobody is an answer, too."""
    g.actor, g.einstellungen, g.cookie, g.vor, g.basic = None, {}, None, None, False
    if request.endpoint == "static":
        return
    authorization = request.authorization
    if authorization is not None and authorization.type == "basic" and is_machine_path():
        found = anmeldung.basic(the_app(), login=authorization.username or "", password=authorization.password or "")
        g.actor, g.basic = found.actor, True
        return
    if authorization is not None and authorization.type == "bearer" and is_machine_path():
        g.actor, g.basic = bearer.angemeldet(the_app(), token=authorization.token or "").actor, True
        return
    token = request.cookies.get(COOKIE, "")
    session = anmeldung.sitzung(the_app(), token=token) if 0 < len(token) < 200 else None
    if session is not None:
        g.actor, g.einstellungen, g.cookie = session.actor, session.einstellungen, token
        return
    vor = request.cookies.get(BEFORE_LOGIN, "")
    g.vor = vor if 20 <= len(vor) < 200 else secrets.token_urlsafe(32)


def admit() -> ResponseReturnValue | None:
    """Let in whom the guard of the route lets in."""
    if request.endpoint is None:  # no such page: the error handler answers, for everybody alike
        return None
    declared = guard_of(current_app.view_functions.get(request.endpoint))
    if declared is None:
        raise InternalServerError(f"The route {request.endpoint} declares no guard.")
    if declared.public:
        return None
    if g.actor is None:
        if is_machine_path():
            raise NotLoggedIn
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("anmeldung.anmelden", weiter=target if target != "/" else None))
    if declared.roles and not g.actor.has_role(*declared.roles):
        raise NotPermitted
    return None


def check_csrf() -> None:
    """Refuse a write that does not come from a page of this session."""
    if request.method in SAFE_METHODS or g.basic or request.endpoint is None:
        return
    sent = request.headers.get("X-CSRF-Token") or request.form.get("_csrf", "")
    expected = csrf_token()
    if not expected or not hmac.compare_digest(sent.encode(), expected.encode()):
        raise CsrfMissing


def keep_alive(response: Response) -> Response:
    """A request prolongs the session; saving a draft is a request, so nobody is logged out while typing."""
    if g.get("actor") is not None and g.get("cookie"):
        anmeldung.verlaengern(the_app(), g.actor, token=g.cookie)
    if g.get("vor") and request.endpoint == "anmeldung.anmelden":
        set_cookie(response, BEFORE_LOGIN, g.vor)
    return response


def set_cookie(response: Response, name: str, value: str) -> None:
    """HttpOnly, SameSite=Lax, for the browser session only; Secure where the address of the installation is https."""
    secure = request.is_secure or the_app().settings.base_url.startswith("https:")
    response.set_cookie(name, value, httponly=True, samesite="Lax", secure=secure, path="/")


def local_target(target: str | None) -> str | None:
    """A path on this server to return to after the log-in, or None; never another server's address."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or any(ord(c) < 32 for c in target):
        return None
    return target
