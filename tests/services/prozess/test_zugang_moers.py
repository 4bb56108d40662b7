"""Access on the real application: what stands in the Fallakte decides, each person gets an own analysis, the table knows the network."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest

from processes import profil
from services import aufgaben
from services.fall import faelle
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, tasks
from services.unit_of_work import transact
from tests.antworten import answers
from tests.builders import actor

BIS_ZUR_ANALYSE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("anliegen_aufnehmen", {}), ("ueber_angebot_informieren", {"wunsch": "analyse", "asylbetreuung_beteiligt": "nein", "in_unterkunft": "nein"}),
    ("integrationsvertrag_schliessen", {"vertrag_geschlossen": "ja"}))
BIS_ZUR_EMPFEHLUNG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("austausch_zustimmen", {"zustimmung_erteilt": "ja"}), ("auftrag_aufnehmen", {"auftrag": "ansprechperson"}),
    ("fallbesprechung_fuehren", {"kurzfristiger_bedarf": "nein"}),
    ("empfehlung_geben", {"motivation": "ja", "mehrere_akteure": "ja", "intensive_begleitung": "ja", "empfehlung": "fallmanagement"}))


@pytest.fixture
def akte(app, owner_url: str) -> str:
    """A mother of 40 years and her child; their status is not known yet."""
    with psycopg.connect(owner_url) as connection:  # the network of the profile, without a free place
        for organisation in profil.load("moers").organisationen:
            connection.execute("insert into etappe.organisation (mandant, key, name, sort_key, art, kapazitaet) values ('moers', %s, %s, %s, %s, 0)",
                               (organisation.key, organisation.name, organisation.name.lower(), organisation.art))
    deployments.deploy_library(app, actor("prozess"))
    return faelle.anlegen(app, actor("falkenrath"), login="falkenrath", prozess=None, personen=[
        NeuePerson(vorname="Amina", nachname="Beispiel", hauptperson=True), NeuePerson(vorname="Sami", nachname="Beispiel", geburtsdatum=date(2019, 5, 1))])


@pytest.fixture
def zugang(app, akte: str) -> int:
    return instances.start(app, actor("prozess"), process_id="zugang_moers", business_id=akte, variables={
        "aktenzeichen": akte, "erstkontakt": {"datum": "2026-09-02", "zugangsweg": "offen"}}).key


def open_tasks(app, akte: str) -> list:
    return list(tasks.of_case(app, actor("osterkamp"), business_id=akte))


def complete(app, akte: str, element: str, **given: Any) -> None:
    """The form as a person sees it, with the answers given and plausible ones to whatever else it requires."""
    who = actor("falkenrath")
    task = next(t for t in open_tasks(app, akte) if t.element_id == element)

    def values(uow) -> dict[str, Any]:
        opened = aufgaben.open_in(uow, key=task.key)
        return answers(opened.form, opened.evaluate, opened.context, given)
    aufgaben.complete_with_form(app, who, key=task.key, values=transact(app, who, values), typed=True)


def test_status_written_into_the_fallakte_decides_at_once(app, akte: str, zugang: int) -> None:
    complete(app, akte, "anliegen_aufnehmen")

    complete(app, akte, "ueber_angebot_informieren", aufenthalt="studium", wunsch="analyse")

    assert [t.element_id for t in open_tasks(app, akte)] == ["an_andere_stelle_leiten"]
    complete(app, akte, "an_andere_stelle_leiten")
    assert instances.variables(app, actor("prozess"), key=zugang)["ergebnis"] == "ausgeschlossen"


def test_each_person_gets_an_own_analysis(app, akte: str, zugang: int) -> None:
    for element, given in BIS_ZUR_ANALYSE:
        complete(app, akte, element, **given, aufenthalt="asylverfahren", geburtsdatum="1986-03-01")

    assert [t.element_id for t in open_tasks(app, akte)] == ["analyse_durchfuehren"] * 2
    for ort in ("Homs", "Moers"):
        complete(app, akte, "analyse_durchfuehren", vorname=ort, weiterer_termin="nein")

    written = {p.vorname for p in faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).personen}
    assert written == {"Homs", "Moers"}
    assert [t.element_id for t in open_tasks(app, akte)] == ["austausch_zustimmen"]


def test_without_free_places_the_servicestelle_leads_the_case(app, akte: str, zugang: int, owner_url: str) -> None:
    for element, given in BIS_ZUR_ANALYSE:
        complete(app, akte, element, **given, aufenthalt="asylverfahren", geburtsdatum="1986-03-01")
    for _ in range(2):
        complete(app, akte, "analyse_durchfuehren", weiterer_termin="nein")
    for element, given in BIS_ZUR_EMPFEHLUNG:
        complete(app, akte, element, **given)

    complete(app, akte, "beratungsbezug_klaeren", beratung_besteht="nein")

    places = [t.element_id for t in open_tasks(app, akte)]
    regel = next(i for i in instances.of_case(app, actor("osterkamp"), business_id=akte) if i.process_id == "fallverantwortung")
    assert places == ["zuordnung_bestaetigen"]
    assert instances.variables(app, actor("prozess"), key=regel.key)["zuordnung"]["regel"] == "Z4"
