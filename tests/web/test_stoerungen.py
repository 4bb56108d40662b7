"""*Störungen* in plain words: on the page of those who resolve them, and in the case for those who wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from engine.errors import BudgetExceeded, CallFailed, ExpressionError, JobFailed, NoFlowMatches, UnhandledError
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
    assert set(stoerungen.WORTE) == {each.__name__ for each in (JobFailed, UnhandledError, NoFlowMatches, ExpressionError, CallFailed, BudgetExceeded)}
    assert all(words.was.endswith(".") and words.wer.endswith(".") for words in stoerungen.WORTE.values())


def test_stranger_learns_nothing(app, fall):
    with pytest.raises(NotFound):
        stoerungen.im_fall(app, builders.actor("lindqvist"), aktenzeichen=fall)
