from __future__ import annotations

import threading

import pytest

from services.errors import Conflict, InvalidInput, NotFound, NotPermitted
from services.fall import faelle, kontakte, partner, verantwortung, zeitleiste
from services.fall.faelle import NeuePerson
from services.unit_of_work import UnitOfWork, read, transact
from tests.builders import Published, actor


def give_case_to(app, organisation):
    akte = faelle.anlegen(app, actor("falkenrath"), personen=[NeuePerson(vorname="A", nachname="B", hauptperson=True)])
    transact(app, actor("falkenrath"), lambda uow: verantwortung.transfer(uow, akte, organisation=organisation, login=None, grund="Test"))
    return akte


def test_capacity_is_places_minus_open_cases(app):
    give_case_to(app, "awo")
    closed = give_case_to(app, "awo")
    transact(app, actor("osterkamp"), lambda uow: faelle.close(uow, closed, "beendet"))

    found = {p.key: (p.plaetze, p.belegt, p.frei) for p in partner.auflisten(app, actor("falkenrath"))}

    assert found["awo"] == (2, 1, 1)
    assert found["jobcenter"] == (None, 0, None)
    assert read(app, actor("falkenrath"), lambda uow: partner.capacity(uow, ["awo", "ib", "jobcenter", "kim_koeln"])) == {
        "awo": True, "ib": False, "jobcenter": True, "kim_koeln": False}


def test_open_offers_are_counted_apart(app, angebot):
    angebot()

    awo, = [p for p in partner.auflisten(app, actor("falkenrath")) if p.key == "awo"]
    assert (awo.belegt, awo.frei, awo.offene_angebote) == (0, 2, 1)


def test_rule_chooses_in_turn_and_skips_who_is_full(app):
    def choose():
        chosen = transact(app, actor("falkenrath"), lambda uow: partner.choose_in_turn(uow, "migrationsberatung", ["awo", "caritas", "ib"]))
        if chosen:
            give_case_to(app, chosen)
        return chosen

    assert [choose() for _ in range(4)] == ["awo", "caritas", "awo", None]  # two places, one place, none


def test_rules_take_turns_apart(app):
    def choose(rule):
        return transact(app, actor("falkenrath"), lambda uow: partner.choose_in_turn(uow, rule, ["awo", "caritas"]))

    assert [choose("a"), choose("b"), choose("a"), choose("b")] == ["awo", "awo", "caritas", "caritas"]
    assert choose("leer") == "awo"
    assert transact(app, actor("falkenrath"), lambda uow: partner.choose_in_turn(uow, "a", [])) is None


def test_two_choices_at_once_do_not_hit_the_same_organisation(app, wait_until_blocked):
    chosen = []

    def second():
        chosen.append(transact(app, actor("brueggen"), lambda uow: partner.choose_in_turn(uow, "r", ["awo", "caritas"])))

    other = threading.Thread(target=second)
    with UnitOfWork(app, actor("falkenrath")) as uow:
        chosen.append(partner.choose_in_turn(uow, "r", ["awo", "caritas"]))
        other.start()
        wait_until_blocked()
        uow.commit()
    other.join(20)

    assert chosen == ["awo", "caritas"]


def test_each_organisation_keeps_its_own_places(app):
    partner.kapazitaet_setzen(app, actor("wieland"), organisation="awo", plaetze=7)
    partner.kapazitaet_setzen(app, actor("verwaltung"), organisation="ib", plaetze=None)

    assert {p.key: p.plaetze for p in partner.auflisten(app, actor("wieland"))} == {
        "awo": 7, "caritas": 1, "ib": None, "jobcenter": None, "servicestelle_zuwanderung": None}
    with pytest.raises(NotPermitted):
        partner.kapazitaet_setzen(app, actor("falkenrath"), organisation="awo", plaetze=0)
    with pytest.raises(InvalidInput):
        partner.kapazitaet_setzen(app, actor("wieland"), organisation="awo", plaetze=-1)


def test_notes_belong_to_the_organisation_that_wrote_them(app, akte, angebot):
    kontakte.notieren(app, actor("falkenrath"), aktenzeichen=akte, art="telefon", notiz="Nila kann ab 30.11. kommen.")
    angebot()

    note, = kontakte.auflisten(app, actor("brueggen"), aktenzeichen=akte)
    assert (note.art_titel, note.notiz, note.erfasst_von) == ("Telefonat", "Nila kann ab 30.11. kommen.", "Ines Falkenrath")
    assert kontakte.auflisten(app, actor("wieland"), aktenzeichen=akte) == ()
    assert all("Nila" not in e.text for e in zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte))
    assert [e.art for e in zeitleiste.lesen(app, actor("wieland"), aktenzeichen=akte)] == ["uebergabe", "einwilligung"]


@pytest.mark.parametrize(("changes", "path"), [({"art": "traum"}, "art"), ({"notiz": " "}, "notiz"), ({"person": 1}, "person")])
def test_note_with_wrong_fields_is_refused(app, akte, changes, path):
    with pytest.raises(InvalidInput) as refusal:
        kontakte.notieren(app, actor("falkenrath"), aktenzeichen=akte, **{"art": "telefon", "notiz": "x", **changes})

    assert list(refusal.value.errors) == [path]


def test_broken_contact_and_its_return_are_told_to_the_processes(app, akte):
    kontakte.abbrechen(app, actor("falkenrath"), aktenzeichen=akte, grund="nicht_erreichbar")
    with pytest.raises(Conflict):
        kontakte.abbrechen(app, actor("falkenrath"), aktenzeichen=akte, grund="verzogen")
    kontakte.notieren(app, actor("falkenrath"), aktenzeichen=akte, art="stelle", notiz="Schule weiß nichts")
    kontakte.notieren(app, actor("falkenrath"), aktenzeichen=akte, art="telefon", notiz="niemand", erreicht=False)
    assert faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).kontakt_abgebrochen_am is not None

    kontakte.notieren(app, actor("falkenrath"), aktenzeichen=akte, art="telefon", notiz="erreicht")

    assert app.published == [Published("kontakt_abgebrochen", akte, {"grund": "nicht_erreichbar"}), Published("kontakt_wieder_aufgenommen", akte, {})]
    assert faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).kontakt_abgebrochen_am is None


def test_nobody_outside_writes_notes(app, akte):
    with pytest.raises(NotFound):
        kontakte.notieren(app, actor("wieland"), aktenzeichen=akte, art="telefon", notiz="x")
