"""*Störungen* in plain words: on the page of those who resolve them, and in the case for those who wait."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from engine.errors import (
    BudgetExceeded,
    CallFailed,
    DecisionNotFound,
    ExpressionError,
    FormNotFound,
    JobFailed,
    NoFlowMatches,
    UnhandledError,
)
from services import stoerungen
from services.context import system_actor
from services.errors import NotFound
from services.prozess import deployments, instances, jobs
from services.prozess.deployments import Resource
from tests import bpmn, builders
from tests.web import daten


@pytest.fixture
def fall(app):
    """A case in which a job of an external system has failed for good."""
    with daten.session(app) as db:
        db.execute(sql("update mandant set profil = 'moers'"))
        db.commit()
    model = bpmn.sequence("probe", bpmn.service("register_abfragen", retries="1"))
    deployments.deploy(app, builders.actor("prozess"), resources=[Resource(name="p.bpmn", data=model)])
    fall = daten.fall(app, login="falkenrath")
    instances.start(app, system_actor("moers"), process_id="probe", business_id=fall)
    (job,) = jobs.activate(app, builders.actor("verwaltung"), job_type="extern", worker="w", timeout=timedelta(minutes=1), limit=1)
    jobs.fail(app, builders.actor("verwaltung"), key=job.key, retries=0, message="Connection refused: 10.0.0.1")
    return fall


def test_case_says_what_stands_still_and_who_sees_to_it(fall, browser, text):
    person = browser("falkenrath")

    for path in (f"/faelle/{fall}", f"/faelle/{fall}/prozess"):
        page = text(person.get(path))
        assert "steht seit 02.09.2026 still" in page
        assert "Ein automatischer Schritt ist mehrmals nicht gelungen" in page
        assert "Die Koordination lässt den Schritt noch einmal versuchen." in page
        assert "Sie müssen nichts tun." in page
        assert "Connection refused" not in page
        assert "JobFailed" not in page


def test_those_who_resolve_read_words_first_and_the_message_below(fall, browser, text):
    page = text(browser("osterkamp").get("/stoerungen"))

    assert "Ein automatischer Schritt ist mehrmals nicht gelungen" in page
    assert "Meldung: Connection refused: 10.0.0.1" in page
    assert "Probe" in page
    assert "JobFailed" not in page


def test_every_type_has_words_and_an_unknown_one_too():
    assert stoerungen.in_worten("NEVER_HEARD_OF").was == "Ein Schritt konnte nicht ausgeführt werden."
    assert set(stoerungen.WORTE) == {each.__name__ for each in (JobFailed, UnhandledError, NoFlowMatches, ExpressionError, CallFailed, DecisionNotFound, FormNotFound, BudgetExceeded)}
    assert all(words.was.endswith(".") and words.wer.endswith(".") for words in stoerungen.WORTE.values())


def test_stranger_learns_nothing(app, fall):
    with pytest.raises(NotFound):
        stoerungen.im_fall(app, builders.actor("lindqvist"), aktenzeichen=fall)


def test_document_that_could_not_be_made_is_shown_with_its_cause_and_tried_again(app, fall, browser, text):
    _failed_document(app, fall, "TypstError")
    person = browser("osterkamp")

    page = person.get("/stoerungen")
    assert "1 Dokument konnte nicht erstellt werden." in text(page)
    assert "Die Vorlage des Dokuments passt nicht zu den Angaben" in text(page)
    assert "Hilfeplan (Integrationsplan) Version 1" in text(page)
    assert "Geheimer Titel" not in text(page)
    found = re.search(r'name="dokument" value="([^"]+)"', page.get_data(as_text=True))
    assert found is not None

    answer = person.post("/stoerungen/nochmal", {"dokument": found.group(1)})

    assert answer.location.endswith("meldung=nochmal")
    assert "konnte nicht erstellt werden" not in text(person.get("/stoerungen"))
    with daten.session(app) as db:
        assert db.execute(sql("select status from dokument_fassung")).scalar_one() == "wird_erstellt"
        assert db.execute(sql("select args ->> 'version' from jobs.procrastinate_jobs where task_name = 'dokument'")).scalars().all() == ["1"]
        assert db.execute(sql("select count(*) from audit where command = 'dokument.nochmal'")).scalar_one() == 1


def test_any_other_failure_of_a_document_has_words_too(app, fall, browser, text):
    _failed_document(app, fall, "OperationalError")

    page = text(browser("prozess").get("/stoerungen"))

    assert "Beim Erstellen der Datei ist mehrmals etwas nicht gelungen" in page
    assert "4 Versuche, Meldung: OperationalError" in page


@pytest.mark.parametrize("wrong", ["1/1", "x/y", "1", "9999999999999999999/1", ""])
def test_document_that_has_not_failed_stays_as_it_is(app, fall, browser, wrong):
    _failed_document(app, fall, "TypstError")

    assert browser("osterkamp").post("/stoerungen/nochmal", {"dokument": wrong}).status_code == 302
    with daten.session(app) as db:
        assert db.execute(sql("select status from dokument_fassung")).scalar_one() == "gescheitert"


def test_only_those_who_steer_see_and_repeat_documents(fall, browser):
    person = browser("falkenrath")

    assert person.get("/stoerungen").status_code == 403
    assert person.post("/stoerungen/nochmal", {"dokument": "1/1"}).status_code == 403


def _failed_document(app, fall, error):
    with daten.session(app) as db:
        key, now = app.keys.take(db), app.clock.now()
        values = {"k": key, "f": fall, "n": now, "e": error}
        db.execute(sql("insert into dokument (key, mandant, aktenzeichen, vorlage, abschnitte, organisation, angelegt_am, angelegt_von) select :k, 'moers', :f, "
                       "'hilfeplan', '{hilfeplan}', organisation, :n, 'system' from fallverantwortung where aktenzeichen = :f and bis is null"), values)
        db.execute(sql("insert into dokument_fassung (mandant, dokument, version, titel, dateiname, erstellt_am, erstellt_von, status, versucht, fehler) "
                       "values ('moers', :k, 1, 'Geheimer Titel', 'x.pdf', :n, 'system', 'gescheitert', 4, :e)"), values)
        db.commit()
