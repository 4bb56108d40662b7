"""The directory of partner organisations and their free places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from services.errors import InvalidInput
from services.fall import partner
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("partner", __name__, url_prefix="/partner")

SPRACHEN = {
    "de": "Deutsch", "en": "Englisch", "ar": "Arabisch", "bg": "Bulgarisch", "fa": "Farsi, Dari", "fr": "Französisch", "ku": "Kurdisch", "ps": "Paschtu",
    "pl": "Polnisch", "ro": "Rumänisch", "ru": "Russisch", "so": "Somali", "ti": "Tigrinya", "tr": "Türkisch", "uk": "Ukrainisch"}
ALLE = ("fallmanagement", "koordination", "prozessverantwortung", "partner", "verwaltung")


@pages.get("")
@guard(roles=ALLE)
def liste() -> ResponseReturnValue:
    return seite({}, "")


def seite(fehler: dict[str, str], plaetze: str) -> str:
    app, me = the_app(), actor()
    angebot, sprache = request.args.get("angebot", "")[:60], request.args.get("sprache", "")[:10]
    every = partner.auflisten(app, me)
    found = partner.auflisten(app, me, angebot=angebot or None, sprache=sprache or None)
    return render_template(
        "seiten/partner.html", partner=found, angebot=angebot, sprache=sprache, sprachen=SPRACHEN, wort=wort, fehler=fehler, plaetze=plaetze,
        angebote=sorted({a for p in every for a in p.angebote}), gesprochen=sorted({s for p in every for s in p.sprachen}),
        wir=next((p for p in every if p.key == me.organisation), None), darf_pflegen=me.has_role("fallmanagement", "koordination", "partner"))


def wort(key: str) -> str:
    """A key of the profile as words: identifiers are ASCII, people read umlauts."""
    text = key.replace("_", " ")
    for ascii_, umlaut in (("ae", "ä"), ("oe", "ö"), ("ue", "ü")):
        text = text.replace(ascii_, umlaut)
    return text[:1].upper() + text[1:]


@pages.post("/plaetze")
@guard(roles=("fallmanagement", "koordination", "partner"))
def plaetze() -> ResponseReturnValue:
    """Every organisation keeps its own number of places."""
    text = request.form.get("plaetze", "").strip()[:6]
    try:
        if text and not text.isdecimal():
            raise InvalidInput(errors={"plaetze": "Geben Sie eine ganze Zahl ab 0 an, oder lassen Sie das Feld leer."})
        partner.kapazitaet_setzen(the_app(), actor(), organisation=actor().organisation, plaetze=int(text) if text else None)
    except InvalidInput as error:
        return seite(dict(error.errors), text), 422
    return redirect(url_for("partner.liste", meldung="kapazitaet"))
