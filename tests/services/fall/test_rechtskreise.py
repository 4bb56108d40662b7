"""Rechtskreise of single members, and of the case as their union."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from services.context import system_actor
from services.errors import Conflict, InvalidInput, NotFound, NotPermitted
from services.fall import faelle, fakten, rechtskreise, zeitleiste
from services.fall.auftraege import AUFTRAEGE
from services.prozess.handlers import Auftrag
from services.unit_of_work import read, transact
from tests.builders import actor

MOERS = system_actor("moers")
ICH = actor("falkenrath")


def facts(app, akte):
    return read(app, ICH, lambda uow: dict(fakten.reader(app.clock)(uow.session, akte)))


def je_person(app, akte):
    return [p["rechtskreise"] for p in facts(app, akte)["personen"]]


@pytest.fixture
def setzen(app, akte):
    def do(grund="Bescheid", **more):
        rechtskreise.setzen(app, ICH, aktenzeichen=akte, grund=grund, **more)

    return do


@pytest.fixture
def wechseln(app, akte):
    """Runs the built-in job as a process does."""

    def do(personen, werte):
        variables = {"personen": [str(p) for p in personen], "rechtskreise": werte, "grund": "Erste Zahlung bestätigt"}
        return transact(app, MOERS, lambda uow: AUFTRAEGE["fall.rechtskreis_wechseln"](Auftrag(
            uow=uow, type="fall.rechtskreis_wechseln", instance_key=5, root_key=5, business_id=akte, element_id="e", variables=variables, headers={})))

    return do


def test_a_member_without_own_ones_has_those_of_the_case(app, akte, people):
    found = faelle.lesen(app, ICH, aktenzeichen=akte)

    assert je_person(app, akte) == [["asylblg"], ["asylblg"]]
    assert [(p.rechtskreise, p.eigene_rechtskreise) for p in found.personen] == [(("asylblg",), False)] * 2


def test_own_ones_of_one_member_leave_the_others_alone_and_the_case_is_the_union(app, akte, people, setzen):
    setzen(personen={people[0]: ["sgb2"]})

    found = faelle.lesen(app, ICH, aktenzeichen=akte)
    assert je_person(app, akte) == [["sgb2"], ["asylblg"]]
    assert (facts(app, akte)["rechtskreise"], facts(app, akte)["bezieht_sgb2"]) == (["asylblg", "sgb2"], True)
    assert (found.rechtskreise, found.rechtskreise_gemeinsam) == (("asylblg", "sgb2"), ("asylblg",))
    assert [p.eigene_rechtskreise for p in found.personen] == [True, False]


def test_what_holds_for_everybody_changes_only_those_without_own_ones(app, akte, people, setzen):
    setzen(personen={people[1]: ["sgb8"]})
    setzen(gemeinsam=["sgb12"])

    assert (je_person(app, akte), facts(app, akte)["rechtskreise"]) == ([["sgb12"], ["sgb8"]], ["sgb8", "sgb12"])


def test_own_ones_are_given_back_with_none_and_empty_means_no_benefits(app, akte, people, setzen):
    setzen(personen={people[0]: [], people[1]: ["sgb8"]})
    assert (je_person(app, akte), facts(app, akte)["rechtskreise"]) == ([[], ["sgb8"]], ["sgb8"])

    setzen(personen={people[0]: None, people[1]: None})
    assert (je_person(app, akte), facts(app, akte)["rechtskreise"]) == ([["asylblg"], ["asylblg"]], ["asylblg"])


def test_a_new_case_and_a_new_member_may_bring_own_ones(app, akte):
    new = faelle.NeuePerson(vorname="Noor", nachname="Qaderi", geburtsdatum=date(2020, 1, 1), rechtskreise=["sgb8"])
    faelle.person_hinzufuegen(app, ICH, aktenzeichen=akte, person=new)
    assert facts(app, akte)["rechtskreise"] == ["asylblg", "sgb8"]

    couple = [faelle.NeuePerson(vorname="A", nachname="B", hauptperson=True, rechtskreise=["sgb2"]), faelle.NeuePerson(vorname="C", nachname="B")]
    other = faelle.anlegen(app, ICH, personen=couple, rechtskreise=["asylblg"])
    assert (je_person(app, other), facts(app, other)["rechtskreise"]) == ([["sgb2"], ["asylblg"]], ["asylblg", "sgb2"])


@pytest.mark.parametrize("person", [{"rechtskreise": ["sgb9"]}, {"rechtskreise": ["sgb2", "x"]}])
def test_unknown_ones_of_a_new_member_are_refused_at_their_place(app, akte, person):
    with pytest.raises(InvalidInput) as error:
        faelle.person_hinzufuegen(app, ICH, aktenzeichen=akte, person=faelle.NeuePerson(vorname="N", nachname="Q", **person))
    assert error.value.errors == {"personen.1.rechtskreise": "Bitte wählen Sie aus der Liste."}


def test_refusals_are_sentences_and_leave_nothing(app, akte, people, setzen, sql):
    for more, field in (({"gemeinsam": ["x"]}, "rechtskreise"), ({"personen": {people[0]: ["x"]}}, f"personen.{people[0]}"),
                        ({"personen": {1: ["sgb2"]}}, "personen.1"), ({"gemeinsam": ["sgb2"], "grund": "  "}, "grund"),
                        ({"gemeinsam": ["sgb2"], "grund": "x" * 2001}, "grund")):
        with pytest.raises(InvalidInput) as error:
            setzen(**more)
        assert list(error.value.errors) == [field]
    assert je_person(app, akte) == [["asylblg"], ["asylblg"]]
    assert sql("select count(*) from etappe.audit where command = 'fall.rechtskreise'") == [(0,)]


def test_a_member_of_another_case_is_refused(app, akte, setzen, sql):
    other = faelle.anlegen(app, ICH, personen=[faelle.NeuePerson(vorname="A", nachname="B", hauptperson=True)])
    ((stranger,),) = sql("select key from etappe.person where aktenzeichen = %s", other)

    with pytest.raises(InvalidInput):
        setzen(personen={stranger: ["sgb2"]})
    assert je_person(app, other) == [[]]


def test_only_who_holds_the_case_changes_them(app, akte, people):
    for login, refusal in (("wieland", NotFound), ("dsb", (NotFound, NotPermitted)), ("domhoff", NotFound)):
        with pytest.raises(refusal):
            rechtskreise.setzen(app, actor(login), aktenzeichen=akte, personen={people[0]: ["sgb2"]}, grund="x")
    transact(app, MOERS, lambda uow: faelle.close(uow, akte, "ziel_erreicht"))
    with pytest.raises(Conflict):
        rechtskreise.setzen(app, ICH, aktenzeichen=akte, personen={people[0]: ["sgb2"]}, grund="x")


def test_time_line_and_audit_tell_the_change_without_names(app, akte, people, setzen, sql):
    setzen(personen={people[0]: ["sgb2"]}, grund="Bescheid vom 1. September")
    setzen(personen={people[0]: ["sgb2"]}, grund="noch einmal")
    setzen(gemeinsam=["sgb12"], grund="Altersgrenze")

    assert [e.text for e in zeitleiste.lesen(app, ICH, aktenzeichen=akte)][:3] == [
        "Rechtskreise geändert", "Rechtskreis einer Person geändert", "Fall angelegt"]
    assert sql("select reason, detail from etappe.audit where command = 'fall.rechtskreise' order by id") == [
        ("Bescheid vom 1. September", {"von": ["asylblg"], "an": ["asylblg", "sgb2"], "gemeinsam": [["asylblg"], ["asylblg"]],
                                       "personen": [[people[0], None, ["sgb2"]]]}),
        ("Altersgrenze", {"von": ["asylblg", "sgb2"], "an": ["sgb2", "sgb12"], "gemeinsam": [["asylblg"], ["sgb12"]], "personen": []})]


def test_own_ones_are_shown_only_to_whom_benefits_are_lent(app, akte, people, setzen, einwilligung, angebot):
    setzen(personen={people[0]: ["sgb2"]})
    einwilligung("awo", abschnitte=["stammdaten", "aufenthalt", "ziele"])
    angebot()

    found = faelle.lesen(app, actor("wieland"), aktenzeichen=akte)
    assert [(p.rechtskreise, p.eigene_rechtskreise) for p in found.personen] == [(None, False), (None, False)]


def test_change_of_a_process_moves_exactly_the_named_people(app, akte, people, wechseln):
    wechseln([people[0]], ["sgb2"])
    assert je_person(app, akte) == [["sgb2"], ["asylblg"]]
    assert zeitleiste.lesen(app, ICH, aktenzeichen=akte)[0].text == "Rechtskreis einer Person geändert"


def test_when_the_last_one_has_changed_it_holds_for_everybody_again(app, akte, people, wechseln, sql):
    wechseln([people[0]], ["sgb2"])
    wechseln([people[1]], ["sgb2"])

    assert (je_person(app, akte), facts(app, akte)["rechtskreise"]) == ([["sgb2"], ["sgb2"]], ["sgb2"])
    assert sql("select rechtskreise_gemeinsam from etappe.fall") == [(["sgb2"],)]
    assert sql("select distinct rechtskreise from etappe.person") == [(None,)]


@pytest.mark.parametrize(("personen", "werte"), [([], ["sgb2"]), (["x"], ["sgb2"]), (["1"], ["sgb2"]), (None, ["x"])])
def test_change_of_a_process_refuses_what_it_does_not_know(app, akte, people, wechseln, personen, werte):
    with pytest.raises(InvalidInput):
        wechseln(people if personen is None else personen, werte)
    assert je_person(app, akte) == [["asylblg"], ["asylblg"]]


def test_answer_for_the_whole_case_leaves_own_ones_alone(app, akte, people, setzen, schreiben):
    setzen(personen={people[0]: ["sgb2"]})

    schreiben({"leistungen": {"bezieht_sgb2": "ja"}})  # true already: one member does
    assert je_person(app, akte) == [["sgb2"], ["asylblg"]]
    schreiben({"leistungen": {"rechtskreise": ["sgb12"]}})
    assert je_person(app, akte) == [["sgb2"], ["sgb12"]]


def test_an_old_answer_that_a_form_shows_again_does_not_undo_a_later_change(app, akte, setzen, schreiben):
    schreiben({"leistungen": {"rechtskreise": ["asylblg"], "bezieht_sgb2": "nein"}})
    setzen(gemeinsam=["sgb2"])

    schreiben({"leistungen": {"rechtskreise": ["asylblg"], "bezieht_sgb2": "nein", "wechsel_notiz": "Der Bescheid liegt vor."}})
    assert facts(app, akte)["rechtskreise"] == ["sgb2"]


def test_the_case_is_the_union_after_whatever_happens(app, akte, people, setzen, wechseln, schreiben, sql):
    """A random walk over all ways that write Rechtskreise; the stored union never differs from the members'."""
    dice = random.Random(71)
    everyone = list(people)
    for _ in range(40):
        some = dice.sample(fakten.RECHTSKREISE, dice.randrange(len(fakten.RECHTSKREISE)))
        who = dice.sample(everyone, dice.randint(1, len(everyone)))
        way = dice.randrange(6)
        if way == 0:
            setzen(gemeinsam=some)
        elif way == 1:
            setzen(personen={key: dice.choice([None, some]) for key in who})
        elif way == 2:
            wechseln(who, some)
        elif way == 3:
            schreiben({"leistungen": {"rechtskreise": some}})
        elif way == 4:
            schreiben({"leistungen": {"bezieht_sgb2": dice.choice(["ja", "nein"])}})
        elif len(everyone) < 5:
            new = faelle.NeuePerson(vorname="N", nachname="Q", rechtskreise=dice.choice([None, some]))
            everyone.append(faelle.person_hinzufuegen(app, ICH, aktenzeichen=akte, person=new))
        found = facts(app, akte)
        assert set(found["rechtskreise"]) == {r for p in found["personen"] for r in p["rechtskreise"]}
        assert found["rechtskreise"] == [r for r in fakten.RECHTSKREISE if r in found["rechtskreise"]]
        assert (found["rechtskreise"],) == sql("select rechtskreise from etappe.fall")[0]


