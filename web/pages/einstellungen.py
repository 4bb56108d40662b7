"""Personal settings: how the pages look, and the password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, g, redirect, render_template, request, url_for

from services import anmeldung
from services.anmeldung import LoginThrottled
from services.errors import InvalidInput
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("einstellungen", __name__)


@pages.get("/einstellungen")
@guard()
def zeigen() -> ResponseReturnValue:
    return render_template("seiten/einstellungen.html", fehler={}, mindestens=anmeldung.MIN_PASSWORD)


@pages.post("/einstellungen")
@guard()
def speichern() -> ResponseReturnValue:
    werte = {name: request.form[name] for name in anmeldung.SETTINGS if name in request.form}
    anmeldung.einstellungen_speichern(the_app(), actor(), werte=werte)
    return redirect(url_for("einstellungen.zeigen", meldung="gespeichert"))


@pages.post("/einstellungen/passwort")
@guard()
def passwort() -> ResponseReturnValue:
    alt, neu, noch_einmal = (request.form.get(name, "") for name in ("alt", "neu", "neu2"))
    try:
        if neu != noch_einmal:
            raise InvalidInput(errors={"neu2": "Die beiden neuen Passwörter sind verschieden. Bitte geben Sie sie noch einmal ein."})
        anmeldung.passwort_aendern(the_app(), actor(), alt=alt, neu=neu, token=g.cookie)
    except (InvalidInput, LoginThrottled) as error:
        fehler = error.errors if isinstance(error, InvalidInput) else {"alt": error.detail}
        return render_template("seiten/einstellungen.html", fehler=fehler, mindestens=anmeldung.MIN_PASSWORD), 422
    return redirect(url_for("einstellungen.zeigen", meldung="passwort"))
