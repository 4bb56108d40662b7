"""Handovers: draft, offer, answer, withdraw. The Fallverantwortung moves only after the receiving organisation has accepted."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import url_for

from services.errors import InvalidInput
from services.fall import uebergaben, uebergaben_lesen
from services.fall.abschnitte import TITEL
from services.fall.einwilligungen import ZWECKE
from web.api_v1.basis import Bereich
from web.api_v1.felder import Flag, Schema, Schluessel, Zeitpunkt, liste_von, text, wahl
from web.auth import actor, the_app
from web.pages.fallakte import EINBLICK
from web.pages.uebergaben import ALLE

bereich = Bereich(name="Übergaben")
LISTEN = ("eingang", "ausgang")


class Uebergabe(Schema):
    """A handover as the asking side may see it."""

    key = Schluessel(required=True)
    aktenzeichen = text(required=True)
    status = wahl(*ALLE, required=True)
    zweck = text(required=True)
    zweck_titel = text(required=True)
    abschnitte = liste_von(ma.fields.String(), required=True)
    personen = liste_von(Schluessel(), required=True)
    empfaenger = text(required=True)
    empfaenger_name = text(required=True)
    absender = text(required=True)
    absender_name = text(required=True)
    absender_person = text(required=True)
    absender_person_name = text(required=True)
    grund = text(required=True, allow_none=True)
    nachricht = text(required=True, allow_none=True)
    instance_key = Schluessel(required=True, allow_none=True)
    erstellt_am = Zeitpunkt(required=True)
    angeboten_am = Zeitpunkt(required=True, allow_none=True)
    frist = Zeitpunkt(required=True, allow_none=True)
    beantwortet_am = Zeitpunkt(required=True, allow_none=True)
    ablehnungsgrund = text(required=True, allow_none=True)
    hinweis = text(required=True, allow_none=True)
    uebernommen_am = Zeitpunkt(required=True, allow_none=True)
    beendet_am = Zeitpunkt(required=True, allow_none=True)
    nachfrage_am = Zeitpunkt(required=True, allow_none=True)
    nachfrage_ergebnis = text(required=True, allow_none=True)
    fehlende_einwilligungen = ma.fields.Integer(required=True)
    darf_antworten = ma.fields.Boolean(required=True)
    darf_anbieten = ma.fields.Boolean(required=True)


class UebergabeListe(Schema):
    """Handovers."""

    eintraege = liste_von(Uebergabe, required=True)


class UebergabeFilter(Schema):
    """To the own organisation or from it, and in which state; without states those that wait."""

    liste = wahl(*LISTEN, load_default="eingang")
    status = liste_von(wahl(*ALLE), load_default=list)


class NeueUebergabe(Schema):
    """A draft; nobody outside sees it before it is offered."""

    empfaenger = text(mindestens=1, hoechstens=100, required=True)
    abschnitte = liste_von(wahl(*TITEL), mindestens=1, hoechstens=len(TITEL), required=True)
    grund = text(mindestens=1, hoechstens=2000, required=True)
    zweck = wahl(*ZWECKE, load_default="uebergabe")
    nachricht = text(hoechstens=4000, load_default=None, allow_none=True)
    personen = liste_von(Schluessel(), mindestens=1, hoechstens=50, load_default=None, allow_none=True, metadata={"description": "ohne Angabe: alle"})
    frist = Zeitpunkt(load_default=None, allow_none=True)


class Entwurfsaenderung(Schema):
    """What the draft says from now on."""

    abschnitte = liste_von(wahl(*TITEL), mindestens=1, hoechstens=len(TITEL), required=True)
    grund = text(mindestens=1, hoechstens=2000, required=True)
    nachricht = text(hoechstens=4000, load_default=None, allow_none=True)
    frist = Zeitpunkt(load_default=None, allow_none=True)


class UebergabeAntwort(Schema):
    """Yes, or no with a reason."""

    angenommen = Flag(required=True)
    ablehnungsgrund = wahl(*uebergaben.ABLEHNUNGSGRUENDE, load_default=None, allow_none=True)
    hinweis = text(hoechstens=1000, load_default=None, allow_none=True)


@bereich.get("/uebergaben", "Übergaben an die eigene Stelle oder von ihr", roles=EINBLICK, query=UebergabeFilter, answer=UebergabeListe)
def auflisten(query: dict[str, Any]) -> dict[str, Any]:
    states = {"status": tuple(query["status"])} if query["status"] else {}
    find = uebergaben_lesen.eingang if query["liste"] == "eingang" else uebergaben_lesen.ausgang
    return {"eintraege": find(the_app(), actor(), **states)}


@bereich.get("/faelle/<akte:aktenzeichen>/uebergaben", "Übergaben eines Falls", roles=EINBLICK, answer=UebergabeListe, problems=(404,))
def eines_falls(aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": uebergaben_lesen.fuer_fall(the_app(), actor(), aktenzeichen=aktenzeichen)}


@bereich.post("/faelle/<akte:aktenzeichen>/uebergaben", "Übergabe entwerfen", roles=EINBLICK, body=NeueUebergabe, answer=Uebergabe, status=201,
              problems=(404, 409))
def entwerfen(body: dict[str, Any], aktenzeichen: str) -> tuple[uebergaben_lesen.UebergabeInfo, int, dict[str, str]]:
    key = uebergaben.entwerfen(the_app(), actor(), aktenzeichen=aktenzeichen, **body)
    return gelesen(key), 201, {"Location": url_for("api_v1.uebergaben_lesen", key=key)}


@bereich.get("/uebergaben/<nummer:key>", "Übergabe lesen", roles=EINBLICK, answer=Uebergabe, problems=(404,))
def lesen(key: int) -> uebergaben_lesen.UebergabeInfo:
    return gelesen(key)


@bereich.put("/uebergaben/<nummer:key>", "Entwurf einer Übergabe ändern", roles=EINBLICK, body=Entwurfsaenderung, answer=Uebergabe, problems=(404, 409))
def aendern(body: dict[str, Any], key: int) -> uebergaben_lesen.UebergabeInfo:
    uebergaben.entwurf_aendern(the_app(), actor(), uebergabe=key, **body)
    return gelesen(key)


@bereich.post("/uebergaben/<nummer:key>/angebot", "Übergabe anbieten", roles=EINBLICK, answer=Uebergabe, problems=(404, 409),
              mehr="Ohne Einwilligung, die alle genannten Abschnitte deckt, wird das Angebot abgelehnt.")
def anbieten(key: int) -> uebergaben_lesen.UebergabeInfo:
    uebergaben.anbieten(the_app(), actor(), uebergabe=key)
    return gelesen(key)


@bereich.post("/uebergaben/<nummer:key>/antwort", "Übergabe annehmen oder ablehnen", roles=EINBLICK, body=UebergabeAntwort, answer=Uebergabe,
              problems=(404, 409))
def beantworten(body: dict[str, Any], key: int) -> uebergaben_lesen.UebergabeInfo:
    if body["angenommen"] and body["ablehnungsgrund"] is not None:
        raise InvalidInput(errors={"ablehnungsgrund": "Wer annimmt, nennt keinen Ablehnungsgrund. Bitte lassen Sie diese Angabe weg."})
    uebergaben.beantworten(the_app(), actor(), uebergabe=key, **body)
    return gelesen(key)


@bereich.post("/uebergaben/<nummer:key>/rueckzug", "Übergabe zurückziehen", roles=EINBLICK, answer=Uebergabe, problems=(404, 409))
def zurueckziehen(key: int) -> uebergaben_lesen.UebergabeInfo:
    uebergaben.zurueckziehen(the_app(), actor(), uebergabe=key)
    return gelesen(key)


def gelesen(key: int) -> uebergaben_lesen.UebergabeInfo:
    """The handover as it is now. Raises NotFound."""
    return uebergaben_lesen.lesen(the_app(), actor(), uebergabe=key)
