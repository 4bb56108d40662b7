from __future__ import annotations

import io
import threading
import time
from dataclasses import replace
from datetime import datetime

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from services.adapters import pdf_typst
from services.dokumente import rendern, vorlagen, zeichen
from services.errors import InvalidInput
from services.unit_of_work import UnitOfWork
from services.worker import Worker
from tests.builders import actor
from tests.services.dokumente.conftest import MOERS

PLAN = {"hilfeplan": {"hauptziel": "Größere Wohnung in Moers-Süd", "massnahmen": [{"aufgabe": "Anmeldung prüfen", "wer": "person", "anbieter": "IB", "bis": "2026-10-01"}]}}


def fassungen(app, actor_=MOERS):
    with UnitOfWork(app, actor_) as uow:
        return uow.session.execute(text(
            "select f.dokument, f.version, f.titel, f.dateiname, f.status, f.versucht, f.fehler, i.sha256, i.groesse, i.inhalt, i.medientyp, f.daten "
            "from dokument_fassung f left join dokument_inhalt i using (mandant, dokument, version) order by 1, 2")).all()


def jobs(app):
    with app.engine.connect() as connection:
        return [(row.task_name, row.args) for row in connection.execute(text("select task_name, args from procrastinate_jobs order by id"))]


def words(pdf: bytes) -> str:
    """The text as a reader hears it: lines joined, words divided at the end of a line put together."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\u00ad\n", "").replace("\u00ad", "").split())


def test_requested_document_waits_for_its_file_and_the_job_names_no_person(app, schreiben, erzeugen):
    schreiben(PLAN)

    key = erzeugen()

    (row,) = fassungen(app)
    assert (row.dokument, row.version, row.status, row.inhalt) == (key, 1, "wird_erstellt", None)
    assert jobs(app) == [("dokument", {"mandant": "moers", "dokument": key, "version": 1})]


def test_file_is_tagged_names_language_and_title_and_shows_the_fallakte(app, schreiben, erzeugen):
    schreiben(PLAN)
    key = erzeugen(titel="Hilfeplan für den Übergang")

    rendern.make(app, mandant="moers", dokument=key, version=1, last=False)

    (row,) = fassungen(app)
    pdf = PdfReader(io.BytesIO(row.inhalt))
    catalogue = pdf.trailer["/Root"]
    shown = words(row.inhalt)
    assert (row.status, row.medientyp, row.groesse) == ("fertig", "application/pdf", len(row.inhalt))
    assert catalogue["/Lang"] == "de"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/StructTreeRoot"]
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata.title == "Hilfeplan für den Übergang"
    assert "pdfuaid:part" in pdf.trailer["/Root"]["/Metadata"].get_data().decode()
    for word in ("Samira Qaderi", "Größere Wohnung in Moers-Süd", "Anmeldung prüfen", "Original nicht verfügbar", "Stadt Moers"):
        assert word in shown


def test_same_template_and_case_again_is_the_next_version_and_the_first_stays(app, schreiben, erzeugen):
    schreiben(PLAN)
    key = erzeugen()
    rendern.make(app, mandant="moers", dokument=key, version=1, last=False)
    first = fassungen(app)[0].inhalt

    schreiben({"hilfeplan": {"hauptziel": "Eine Ausbildung"}})
    assert erzeugen() == key
    rendern.make(app, mandant="moers", dokument=key, version=2, last=False)

    one, two = fassungen(app)
    assert (one.version, two.version) == (1, 2)
    assert one.inhalt == first
    assert "Eine Ausbildung" in words(two.inhalt)
    assert "Eine Ausbildung" not in words(one.inhalt)


def test_file_shows_the_state_of_the_request_even_if_it_is_made_later(app, schreiben, erzeugen):
    schreiben(PLAN)
    key = erzeugen()
    schreiben({"hilfeplan": {"hauptziel": "Etwas ganz anderes"}})

    rendern.make(app, mandant="moers", dokument=key, version=1, last=False)

    assert "Größere Wohnung" in words(fassungen(app)[0].inhalt)


def test_another_recipient_is_a_document_of_its_own(app, erzeugen):
    daten = {"empfaenger": "awo", "zweck": "uebergabe", "abschnitte": ["stammdaten"]}

    first = erzeugen("einwilligung", "Einwilligung", daten, bezug="awo")
    second = erzeugen("einwilligung", "Einwilligung", {**daten, "empfaenger": "ib"}, bezug="ib")

    assert first != second


def test_repeated_job_renders_and_stores_once(app, schreiben, erzeugen):
    schreiben(PLAN)
    key = erzeugen()
    made = []

    def render(vorlage, daten, *, am):
        made.append(vorlage)
        return pdf_typst.render(vorlage, daten, am=am)

    for _ in range(2):
        rendern.make(app, mandant="moers", dokument=key, version=1, last=False, render=render)

    assert made == ["hilfeplan"]
    assert fassungen(app)[0].versucht == 1


def test_two_workers_at_once_store_the_same_file_once(app, schreiben, erzeugen):
    schreiben(PLAN)
    key = erzeugen()
    both = threading.Barrier(2)

    def render(vorlage, daten, *, am):
        both.wait(10)
        return pdf_typst.render(vorlage, daten, am=am)

    threads = [threading.Thread(target=rendern.make, args=(app,), kwargs={"mandant": "moers", "dokument": key, "version": 1, "last": False, "render": render})
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    (row,) = fassungen(app)
    assert (row.status, len(row.inhalt) > 1000) == ("fertig", True)


def test_failing_renderer_is_tried_again_and_at_last_counts_as_failed(app, erzeugen):
    key = erzeugen()

    def broken(_vorlage, _daten, *, am):
        raise OSError(am)

    with pytest.raises(OSError):
        rendern.make(app, mandant="moers", dokument=key, version=1, last=False, render=broken)
    assert fassungen(app)[0].status == "wird_erstellt"

    rendern.make(app, mandant="moers", dokument=key, version=1, last=True, render=broken)
    assert (fassungen(app)[0].status, fassungen(app)[0].fehler, fassungen(app)[0].versucht) == ("gescheitert", "OSError", 2)


def test_same_request_gives_the_same_bytes():
    daten = sample("hilfeplan")
    am = datetime.fromisoformat("2026-09-02T08:00:00+00:00")

    assert pdf_typst.render("hilfeplan", daten, am=am) == pdf_typst.render("hilfeplan", daten, am=am)


def test_rolled_back_command_leaves_no_document_and_no_job(app, akte):
    from services.bootstrap import BUILT_IN
    from services.prozess.handlers import Auftrag

    with UnitOfWork(app, MOERS) as uow:
        BUILT_IN["dokument.erzeugen"](Auftrag(uow=uow, type="", instance_key=1, root_key=1, business_id=akte, element_id="e",
                                              variables={"vorlage": "hilfeplan", "titel": "T", "daten": {}}, headers={}))

    assert (fassungen(app), jobs(app)) == ([], [])


@pytest.mark.parametrize(("vorlage", "daten", "what"), [
    ("gibt_es_nicht", {}, "gibt_es_nicht"),
    ("hilfeplan", {"vorname": "Samira"}, "vorname"),
    ("einwilligung", {"empfaenger": "awo"}, "zweck"),
    ("hilfeplan", {"vereinbart_am": "morgen"}, "Datum"),
    ("protokoll", {"gremium": "Lenkungsgruppe"}, "ohne Fall"),
])
def test_request_that_does_not_fit_the_template_is_refused(app, erzeugen, vorlage, daten, what):
    with pytest.raises(InvalidInput, match=what):
        erzeugen(vorlage, "T", daten)


def test_document_of_a_process_without_a_case_belongs_to_its_root(app, erzeugen, sql):
    key = erzeugen("protokoll", "Protokoll", {"gremium": "Lenkungsgruppe", "stellen": ["awo", "ib"], "ergebnisse": [{"thema": "Sprache", "ergebnis": "geklärt"}]},
                   business_id=None, by=actor("prozess"))
    rendern.make(app, mandant="moers", dokument=key, version=1, last=False)

    assert sql("select aktenzeichen, wurzel_key, vorlage from etappe.dokument") == [(None, 77, "protokoll")]
    assert "AWO Flüchtlingsberatungsstelle, IB Jugendmigrationsdienst" in words(fassungen(app)[0].inhalt).replace("\n", " ")


def test_other_mandant_sees_nothing_and_versions_cannot_be_changed(app, erzeugen):
    key = erzeugen()
    rendern.make(app, mandant="moers", dokument=key, version=1, last=False)

    assert fassungen(app, actor("domhoff")) == []
    for statement in ("update dokument_inhalt set inhalt = ''", "delete from dokument_inhalt", "update dokument_fassung set titel = 'x'", "delete from dokument"):
        with UnitOfWork(app, MOERS) as uow, pytest.raises(Exception, match="permission denied"):
            uow.session.execute(text(statement))


def test_real_worker_makes_the_file_after_the_commit(app, schreiben, erzeugen):
    app.settings = replace(app.settings, database_url=app.engine.url.render_as_string(hide_password=False))
    schreiben(PLAN)
    worker = Worker(app, [])
    worker.start()
    try:
        erzeugen()
        deadline = time.monotonic() + 60
        while fassungen(app)[0].status != "fertig" and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        stopped = worker.stop()

    assert stopped
    assert "Größere Wohnung" in words(fassungen(app)[0].inhalt)


# --- hostile input ---------------------------------------------------------------------------------------------------------

HOSTILE = ["#let x = 1; #x $a^2$ \\ `raw` *b* _i_ @ref <label> // c", '#read("/etc/passwd") #import "seite.typ"', "]#panic()[", "W" * 400,
           "سمیرا قادری دری", "Олена Ґудзь їжак", "😀 中文 \U000e0041 \ud800", "a\x00b\x07c\u202ed\u2066e", "é" * 200, "\n\n\t=  Überschrift\n- Punkt", "\u202e" * 500,
           "{{7*7}} ${7} <script>alert(1)</script>", ""]


def sample(vorlage: str, value: str = "Größe", rows: int = 2) -> dict:
    """What a layout sees, with ``value`` in every place."""
    given = vorlagen.finden(vorlage)
    angaben = [{"name": a.name, "titel": a.titel, **({"spalten": list(a.spalten.values()), "zeilen": [[value] * len(a.spalten)] * rows} if a.art == "tabelle"
               else {"wert": value, "werte": [value] * rows, "schluessel": [value] * rows})} for a in given.angaben.values()]
    teile = [{"name": "f", "titel": value, "wert": value}, {"name": "t", "titel": value, "spalten": [value, "B"], "zeilen": [[value, value]] * rows}]
    return zeichen.bereinigt({
        "titel": value or "T", "vorlage": given.titel, "fassung": given.fassung, "sprache": "de", "sprachname": "Deutsch", "rtl": False, "entwurf": True,
        "ungeprueft": True, "version": 1, "datum": "02.09.2026", "aktenzeichen": value, "kommune": value, "stelle": value, "erstellt_von": value,
        "texte": dict(given.texte.get("de", {})), "texte_de": {}, "angaben": angaben,
        "personen": [{"key": "1", "name": value, "hauptperson": True, "geburtsdatum": value}, {"key": "2", "name": value, "hauptperson": False, "geburtsdatum": ""}],
        "akte": [{"abschnitt": a, "titel": a, "person": "1", "teile": teile} for a in given.abschnitte]})


@pytest.mark.parametrize("vorlage", sorted(vorlagen.alle()))
def test_no_input_breaks_or_steers_a_layout(vorlage):
    am = datetime.fromisoformat("2026-09-02T08:00:00+00:00")
    for value in HOSTILE:
        pdf = pdf_typst.render(vorlage, sample(vorlage, value), am=am)
        assert PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/StructTreeRoot"]
        if "#let" in value:
            assert "#let x = 1; #x $a^2$" in words(pdf)


def test_every_character_said_to_be_shown_is_shown():
    first, last = zeichen._ranges()
    letters = [chr(point) for pair in zip(first, last, strict=True) for point in range(pair[0], pair[1] + 1)]
    daten = sample("hilfeplan")
    daten["akte"][0]["teile"][0]["wert"] = " ".join(letters)

    pdf_typst.render("hilfeplan", daten, am=datetime.fromisoformat("2026-09-02T08:00:00+00:00"))

    assert len(letters) > 3000