def test_a_new_member_in_the_same_transaction_is_seen_at_once(app, akte):
    def work(uow):
        faelle.add_person(uow, akte, faelle.NeuePerson(vorname="N", nachname="Q", rechtskreise=["sgb8"]))
        return list(fakten.reader(app.clock)(uow.session, akte)["rechtskreise"])

    assert transact(app, ICH, work) == ["asylblg", "sgb8"]


def test_union_holds_when_two_write_at_the_same_time(app, akte, people):
    written, go = threading.Event(), threading.Event()

    def slow(uow):
        rechtskreise.wechseln(uow, akte, [people[0]], ["sgb2"], "Erste Zahlung")
        written.set()
        assert go.wait(10)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(transact, app, MOERS, slow)
        assert written.wait(10)
        second = pool.submit(rechtskreise.setzen, app, ICH, aktenzeichen=akte, grund="Bescheid", personen={people[1]: ["sgb12"]})
        with pytest.raises(TimeoutError):  # it waits for the first
            second.result(0.3)
        go.set()
        first.result(10)
        second.result(10)

    found = faelle.lesen(app, ICH, aktenzeichen=akte)
    assert found.rechtskreise == ("sgb2", "sgb12")
    assert [p.rechtskreise for p in found.personen] == [("sgb2",), ("sgb12",)]
