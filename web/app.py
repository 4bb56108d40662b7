"""The WSGI application: pages, the machine interfaces and what every answer carries."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from flask import Flask, request
from jinja2 import StrictUndefined

from services.errors import InvalidInput, NotFound
from web import anzeige, assets, auth, errors, grenzen, navigation, pages
from web.adressen import Nummer
from web.guards import public

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from services.bootstrap import App

POLICY = ("default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
          "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
YEAR = 31_536_000
NO_CONTENT = 204
MACHINE_INTERFACES = ("web.api_v2", "web.api_v1")


def create_app(app: App) -> Flask:
    """Build the Flask application on a composition root. Starts without built assets; pages are unstyled then."""
    flask_app = Flask("web", static_folder="static", static_url_path="/static")
    flask_app.extensions["etappe"] = app
    flask_app.config.update(
        MAX_CONTENT_LENGTH=app.settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        TRAP_HTTP_EXCEPTIONS=False,
        PROPAGATE_EXCEPTIONS=False,
    )
    flask_app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it, the interface does not say so
    flask_app.url_map.converters["nummer"] = Nummer
    flask_app.jinja_env.undefined = StrictUndefined
    flask_app.jinja_env.trim_blocks = flask_app.jinja_env.lstrip_blocks = True
    public(flask_app.view_functions["static"])
    errors.init(flask_app)
    grenzen.init(flask_app)
    auth.init(flask_app)
    flask_app.before_request(refuse_unstorable)
    assets.init(flask_app)
    anzeige.init(flask_app)
    navigation.init(flask_app)
    pages.register(flask_app)
    for name in MACHINE_INTERFACES:
        if find_spec(name) is not None:
            import_module(name).register(flask_app)
    flask_app.after_request(finish)
    return flask_app


def refuse_unstorable() -> None:
    """PostgreSQL holds no NUL: an address with one names nothing, and a form with one is refused.

    Raises NotFound, InvalidInput.
    """
    if "\0" in request.path:
        raise NotFound
    # Reading a form takes the body; a machine's body is read, and checked, by its interface.
    sources = (request.args,) if auth.is_machine_path() else (request.args, request.form)
    if any("\0" in value for values in sources for _, value in values.items(multi=True)):
        raise InvalidInput("Die Eingabe enthält ein Zeichen, das nicht gespeichert werden kann (NUL). Bitte entfernen Sie es.")


def finish(response: Response) -> Response:
    """Security headers for every answer; pages with data are never kept by a cache."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.status_code == NO_CONTENT:
        response.headers.pop("Content-Type", None)  # of nothing there is no kind (RFC 9110, 8.3)
    if request.endpoint == "static":
        if request.path.startswith("/static/build/") and response.status_code == 200:
            response.cache_control.public, response.cache_control.max_age = True, YEAR
            response.cache_control.immutable = True
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
