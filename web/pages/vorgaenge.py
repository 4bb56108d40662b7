"""*Vorgang starten* in a case, and *Vorgänge*: the processes that belong to no case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, url_for
from markupsafe import Markup

from services import anmeldung, vorgaenge
from services.dokumente import lesen as dokumente
from services.errors import NotPermitted
from web.auth import actor, the_app
from web.guards import guard
from web.pages.dokumente import groesse
from web.pages.fallakte import EINBLICK
from web.pages.fallakte import seite as fallseite

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("vorgaenge", __name__)

# Who may come to the page at all; which processes a person sees there is decided by function.
STEUERNDE = ("fallmanagement", "koordination", "prozessverantwortung", "verwaltung")


# -- in a case -------------------------------------------------------------------------------------------------------------
@pages.get("/faelle/<aktenzeichen>/vorgang-starten")
@guard(roles=EINBLICK)
def im_fall(aktenzeichen: str) -> ResponseReturnValue:
    found = vorgaenge.im_fall(the_app(), actor(), aktenzeichen=aktenzeichen)
    return fallseite("fallakte_vorgaenge.html", aktenzeichen, "prozess", "Vorgang starten", moeglich=found)


@pages.get("/faelle/<aktenzeichen>/vorgang-starten/<prozess>")
@guard(roles=EINBLICK)
def im_fall_fragen(aktenzeichen: str, prozess: str) -> ResponseReturnValue:
    """Ask before anything happens."""
    found = vorgaenge.einer(vorgaenge.im_fall(the_app(), actor(), aktenzeichen=aktenzeichen), prozess)
    return fallseite("fallakte_vorgang_starten.html", aktenzeichen, "prozess", found.start.titel, m_=found)


@pages.post("/faelle/<aktenzeichen>/vorgang-starten/<prozess>")
@guard(roles=EINBLICK)
def im_fall_starten(aktenzeichen: str, prozess: str) -> ResponseReturnValue:
    vorgaenge.starten_im_fall(the_app(), actor(), aktenzeichen=aktenzeichen, key=prozess)
    return redirect(url_for("fallakte.ueberblick", aktenzeichen=aktenzeichen, meldung="vorgang"))


# -- without a case ----------------------------------------------------------------------------------------------------------
@pages.get("/vorgaenge")
@guard(roles=STEUERNDE)
def liste() -> ResponseReturnValue:
    app, me = the_app(), actor()
    if not vorgaenge.may_see(me):
        raise NotPermitted
    return render_template("seiten/vorgaenge.html", moeglich=vorgaenge.im_system(app, me), vorgaenge=vorgaenge.auflisten(app, me))


@pages.get("/vorgaenge/starten/<prozess>")
@guard(roles=STEUERNDE)
def fragen(prozess: str) -> ResponseReturnValue:
    return render_template("seiten/vorgang_starten.html", m_=vorgaenge.einer(vorgaenge.im_system(the_app(), actor()), prozess))


@pages.post("/vorgaenge/starten/<prozess>")
@guard(roles=STEUERNDE)
def starten(prozess: str) -> ResponseReturnValue:
    vorgaenge.starten(the_app(), actor(), key=prozess)
    return redirect(url_for("vorgaenge.liste", meldung="vorgang"))


@pages.get("/vorgaenge/<nummer:key>")
@guard(roles=STEUERNDE)
def zeigen(key: int) -> ResponseReturnValue:
    app, me = the_app(), actor()
    found = vorgaenge.ansehen(app, me, key=key, adresse=lambda task: url_for("aufgabe.zeigen", key=task))
    logins = [s.wer for weg in found.wege for s in weg.schritte] + [t.assignee for t in found.aufgaben]
    bilder = [Markup(weg.svg) if weg.svg else None for weg in found.wege]  # noqa: S704  drawn by us from a model, every text in it is escaped there
    return render_template("seiten/vorgang.html", vorgang=found.vorgang,
                           dokumente=dokumente.auflisten_vorgang(app, me, wurzel_key=key), groesse=groesse,
                           wege=list(zip(found.wege, bilder, strict=True)), aufgaben=found.aufgaben,
                           meine={t.key for t in found.aufgaben}, namen=anmeldung.namen(app, me, logins=logins))
