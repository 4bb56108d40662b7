"""The inbox: order, groups, filters in the address, several tasks at once, and what people may not do."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text as sql

from tests.web import daten


def titles(page: str) -> list[str]:
    return re.findall(r'<a class="et-strong" href="/aufgaben/\d+">([^<]+)</a>', page)


def assignee(app, key):
    with daten.session(app) as db:
        return db.execute(sql("select assignee from user_task where key = :k"), {"k": key}).scalar_one()


@pytest.fixture
def mine(app):
    fall = daten.fall(app)
    for name, days in (("Später", 20), ("Heute", 0), ("Gestern", -1), ("Lange", -20), ("Morgen", 1)):
        daten.aufgabe(app, business_id=fall, name=name, assignee="falkenrath", due=daten.tag(app, days))
    daten.aufgabe(app, business_id=fall, name="Ohne", assignee="falkenrath")
    return fall


def test_most_overdue_comes_first_and_groups_follow(mine, browser, text):
    page = browser("falkenrath").get("/aufgaben")

    assert titles(page.get_data(as_text=True)) == ["Lange", "Gestern", "Heute", "Morgen", "Später", "Ohne"]
    assert re.findall(r'scope="rowgroup" role="rowheader">(\w[\w ]+?) <', page.get_data(as_text=True)) == [
        "Überfällig", "Heute fällig", "Diese Woche", "Später"]
    assert "2 Aufgaben sind überfällig, 1 ist heute fällig." in text(page)


def test_today_is_not_overdue(mine, browser):
    page = browser("falkenrath").get("/aufgaben?faellig=ueberfaellig").get_data(as_text=True)

    assert titles(page) == ["Lange", "Gestern"]


def test_filters_are_chips_that_can_be_removed(mine, browser, text):
    page = browser("falkenrath").get("/aufgaben?faellig=heute")

    assert titles(page.get_data(as_text=True)) == ["Heute"]
    assert "Fällig: heute , Filter entfernen" in text(page)
    assert '<a class="et-chip" href="/aufgaben">' in page.get_data(as_text=True)


def test_filter_without_match_offers_the_whole_list(mine, browser, text):
    page = browser("falkenrath").get("/aufgaben?prozess=unbekannt")

    assert "Keine Aufgabe passt zu den Filtern" in text(page)


def test_empty_list_says_what_waits_in_the_groups(app, browser, text):
    daten.aufgabe(app, name="Für die Gruppe", groups=("servicestelle",))

    assert "Alles erledigt" in text(browser("falkenrath").get("/aufgaben"))
    assert "In Ihren Gruppen wartet 1 Aufgabe" in text(browser("falkenrath").get("/aufgaben"))


def test_later_wiedervorlage_hides_until_its_day(app, browser):
    daten.aufgabe(app, name="Versteckt", assignee="falkenrath", follow_up=daten.tag(app, 5))
    person = browser("falkenrath")

    assert titles(person.get("/aufgaben").get_data(as_text=True)) == []
    assert titles(person.get("/aufgaben?wiedervorlage=alle").get_data(as_text=True)) == ["Versteckt"]


def test_team_list_is_for_koordination(app, browser):
    fall = daten.fall(app)
    daten.aufgabe(app, business_id=fall, name="Von Lena", assignee="brueggen")

    assert titles(browser("osterkamp").get("/aufgaben?liste=team").get_data(as_text=True)) == ["Von Lena"]
    assert titles(browser("falkenrath").get("/aufgaben?liste=team").get_data(as_text=True)) == []


def test_claiming_several_tells_about_those_that_were_gone(app, browser, text):
    free, gone = (daten.aufgabe(app, name=n, groups=("fallmanagement",)) for n in ("Frei", "Weg"))
    person, other = browser("falkenrath"), browser("brueggen")
    other.post("/aufgaben/auswahl", {"aufgabe": [str(gone)], "tun": "uebernehmen"})

    response = person.post("/aufgaben/auswahl", {"aufgabe": [str(free), str(gone)], "tun": "uebernehmen", "_zurueck": "/aufgaben?liste=gruppen"})

    assert response.location == "/aufgaben?liste=gruppen&meldung=teilweise"
    assert assignee(app, free) == "falkenrath"
    assert assignee(app, gone) == "brueggen"
    assert "Einige Aufgaben hatte schon jemand anders." in text(person.get(response.location))


def test_nothing_selected_says_so(browser, text):
    person = browser("falkenrath")

    assert "Wählen Sie zuerst mindestens eine Zeile aus." in text(person.get(person.post("/aufgaben/auswahl", {"tun": "uebernehmen"}).location))


def test_wiedervorlage_asks_for_the_day_and_checks_it(app, browser, text):
    key = daten.aufgabe(app, name="Nachfassen", assignee="falkenrath")
    person = browser("falkenrath")

    asked = person.post("/aufgaben/auswahl", {"aufgabe": [str(key)], "tun": "wiedervorlage"})
    assert "Wieder vorlegen am" in text(asked)
    wrong = person.post("/aufgaben/auswahl", {"aufgabe": [str(key)], "tun": "wiedervorlage", "datum": "31.02.2026"})
    assert wrong.status_code == 422
    assert "Den „31.02.2026“ gibt es nicht." in text(wrong)
    past = person.post("/aufgaben/auswahl", {"aufgabe": [str(key)], "tun": "wiedervorlage", "datum": "01.01.2020"})
    assert "Wählen Sie einen Tag in der Zukunft." in text(past)

    done = person.post("/aufgaben/auswahl", {"aufgabe": [str(key)], "tun": "wiedervorlage", "datum": "01.12.2026"})
    assert done.location.endswith("meldung=wiedervorlage")
    with daten.session(app) as db:
        assert db.execute(sql("select follow_up at time zone 'Europe/Berlin' from user_task where key = :k"), {"k": key}).scalar_one().date().isoformat() == "2026-12-01"


def test_given_back_task_waits_for_the_group(app, browser):
    key = daten.aufgabe(app, assignee="falkenrath", groups=("fallmanagement",))

    browser("falkenrath").post(f"/aufgaben/{key}/zurueckgeben")

    assert assignee(app, key) is None


def test_task_of_others_is_not_there(app, browser):
    key = daten.aufgabe(app, assignee="brueggen")
    foreign = daten.aufgabe(app, assignee="domhoff", mandant="koeln")
    person = browser("falkenrath")

    for path in (f"/aufgaben/{key}", f"/aufgaben/{foreign}", f"/aufgaben/{key}/zuweisen", f"/aufgaben/{key}/fertig"):
        assert person.get(path).status_code == 404
    for path in (f"/aufgaben/{key}", f"/aufgaben/{key}/uebernehmen", f"/aufgaben/{key}/entwurf", f"/aufgaben/{foreign}/uebernehmen"):
        assert person.post(path, {"_abschliessen": "1"}).status_code == 404
    assert assignee(app, key) == "brueggen"


def test_koordination_gives_a_task_to_a_colleague_of_the_own_organisation(app, browser, text):
    fall = daten.fall(app)
    key = daten.aufgabe(app, business_id=fall, assignee="falkenrath")
    person = browser("osterkamp")
    form = person.get(f"/aufgaben/{key}/zuweisen")

    assert "Lena Brüggen" in text(form)
    assert "Jana Wieland" not in text(form)
    assert person.post(f"/aufgaben/{key}/zuweisen", {"person": "wieland"}).status_code == 422
    assert person.post(f"/aufgaben/{key}/zuweisen", {"person": "brueggen", "grund": "Urlaub"}).status_code == 302
    assert assignee(app, key) == "brueggen"


def test_completed_task_says_who_and_when(app, browser, text):
    key = daten.aufgabe(app, name="Kita", assignee="falkenrath", status="COMPLETED", completed_by="brueggen")

    page = browser("falkenrath").get(f"/aufgaben/{key}")

    assert "Diese Aufgabe ist schon erledigt" in text(page)
    assert "Lena Brüggen hat sie am 02.09.2026, 10:00 Uhr abgeschlossen" in text(page)


def test_density_is_kept_per_person(browser):
    person = browser("falkenrath")
    person.post("/aufgaben/zeilen", {"dichte": "kompakt"})

    assert 'data-dichte="kompakt"' in browser("falkenrath").get("/aufgaben").get_data(as_text=True)
    assert 'data-dichte="kompakt"' not in browser("brueggen").get("/aufgaben").get_data(as_text=True)


def test_names_are_escaped_everywhere(app, browser):
    evil = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>'
    fall = daten.fall(app, nachname=evil, login="falkenrath")
    key = daten.aufgabe(app, business_id=fall, name=evil, assignee="falkenrath", due=daten.tag(app, 0))
    person = browser("falkenrath")

    for path in ("/aufgaben", f"/aufgaben/{key}", f"/aufgaben/{key}/zuweisen", "/faelle", f"/faelle/{fall}", f"/faelle/{fall}/aufgaben",
                 f"/faelle/{fall}/einwilligungen/neu", f"/faelle/{fall}/kontakt"):
        page = person.get(path).get_data(as_text=True)
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
    for path in (f"/aufgaben?prozess={evil}", f"/aufgaben?person={evil}", f"/partner?angebot={evil}"):
        page = person.get(path).get_data(as_text=True)
        assert "<script>alert" not in page, path
    assert "<script>alert" not in person.post("/suche", {"q": evil}).get_data(as_text=True)
