"""*Aufträge*: what was ordered for many instances at once, how far it is, what became of each, and trying again what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from services.errors import Conflict
from services.prozess import sammel, sammel_lesen, umzug_lesen
from web.auth import actor, the_app
from web.guards import guard
from web.pages.umzug import BETRIEB, key_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from services.prozess.sammel_lesen import Auftrag, Teil

pages = Blueprint("umzug_auftraege", __name__, url_prefix="/umzug/auftraege")

TITEL = {
    "MIGRATE_PROCESS_INSTANCE": "Umzug", "MODIFY_PROCESS_INSTANCE": "An einen anderen Schritt stellen", "CANCEL_PROCESS_INSTANCE": "Beenden",
    "SUSPEND_PROCESS_INSTANCE": "Ruhen lassen", "RESUME_PROCESS_INSTANCE": "Fortsetzen", "RESOLVE_INCIDENT": "Störungen noch einmal versuchen",
}
STAND = {"CREATED": "wartet", "ACTIVE": "arbeitet", "SUSPENDED": "angehalten", "COMPLETED": "fertig", "CANCELED": "abgebrochen"}
ERGEBNIS = {
    "MIGRATE_PROCESS_INSTANCE": "umgezogen", "MODIFY_PROCESS_INSTANCE": "umgestellt", "CANCEL_PROCESS_INSTANCE": "beendet",
    "SUSPEND_PROCESS_INSTANCE": "ruht", "RESUME_PROCESS_INSTANCE": "läuft wieder", "RESOLVE_INCIDENT": "noch einmal versucht",
}
STEUERN = {"anhalten": "SUSPENDED", "weiter": "ACTIVE", "abbrechen": "CANCELED"}
FILTER = {"nicht": "FAILED", "fertig": "COMPLETED"}


@pages.get("")
@guard(roles=BETRIEB)
def liste() -> ResponseReturnValue:
    vor = key_in("vor")
    auftraege, mehr = sammel_lesen.auflisten(the_app(), actor(), vor=vor)
    return render_template("seiten/umzug_auftraege.html", auftraege=auftraege, mehr=mehr, vor=vor, titel=titel, stand=STAND)


def titel(auftrag: Auftrag) -> str:
    """What was ordered, in words."""
    if auftrag.type == "MIGRATE_PROCESS_INSTANCE" and auftrag.modell:
        return f"Umzug: {auftrag.modell}, Fassung {auftrag.fassung}"
    return TITEL.get(auftrag.type, "Auftrag")


@pages.get("/<nummer:key>")
@guard(roles=BETRIEB)
def zeigen(key: int) -> ResponseReturnValue:
    app, me = the_app(), actor()
    auftrag = sammel_lesen.lesen(app, me, key=key)
    gewaehlt = request.args.get("zeigen", "")
    teile, mehr = sammel_lesen.teile(app, me, key=key, status=FILTER.get(gewaehlt), nach=key_in("nach") or 0)
    gescheitert = next(iter(sammel_lesen.teile(app, me, key=key, status="FAILED")[0]), None) if auftrag.failed else None
    return render_template("seiten/umzug_auftrag.html", auftrag=auftrag, teile=teile, mehr=mehr, titel=titel(auftrag), stand=STAND,
                           saetze=saetze(auftrag, teile), gescheitert=gescheitert if auftrag.type == "MIGRATE_PROCESS_INSTANCE" else None,
                           ergebnis=ERGEBNIS.get(auftrag.type, "erledigt"), zeigen=gewaehlt if gewaehlt in FILTER else "",
                           still=request.args.get("still") == "1")


def saetze(auftrag: Auftrag, teile: Sequence[Teil]) -> dict[int, str]:
    """What each failure says, by item; of a move with the names of the steps."""
    found = {teil.item_key: teil.message or "" for teil in teile if teil.status == "FAILED"}
    if found and auftrag.type == "MIGRATE_PROCESS_INSTANCE":
        neue = umzug_lesen.namen(the_app(), actor(), definition_key=int(auftrag.parameters["definition"]))
        alte = {key: umzug_lesen.namen(the_app(), actor(), definition_key=key) for key in {teil.definition_key for teil in teile}}
        found = {teil.item_key: umzug_lesen.satz(found[teil.item_key], alte[teil.definition_key], neue) for teil in teile if teil.item_key in found}
    return found


@pages.get("/<nummer:key>/stand")
@guard(roles=BETRIEB)
def stand(key: int) -> ResponseReturnValue:
    """The progress alone, for a page that asks again and again; once the order is done the whole page is loaded."""
    auftrag = sammel_lesen.lesen(the_app(), actor(), key=key)
    page = render_template("teile/umzug_stand.html", auftrag=auftrag, ergebnis=ERGEBNIS.get(auftrag.type, "erledigt"), stand=STAND)
    return (page, {"HX-Refresh": "true"}) if auftrag.fertig or auftrag.status == "SUSPENDED" else page


@pages.post("/<nummer:key>/steuern")
@guard(roles=BETRIEB)
def steuern(key: int) -> ResponseReturnValue:
    """Hold the order, let it go on, or end it."""
    wanted = STEUERN.get(request.form.get("tun", ""))
    try:
        if wanted is not None:
            sammel.set_status(the_app(), actor(), key=key, status=wanted)
    except Conflict:  # it was done, or somebody else was faster: the page shows what holds
        return redirect(url_for("umzug_auftraege.zeigen", key=key, meldung="auftrag_anders"))
    return redirect(url_for("umzug_auftraege.zeigen", key=key))


@pages.post("/<nummer:key>/wiederholen")
@guard(roles=BETRIEB)
def wiederholen(key: int) -> ResponseReturnValue:
    """A new order for what did not succeed."""
    neu = sammel.repeat(the_app(), actor(), key=key)
    return redirect(url_for("umzug_auftraege.zeigen", key=neu, meldung="auftrag"))
