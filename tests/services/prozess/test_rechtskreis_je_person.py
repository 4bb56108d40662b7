"""A couple in two Rechtskreise on the real application: each course is told to the own office alone, and a change moves one person."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from services import aufgaben
from services.db import provision
from services.fall import einwilligungen, faelle, rechtskreise, zeitleiste
from services.fall.faelle import NeuePerson
from services.prozess import deployments, instances, tasks
from tests.builders import actor

ICH = actor("falkenrath")
PAAR = (
    NeuePerson(vorname="Amina", nachname="Beispiel", geburtsdatum=date(1995, 5, 1), hauptperson=True, rechtskreise=["sgb2"]),
    NeuePerson(vorname="Sami", nachname="Beispiel", geburtsdatum=date(1993, 5, 1)),
)


@pytest.fixture
def akte(app, postgres, database: str) -> str:
    """The wife gets SGB II, the husband AsylbLG like the case; both agree to tell either office."""
    with psycopg.connect(postgres.url(provision.OWNER, database)) as sql:
        sql.execute("insert into etappe.organisation (mandant, key, name, sort_key, art) values ('moers', 'stadt_moers', 'Stadt Moers', 'stadt moers', 'kommune'), "
                    "('moers', 'jobcenter_kreis_wesel', 'Jobcenter Kreis Wesel', 'jobcenter', 'jobcenter')")
    deployments.deploy_library(app, actor("prozess"))
    key = faelle.anlegen(app, ICH, personen=PAAR, login="falkenrath", rechtskreise=["asylblg"], prozess=None)
    people = [p.key for p in faelle.lesen(app, ICH, aktenzeichen=key).personen]
    for stelle in ("jobcenter_kreis_wesel", "stadt_moers"):
        for person in people:
            einwilligungen.erteilen(app, ICH, aktenzeichen=key, person=person, empfaenger=stelle, zweck="zusammenarbeit",
                                    abschnitte=["sprache"], sprache="de", form="schriftlich", textfassung="1")
    return key


def told(app, akte: str) -> list[str]:
    return [e.text for e in reversed(zeitleiste.lesen(app, ICH, aktenzeichen=akte, arten=("mitteilung",)))]


def tell(app, akte: str, number: int) -> None:
    person = faelle.lesen(app, ICH, aktenzeichen=akte).personen[number].key
    started = instances.start(app, actor("prozess"), process_id="integrationskurs_mitteilung", business_id=akte,
                              variables={"aktenzeichen": akte, "person_id": str(person), "anlass": "kurs_regelmaessig"})
    assert instances.get(app, actor("prozess"), key=started.key).status == "COMPLETED"


def test_course_of_each_is_told_to_the_own_office(app, akte: str) -> None:
    tell(app, akte, 0)
    tell(app, akte, 1)
    assert [line.partition(" informiert")[0] for line in told(app, akte)] == ["Jobcenter Kreis Wesel", "Stadt Moers"]

    mann = faelle.lesen(app, ICH, aktenzeichen=akte).personen[1].key
    rechtskreise.setzen(app, ICH, aktenzeichen=akte, personen={mann: ["asylblg", "sgb2"]}, grund="Der Wechsel läuft")
    tell(app, akte, 1)
    assert sorted(line.partition(" informiert")[0] for line in told(app, akte)[2:]) == ["Jobcenter Kreis Wesel", "Stadt Moers"]


def test_confirmed_payment_moves_the_named_person_only(app, akte: str) -> None:
    mann = faelle.lesen(app, ICH, aktenzeichen=akte).personen[1].key
    instances.start(app, actor("prozess"), process_id="rechtskreiswechsel_leistung", business_id=akte, variables={
        "aktenzeichen": akte, "asylblg_bisher": "nein", "einwilligung_liegt_vor": False, "wechselnde": [str(mann)], "rechtskreise_jetzt": ["sgb12"]})
    answers = {
        "antrag_ausfuellen": {"antrag_am": "2026-09-01"},
        "bewilligung_verfolgen": {"jobcenter_entscheidung": "bewilligt", "bescheid_am": "2026-09-01", "bewilligt_ab": "2026-09-01"},
        "erste_zahlung_bestaetigen": {"zahlung_eingegangen": True, "erste_zahlung_am": "2026-09-01", "wechselnde": [str(mann)], "rechtskreise_jetzt": ["sgb12"]},
    }
    for element, values in answers.items():
        (task,) = [t for t in tasks.of_case(app, ICH, business_id=akte) if t.element_id == element]
        aufgaben.complete_with_form(app, ICH, key=task.key, values=values, typed=True)

    found = faelle.lesen(app, ICH, aktenzeichen=akte)
    assert [p.rechtskreise for p in found.personen] == [("sgb2",), ("sgb12",)]
    assert found.rechtskreise == ("sgb2", "sgb12")
