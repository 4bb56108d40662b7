"""Documents of a case in the browser: listing, uploading, downloading."""

from __future__ import annotations

from io import BytesIO

import pytest

from services.bootstrap import BUILT_IN
from services.context import system_actor
from services.dokumente import lesen, rendern
from services.prozess.handlers import Auftrag
from services.unit_of_work import transact
from tests import builders
from tests.web import daten

PDF = b"%PDF-1.7 something"


@pytest.fixture
def fall(app):
    return daten.fall(app, kinder=1, login="falkenrath")


@pytest.fixture
def plan(app, fall):
    """A Hilfeplan whose file is not made yet."""
    result = transact(app, system_actor("moers"), lambda uow: BUILT_IN["dokument.erzeugen"](Auftrag(
        uow=uow, type="", instance_key=1, root_key=1, business_id=fall, element_id="e", variables={"vorlage": "hilfeplan", "titel": "Hilfeplan für Süd", "daten": {}}, headers={})))
    return int(result["dokument_id"])


def send(person, fall, name="bescheid.pdf", content=PDF, **data):
    return person.post(f"/faelle/{fall}/dokumente/neu", {"titel": "Bescheid", "datei": (BytesIO(content), name), **data}, content_type="multipart/form-data")


def test_document_waits_and_then_is_downloaded_with_safe_headers(app, fall, plan, browser, text):
    person = browser("falkenrath")
    assert "wird erstellt" in text(person.get(f"/faelle/{fall}/dokumente"))
    assert person.get(f"/dokumente/{plan}/1").status_code == 409

    rendern.make(app, mandant="moers", dokument=plan, version=1, last=False)

    assert "PDF laden" in text(person.get(f"/faelle/{fall}/dokumente"))
    response = person.get(f"/dokumente/{plan}/1")
    assert response.data.startswith(b"%PDF")
    assert response.mimetype == "application/pdf"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''Hilfeplan_f%C3%BCr_S%C3%BCd" in response.headers["Content-Disposition"]
    assert (response.headers["X-Content-Type-Options"], response.headers["Cache-Control"]) == ("nosniff", "no-store")
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_other_organisations_and_other_towns_get_nothing(app, fall, plan, browser):
    rendern.make(app, mandant="moers", dokument=plan, version=1, last=False)

    for login in ("wieland", "domhoff", "prozess", "verwaltung"):
        assert browser(login).get(f"/dokumente/{plan}/1").status_code == 404
    assert browser("wieland").get(f"/faelle/{fall}/dokumente").status_code == 404
    assert browser("dsb").get(f"/dokumente/{plan}/1").status_code == 403
    assert browser().get(f"/dokumente/{plan}/1").status_code in (302, 401)


def test_file_is_uploaded_listed_and_gets_a_second_version(app, fall, browser, text):
    person = browser("falkenrath")
    person.get(f"/faelle/{fall}/dokumente/neu")

    assert send(person, fall, abschnitte="leistungen").location == f"/faelle/{fall}/dokumente?meldung=dokument"
    (info,) = lesen.auflisten(app, builders.actor("falkenrath"), aktenzeichen=fall)
    assert "Neue Version von „Bescheid“" in text(person.get(f"/faelle/{fall}/dokumente/neu?dokument={info.key}"))
    assert send(person, fall, titel="Bescheid, berichtigt", dokument=str(info.key)).status_code == 302

    shown = text(person.get(f"/faelle/{fall}/dokumente"))
    assert "Bescheid, berichtigt Hochgeladene Datei, Servicestelle Zuwanderung, zu Leistungen" in shown
    assert "frühere Version" in shown


@pytest.mark.parametrize(("name", "content", "sentence"), [
    ("", b"", "Wählen Sie eine Datei aus."),
    ("seite.html", b"<script>alert(1)</script>", "Laden Sie eine Datei dieser Arten hoch"),
    ("bild.png", b"<svg onload=alert(1)>", "passt nicht zur Endung"),
])
def test_file_that_is_not_accepted_keeps_what_was_typed(fall, browser, text, name, content, sentence):
    person = browser("falkenrath")
    person.get(f"/faelle/{fall}/dokumente/neu")

    response = send(person, fall, name, content, titel="Mein Titel", abschnitte="leistungen")

    assert response.status_code == 422
    assert sentence in text(response)
    assert 'value="Mein Titel"' in response.get_data(as_text=True)
    assert 'value="leistungen" checked' in response.get_data(as_text=True)


def test_failed_document_offers_to_try_again(app, fall, plan, browser, text):
    def broken(_vorlage, _daten, *, am):
        raise OSError(am)

    rendern.make(app, mandant="moers", dokument=plan, version=1, last=True, render=broken)
    person = browser("falkenrath")
    assert "konnte nicht erstellt werden" in text(person.get(f"/faelle/{fall}/dokumente"))

    assert person.post(f"/dokumente/{plan}/1/nochmal", {"aktenzeichen": fall}).status_code == 302
    assert "wird erstellt" in text(person.get(f"/faelle/{fall}/dokumente"))
