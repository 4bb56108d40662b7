"""Verweise: another organisation helps with one concern and sees named sections meanwhile. The Fallverantwortung never moves."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from services.errors import InvalidInput
from services.fall import uebergaben, verweise
from services.fall.abschnitte import TITEL
from services.fall.einwilligungen import ZWECKE
from services.fall.status import VERWEIS
from web.api_v1.basis import Bereich
from web.api_v1.faelle import Angelegt
from web.api_v1.felder import Flag, Schema, Schluessel, Zeitpunkt, liste_von, text, wahl
from web.auth import actor, the_app
from web.pages.fallakte import EINBLICK

bereich = Bereich(name="Verweise")


class Verweis(Schema):
    """A Verweis; ``anliegen`` is shown to the receiver while it is open."""

    key = Schluessel(required=True)
    aktenzeichen = text(required=True)
    status = wahl(*VERWEIS, required=True)
    anliegen = text(required=True, allow_none=True)
    zweck = text(required=True)
    abschnitte = liste_von(ma.fields.String(), required=True)
    personen = liste_von(Schluessel(), required=True)
    empfaenger = text(required=True)
    empfaenger_name = text(required=True)
    absender = text(required=True)
    angeboten_am = Zeitpunkt(required=True)
    frist = Zeitpunkt(required=True, allow_none=True)
    beantwortet_am = Zeitpunkt(required=True, allow_none=True)
    ablehnungsgrund = text(required=True, allow_none=True)
    beendet_am = Zeitpunkt(required=True, allow_none=True)
    rueckmeldung = text(required=True, allow_none=True)


class VerweisListe(Schema):
    """Verweise from or to the own organisation, the newest first."""

    eintraege = liste_von(Verweis, required=True)


class VerweisFilter(Schema):
    """Of one case only."""

    aktenzeichen = text(hoechstens=40, load_default=None)


class NeuerVerweis(Schema):
    """Whom to ask for what; the sight begins at once, if the consent covers it."""

    empfaenger = text(mindestens=1, hoechstens=100, required=True)
    anliegen = text(mindestens=1, hoechstens=2000, required=True)
    abschnitte = liste_von(wahl(*TITEL), mindestens=1, hoechstens=len(TITEL), required=True)
    zweck = wahl(*ZWECKE, load_default="verweis")
    personen = liste_von(Schluessel(), mindestens=1, hoechstens=50, load_default=None, allow_none=True, metadata={"description": "ohne Angabe: alle"})
    frist = Zeitpunkt(load_default=None, allow_none=True)


class VerweisAntwort(Schema):
    """Yes, or no with a reason."""

    angenommen = Flag(required=True)
    ablehnungsgrund = wahl(*uebergaben.ABLEHNUNGSGRUENDE, load_default=None, allow_none=True)


class Rueckmeldung(Schema):
    """What came of it."""

    rueckmeldung = text(mindestens=1, hoechstens=4000, required=True)


@bereich.get("/verweise", "Verweise an die eigene Stelle und von ihr", roles=EINBLICK, query=VerweisFilter, answer=VerweisListe)
def auflisten(query: dict[str, Any]) -> dict[str, Any]:
    return {"eintraege": verweise.auflisten(the_app(), actor(), **query)}


@bereich.post("/faelle/<akte:aktenzeichen>/verweise", "An eine andere Stelle verweisen", roles=EINBLICK, body=NeuerVerweis, answer=Angelegt, status=201,
              problems=(404, 409))
def anbieten(body: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    return {"key": verweise.anbieten(the_app(), actor(), aktenzeichen=aktenzeichen, **body)}


@bereich.post("/verweise/<nummer:key>/antwort", "Verweis annehmen oder ablehnen", roles=EINBLICK, body=VerweisAntwort, problems=(404, 409))
def beantworten(body: dict[str, Any], key: int) -> None:
    if body["angenommen"] and body["ablehnungsgrund"] is not None:
        raise InvalidInput(errors={"ablehnungsgrund": "Wer annimmt, nennt keinen Ablehnungsgrund. Bitte lassen Sie diese Angabe weg."})
    verweise.beantworten(the_app(), actor(), verweis=key, **body)


@bereich.post("/verweise/<nummer:key>/erledigung", "Verweis mit Rückmeldung beenden", roles=EINBLICK, body=Rueckmeldung, problems=(404, 409))
def erledigen(body: dict[str, Any], key: int) -> None:
    verweise.erledigen(the_app(), actor(), verweis=key, rueckmeldung=body["rueckmeldung"])


@bereich.post("/verweise/<nummer:key>/rueckzug", "Verweis zurückziehen", roles=EINBLICK, problems=(404, 409))
def zurueckziehen(key: int) -> None:
    verweise.zurueckziehen(the_app(), actor(), verweis=key)
