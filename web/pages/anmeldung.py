"""Log-in and log-out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, g, redirect, render_template, request, url_for

from services import anmeldung
from services.anmeldung import LoginRefused, LoginThrottled
from web.anzeige import uhrzeit
from web.auth import BEFORE_LOGIN, COOKIE, local_target, set_cookie, the_app
from web.errors import status_of
from web.guards import guard, public

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("anmeldung", __name__)


@pages.get("/anmeldung")
@public
def anmelden() -> ResponseReturnValue:
    if g.actor is not None:
        return redirect(local_target(request.args.get("weiter")) or url_for("aufgaben.start"))
    return render_template("seiten/anmeldung.html", weiter=local_target(request.args.get("weiter")), konto="", fehler=None)


@pages.post("/anmeldung")
@public
def anmelden_absenden() -> ResponseReturnValue:
    konto = request.form.get("konto", "")[:200]
    weiter = local_target(request.form.get("weiter"))
    try:
        _, token = anmeldung.anmelden(the_app(), login=konto, password=request.form.get("passwort", ""))
    except (LoginRefused, LoginThrottled) as error:
        satz = error.detail
        if isinstance(error, LoginThrottled):
            satz = f"Zu viele Fehlversuche. Ab {uhrzeit(error.facts['bis'])} können Sie es noch einmal versuchen."  # type: ignore[arg-type]  # a datetime
        return render_template("seiten/anmeldung.html", weiter=weiter, konto=konto, fehler=satz), status_of(error)
    response = redirect(weiter or url_for("aufgaben.start"))
    set_cookie(response, COOKIE, token)
    response.delete_cookie(BEFORE_LOGIN, path="/")
    return response


@pages.post("/abmeldung")
@guard()
def abmelden() -> ResponseReturnValue:
    anmeldung.abmelden(the_app(), g.actor, token=g.cookie)
    g.actor = None
    response = redirect(url_for("anmeldung.anmelden", meldung="abgemeldet"))
    response.delete_cookie(COOKIE, path="/")
    return response
