"""Handovers between organisations: what was offered to us, what we offered, and the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from services import akteansicht
from services.errors import Conflict, InvalidInput
from services.fall import faelle, partner, uebergaben, uebergaben_lesen
from services.fall.abschnitte import TITEL
from services.prozess import tasks
from web.auth import actor, the_app
from web.errors import status_of
from web.guards import guard
from web.pages.fallakte import personennamen

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from services.fall.uebergaben_lesen import UebergabeInfo

pages = Blueprint("uebergaben", __name__, url_prefix="/uebergaben")

BETEILIGT = ("fallmanagement", "koordination", "partner")
ALLE = ("entworfen", "angeboten", "angenommen", "abgelehnt", "verfallen", "widerrufen")


@pages.get("")
@guard(roles=BETEILIGT)
def liste() -> ResponseReturnValue:
    app, me = the_app(), actor()
    tab = request.args.get("liste", "eingang")
    if tab not in {"eingang", "ausgang", "beantwortet"}:
        tab = "eingang"
    waiting = uebergaben_lesen.eingang(app, me)
    sent = uebergaben_lesen.ausgang(app, me)
    rows = {"eingang": lambda: waiting, "ausgang": lambda: sent,
            "beantwortet": lambda: uebergaben_lesen.eingang(app, me, status=("angenommen", "abgelehnt", "verfallen", "widerrufen"))}[tab]()
    return render_template("seiten/uebergaben.html", tab=tab, zeilen=rows, wartend=len(waiting), unterwegs=len(sent))


@pages.get("/<nummer:key>")
@guard(roles=BETEILIGT)
def zeigen(key: int) -> ResponseReturnValue:
    return detail(uebergaben_lesen.lesen(the_app(), actor(), uebergabe=key), {})


def detail(info: UebergabeInfo, fehler: dict[str, str]) -> str:
    """Exactly what the person agreed to; nothing else is read."""
    app, me = the_app(), actor()
    receives = info.empfaenger == me.organisation
    offen = info.status in {"angeboten", "angenommen"} and not info.fehlende_einwilligungen
    fall = faelle.lesen(app, me, aktenzeichen=info.aktenzeichen, zweck="Übergabe") if offen or not receives else None
    abschnitte = akteansicht.abschnitte(app, me, aktenzeichen=info.aktenzeichen, nur=info.abschnitte, zweck="Übergabe") if receives and offen else ()
    namen = personennamen(fall) if fall else {}
    wir = next((p for p in partner.auflisten(app, me) if p.key == me.organisation), None)
    offene = tasks.of_case(app, me, business_id=info.aktenzeichen) if receives and info.status == "angenommen" else None
    weiter = [t for t in offene if t.assignee in {None, me.login}] if offene is not None else None
    return render_template(
        "seiten/uebergabe.html", weiter=weiter, u=info, empfangend=receives, fall=fall, abschnitte=abschnitte, namen_der=namen, wir=wir, titel_der=TITEL,
        gruende=list(uebergaben.ABLEHNUNGSGRUENDE.items()), gruende_namen=uebergaben.ABLEHNUNGSGRUENDE, fehler=fehler, werte=request.form)


@pages.post("/<nummer:key>/antwort")
@guard(roles=BETEILIGT)
def antworten(key: int) -> ResponseReturnValue:
    app, me, form = the_app(), actor(), request.form
    antwort, grund = form.get("antwort", ""), form.get("grund", "")
    fehler: dict[str, str] = {}
    if antwort not in {"ja", "nein"}:
        fehler["antwort"] = "Wählen Sie aus, ob Sie den Fall übernehmen."
    elif antwort == "nein" and grund not in uebergaben.ABLEHNUNGSGRUENDE:
        fehler["grund"] = "Wählen Sie aus, warum Sie ablehnen."
    status = 422
    if not fehler:
        try:
            uebergaben.beantworten(app, me, uebergabe=key, angenommen=antwort == "ja", ablehnungsgrund=grund if antwort == "nein" else None,
                                   hinweis=form.get("hinweis", "").strip()[:1000] or None)
            return redirect(url_for("uebergaben.zeigen" if antwort == "ja" else "uebergaben.liste", key=key if antwort == "ja" else None,
                                    meldung="angenommen" if antwort == "ja" else "abgelehnt"))
        except InvalidInput as error:
            fehler = dict(error.errors) or {"antwort": error.detail}
        except Conflict as error:
            fehler, status = {"antwort": error.detail}, status_of(error)
    return detail(uebergaben_lesen.lesen(app, me, uebergabe=key), fehler), status


@pages.post("/<nummer:key>/zurueckziehen")
@guard(roles=BETEILIGT)
def zurueckziehen(key: int) -> ResponseReturnValue:
    info = uebergaben_lesen.lesen(the_app(), actor(), uebergabe=key)
    uebergaben.zurueckziehen(the_app(), actor(), uebergabe=key)
    return redirect(url_for("fallakte.uebergaben", aktenzeichen=info.aktenzeichen, meldung="zurueckgezogen"))
