"""Cases: list, search, *Neuer Fall*, head of the Fallakte, people, Rechtskreise, processes."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import url_for

from services.fall import ausscheiden, faelle, faelle_liste, fallsuche, personen, rechtskreise, verantwortung
from services.fall.fakten import AUFENTHALT, RECHTSKREISE
from services.fall.fallkopf import AUSSCHEIDEGRUENDE
from services.prozess import instances
from web.api_v1.basis import Bereich
from web.api_v1.felder import Flag, Schema, Schluessel, Tag, Zahl, Zeitpunkt, ganze_zahl, liste_von, text, wahl
from web.auth import actor, the_app
from web.pages.faelle import MEMBERS_MAX, ZUGANGSWEGE
from web.pages.fallakte import EINBLICK

bereich = Bereich(name="Fälle")
FALLARBEIT = ("fallmanagement", "koordination")
SORTIERUNGEN = ("frist", "name", "aktenzeichen", "phase", "angelegt")
STATUS = ("offen", "abgeschlossen")


# -- shapes ------------------------------------------------------------------------------------------------------------
class Person(Schema):
    """A member of the case; names, dates and Rechtskreise are null where they are not lent to the reader."""

    key = Schluessel(required=True)
    hauptperson = ma.fields.Boolean(required=True)
    vorname = text(required=True, allow_none=True)
    nachname = text(required=True, allow_none=True)
    geburtsdatum = Tag(required=True, allow_none=True)
    alter = ma.fields.Integer(required=True, allow_none=True)
    aufenthalt = text(required=True, allow_none=True)
    rechtskreise = liste_von(ma.fields.String(), required=True, allow_none=True, metadata={"description": "die für diese Person gelten"})
    eigene_rechtskreise = ma.fields.Boolean(required=True, metadata={"description": "falsch: es gelten die gemeinsamen des Falls"})
    ausgeschieden_am = Tag(required=True, allow_none=True)
    ausgeschieden_grund = text(required=True, allow_none=True)


class Inhaber(Schema):
    """A holder of the Fallverantwortung."""

    organisation = text(required=True)
    organisation_name = text(required=True)
    login = text(required=True, allow_none=True)
    name = text(required=True, allow_none=True)
    von = Zeitpunkt(required=True)
    bis = Zeitpunkt(required=True, allow_none=True)
    grund = text(required=True)


class Fall(Schema):
    """The head of the Fallakte."""

    aktenzeichen = text(required=True)
    bezeichnung = text(required=True)
    status = wahl(*STATUS, required=True)
    phase = text(required=True)
    phase_titel = text(required=True)
    personen = liste_von(Person, required=True)
    ehemalige = liste_von(Person, required=True, metadata={"description": "Personen, die aus dem Fall ausgeschieden sind"})
    inhaber = ma.fields.Nested(Inhaber, required=True)
    federfuehrend = text(required=True, allow_none=True)
    federfuehrend_name = text(required=True, allow_none=True)
    rechtskreise = liste_von(ma.fields.String(), required=True, metadata={"description": "aller Personen zusammen"})
    rechtskreise_gemeinsam = liste_von(ma.fields.String(), required=True, metadata={"description": "aller Personen ohne eigene"})
    aufenthalt = text(required=True, allow_none=True)
    zugangsweg = text(required=True, allow_none=True)
    erstkontakt = Tag(required=True)
    angelegt_am = Zeitpunkt(required=True)
    abgeschlossen_am = Zeitpunkt(required=True, allow_none=True)
    abschlussgrund = text(required=True, allow_none=True)
    kontakt_abgebrochen_am = Zeitpunkt(required=True, allow_none=True)
    prozess_key = Schluessel(required=True, allow_none=True)
    offene_aufgaben = ma.fields.Integer(required=True)
    naechste_frist = Zeitpunkt(required=True, allow_none=True)
    einwilligungen = ma.fields.Integer(required=True)
    einwilligung_endet = Tag(required=True, allow_none=True)
    offene_uebergabe = Schluessel(required=True, allow_none=True)
    darf_schreiben = ma.fields.Boolean(required=True)


class FallZeile(Schema):
    """A case in a list."""

    aktenzeichen = text(required=True)
    bezeichnung = text(required=True)
    status = wahl(*STATUS, required=True)
    phase = text(required=True)
    phase_titel = text(required=True)
    organisation = text(required=True)
    organisation_name = text(required=True)
    login = text(required=True, allow_none=True)
    verantwortlich = text(required=True, allow_none=True)
    rechtskreise = liste_von(ma.fields.String(), required=True)
    angelegt_am = Zeitpunkt(required=True)
    offene_aufgaben = ma.fields.Integer(required=True)
    naechste_frist = Zeitpunkt(required=True, allow_none=True)


class FallListe(Schema):
    """A page of cases; ``nach_status`` and ``nach_phase`` ignore the filter on themselves."""

    eintraege = liste_von(FallZeile, required=True, attribute="zeilen")
    gesamt = ma.fields.Integer(required=True)
    nach_status = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    nach_phase = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)


class FallTreffer(Schema):
    """What a search found."""

    eintraege = liste_von(FallZeile, required=True)
    weitere = ma.fields.Boolean(required=True, metadata={"description": "es gibt mehr Treffer, als hier stehen"})
    vollstaendig = ma.fields.Boolean(required=True, metadata={"description": "falsch: der Name ist zu häufig, bitte genauer suchen"})


class FallFilter(Schema):
    """Filters, order and page of the list."""

    status = wahl(*STATUS, "alle", load_default="offen")
    phase = text(hoechstens=40, load_default=None)
    rechtskreis = wahl(*RECHTSKREISE, load_default=None)
    organisation = text(hoechstens=100, load_default=None)
    login = text(hoechstens=200, load_default=None, metadata={"description": "verantwortliche Person"})
    ohne_person = ma.fields.Boolean(load_default=False, metadata={"description": "nur Fälle, für die noch niemand benannt ist"})
    sortierung = wahl(*SORTIERUNGEN, load_default="frist")
    absteigend = ma.fields.Boolean(load_default=False)
    grenze = ganze_zahl(von=1, bis=faelle_liste.SEITE_MAX, load_default=50)
    ab = ganze_zahl(von=0, bis=1_000_000, load_default=0)


class Suche(Schema):
    """A name or an Aktenzeichen; sent as content, so that no name stands in an address or a log."""

    suche = text(mindestens=1, hoechstens=100, required=True)
    grenze = Zahl(von=1, bis=faelle_liste.SEITE_MAX, load_default=20)


EIGENE = {"description": "eigene dieser Person; ohne Angabe: wie der Fall, leere Liste: keine Leistungen"}


class NeuePerson(Schema):
    """A member of a new case."""

    vorname = text(mindestens=1, hoechstens=faelle.NAME_MAX, required=True)
    nachname = text(mindestens=1, hoechstens=faelle.NAME_MAX, required=True)
    geburtsdatum = Tag(load_default=None, allow_none=True)
    hauptperson = Flag(load_default=False)
    aufenthalt = wahl(*AUFENTHALT, load_default=None, allow_none=True)
    rechtskreise = liste_von(wahl(*RECHTSKREISE), hoechstens=len(RECHTSKREISE), load_default=None, allow_none=True, metadata=EIGENE)


class WeiterePerson(Schema):
    """Somebody who joins the Bedarfsgemeinschaft."""

    vorname = text(mindestens=1, hoechstens=faelle.NAME_MAX, required=True)
    nachname = text(mindestens=1, hoechstens=faelle.NAME_MAX, required=True)
    geburtsdatum = Tag(load_default=None, allow_none=True)
    aufenthalt = wahl(*AUFENTHALT, load_default=None, allow_none=True)
    rechtskreise = liste_von(wahl(*RECHTSKREISE), hoechstens=len(RECHTSKREISE), load_default=None, allow_none=True, metadata=EIGENE)
    anlass = wahl(*faelle.ANLAESSE, load_default=None, allow_none=True, metadata={"description": "steht ohne den Namen im Verlauf"})


class NeuerFall(Schema):
    """*Neuer Fall*: exactly one person is the Hauptperson."""

    personen = liste_von(NeuePerson, mindestens=1, hoechstens=MEMBERS_MAX, required=True)
    zugangsweg = wahl(*ZUGANGSWEGE, required=True)
    erstkontakt = Tag(load_default=None, allow_none=True, metadata={"description": "ohne Angabe: heute"})
    rechtskreise = liste_von(wahl(*RECHTSKREISE), hoechstens=len(RECHTSKREISE), load_default=list)
    federfuehrend = text(hoechstens=100, load_default=None, allow_none=True)
    login = text(hoechstens=200, load_default=None, allow_none=True, metadata={"description": "erste verantwortliche Person der eigenen Stelle"})


class Rechtskreise(Schema):
    """Which Rechtskreise hold for everybody without own ones, and why that is so from now on."""

    rechtskreise = liste_von(wahl(*RECHTSKREISE), hoechstens=len(RECHTSKREISE), required=True)
    grund = text(mindestens=1, hoechstens=2000, required=True)


class RechtskreisePerson(Schema):
    """Which Rechtskreise hold for one person, and why that is so from now on."""

    rechtskreise = liste_von(wahl(*RECHTSKREISE), hoechstens=len(RECHTSKREISE), required=True, allow_none=True, metadata={
        "description": "null: wie der Fall, leere Liste: keine Leistungen"})
    grund = text(mindestens=1, hoechstens=2000, required=True)


class BerichtigtePerson(Schema):
    """What is corrected about a person; what is not named stays."""

    vorname = text(mindestens=1, hoechstens=faelle.NAME_MAX)
    nachname = text(mindestens=1, hoechstens=faelle.NAME_MAX)
    geburtsdatum = Tag(allow_none=True)
    aufenthalt = wahl(*AUFENTHALT, allow_none=True)
    grund = wahl(*personen.GRUENDE, required=True)


class NeueHauptperson(Schema):
    """Another adult of the case, and why she becomes the Hauptperson."""

    person = Schluessel(required=True)
    grund = wahl(*personen.GRUENDE_HAUPTPERSON, required=True)


class Ausscheiden(Schema):
    """When and why somebody leaves the case."""

    am = Tag(required=True)
    grund = wahl(*AUSSCHEIDEGRUENDE, required=True)


class Rueckkehr(Schema):
    """Why somebody belongs to the case again."""

    grund = wahl(*ausscheiden.RUECKKEHRGRUENDE, required=True)


class NeueVerantwortung(Schema):
    """Another person of the own organisation; null: nobody is named."""

    login = text(hoechstens=200, required=True, allow_none=True)
    grund = text(mindestens=1, hoechstens=2000, required=True)


class InhaberListe(Schema):
    """All holders, the first first."""

    eintraege = liste_von(Inhaber, required=True)


class Angelegt(Schema):
    """The key of what was written."""

    key = Schluessel(required=True)


class Vorgang(Schema):
    """A process that runs or ran for the case."""

    key = Schluessel(required=True)
    process_id = text(required=True)
    version = ma.fields.Integer(required=True)
    name = text(required=True, allow_none=True)
    status = text(required=True)
    parent_key = Schluessel(required=True, allow_none=True)
    root_key = Schluessel(required=True)
    started = Zeitpunkt(required=True)
    ended = Zeitpunkt(required=True, allow_none=True)
    end_element = text(required=True, allow_none=True)
    has_incident = ma.fields.Boolean(required=True)


class VorgangListe(Schema):
    """The processes of a case, in the order of their start."""

    eintraege = liste_von(Vorgang, required=True)


class NeuerVorgang(Schema):
    """A further process for the case, by its key."""

    process_id = text(mindestens=1, hoechstens=200, required=True)


# -- operations --------------------------------------------------------------------------------------------------------
@bereich.get("/faelle", "Fälle auflisten", roles=EINBLICK, query=FallFilter, answer=FallListe)
def auflisten(query: dict[str, Any]) -> faelle_liste.FallListe:
    status = None if query["status"] == "alle" else query["status"]
    filter_ = faelle_liste.Filter(status=status, **{n: query[n] for n in ("phase", "rechtskreis", "organisation", "login", "ohne_person")})
    return faelle_liste.auflisten(the_app(), actor(), filter_=filter_, sortierung_nach=query["sortierung"], absteigend=query["absteigend"],
                                  grenze=query["grenze"], ab=query["ab"])


@bereich.post("/faelle/suche", "Fälle nach Name oder Aktenzeichen suchen", roles=EINBLICK, body=Suche, answer=FallTreffer, einmal=False)
def suchen(body: dict[str, Any]) -> dict[str, Any]:
    found = fallsuche.suchen(the_app(), actor(), suche=body["suche"], grenze=body["grenze"])
    return {"eintraege": found.zeilen, "weitere": found.weitere, "vollstaendig": found.vollstaendig}


@bereich.post("/faelle", "Neuen Fall anlegen", roles=FALLARBEIT, body=NeuerFall, answer=Fall, status=201, problems=(404,),
              mehr="Vergibt das Aktenzeichen und beginnt den Prozess „fallmanagement“.")
def anlegen(body: dict[str, Any]) -> tuple[faelle.FallDetail, int, dict[str, str]]:
    members = [faelle.NeuePerson(**person) for person in body.pop("personen")]
    aktenzeichen = faelle.anlegen(the_app(), actor(), personen=members, **body)
    found = faelle.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, zweck="Fall anlegen")
    return found, 201, {"Location": url_for("api_v1.faelle_lesen", aktenzeichen=aktenzeichen)}


@bereich.get("/faelle/<akte:aktenzeichen>", "Kopf der Fallakte lesen", roles=EINBLICK, answer=Fall, problems=(404,),
             mehr="Der Zugriff wird vermerkt.")
def lesen(aktenzeichen: str) -> faelle.FallDetail:
    return faelle.lesen(the_app(), actor(), aktenzeichen=aktenzeichen)


@bereich.post("/faelle/<akte:aktenzeichen>/personen", "Weitere Person aufnehmen", roles=EINBLICK, body=WeiterePerson, answer=Angelegt, status=201,
              problems=(404, 409))
def person_hinzufuegen(body: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    anlass = body.pop("anlass")
    return {"key": faelle.person_hinzufuegen(the_app(), actor(), aktenzeichen=aktenzeichen, person=faelle.NeuePerson(**body), anlass=anlass)}


@bereich.put("/faelle/<akte:aktenzeichen>/personen/<nummer:person>", "Angaben zu einer Person berichtigen", roles=EINBLICK, body=BerichtigtePerson,
             problems=(404, 409), mehr="Die früheren Angaben bleiben in den Fassungen der Fallakte.")
def person_berichtigen(body: dict[str, Any], aktenzeichen: str, person: int) -> None:
    grund = body.pop("grund")
    personen.berichtigen(the_app(), actor(), aktenzeichen=aktenzeichen, person=person, angaben=body, grund=grund)


@bereich.put("/faelle/<akte:aktenzeichen>/hauptperson", "Hauptperson wechseln", roles=EINBLICK, body=NeueHauptperson, problems=(404, 409),
             mehr="Die neue Hauptperson ist volljährig, oder ihr Geburtsdatum ist nicht bekannt.")
def hauptperson_wechseln(body: dict[str, Any], aktenzeichen: str) -> None:
    personen.hauptperson_waehlen(the_app(), actor(), aktenzeichen=aktenzeichen, **body)


@bereich.post("/faelle/<akte:aktenzeichen>/personen/<nummer:person>/ausscheiden", "Person scheidet aus dem Fall aus", roles=EINBLICK, body=Ausscheiden,
              problems=(404, 409), mehr="Ihre Einwilligungen enden, Angebote gehen ohne sie weiter. Für die Hauptperson erst, wenn eine andere gewählt ist.")
def person_ausscheiden(body: dict[str, Any], aktenzeichen: str, person: int) -> None:
    ausscheiden.ausscheiden(the_app(), actor(), aktenzeichen=aktenzeichen, person=person, **body)


@bereich.post("/faelle/<akte:aktenzeichen>/personen/<nummer:person>/zuruecknehmen", "Ausscheiden einer Person zurücknehmen", roles=EINBLICK,
              body=Rueckkehr, problems=(404, 409), mehr="Was mit dem Ausscheiden endete, kommt nicht zurück.")
def ausscheiden_zuruecknehmen(body: dict[str, Any], aktenzeichen: str, person: int) -> None:
    ausscheiden.zuruecknehmen(the_app(), actor(), aktenzeichen=aktenzeichen, person=person, **body)


@bereich.put("/faelle/<akte:aktenzeichen>/rechtskreise", "Rechtskreise setzen", roles=EINBLICK, body=Rechtskreise, problems=(404, 409),
             mehr="Sie gelten für alle Personen ohne eigene; die des Falls sind die aller Personen zusammen.")
def rechtskreise_setzen(body: dict[str, Any], aktenzeichen: str) -> None:
    faelle.rechtskreise_setzen(the_app(), actor(), aktenzeichen=aktenzeichen, **body)


@bereich.put("/faelle/<akte:aktenzeichen>/personen/<nummer:person>/rechtskreise", "Rechtskreise einer Person setzen", roles=EINBLICK,
             body=RechtskreisePerson, problems=(404, 409), mehr="Alle anderen Personen behalten ihre.")
def rechtskreise_der_person_setzen(body: dict[str, Any], aktenzeichen: str, person: int) -> None:
    rechtskreise.setzen(the_app(), actor(), aktenzeichen=aktenzeichen, personen={person: body["rechtskreise"]}, grund=body["grund"])


@bereich.get("/faelle/<akte:aktenzeichen>/verantwortung", "Verlauf der Fallverantwortung", roles=EINBLICK, answer=InhaberListe, problems=(404,))
def verantwortung_lesen(aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": verantwortung.verlauf(the_app(), actor(), aktenzeichen=aktenzeichen)}


@bereich.put("/faelle/<akte:aktenzeichen>/verantwortung", "Andere Person der eigenen Stelle benennen", roles=EINBLICK, body=NeueVerantwortung,
             problems=(404, 409), mehr="An eine andere Stelle geht die Fallverantwortung nur durch eine Übergabe.")
def verantwortung_setzen(body: dict[str, Any], aktenzeichen: str) -> None:
    verantwortung.zuweisen(the_app(), actor(), aktenzeichen=aktenzeichen, **body)


@bereich.get("/faelle/<akte:aktenzeichen>/vorgaenge", "Prozesse des Falls auflisten", roles=EINBLICK, answer=VorgangListe, problems=(404,))
def vorgaenge(aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": instances.of_case(the_app(), actor(), business_id=aktenzeichen)}


@bereich.post("/faelle/<akte:aktenzeichen>/vorgaenge", "Weiteren Prozess für den Fall beginnen", roles=EINBLICK, body=NeuerVorgang,
              answer=Angelegt, status=201, problems=(404,), mehr="Zum Beispiel „fallkonferenz“ oder „kinderschutz“.")
def vorgang_beginnen(body: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    app, me = the_app(), actor()
    verantwortung.verlauf(app, me, aktenzeichen=aktenzeichen)  # refuses a number that names no visible case
    started = instances.start(app, me, process_id=body["process_id"], variables={"aktenzeichen": aktenzeichen}, business_id=aktenzeichen)
    return {"key": started.key}
