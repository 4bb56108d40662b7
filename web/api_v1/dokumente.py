"""Documents of a case: listing, looking at one, fetching the file of a version, uploading."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import marshmallow as ma
from flask import Response, request, send_file, url_for

from forms.uploads import MAX_UPLOAD
from services.dokumente import ablegen, lesen
from services.fall.abschnitte import TITEL
from web.api_v1.basis import Bereich, Unfit
from web.api_v1.felder import Schema, Schluessel, Zeitpunkt, liste_von, text, wahl
from web.api_v2.common import UnsupportedMediaType
from web.auth import actor, the_app
from web.pages.dokumente import SANDBOX, WER_AUCH_IMMER
from web.pages.fallakte import EINBLICK

if TYPE_CHECKING:
    from services.dokumente.lesen import DokumentInfo

bereich = Bereich(name="Dokumente")
MULTIPART = "Erwartet wird ein Formular mit der Datei (Content-Type: multipart/form-data)."


class Fassung(Schema):
    """A version. ``status``: while the file of a produced document is being made, there is none yet."""

    version = ma.fields.Integer(required=True)
    titel = text(required=True)
    dateiname = text(required=True)
    status = wahl("wird_erstellt", "fertig", "gescheitert", required=True)
    groesse = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "Größe in Byte"})
    medientyp = text(required=True, allow_none=True)
    erstellt_am = Zeitpunkt(required=True)
    erstellt_von = text(required=True)


class Dokument(Schema):
    """A document with its versions, the newest first. ``abschnitte``: what it tells about; who may not see one of them, may not see it."""

    key = Schluessel(required=True)
    aktenzeichen = text(required=True, allow_none=True)
    art = text(required=True)
    hochgeladen = ma.fields.Boolean(required=True)
    bezug = text(required=True)
    abschnitte = liste_von(ma.fields.String(), required=True)
    organisation = text(required=True)
    organisation_name = text(required=True)
    fassungen = liste_von(Fassung, required=True)


class DokumentListe(Schema):
    """The documents of a case, the newest first."""

    eintraege = liste_von(Dokument, required=True)


DATEI = {"type": "string", "format": "binary", "description": "PDF, JPG, PNG, DOCX, XLSX, ODT oder ODS mit höchstens 10 MB"}
TITELFELD = {"type": "string", "minLength": 1, "maxLength": ablegen.TITEL_MAX}
NEUES_DOKUMENT = {
    "type": "object", "required": ["datei", "titel"], "additionalProperties": False,
    "properties": {"datei": DATEI, "titel": TITELFELD, "abschnitte": {
        "type": "array", "items": {"type": "string", "enum": list(TITEL)},
        "description": "wozu das Dokument etwas sagt; ohne Angabe sieht es nur die eigene Stelle"}}}
NEUE_FASSUNG = {"type": "object", "required": ["datei", "titel"], "additionalProperties": False, "properties": {"datei": DATEI, "titel": TITELFELD}}


@bereich.get("/faelle/<akte:aktenzeichen>/dokumente", "Dokumente eines Falls", roles=EINBLICK, answer=DokumentListe, problems=(404,))
def auflisten(aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": lesen.auflisten(the_app(), actor(), aktenzeichen=aktenzeichen)}


@bereich.get("/dokumente/<nummer:key>", "Ein Dokument mit seinen Versionen", roles=WER_AUCH_IMMER, answer=Dokument, problems=(404,),
             mehr="Ohne die Dateien selbst.")
def eines(key: int) -> DokumentInfo:
    return lesen.eines(the_app(), actor(), dokument=key)


@bereich.get("/dokumente/<nummer:key>/<int(max=1000000):version>/datei", "Datei einer Version laden", roles=WER_AUCH_IMMER, datei=True,
             problems=(404, 409), mehr="Der Zugriff wird vermerkt. 409, solange die Datei noch nicht fertig ist.")
def datei(key: int, version: int) -> Response:
    found = lesen.oeffnen(the_app(), actor(), dokument=key, version=version)
    response: Response = send_file(BytesIO(found.inhalt), mimetype=found.medientyp, as_attachment=True, download_name=found.dateiname, etag=False)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Digest"] = f"sha-256={found.sha256}"
    return response


@bereich.post("/faelle/<akte:aktenzeichen>/dokumente", "Datei als neues Dokument hochladen", roles=EINBLICK, answer=Dokument, status=201,
              problems=(404, 409), formular=NEUES_DOKUMENT)
def hochladen(aktenzeichen: str) -> tuple[DokumentInfo, int, dict[str, str]]:
    return _abgelegt(aktenzeichen, None, gelesen(NEUES_DOKUMENT))


@bereich.post("/dokumente/<nummer:key>/fassungen", "Datei als neue Version hochladen", roles=EINBLICK, answer=Dokument, status=201,
              problems=(404, 409), formular=NEUE_FASSUNG, mehr="Nur für hochgeladene Dokumente der eigenen Stelle.")
def neue_fassung(key: int) -> tuple[DokumentInfo, int, dict[str, str]]:
    sent = gelesen(NEUE_FASSUNG)
    known = lesen.eines(the_app(), actor(), dokument=key)
    if known.aktenzeichen is None or not known.hochgeladen:
        raise Unfit("Neue Versionen gibt es nur von hochgeladenen Dokumenten eines Falls.")
    return _abgelegt(known.aktenzeichen, key, sent)


def _abgelegt(aktenzeichen: str, dokument: int | None, sent: dict[str, Any]) -> tuple[DokumentInfo, int, dict[str, str]]:
    app, me = the_app(), actor()
    key = ablegen.hochladen(app, me, aktenzeichen=aktenzeichen, dokument=dokument, **sent)
    return lesen.eines(app, me, dokument=key), 201, {"Location": url_for("api_v1.dokumente_eines", key=key)}


def gelesen(schema: dict[str, Any]) -> dict[str, Any]:
    """The parts of the form, as strictly as JSON is read.

    Raises:
        UnsupportedMediaType, Unfit.
    """
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType(MULTIPART)
    known = set(schema["properties"])
    errors = dict.fromkeys(sorted(name[:80] for name in {*request.form, *request.files} - known)[:20], "Diese Angabe gibt es hier nicht.")
    files, titles, sections = request.files.getlist("datei"), request.form.getlist("titel"), request.form.getlist("abschnitte")
    if len(files) != 1:
        errors["datei"] = "Erwartet wird genau eine Datei."
    if len(titles) != 1:
        errors["titel"] = "Erwartet wird genau ein Titel."
    elif len(titles[0]) > ablegen.TITEL_MAX or not titles[0].isprintable():
        errors["titel"] = f"Erwartet wird ein Text mit 1 bis {ablegen.TITEL_MAX} Zeichen ohne Zeilenumbruch."
    if not set(sections) <= set(TITEL):
        errors["abschnitte"] = f"Erwartet wird eines von: {', '.join(TITEL)}."
    if errors:
        raise Unfit("Die Anfrage passt nicht zur Schnittstelle.", errors=errors)
    files[0].stream.seek(0)
    found = {"titel": titles[0], "dateiname": files[0].filename or "", "inhalt": files[0].stream.read(MAX_UPLOAD + 1)}
    return found | ({"abschnitte": sections} if "abschnitte" in known else {})
