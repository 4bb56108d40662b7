"""Handover on the real application: responsibility moves on acceptance, and the check afterwards comes once, on its day."""

from __future__ import annotations

from datetime import date

import pytest

from services import aufgaben
from services.fall import einwilligungen, faelle, uebergaben
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, messages, tasks, timers
from tests.builders import actor

ABSCHNITTE = ["stammdaten", "sprache"]


@pytest.fixture
def akte(app) -> str:
    """A case of the Servicestelle with a consent for the receiving organisation."""
    deployments.deploy_library(app, actor("prozess"))
    key = faelle.anlegen(app, actor("falkenrath"), personen=[NeuePerson(vorname="Amina", nachname="Beispiel", geburtsdatum=date(2000, 5, 1), hauptperson=True)],
                         login="falkenrath", prozess=None)
    person = faelle.lesen(app, actor("falkenrath"), aktenzeichen=key).personen[0].key
    einwilligungen.erteilen(app, actor("falkenrath"), aktenzeichen=key, person=person, empfaenger="awo", zweck="uebergabe", abschnitte=ABSCHNITTE,
                            sprache="de", form="schriftlich", textfassung="1")
    return key


def open_tasks(app, akte: str, login: str = "falkenrath") -> dict[str, int]:
    return {t.element_id: t.key for t in tasks.of_case(app, actor(login), business_id=akte)}


def complete(app, akte: str, element: str, login: str = "falkenrath", **values) -> None:
    aufgaben.complete_with_form(app, actor(login), key=open_tasks(app, akte, login)[element], values=values, typed=True)


def hand_over(app, akte: str) -> int:
    """Up to the acceptance; returns the key of the handover's process instance."""
    key = instances.start(app, actor("prozess"), process_id="warme_uebergabe", business_id=akte, variables={
        "aktenzeichen": akte, "empfaenger": "awo", "zweck": "uebergabe", "abschnitte": ABSCHNITTE, "grund": "Regel Z3"}).key
    complete(app, akte, "person_rueckversichern", freiwilligkeit_erklaert=True, alternativen_erklaert=True, person_einverstanden="ja",
             rueckversichert_am="2026-09-02")
    complete(app, akte, "zusatzinformation_aushaendigen", ausgehaendigt_am="2026-09-02")
    complete(app, akte, "uebergabegespraech_fuehren", gespraech_am="2026-09-03T10:00:00+02:00", teilnehmende=["person", "kuenftige_ansprechperson"],
             sprachmittlung="nein", gespraech_ergebnis="uebergabe_vereinbart")
    complete(app, akte, "mitteilung_vorbereiten", mitteilung_art="geaendert", mitteilung_einverstanden="nein")
    angebot, = (i for i in instances.of_case(app, actor("osterkamp"), business_id=akte) if i.process_id == "uebergabe_angebot")
    offer = int(instances.variables(app, actor("prozess"), key=angebot.key)["uebergabe_id"])
    uebergaben.beantworten(app, actor("wieland"), uebergabe=offer, angenommen=True)
    return key


def checks(app, akte: str) -> list:
    return [i for i in instances.of_case(app, actor("osterkamp"), business_id=akte) if i.process_id == "uebergabe_nachfrage"]


def test_check_comes_once_and_on_its_day(app, akte: str) -> None:
    key = hand_over(app, akte)

    assert instances.get(app, actor("prozess"), key=key).status == "COMPLETED"
    assert len(checks(app, akte)) == 1
    messages.deliver_pending(app)
    assert len(checks(app, akte)) == 1

    app.clock.advance(days=20, hours=23)
    timers.fire_due(app)
    assert "nachfrage_durchfuehren" not in open_tasks(app, akte, "osterkamp")

    app.clock.advance(hours=1)
    timers.fire_due(app)
    assert list(open_tasks(app, akte, "osterkamp")) == ["nachfrage_durchfuehren"]


def test_check_belongs_to_the_organisation_that_handed_over(app, akte: str) -> None:
    hand_over(app, akte)
    app.clock.advance(days=21)
    timers.fire_due(app)

    holder = faelle.lesen(app, actor("wieland"), aktenzeichen=akte).inhaber.organisation
    task, = (t for t in tasks.inbox(app, actor("falkenrath"), tab="mine").items if t.business_id == akte)

    assert holder == "awo"
    assert task.element_id == "nachfrage_durchfuehren"
    aufgaben.complete_with_form(app, actor("falkenrath"), key=task.key, typed=True, values={
        "uebergabe_gelungen": "ja", "kontakt_gehalten": "ja", "nachgefragt_am": "2026-09-23"})
    assert checks(app, akte)[0].status == "COMPLETED"
