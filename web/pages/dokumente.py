"""The documents of a case: listing, uploading, and handing out files. A file always leaves as a download, never as a page."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request, send_file, url_for

from forms.uploads import MAX_UPLOAD
from services.dokumente import ablegen, lesen
from services.errors import InvalidInput
from services.fall import abschnitte as sections
from services.fall import faelle
from web.auth import actor, the_app
from web.guards import guard
from web.pages.fallakte import EINBLICK, seite

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

pages = Blueprint("dokumente", __name__)

WER_AUCH_IMMER = (*EINBLICK, "prozessverantwortung", "verwaltung")
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


@pages.get("/faelle/<aktenzeichen>/dokumente")
@guard(roles=EINBLICK)
def liste(aktenzeichen: str) -> ResponseReturnValue:
    found = lesen.auflisten(the_app(), actor(), aktenzeichen=aktenzeichen)
    waiting = any(f.status == "wird_erstellt" for d in found for f in d.fassungen)
    return seite("fallakte_dokumente.html", aktenzeichen, "dokumente", "Dokumente", dokumente=found, titel_der=sections.TITEL, groesse=groesse,
                 wartet=waiting)


@pages.route("/faelle/<aktenzeichen>/dokumente/neu", methods=["GET", "POST"])
@guard(roles=EINBLICK)
def neu(aktenzeichen: str) -> ResponseReturnValue:
    """Upload a file: a new document, or with ``dokument`` the next version of one."""
    app, me = the_app(), actor()
    fall = faelle.lesen(app, me, aktenzeichen=aktenzeichen, zweck="Datei hochladen")
    wanted = request.values.get("dokument", "")
    vorhanden = {d.key: d for d in lesen.auflisten(app, me, aktenzeichen=aktenzeichen) if d.hochgeladen and d.organisation == me.organisation}
    ziel = vorhanden.get(int(wanted)) if wanted.isdecimal() else None
    form, fehler = request.form, {}
    titel = form.get("titel", ziel.neueste.titel if ziel else "")[:ablegen.TITEL_MAX]
    gewaehlt = [a for a in form.getlist("abschnitte") if a in sections.TITEL]
    if request.method == "POST":
        file = request.files.get("datei")
        try:
            ablegen.hochladen(
                app, me, aktenzeichen=aktenzeichen, titel=titel, dateiname=file.filename or "" if file else "",
                inhalt=file.read(MAX_UPLOAD + 1) if file else b"", abschnitte=gewaehlt,
                dokument=ziel.key if ziel else None)
            return redirect(url_for("dokumente.liste", aktenzeichen=aktenzeichen, meldung="dokument"))
        except InvalidInput as error:
            fehler = dict(error.errors) or {"datei": error.detail}
            if "datei" in fehler and not (file and file.filename):
                fehler["datei"] = "Wählen Sie eine Datei aus."
    return seite("fallakte_dokument_neu.html", aktenzeichen, "dokumente", "Datei hochladen", fall=fall, fehler=fehler, ziel=ziel,
                 werte={"titel": titel, "abschnitte": gewaehlt},
                 abschnitte=list(sections.TITEL.items())), 422 if fehler else 200


@pages.get("/dokumente/<nummer:key>/<int(max=1000000):version>")
@guard(roles=WER_AUCH_IMMER)
def datei(key: int, version: int) -> ResponseReturnValue:
    """The file of a version."""
    return als_datei(lesen.oeffnen(the_app(), actor(), dokument=key, version=version))


def als_datei(found: lesen.Datei) -> Response:
    """A file as it leaves: a download without rights of its own, kept by no cache."""
    response: Response = send_file(BytesIO(found.inhalt), mimetype=found.medientyp, as_attachment=True, download_name=found.dateiname, etag=False)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.post("/dokumente/<nummer:key>/<int(max=1000000):version>/nochmal")
@guard(roles=WER_AUCH_IMMER)
def nochmal(key: int, version: int) -> ResponseReturnValue:
    """Try to make a failed file again."""
    lesen.neu_versuchen(the_app(), actor(), dokument=key, version=version)
    akte, vorgang = request.form.get("aktenzeichen", ""), request.form.get("vorgang", "")
    if akte:
        return redirect(url_for("dokumente.liste", aktenzeichen=akte, meldung="nochmal"))
    return redirect(url_for("vorgaenge.zeigen", key=int(vorgang), meldung="nochmal") if vorgang.isdecimal() else url_for("vorgaenge.liste"))


def groesse(count: int | None) -> str:
    """A number of bytes in words."""
    return "" if count is None else lesen.groesse_in_worten(count)
