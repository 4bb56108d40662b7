from __future__ import annotations

from datetime import date

import pytest

from services.bootstrap import BUILT_IN
from services.context import system_actor
from services.errors import InvalidInput
from services.fall import akte as akten
from services.fall import faelle, verweise
from services.fall.faelle import NeuePerson
from services.netzwerk.kennzahlen import einzeln, unterdruecken
from services.prozess.handlers import Auftrag
from services.unit_of_work import transact
from tests.builders import actor


@pytest.fixture
def ermitteln(app):
    """Runs the job for a Mandant; returns rows as (Bereich, Kennzahl) -> Wert."""

    def do(mandant="moers", **changes):
        variables = {"von": "2026-09-01", "bis": "2026-09-30", "mindestens": 3, **changes}
        found = transact(app, system_actor(mandant), lambda uow: BUILT_IN["kennzahlen.ermitteln"](Auftrag(
            uow=uow, type="kennzahlen.ermitteln", instance_key=5, root_key=5, business_id=None, element_id="e", variables=variables, headers={})))
        return {(row["bereich"], row["kennzahl"]): row["wert"] for row in found["zahlen"]}

    return do


@pytest.fixture
def fall(app):
    def open_case(login="falkenrath"):
        person = NeuePerson(vorname="A", nachname="B", geburtsdatum=date(1990, 1, 1), hauptperson=True)
        return faelle.anlegen(app, actor(login), personen=[person], zugangsweg="M4", rechtskreise=[], login=login)

    return open_case


def schliessen(app, akte, grund):
    transact(app, system_actor("moers"), lambda uow: faelle.close(uow, akte, grund))


def test_figures_below_the_limit_are_hidden_but_zero_is_zero():
    assert [einzeln(n, 5) for n in (0, 1, 4, 5, 12)] == ["0", "unter 5", "unter 5", "5", "12"]


@pytest.mark.parametrize(
    ("zahlen", "texte"),
    [
        ({"a": 10, "b": 4, "c": 7}, {"a": "10", "b": "unterdrückt", "c": "unterdrückt"}),
        ({"a": 10, "b": 4, "c": 2}, {"a": "10", "b": "unterdrückt", "c": "unterdrückt"}),
        ({"a": 10, "b": 5, "c": 0}, {"a": "10", "b": "5", "c": "0"}),
        ({"a": 2}, {"a": "unterdrückt"}),
        ({}, {}),
    ],
    ids=["one could be computed", "two", "none", "alone", "nothing"],
)
def test_hidden_part_cannot_be_computed_from_the_whole(zahlen, texte):
    assert unterdruecken(zahlen, 5) == texte


def test_cases_are_counted_in_their_period(app, fall, ermitteln):
    cases = [fall() for _ in range(8)]
    for case in cases[:4]:
        schliessen(app, case, "ziel_erreicht")
    schliessen(app, cases[4], "weggezogen")

    found = ermitteln()

    assert (found["Fälle", "im Zeitraum begonnen"], found["Fälle", "im Zeitraum abgeschlossen"]) == ("8", "5")
    assert (found["Fälle", "am Ende des Zeitraums offen"], found["Fälle", "Personen in offenen Fällen"]) == ("3", "3")
    assert found["Abschlussgründe", "Ziele erreicht"] == found["Abschlussgründe", "Weggezogen"] == "unterdrückt"
    earlier = ermitteln(von="2026-08-01", bis="2026-08-31")
    assert set(earlier.values()) == {"0"}


def test_days_at_the_border_of_the_period_belong_to_it(app, fall, ermitteln):
    for _ in range(3):
        fall()

    assert ermitteln(von="2026-09-02", bis="2026-09-02")["Fälle", "im Zeitraum begonnen"] == "3"
    assert ermitteln(von="2026-09-03", bis="2026-09-03")["Fälle", "im Zeitraum begonnen"] == "0"


def test_referrals_are_counted_by_receiver(app, akte, einwilligung, ermitteln):
    einwilligung("caritas", zweck="verweis", abschnitte=["sprache"])
    for _ in range(4):
        verweise.anbieten(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="caritas", anliegen="Kurs", abschnitte=["sprache"])

    found = ermitteln()

    assert found["Verweise an", "Caritas Migrationsberatung"] == "4"
    assert found["Ergebnis der Verweise", "offen"] == "4"


def closed(app, fall, login, **answers):
    akte = fall(login)
    if answers:
        transact(app, system_actor("koeln"), lambda uow: akten.write_sections(uow, actor(login), akte, None, {"abschluss": answers}))
    transact(app, system_actor("koeln"), lambda uow: faelle.close(uow, akte, "ziel_erreicht"))
    return akte


def test_what_the_closing_says_of_the_offers_is_counted_where_the_concept_reports_it(app, fall, ermitteln):
    for _ in range(4):
        closed(app, fall, "domhoff", angebot_vorhanden="ja", naechstbeste_loesung="nein")
    for _ in range(3):
        closed(app, fall, "domhoff", angebot_vorhanden="nein", naechstbeste_loesung="nein")
    for _ in range(3):
        closed(app, fall, "domhoff")

    found = ermitteln("koeln")

    offer = "Gab es ein Angebot, das dem Bedarf entsprach?"
    assert [found[offer, answer] for answer in ("ja", "nein", "keine Angabe")] == ["4", "3", "3"]
    assert found["Musste die nächstbeste Lösung genutzt werden?", "nein"] == "7"
    assert found["Führte das Angebot zum Ziel?", "keine Angabe"] == "10"
    assert all(offer != bereich for bereich, _ in ermitteln("moers"))


def test_the_last_answer_of_a_case_counts_and_small_cells_are_hidden(app, fall, ermitteln):
    akte = fall("domhoff")
    for answer in ("ja", "nein"):
        transact(app, system_actor("koeln"), lambda uow, a=answer: akten.write_sections(
            uow, actor("domhoff"), akte, None, {"abschluss": {"angebot_vorhanden": a}}))
    transact(app, system_actor("koeln"), lambda uow: faelle.close(uow, akte, "ziel_erreicht"))

    found = ermitteln("koeln")

    assert found["Gab es ein Angebot, das dem Bedarf entsprach?", "nein"] == "unterdrückt"
    assert ("Gab es ein Angebot, das dem Bedarf entsprach?", "ja") not in found


def test_other_mandant_is_not_counted(fall, ermitteln):
    for _ in range(4):
        fall()
    fall("domhoff")

    assert ermitteln("koeln")["Fälle", "im Zeitraum begonnen"] == "unter 3"


@pytest.mark.parametrize("change", [{"mindestens": 2}, {"mindestens": None}, {"mindestens": True}, {"von": None}, {"von": "2026-10-01"}])
def test_period_and_limit_must_make_sense(ermitteln, change):
    with pytest.raises(InvalidInput):
        ermitteln(**change)
