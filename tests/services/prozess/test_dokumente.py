"""Documents on the real application: the processes ask for them, the queue's job makes them, people get them."""

from __future__ import annotations

import io
from datetime import date

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from services import aufgaben
from services.dokumente import lesen, rendern
from services.fall import faelle, zeitleiste
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, tasks
from tests.builders import actor


@pytest.fixture
def akte(app) -> str:
    deployments.deploy_library(app, actor("prozess"))
    return faelle.anlegen(app, actor("falkenrath"), personen=[NeuePerson(vorname="Amina", nachname="Beispiel", geburtsdatum=date(2000, 5, 1), hauptperson=True)],
                          login="falkenrath", prozess=None)


def complete(app, akte: str, element: str, **values) -> None:
    key = {t.element_id: t.key for t in tasks.of_case(app, actor("falkenrath"), business_id=akte)}[element]
    aufgaben.complete_with_form(app, actor("falkenrath"), key=key, values=values, typed=True)


def start(app, akte: str, process: str, **variables) -> int:
    return instances.start(app, actor("prozess"), process_id=process, business_id=akte, variables={"aktenzeichen": akte, **variables}).key


def work(app) -> int:
    """What the queue would do; returns how many files were made."""
    with app.engine.connect() as connection:
        wanted = connection.execute(text("select args from jobs.procrastinate_jobs where task_name = 'dokument' order by id")).scalars().all()
    for args in wanted:
        rendern.make(app, **args, last=True)
    return len(wanted)


def content(app, dokument: int, version: int) -> str:
    pdf = PdfReader(io.BytesIO(lesen.oeffnen(app, actor("falkenrath"), dokument=dokument, version=version).inhalt))
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def test_agreed_plan_becomes_a_document_and_its_revision_the_next_version(app, akte: str) -> None:
    for ziel in ("Eigene Wohnung in Moers", "Wohnung und Ausbildung"):
        start(app, akte, "hilfeplanung")
        complete(app, akte, "hilfeplan_entwerfen", hauptziel=ziel, teilziele=[{"teilziel": "Bewerbungen schreiben", "bereich": "wohnen", "messbar": "zehn Bewerbungen",
                                                                              "bis": "2026-12-01"}])
        complete(app, akte, "aufgaben_verteilen", plan_von="2026-09-02", plan_bis="2027-03-01",
                 massnahmen=[{"aufgabe": "Wohnungen suchen", "wer": "person", "anbieter": "", "bis": "2026-12-01"}])
        complete(app, akte, "monitoring_vereinbaren", wiedervorlage_wochen=4, kontaktdichte="alle zwei Wochen", informationswege="telefonisch")
        complete(app, akte, "hilfeplan_vereinbaren", vereinbarung="vereinbart", vereinbart_am="2026-09-02", ausgehaendigt=True)

    assert work(app) == 2
    (plan,) = lesen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)
    assert [(f.version, f.status) for f in plan.fassungen] == [(2, "fertig"), (1, "fertig")]
    first, second = content(app, plan.key, 1), content(app, plan.key, 2)
    assert "Eigene Wohnung in Moers" in first
    assert "Wohnung und Ausbildung" in second
    for words in ("Amina Beispiel", "Hauptziel", "Teilziele", "Bewerbungen schreiben", "Wohnungen suchen", "01.12.2026"):
        assert words in first
    entries = [e.text for e in zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte, arten=("dokument",))]
    assert entries == ["Dokument erstellt: Hilfeplan (Integrationsplan), Version 2", "Dokument erstellt: Hilfeplan (Integrationsplan), Version 1"]


def test_consent_is_issued_with_the_release_from_confidentiality_in_the_language_of_the_person(app, akte: str) -> None:
    start(app, akte, "einwilligung", anlass="einholen", empfaenger="awo", zweck="auskunft", abschnitte=["stammdaten", "wohnen"])
    complete(app, akte, "einwilligung_erklaeren", erklaert=True, entscheidung="erteilt", abschnitte=["wohnen"], gesundheit_eingewilligt=True,
             einwilligung_sprache="tr", einwilligung_form="schriftlich", schweigepflichtentbindung=True)

    assert work(app) == 2
    by_kind = {d.art: d for d in lesen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)}
    assert set(by_kind) == {"Einwilligung in die Weitergabe von Daten", "Schweigepflichtentbindung"}
    shown = content(app, by_kind["Einwilligung in die Weitergabe von Daten"].key, 1)
    for words in ("Konut (Wohnen)", "Sağlık (Gesundheit)", "AWO Flüchtlingsberatungsstelle", "Übersetzung ungeprüft"):
        assert words in shown
    assert "Stammdaten" not in shown
