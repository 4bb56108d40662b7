"""*Störungen*: steps that stopped, documents that could not be made, and trying both again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from services import stoerungen
from services.dokumente import gescheitert
from services.errors import Conflict, InvalidInput, NotFound
from services.prozess import incidents, sammel_lesen
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("stoerungen", __name__, url_prefix="/stoerungen")

LIMIT = 200
AT_ONCE = 20  # more are done by an order in the background


@pages.get("")
@guard(roles=("koordination", "prozessverantwortung"))
def liste() -> ResponseReturnValue:
    found = incidents.open_incidents(the_app(), actor(), limit=LIMIT)
    return render_template("seiten/stoerungen.html", worte=stoerungen.in_worten, prozesse=stoerungen.prozessnamen(the_app(), actor(), found),
                           stoerungen=sorted(found, key=lambda i: i.created), voll=len(found) == LIMIT,
                           dokumente=gescheitert.auflisten(the_app(), actor(), limit=LIMIT),
                           darf_akte=actor().has_role("koordination"), ursachen=sammel_lesen.ursachen(the_app(), actor()))


@pages.post("/nochmal")
@guard(roles=("koordination", "prozessverantwortung"))
def nochmal() -> ResponseReturnValue:
    """Repeat the selected elements and documents, each in its own commit; many elements, or all of one cause, by an order."""
    app, me = the_app(), actor()
    ursache = request.form.get("ursache")
    keys = [int(text) for text in request.form.getlist("stoerung")[:LIMIT] if text.isascii() and text.isdecimal() and len(text) < 19]
    files = [pair for pair in request.form.getlist("dokument")[:LIMIT] if re.fullmatch(r"[0-9]{1,18}/[0-9]{1,6}", pair)]
    if ursache is None and not keys and not files:
        return redirect(url_for("stoerungen.liste", meldung="keine_auswahl"))
    if ursache is not None or len(keys) > AT_ONCE:
        found = next((u for u in sammel_lesen.ursachen(app, me) if ursache == f"{u.process_id}/{u.element_id}/{u.type}"), None)
        try:
            auftrag = sammel_lesen.stoerungen_wiederholen(
                app, me, keys=keys if ursache is None else (), ursache=(found.process_id, found.element_id, found.type) if found else None)
        except InvalidInput:  # resolved by somebody else meanwhile: the list shows what is left
            return redirect(url_for("stoerungen.liste", meldung="nochmal"))
        return redirect(url_for("umzug_auftraege.zeigen", key=auftrag, meldung="auftrag"))
    for key in keys:
        try:
            incidents.resolve(app, me, key=key)
        except (NotFound, Conflict):  # resolved by somebody else, or the case rests: the list shows what is left
            continue
    for dokument, version in (pair.split("/") for pair in files):
        gescheitert.nochmal(app, me, dokument=int(dokument), version=int(version))
    return redirect(url_for("stoerungen.liste", meldung="nochmal"))
