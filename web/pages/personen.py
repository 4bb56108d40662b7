"""People of a case: who joins it, and what stands about each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request, url_for

from services import personenschritte
from services.errors import Conflict, InvalidInput, NotFound
from services.fall import ausscheiden as austritt
from services.fall import einwilligungen, faelle, personen, uebergaben_lesen, verweise
from services.fall.faelle import ANLAESSE, NeuePerson, StehtSchonImFall
from services.fall.fallkopf import AUSSCHEIDEGRUENDE
from services.policy import OFFEN
from web.anzeige import datum, heute
from web.auth import actor, the_app
from web.guards import guard
from web.pages.faelle import AUFENTHALT, RECHTSKREIS, day
from web.pages.fallakte import EINBLICK, personennamen, seite
from web.pages.rechtskreise import WAHLEN, WIE_DER_FALL, eigene

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from services.fall.fallkopf import FallDetail, PersonInfo

pages = Blueprint("personen", __name__, url_prefix="/faelle/<aktenzeichen>/personen")

NAMEN = {"vorname": "Geben Sie den Vornamen an.", "nachname": "Geben Sie den Nachnamen an."}
ANLASS_FEHLT = "Wählen Sie aus, warum die Person dazukommt."
GRUND_FEHLT = "Wählen Sie einen Grund aus."
DOPPELT = ("Eine Person mit diesem Namen und diesem Geburtsdatum steht schon in diesem Fall. Ist sie ausgeschieden, nehmen Sie das im Überblick zurück. "
           "Ist es eine andere Person, kreuzen Sie das bitte an.")


def person_im_fall(fall: FallDetail, key: int) -> PersonInfo:
    """Raises NotFound: no such member."""
    found = next((p for p in fall.personen if p.key == key), None)
    if found is None:
        raise NotFound
    return found


def minderjaehrig(person: PersonInfo) -> bool:
    """Somebody whose date of birth is not known counts as an adult."""
    return person.alter is not None and person.alter < einwilligungen.VOLLJAEHRIG


def angaben(form: Mapping[str, str], fehler: dict[str, str]) -> NeuePerson:
    """Names, birthday and Aufenthalt as typed; a sentence for each that is missing or none."""
    werte = {name: form.get(name, "").strip()[:faelle.NAME_MAX] for name in (*NAMEN, "geburtsdatum", "aufenthalt")}
    fehler |= {name: satz for name, satz in NAMEN.items() if not werte[name]}
    born = day("geburtsdatum", werte["geburtsdatum"], fehler) if werte["geburtsdatum"] else None
    return NeuePerson(vorname=werte["vorname"], nachname=werte["nachname"], geburtsdatum=born, aufenthalt=werte["aufenthalt"] or None)


def saetze(error: InvalidInput, feld: str) -> dict[str, str]:
    """The sentences of a refusal under the names of the form; ``feld`` takes what belongs to none."""
    return {name.removeprefix("personen.1."): text for name, text in error.errors.items()} or {feld: error.detail}


# -- joining ---------------------------------------------------------------------------------------------------------------
@pages.route("/neu", methods=["GET", "POST"])
@guard(roles=EINBLICK)
def aufnehmen(aktenzeichen: str) -> ResponseReturnValue:
    fehler: dict[str, str] = {}
    if request.method == "POST":
        key = aufgenommen(aktenzeichen, fehler)
        if key is not None:
            return redirect(url_for("personen.zeigen", aktenzeichen=aktenzeichen, key=key, meldung="person"))
    fall = faelle.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, zweck="Person aufnehmen")
    main = next(p for p in fall.personen if p.hauptperson)
    werte = request.form if request.method == "POST" else {"nachname": main.nachname or "", "art-neu": WIE_DER_FALL}
    return seite(
        "fallakte_person_neu.html", aktenzeichen, "ueberblick", "Person aufnehmen", fall=fall, werte=werte, fehler=fehler, wahlen=list(WAHLEN.items()),
        eigene=request.form.getlist("eigene-neu"), moeglich=list(RECHTSKREIS.items()), anlaesse=list(ANLAESSE.items()),
        aufenthalte=list(AUFENTHALT.items())), 422 if fehler else 200


def aufgenommen(aktenzeichen: str, fehler: dict[str, str]) -> int | None:
    """Check what was typed and write the person down; None with sentences in ``fehler``."""
    form = request.form
    person = angaben(form, fehler)
    own = eigene("neu", form.get("art-neu", ""), form.getlist("eigene-neu"), fehler)
    if form.get("anlass") not in ANLAESSE:
        fehler["anlass"] = ANLASS_FEHLT
    if fehler:
        return None
    try:
        return faelle.person_hinzufuegen(
            the_app(), actor(), aktenzeichen=aktenzeichen, anlass=form["anlass"], nur_neue="andere" not in form,
            person=NeuePerson(vorname=person.vorname, nachname=person.nachname, geburtsdatum=person.geburtsdatum, aufenthalt=person.aufenthalt, rechtskreise=own))
    except InvalidInput as error:
        fehler |= {name.replace("rechtskreise", "eigene-neu"): text for name, text in saetze(error, "vorname").items()}
    except StehtSchonImFall:
        fehler["andere"] = DOPPELT
    except Conflict as error:
        fehler["vorname"] = error.detail
    return None


# -- one person ------------------------------------------------------------------------------------------------------------
@pages.get("/<nummer:key>")
@guard(roles=EINBLICK)
def zeigen(aktenzeichen: str, key: int) -> ResponseReturnValue:
    """What stands about her, what is still missing for her, and what can be changed."""
    app, me = the_app(), actor()
    fall = faelle.lesen(app, me, aktenzeichen=aktenzeichen, zweck="Person")
    person = person_im_fall(fall, key)
    if not fall.darf_schreiben:
        raise NotFound
    gueltig = [e for e in einwilligungen.auflisten(app, me, aktenzeichen=aktenzeichen) if e.gueltig]
    own = {(e.empfaenger_name, e.zweck_titel) for e in gueltig if e.person == key}
    members = {p.key for p in fall.personen}
    kind = minderjaehrig(person) and not person.hauptperson
    return seite("fallakte_person.html", aktenzeichen, "ueberblick", "Person", fall=fall, person=person, erteilt=sorted(own),
                 erklaert={"person": fall.personen[0].key, "auch_fuer": key} if kind else {"person": key}, kind=kind,
                 fehlt=sorted({(e.empfaenger_name, e.zweck_titel) for e in gueltig if e.person in members} - own),
                 schritte=personenschritte.der_person(app, me, aktenzeichen=aktenzeichen, person=key))


# -- what stands about her -------------------------------------------------------------------------------------------------
@pages.route("/<nummer:key>/berichtigen", methods=["GET", "POST"])
@guard(roles=EINBLICK)
def berichtigen(aktenzeichen: str, key: int) -> ResponseReturnValue:
    fehler: dict[str, str] = {}
    if request.method == "POST" and berichtigt(aktenzeichen, key, fehler):
        return redirect(url_for("personen.zeigen", aktenzeichen=aktenzeichen, key=key, meldung="berichtigt"))
    fall = faelle.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, zweck="Angaben berichtigen")
    person = person_im_fall(fall, key)
    jetzt = {"vorname": person.vorname or "", "nachname": person.nachname or "", "geburtsdatum": datum(person.geburtsdatum) if person.geburtsdatum else "",
             "aufenthalt": person.aufenthalt or ""}
    return seite(
        "fallakte_person_berichtigen.html", aktenzeichen, "ueberblick", "Angaben berichtigen", fall=fall, person=person, jetzt=jetzt, fehler=fehler,
        werte=request.form if request.method == "POST" else jetzt, gesehen=personen.stand(person), aufenthalte=list(AUFENTHALT.items()),
        gruende=list(personen.GRUENDE.items())), 422 if fehler else 200


def berichtigt(aktenzeichen: str, key: int, fehler: dict[str, str]) -> bool:
    """Check what was typed and correct it; False with sentences in ``fehler``."""
    person = angaben(request.form, fehler)
    if request.form.get("grund") not in personen.GRUENDE:
        fehler["grund"] = GRUND_FEHLT
    if not fehler:
        try:
            personen.berichtigen(
                the_app(), actor(), aktenzeichen=aktenzeichen, person=key, grund=request.form["grund"], gesehen=request.form.get("gesehen", ""),
                angaben={feld: getattr(person, feld) for feld in personen.FELDER})
        except InvalidInput as error:
            fehler |= saetze(error, "vorname")
        except Conflict as error:
            fehler["vorname"] = error.detail
    return not fehler


@pages.route("/hauptperson", methods=["GET", "POST"])
@guard(roles=EINBLICK)
def hauptperson(aktenzeichen: str) -> ResponseReturnValue:
    fehler: dict[str, str] = {}
    if request.method == "POST" and gewaehlt(aktenzeichen, fehler):
        return redirect(url_for("fallakte.ueberblick", aktenzeichen=aktenzeichen, meldung="hauptperson"))
    fall = faelle.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, zweck="Hauptperson wechseln")
    namen = personennamen(fall)
    moeglich = [(str(p.key), namen[p.key]) for p in fall.personen if not p.hauptperson and not minderjaehrig(p)]
    return seite("fallakte_hauptperson.html", aktenzeichen, "ueberblick", "Hauptperson wechseln", fall=fall, moeglich=moeglich, fehler=fehler,
                 werte=request.form or request.args, gruende=list(personen.GRUENDE_HAUPTPERSON.items())), 422 if fehler else 200


def gewaehlt(aktenzeichen: str, fehler: dict[str, str]) -> bool:
    """Check what was chosen and write it down; False with sentences in ``fehler``."""
    form = request.form
    if not form.get("person", "").isdecimal():
        fehler["person"] = "Wählen Sie aus, wer die Hauptperson wird."
    if form.get("grund") not in personen.GRUENDE_HAUPTPERSON:
        fehler["grund"] = GRUND_FEHLT
    if not fehler:
        try:
            personen.hauptperson_waehlen(the_app(), actor(), aktenzeichen=aktenzeichen, person=int(form["person"]), grund=form["grund"])
        except InvalidInput as error:
            fehler |= saetze(error, "person")
        except Conflict as error:
            fehler["person"] = error.detail
    return not fehler


# -- leaving ---------------------------------------------------------------------------------------------------------------
@pages.route("/<nummer:key>/ausscheiden", methods=["GET", "POST"])
@guard(roles=EINBLICK)
def ausscheiden(aktenzeichen: str, key: int) -> ResponseReturnValue:
    """First the consequences, then the button."""
    app, me = the_app(), actor()
    fehler: dict[str, str] = {}
    werte = {"am": request.form.get("am", datum(heute()))[:20], "grund": request.form.get("grund", "")}
    if request.method == "POST" and ausgeschieden(aktenzeichen, key, werte, fehler):
        return redirect(url_for("fallakte.ueberblick", aktenzeichen=aktenzeichen, meldung="ausgeschieden"))
    fall = faelle.lesen(app, me, aktenzeichen=aktenzeichen, zweck="Person scheidet aus")
    person = person_im_fall(fall, key)
    consents = [e for e in einwilligungen.auflisten(app, me, aktenzeichen=aktenzeichen) if e.widerrufen_am is None and (e.gueltig or e.gueltig_ab > heute())]
    handovers = [u for u in uebergaben_lesen.fuer_fall(app, me, aktenzeichen=aktenzeichen) if key in u.personen and u.status in OFFEN and u.uebernommen_am is None]
    referrals = [v for v in verweise.auflisten(app, me, aktenzeichen=aktenzeichen) if key in v.personen and v.status in OFFEN]
    offers = [(art, o.empfaenger_name, len(o.personen) == 1) for art, rows in (("Übergabe", handovers), ("Verweis", referrals)) for o in rows]
    return seite(
        "fallakte_person_ausscheiden.html", aktenzeichen, "ueberblick", "Person scheidet aus", fall=fall, person=person, werte=werte, fehler=fehler,
        enden=sorted({(e.empfaenger_name, e.zweck_titel) for e in consents if e.person == key}), angebote=offers,
        fuer_andere=any(e.erteilt_von == key != e.person for e in consents), gruende=list(AUSSCHEIDEGRUENDE.items()),
        schritte=personenschritte.der_person(app, me, aktenzeichen=aktenzeichen, person=key).mit if fall.darf_schreiben else ()), 422 if fehler else 200


def ausgeschieden(aktenzeichen: str, key: int, werte: Mapping[str, str], fehler: dict[str, str]) -> bool:
    """Check what was typed and write it down; False with sentences in ``fehler``."""
    am = day("am", werte["am"], fehler)
    if werte["grund"] not in AUSSCHEIDEGRUENDE:
        fehler["grund"] = "Wählen Sie aus, warum die Person ausscheidet."
    if not fehler and am is not None:
        try:
            austritt.ausscheiden(the_app(), actor(), aktenzeichen=aktenzeichen, person=key, am=am, grund=werte["grund"])
        except InvalidInput as error:
            fehler |= saetze(error, "am")
        except Conflict as error:
            fehler["grund"] = error.detail
    return not fehler


@pages.route("/<nummer:key>/zuruecknehmen", methods=["GET", "POST"])
@guard(roles=EINBLICK)
def zuruecknehmen(aktenzeichen: str, key: int) -> ResponseReturnValue:
    grund, fehler = request.form.get("grund", ""), {}
    if request.method == "POST":
        try:
            austritt.zuruecknehmen(the_app(), actor(), aktenzeichen=aktenzeichen, person=key, grund=grund)
            return redirect(url_for("personen.zeigen", aktenzeichen=aktenzeichen, key=key, meldung="wieder_da"))
        except InvalidInput:
            fehler["grund"] = GRUND_FEHLT
        except Conflict as error:
            fehler["grund"] = error.detail
    fall = faelle.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, zweck="Ausscheiden zurücknehmen")
    person = next((p for p in (*fall.ehemalige, *fall.personen) if p.key == key), None)
    if person is None:
        raise NotFound
    return seite("fallakte_person_zuruecknehmen.html", aktenzeichen, "ueberblick", "Ausscheiden zurücknehmen", fall=fall, person=person, grund=grund,
                 fehler=fehler, gruende=list(austritt.RUECKKEHRGRUENDE.items())), 422 if fehler else 200
