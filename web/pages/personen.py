"""People of a case: who joins it, and what stands about each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request, url_for

from services import personenschritte
from services.errors import Conflict, InvalidInput, NotFound
from services.fall import einwilligungen, faelle
from services.fall.faelle import ANLAESSE, NeuePerson, StehtSchonImFall
from web.auth import actor, the_app
from web.guards import guard
from web.pages.faelle import AUFENTHALT, RECHTSKREIS, day
from web.pages.fallakte import EINBLICK, seite
from web.pages.rechtskreise import WAHLEN, WIE_DER_FALL, eigene

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from services.fall.fallkopf import FallDetail, PersonInfo

pages = Blueprint("personen", __name__, url_prefix="/faelle/<aktenzeichen>/personen")

NAMEN = {"vorname": "Geben Sie den Vornamen an.", "nachname": "Geben Sie den Nachnamen an."}
ANLASS_FEHLT = "Wählen Sie aus, warum die Person dazukommt."
DOPPELT = "Eine Person mit diesem Namen und diesem Geburtsdatum steht schon in diesem Fall. Ist es eine andere, kreuzen Sie das bitte an."


def person_im_fall(fall: FallDetail, key: int) -> PersonInfo:
    """Raises NotFound: no such member, or the reader may only see the case."""
    if not fall.darf_schreiben:
        raise NotFound
    return next((p for p in fall.personen if p.key == key), None) or _niemand()


def _niemand() -> PersonInfo:
    raise NotFound


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
    gueltig = [e for e in einwilligungen.auflisten(app, me, aktenzeichen=aktenzeichen) if e.gueltig]
    own = {(e.empfaenger_name, e.zweck_titel) for e in gueltig if e.person == key}
    members = {p.key for p in fall.personen}
    child = not person.hauptperson and person.alter is not None and person.alter < einwilligungen.VOLLJAEHRIG
    return seite("fallakte_person.html", aktenzeichen, "ueberblick", "Person", fall=fall, person=person, erteilt=sorted(own),
                 erklaert={"person": fall.personen[0].key, "auch_fuer": key} if child else {"person": key},
                 fehlt=sorted({(e.empfaenger_name, e.zweck_titel) for e in gueltig if e.person in members} - own),
                 schritte=personenschritte.der_person(app, me, aktenzeichen=aktenzeichen, person=key))
