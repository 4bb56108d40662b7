"""Consents: list, grant, revoke, and what a purpose would still need."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from services.fall import einwilligungen
from services.fall.abschnitte import TITEL
from web.api_v1.basis import Bereich, FehlendeEinwilligung
from web.api_v1.felder import Schema, Schluessel, Tag, Zeitpunkt, liste_von, text, wahl
from web.auth import actor, the_app
from web.pages.fallakte import EINBLICK

bereich = Bereich(name="Einwilligungen")


class Einwilligung(Schema):
    """One consent of one person; ``gueltig``: in force today."""

    key = Schluessel(required=True)
    person = Schluessel(required=True)
    erteilt_von = Schluessel(required=True)
    empfaenger = text(required=True)
    empfaenger_name = text(required=True)
    zweck = text(required=True)
    zweck_titel = text(required=True)
    abschnitte = liste_von(ma.fields.String(), required=True)
    besondere_abschnitte = liste_von(ma.fields.String(), required=True)
    sprache = text(required=True)
    form = text(required=True)
    textfassung = text(required=True)
    gueltig_ab = Tag(required=True)
    gueltig_bis = Tag(required=True, allow_none=True)
    erfasst_am = Zeitpunkt(required=True)
    erfasst_von = text(required=True)
    widerrufen_am = Zeitpunkt(required=True, allow_none=True)
    widerruf_grund = text(required=True, allow_none=True)
    gueltig = ma.fields.Boolean(required=True)


class EinwilligungListe(Schema):
    """The consents of a case, the newest first."""

    eintraege = liste_von(Einwilligung, required=True)


class NeueEinwilligung(Schema):
    """Who consents, whom it concerns besides, who may see what, and what for. Special categories count only because they are named."""

    person = Schluessel(required=True)
    auch_fuer = liste_von(Schluessel(), hoechstens=50, load_default=list, metadata={"description": "Kinder, für die die Person mit erklärt"})
    empfaenger = text(mindestens=1, hoechstens=100, required=True)
    zweck = wahl(*einwilligungen.ZWECKE, required=True)
    abschnitte = liste_von(wahl(*TITEL), mindestens=1, hoechstens=len(TITEL), required=True)
    sprache = text(mindestens=1, hoechstens=100, required=True, metadata={"description": "in der sie erklärt wurde"})
    form = wahl(*einwilligungen.FORMEN, required=True)
    textfassung = text(mindestens=1, hoechstens=100, required=True)
    gueltig_ab = Tag(load_default=None, allow_none=True, metadata={"description": "ohne Angabe: heute"})
    gueltig_bis = Tag(load_default=None, allow_none=True, metadata={"description": "ohne Angabe: bis zum Widerruf"})


class Angelegte(Schema):
    """One key per person, first that of the person who consents."""

    keys = liste_von(Schluessel(), required=True)


class Widerruf(Schema):
    """Why, if the person says so."""

    grund = text(hoechstens=500, load_default="")


class Bedarf(Schema):
    """Who should see what, and what for."""

    empfaenger = text(mindestens=1, hoechstens=100, required=True)
    zweck = wahl(*einwilligungen.ZWECKE, required=True)
    abschnitt = liste_von(wahl(*TITEL), mindestens=1, required=True)


class Luecken(Schema):
    """What no consent covers; empty if everything is covered."""

    fehlend = liste_von(FehlendeEinwilligung, required=True)


@bereich.get("/faelle/<akte:aktenzeichen>/einwilligungen", "Einwilligungen auflisten", roles=EINBLICK, answer=EinwilligungListe, problems=(404,))
def auflisten(aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": einwilligungen.auflisten(the_app(), actor(), aktenzeichen=aktenzeichen)}


@bereich.post("/faelle/<akte:aktenzeichen>/einwilligungen", "Einwilligung erfassen", roles=EINBLICK, body=NeueEinwilligung, answer=Angelegte, status=201,
              problems=(404, 409))
def erteilen(body: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    return {"keys": einwilligungen.erteilen(the_app(), actor(), aktenzeichen=aktenzeichen, **body)}


@bereich.get("/faelle/<akte:aktenzeichen>/einwilligungen/pruefung", "Prüfen, wofür eine Einwilligung fehlt", roles=EINBLICK, query=Bedarf, answer=Luecken,
             problems=(404,))
def pruefen(query: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    found = einwilligungen.pruefen(the_app(), actor(), aktenzeichen=aktenzeichen, empfaenger=query["empfaenger"], zweck=query["zweck"],
                                   abschnitte=query["abschnitt"])
    return {"fehlend": [{"person": person, "abschnitt": abschnitt} for person, abschnitt in found]}


@bereich.post("/einwilligungen/<nummer:key>/widerruf", "Einwilligung widerrufen", roles=EINBLICK, body=Widerruf, problems=(404, 409),
              mehr="Wirkt sofort: Der Einblick endet, offene Übergaben und Verweise, die darauf beruhen, werden zurückgezogen.")
def widerrufen(body: dict[str, Any], key: int) -> None:
    einwilligungen.widerrufen(the_app(), actor(), einwilligung=key, grund=body["grund"])
