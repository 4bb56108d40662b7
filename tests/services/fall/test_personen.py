"""What stands about a member is corrected in the columns and in the Fallakte together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from services.errors import Conflict, InvalidInput, NotFound
from services.fall import akte as akte_modul
from services.fall import einwilligungen, faelle, fakten, fallsuche, personen
from services.unit_of_work import read, transact
from tests.builders import actor

ICH = actor("falkenrath")


def facts(app, akte):
    return read(app, ICH, lambda uow: dict(fakten.reader(app.clock)(uow.session, akte)))


def of_form(app, akte, person, abschnitt):
    """What a form about this person begins with."""
    return transact(app, ICH, lambda uow: dict(akte_modul.sections_for_form(uow, akte, person)[abschnitt]))


@pytest.fixture
def berichtigen(app, akte):
    def do(person, grund="schreibfehler", **angaben):
        return personen.berichtigen(app, ICH, aktenzeichen=akte, person=person, angaben=angaben, grund=grund)

    return do


def test_forms_search_and_expressions_see_the_corrected_answers(app, akte, people, berichtigen):
    assert berichtigen(people[0], nachname="Öztürk", geburtsdatum=date(1980, 1, 2), aufenthalt="bleiberecht") == ("nachname", "geburtsdatum", "aufenthalt")

    assert {**of_form(app, akte, people[0], "stammdaten"), "name": ""} == {
        "vorname": "Samira", "nachname": "Öztürk", "geburtsdatum": "1980-01-02", "name": ""}
    assert of_form(app, akte, people[0], "aufenthalt") == {"status": "bleiberecht"}
    assert (facts(app, akte)["aufenthalt"], facts(app, akte)["alter"]) == ("bleiberecht", 46)
    assert [z.aktenzeichen for z in fallsuche.suchen(app, ICH, suche="oeztuerk").zeilen] == [akte]


@pytest.mark.parametrize("geschrieben", [{"name": "Samira Qaderi"}, {"vorname": "Samira", "nachname": "Qaderi", "geburtsdatum": "1992-03-14"}])
def test_a_form_that_writes_something_else_later_does_not_undo_the_correction(app, akte, people, berichtigen, schreiben, geschrieben):
    schreiben({"stammdaten": geschrieben, "aufenthalt": {"status": "asylverfahren"}})
    berichtigen(people[0], vorname="Samirah", nachname="von Berg", geburtsdatum=None, aufenthalt=None)

    schreiben({"stammdaten": {"telefon": "x"}, "aufenthalt": {"seit": "2026"}})

    main = faelle.lesen(app, ICH, aktenzeichen=akte).personen[0]
    assert (main.vorname, main.nachname, main.geburtsdatum, main.aufenthalt) == ("Samirah", "von Berg", None, None)


def test_what_was_only_written_when_the_case_was_opened_becomes_a_version(app, akte, people, berichtigen):
    berichtigen(people[1], geburtsdatum=date(2013, 6, 2))
    berichtigen(people[1], vorname="Elias")

    lines = akte_modul.fassungen(app, ICH, aktenzeichen=akte, abschnitt="stammdaten", person=people[1])
    assert [(f.inhalt["vorname"], f.inhalt["geburtsdatum"]) for f in lines] == [("Elias", "2013-06-02"), ("Elyas", "2013-06-02"), ("Elyas", "2014-06-02")]


def test_two_who_take_the_same_person_in_at_once_do_it_once(app, akte):
    """Both began before either had written: the lock on the case lets the second look again."""
    def take_in(_):
        try:
            return faelle.person_hinzufuegen(app, ICH, aktenzeichen=akte, person=faelle.NeuePerson(vorname="Noor", nachname="Qaderi"), nur_neue=True)
        except faelle.StehtSchonImFall:
            return None

    with ThreadPoolExecutor(2) as pool:
        keys = list(pool.map(take_in, range(2)))

    assert [key is None for key in sorted(keys, key=str)] == [False, True]
    assert len(faelle.lesen(app, ICH, aktenzeichen=akte).personen) == 3


def test_unfit_corrections_are_refused(app, akte, people, berichtigen):
    for angaben in ({}, {"vorname": "Samira"}, {"vorname": ""}, {"nachname": "x" * 201}, {"aufenthalt": "x"}, {"geburtsdatum": date(2199, 1, 1)}):
        with pytest.raises(InvalidInput):
            berichtigen(people[0], **angaben)
    with pytest.raises(InvalidInput):
        berichtigen(people[0], grund="weil", vorname="A")
    with pytest.raises(NotFound):
        berichtigen(1, vorname="A")


def test_consents_of_children_are_given_by_the_new_main_person(app, akte, people):
    farid = faelle.person_hinzufuegen(app, ICH, aktenzeichen=akte, person=faelle.NeuePerson(vorname="Farid", nachname="Q"))

    personen.hauptperson_waehlen(app, ICH, aktenzeichen=akte, person=farid, grund="wunsch")

    assert read(app, ICH, lambda uow: einwilligungen.geber(uow, akte)) == {people[0]: people[0], people[1]: farid, farid: farid}
    assert facts(app, akte)["alter"] is None
    with pytest.raises(Conflict):
        personen.hauptperson_waehlen(app, ICH, aktenzeichen=akte, person=farid, grund="wunsch")
