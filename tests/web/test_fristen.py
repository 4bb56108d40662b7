"""*Fristen*: due dates by age, and reminding another organisation of an overdue task."""

from __future__ import annotations

import pytest
from sqlalchemy import text as sql

from services.fall import zeitleiste
from tests import builders
from tests.web import daten


@pytest.fixture
def liegt(app):
    """Three overdue tasks of a case of the Servicestelle: of a partner, of a group of a partner, and of the own people."""
    fall = daten.fall(app, login="falkenrath")
    keys = {name: daten.aufgabe(app, business_id=fall, name=name, due=daten.tag(app, -3), **where) for name, where in (
        ("Beim Partner", {"assignee": "wieland"}), ("Bei der Caritas", {"groups": ("caritas",)}), ("Bei uns", {"assignee": "falkenrath"}))}
    return fall, keys


def mails(app):
    with daten.session(app) as db:
        return db.execute(sql("select an, vorlage, daten from mail_auftrag order by an")).all()


def notes(app, fall):
    return [e.text for e in zeitleiste.lesen(app, builders.actor("osterkamp"), aktenzeichen=fall, arten=("mitteilung",))]


def test_overdue_task_of_another_organisation_is_reminded_once_an_hour(app, liegt, browser, text):
    fall, keys = liegt
    person = browser("osterkamp")
    page = person.get("/fristen").get_data(as_text=True)
    assert f"/fristen/{keys['Beim Partner']}/erinnern" in page
    assert f"/fristen/{keys['Bei der Caritas']}/erinnern" in page
    assert f"/fristen/{keys['Bei uns']}/erinnern" not in page

    first = person.post(f"/fristen/{keys['Beim Partner']}/erinnern", {"alter": "neu"})

    assert first.location == "/fristen?alter=neu&meldung=erinnert"
    assert [(m.an, m.vorlage, m.daten) for m in mails(app)] == [("wieland", "aufgabe_ueberfaellig", {"aktenzeichen": fall})]
    assert notes(app, fall) == ["Erinnert: AWO Flüchtlingsberatungsstelle, Aufgabe „Beim Partner“"]
    assert "zuletzt erinnert am" in text(person.get("/fristen"))
    app.clock.advance(minutes=59)
    person = browser("osterkamp")
    assert "meldung=schon_erinnert" in person.post(f"/fristen/{keys['Beim Partner']}/erinnern").location
    assert len(mails(app)) == 1
    app.clock.advance(minutes=2)
    assert "meldung=erinnert" in person.post(f"/fristen/{keys['Beim Partner']}/erinnern").location
    assert len(mails(app)) == 2
    assert len(notes(app, fall)) == 2


def test_group_of_another_organisation_is_reminded_as_a_whole(app, liegt, browser):
    fall, keys = liegt

    browser("osterkamp").post(f"/fristen/{keys['Bei der Caritas']}/erinnern")

    assert [m.an for m in mails(app)] == ["caritas"]
    assert notes(app, fall) == ["Erinnert: Caritas Migrationsberatung, Aufgabe „Bei der Caritas“"]


def test_own_tasks_and_those_not_overdue_are_not_reminded(app, liegt, browser, text):
    fall, keys = liegt
    today = daten.aufgabe(app, business_id=fall, name="Heute", assignee="wieland", due=daten.tag(app, 0))
    person = browser("osterkamp")

    for key in (keys["Bei uns"], today):
        refused = person.post(f"/fristen/{key}/erinnern")
        assert refused.status_code == 409
        assert "nicht mehr überfällig" in text(refused)
    assert mails(app) == []


def test_only_koordination_reminds_and_only_in_its_own_cases(app, liegt, browser):
    _, keys = liegt

    assert browser("falkenrath").post(f"/fristen/{keys['Beim Partner']}/erinnern").status_code == 403
    assert browser("domhoff").post(f"/fristen/{keys['Beim Partner']}/erinnern").status_code == 404  # Köln
    assert mails(app) == []
