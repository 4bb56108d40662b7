"""The Fallakte of a case: sections, time line, notes of contacts, accesses. Sections are written by completing tasks only."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from services.fall import akte, kontakte, zeitleiste, zugriffe
from services.fall.abschnitte import TITEL
from web.api_v1.basis import Bereich
from web.api_v1.faelle import Angelegt
from web.api_v1.felder import Flag, Schema, Schluessel, Zeitpunkt, ganze_zahl, liste_von, text, wahl
from web.auth import actor, the_app
from web.pages.fallakte import EINBLICK

bereich = Bereich(name="Fallakte")


# -- shapes ------------------------------------------------------------------------------------------------------------
class Abschnitt(Schema):
    """A version of a section; ``person`` is null for a section of the case."""

    person = Schluessel(required=True, allow_none=True)
    abschnitt = wahl(*TITEL, required=True)
    titel = text(required=True)
    version = ma.fields.Integer(required=True)
    inhalt = ma.fields.Dict(keys=ma.fields.String(), required=True, metadata={"description": "Name des Felds -> Angabe"})
    organisation = text(required=True)
    organisation_name = text(required=True)
    rechtskreis = text(required=True, allow_none=True)
    form_id = text(required=True, allow_none=True)
    form_version = ma.fields.Integer(required=True, allow_none=True)
    geschrieben_von = text(required=True)
    geschrieben_am = Zeitpunkt(required=True)


class AbschnittListe(Schema):
    """Sections of a Fallakte."""

    eintraege = liste_von(Abschnitt, required=True)


class AbschnittFilter(Schema):
    """Only some sections; the parameter may be given several times."""

    abschnitt = liste_von(wahl(*TITEL), load_default=list)


class FassungFilter(Schema):
    """Which section, and whose; without a person, that of the case."""

    abschnitt = wahl(*TITEL, required=True)
    person = Schluessel(load_default=None)


class Eintrag(Schema):
    """A line of the time line."""

    am = Zeitpunkt(required=True)
    art = wahl(*zeitleiste.ARTEN, required=True)
    text = text(required=True)
    wer = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True, allow_none=True)
    link = Schluessel(required=True, allow_none=True)


class Zeitleiste(Schema):
    """The time line, the newest first."""

    eintraege = liste_von(Eintrag, required=True)


class ZeitleisteFilter(Schema):
    """Kinds of entries, and how many."""

    art = liste_von(wahl(*zeitleiste.ARTEN), load_default=list)
    grenze = ganze_zahl(von=1, bis=500, load_default=200)


class Kontakt(Schema):
    """A contact or an attempt."""

    key = Schluessel(required=True)
    am = Zeitpunkt(required=True)
    art = wahl(*kontakte.ARTEN, required=True)
    art_titel = text(required=True)
    erreicht = ma.fields.Boolean(required=True)
    person = Schluessel(required=True, allow_none=True)
    notiz = text(required=True)
    erfasst_von = text(required=True)


class KontaktListe(Schema):
    """The notes of the own organisation, the newest contact first."""

    eintraege = liste_von(Kontakt, required=True)


class NeuerKontakt(Schema):
    """A note of a contact."""

    art = wahl(*kontakte.ARTEN, required=True)
    notiz = text(mindestens=1, hoechstens=kontakte.NOTIZ_MAX, required=True)
    erreicht = Flag(load_default=True)
    person = Schluessel(load_default=None, allow_none=True)
    am = Zeitpunkt(load_default=None, allow_none=True, metadata={"description": "ohne Angabe: jetzt"})


class Kontaktabbruch(Schema):
    """Why there is no contact any more."""

    grund = wahl(*kontakte.ABBRUCHGRUENDE, required=True)


class Zugriff(Schema):
    """Who looked or wrote, in which work."""

    am = Zeitpunkt(required=True)
    name = text(required=True)
    organisation = text(required=True)
    art = wahl(zugriffe.GELESEN, zugriffe.GESCHRIEBEN, required=True)
    abschnitte = liste_von(ma.fields.String(), required=True)
    zweck = text(required=True)


class ZugriffListe(Schema):
    """Accesses to a case, the newest first."""

    eintraege = liste_von(Zugriff, required=True)


# -- operations --------------------------------------------------------------------------------------------------------
@bereich.get("/faelle/<akte:aktenzeichen>/akte", "Abschnitte der Fallakte lesen", roles=EINBLICK, query=AbschnittFilter, answer=AbschnittListe,
             problems=(404,), mehr="Die neueste Fassung jedes Abschnitts, den Sie sehen dürfen. Der Zugriff wird vermerkt. "
                                   "Geschrieben wird die Fallakte durch das Abschließen von Aufgaben: Deren Formular prüft die Angaben.")
def abschnitte(query: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": akte.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, abschnitte=query["abschnitt"], zweck="Schnittstelle")}


@bereich.get("/faelle/<akte:aktenzeichen>/fassungen", "Alle Fassungen eines Abschnitts", roles=EINBLICK, query=FassungFilter, answer=AbschnittListe,
             problems=(404,), mehr="Die Fassungen der eigenen Stelle, die neueste zuerst. Der Zugriff wird vermerkt.")
def fassungen(query: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": akte.fassungen(the_app(), actor(), aktenzeichen=aktenzeichen, **query)}


@bereich.get("/faelle/<akte:aktenzeichen>/zeitleiste", "Zeitleiste lesen", roles=EINBLICK, query=ZeitleisteFilter, answer=Zeitleiste, problems=(404,))
def verlauf(query: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": zeitleiste.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, arten=tuple(query["art"]), grenze=query["grenze"])}


@bereich.get("/faelle/<akte:aktenzeichen>/kontakte", "Kontaktnotizen lesen", roles=EINBLICK, answer=KontaktListe, problems=(404,))
def kontakte_lesen(aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": kontakte.auflisten(the_app(), actor(), aktenzeichen=aktenzeichen)}


@bereich.post("/faelle/<akte:aktenzeichen>/kontakte", "Kontakt notieren", roles=EINBLICK, body=NeuerKontakt, answer=Angelegt, status=201,
              problems=(404, 409))
def kontakt_notieren(body: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    return {"key": kontakte.notieren(the_app(), actor(), aktenzeichen=aktenzeichen, **body)}


@bereich.post("/faelle/<akte:aktenzeichen>/kontaktabbruch", "Kontaktabbruch vermerken", roles=EINBLICK, body=Kontaktabbruch, problems=(404, 409),
              mehr="Die Prozesse des Falls erfahren davon.")
def kontakt_abbrechen(body: dict[str, Any], aktenzeichen: str) -> None:
    kontakte.abbrechen(the_app(), actor(), aktenzeichen=aktenzeichen, grund=body["grund"])


@bereich.get("/faelle/<akte:aktenzeichen>/zugriffe", "Zugriffe auf den Fall lesen", roles=("koordination", "datenschutz"), answer=ZugriffListe,
             problems=(404,))
def zugriffe_lesen(aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": zugriffe.lesen(the_app(), actor(), aktenzeichen=aktenzeichen)}
