"""Further processes started by hand: in a case by whoever works in it, and for the Kommune by whoever has the function."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import text as sql

from processes.einstellungen import InvalidEinstellungen
from processes.starts import Von, parse, starts
from services import fallweg, vorgaenge
from services.bootstrap import BUILT_IN
from services.dokumente import rendern
from services.fall.faelle import NeuePerson
from services.prozess import instances
from services.prozess.handlers import Auftrag
from services.unit_of_work import transact
from tests.reise.gang import Gang, beginne, people

IM_FALL = ("bleiberecht", "einbuergerung", "fallkonferenz", "kinderschutz", "kollegiale_fallberatung", "rechtskreiswechsel", "strukturhinweis")


@pytest.fixture
def gang(moers) -> Gang:
    return beginne(moers, [NeuePerson(vorname="Amina", nachname="Beispiel", geburtsdatum=date(1986, 3, 1), hauptperson=True)])


def test_every_start_names_a_process_of_the_library_that_can_be_started_so(moers):
    deployed = {m.start.key for m in vorgaenge.im_system(moers, people(moers)["verwaltung"])}

    assert {s.key for s in starts() if s.von is Von.FALL} >= set(IM_FALL)
    assert {s.key for s in starts() if s.von is Von.SYSTEM} >= deployed
    assert all(s.hinweis.endswith(".") for s in starts())


@pytest.mark.parametrize("prozess", IM_FALL)
def test_process_is_started_from_the_case_page_and_brings_its_first_task(gang, moerser, text, prozess):
    person = moerser("fallmanagement")
    before = set(gang.namen())
    start = next(s for s in starts() if s.key == prozess)
    listed = person.get(f"/faelle/{gang.akte}/vorgang-starten")
    assert start.titel in text(listed)
    asked = person.get(f"/faelle/{gang.akte}/vorgang-starten/{prozess}")
    assert "jetzt starten?" in text(asked)
    assert set(gang.namen()) == before, "asking starts nothing"

    done = person.post(f"/faelle/{gang.akte}/vorgang-starten/{prozess}")

    assert done.location == f"/faelle/{gang.akte}?meldung=vorgang"
    assert set(gang.namen()) - before, "a new task is open"
    page = text(person.get(done.location))
    assert "Der Vorgang hat begonnen." in page
    assert f"Vorgang begonnen: {start.titel}" in page
    assert "Läuft schon seit" in text(person.get(f"/faelle/{gang.akte}/vorgang-starten"))
    assert "läuft schon seit" in text(person.get(f"/faelle/{gang.akte}/vorgang-starten/{prozess}"))
    gang.pruefe()


def test_called_processes_are_opened_from_the_diagram(gang, moers, moerser):
    """A case runs in ``fallmanagement``, which calls the access: a click on the call shows the diagram of what was called."""
    person = moerser("fallmanagement")
    family = instances.of_case(moers, people(moers)["fallmanagement"], business_id=gang.akte)
    top = next(i for i in family if i.parent_key is None)
    called = next(i for i in family if i.parent_key == top.key)

    page = person.get(f"/faelle/{gang.akte}/prozess?instanz={top.key}").get_data(as_text=True)

    address = f"/faelle/{gang.akte}/prozess?instanz={called.key}"
    drawing = page[page.index('class="et-diagram'):page.index('class="et-legend')]
    assert f'<a href="{address}">' in drawing
    steps = [s.element_id for s in fallweg.weg(moers, people(moers)["fallmanagement"], key=top.key, adresse=str, aufruf=str).schritte]
    assert steps[0] == "fall_angelegt", "what began within the same instant stands in its order"
    below = person.get(address).get_data(as_text=True)
    assert "Aufgerufen von" in below
    assert f"instanz={top.key}" in below


def test_a_running_case_is_handed_over_from_the_page_of_its_handovers(gang, moerser):
    path = f"/faelle/{gang.akte}/vorgang-starten/uebergabe"

    page = moerser("fallmanagement").get(f"/faelle/{gang.akte}/uebergaben").get_data(as_text=True)

    assert f'href="{path}"' in page
    assert moerser("fallmanagement").get(path).status_code == 200
    with_case_closed = "update fall set status = 'abgeschlossen', abgeschlossen_am = now(), abschlussgrund = 'ziel_erreicht' where aktenzeichen = :a"
    with gang.app.sessions(info={"mandant": "moers"}) as db:
        db.execute(sql(with_case_closed), {"a": gang.akte})
        db.commit()
    assert path not in moerser("fallmanagement").get(f"/faelle/{gang.akte}/uebergaben").get_data(as_text=True)


def test_only_those_who_work_in_the_case_start_something_there(gang, moerser):
    before = gang.namen()
    for login in ("awo", "caritas", "jobcenter"):
        stranger = moerser(login)
        for path in (f"/faelle/{gang.akte}/vorgang-starten", f"/faelle/{gang.akte}/vorgang-starten/kinderschutz"):
            assert stranger.get(path).status_code == 404
        assert stranger.post(f"/faelle/{gang.akte}/vorgang-starten/kinderschutz").status_code == 404
    assert moerser("fallmanagement").post(f"/faelle/{gang.akte}/vorgang-starten/fallmanagement").status_code == 404  # not a process to start by hand
    assert gang.namen() == before


def test_nothing_is_started_in_a_closed_case(gang, moers, moerser):
    with moers.sessions(info={"mandant": "moers"}) as db:
        db.execute(sql("update fall set status = 'abgeschlossen', abgeschlossen_am = now(), abschlussgrund = 'ziel_erreicht' where aktenzeichen = :a"), {"a": gang.akte})
        db.commit()

    assert moerser("fallmanagement").post(f"/faelle/{gang.akte}/vorgang-starten/kinderschutz").status_code == 409


def test_koordination_starts_a_process_of_the_kommune_and_sees_where_it_stands(moers, moerser, text):
    person = moerser("koordination")
    assert "Vorgänge" in text(person.get("/aufgaben"))
    assert "Noch kein Vorgang" in text(person.get("/vorgaenge"))
    assert "jetzt starten?" in text(person.get("/vorgaenge/starten/etappen_produktionsnetzwerk"))

    assert person.post("/vorgaenge/starten/etappen_produktionsnetzwerk").location == "/vorgaenge?meldung=vorgang"

    (running,) = vorgaenge.auflisten(moers, people(moers)["koordination"])
    assert "1 Vorgang läuft." in text(person.get("/vorgaenge"))
    page = person.get(f"/vorgaenge/{running.key}")
    assert "<svg" in page.get_data(as_text=True)
    assert "hier steht der Vorgang" in text(page)
    found = vorgaenge.ansehen(moers, people(moers)["koordination"], key=running.key, adresse=str)
    assert [t.name for t in found.aufgaben], "Koordination finds the first task"
    assert person.get(f"/aufgaben/{found.aufgaben[0].key}").status_code == 200


def test_what_a_process_of_the_kommune_calls_is_reached_on_its_page(moers, moerser):
    person = moerser("koordination")
    person.post("/vorgaenge/starten/verstetigung")
    running = max(vorgaenge.auflisten(moers, people(moers)["koordination"]), key=lambda v: v.key)

    page = person.get(f"/vorgaenge/{running.key}").get_data(as_text=True)

    top, called = re.findall(r'<h2[^>]* id="vorgang-(\d+)"', page)
    assert top == str(running.key)
    assert page.count(f'href="#vorgang-{called}"') == 2, "in the diagram and in the table"


def test_documents_of_a_process_of_the_kommune_are_on_its_page(moers, moerser, text):
    person = moerser("koordination")
    person.get("/vorgaenge/starten/etappen_produktionsnetzwerk")
    person.post("/vorgaenge/starten/etappen_produktionsnetzwerk")
    me = people(moers)["koordination"]
    root = max(v.key for v in vorgaenge.auflisten(moers, me))
    made = transact(moers, me, lambda uow: BUILT_IN["dokument.erzeugen"](Auftrag(
        uow=uow, type="", instance_key=root, root_key=root, business_id=None, element_id="e", headers={},
        variables={"vorlage": "etappe_produkt", "titel": "Arbeitsprogramm", "daten": {"etappe": "1", "produkt": "Arbeitsprogramm"}})))["dokument_id"]
    rendern.make(moers, mandant="moers", dokument=int(made), version=1, last=False)

    assert "Arbeitsprogramm Produkt einer Etappe" in text(person.get(f"/vorgaenge/{root}"))
    assert person.get(f"/dokumente/{made}/1").data.startswith(b"%PDF")
    assert moerser("fallmanagement").get(f"/dokumente/{made}/1").status_code == 404


def test_processes_of_the_kommune_are_shown_to_those_with_the_function_only(moers, moerser, text):
    for login, status in (("fallmanagement", 403), ("datenschutz", 403), ("awo", 403), ("prozessverantwortung", 200)):
        person = moerser(login)
        assert person.get("/vorgaenge").status_code == status, login
        assert ("Vorgänge" in text(person.get("/einstellungen"))) == (status == 200), login
    assert moerser("fallmanagement").post("/vorgaenge/starten/etappen_produktionsnetzwerk").status_code == 404
    assert moerser("koordination").get("/vorgaenge/1").status_code == 404


@pytest.mark.parametrize(("settings", "sentence"), [
    ("start: {von: haus, nachricht: null, funktion: [a], titel: A, hinweis: B.}", "start.von"),
    ("start: {von: fall, nachricht: 'Neue Meldung', funktion: [a], titel: A, hinweis: B.}", "start.nachricht"),
    ("start: {von: fall, nachricht: null, funktion: [], titel: A, hinweis: B.}", "start.funktion"),
    ("start: {von: fall, nachricht: null, funktion: [a], titel: A}", "hinweis"),
])
def test_settings_of_a_start_are_checked(settings, sentence):
    with pytest.raises(InvalidEinstellungen, match=sentence):
        parse(settings.encode(), key="beispiel")


def test_end_that_is_asked_for_from_the_case_page_closes_the_case_by_its_process(gang, moerser):
    person = moerser("fallmanagement")

    done = person.post(f"/faelle/{gang.akte}/vorgang-starten/beendigung")
    assert done.location == f"/faelle/{gang.akte}?meldung=vorgang"
    before = gang.namen()
    assert "wunsch_klaeren" in before
    gang.erledige("wunsch_klaeren", wer="fallmanagement", beendigung_grund="auf_wunsch", ende_bestaetigt="ja")

    assert gang.namen() == ["abschlussgrund_festhalten"], "whatever else was open is gone"
