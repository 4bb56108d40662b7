"""Somebody leaves a case that goes on: who counts, what ends, what stays, and that it can be taken back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.context import system_actor
from services.errors import Conflict, InvalidInput, NotFound, NotPermitted
from services.fall import akte as akte_modul
from services.fall import (
    ausscheiden,
    einwilligungen,
    faelle,
    faelle_liste,
    fakten,
    fallsuche,
    personen,
    rechtskreise,
    uebergaben,
    uebergaben_lesen,
    verweise,
    zeitleiste,
)
from services.fall.auftraege import AUFTRAEGE
from services.prozess.handlers import Auftrag
from services.unit_of_work import read, transact
from tests.builders import actor

ICH = actor("falkenrath")
MOERS = system_actor("moers")


def facts(app, akte):
    return read(app, ICH, lambda uow: dict(fakten.reader(app.clock)(uow.session, akte)))


def lesen(app, akte, login="falkenrath"):
    return faelle.lesen(app, actor(login), aktenzeichen=akte)


@pytest.fixture
def geht(app, akte):
    def leave(person, grund="ausgezogen", am=None):
        ausscheiden.ausscheiden(app, ICH, aktenzeichen=akte, person=person, am=am or app.clock.today(), grund=grund)

    return leave


@pytest.fixture
def mitteilungen(app, monkeypatch):
    """What the processes of the case are told."""
    told = []
    monkeypatch.setattr(app, "publish", lambda _uow, name, key, values: told.append((name, key, values)))
    return told


def test_who_has_left_counts_nowhere_and_is_still_found(app, akte, people, geht, schreiben):
    schreiben({"sprache": {"erstsprache": "Dari"}}, person=people[1])
    rechtskreise.setzen(app, ICH, aktenzeichen=akte, personen={people[1]: ["sgb8"]}, grund="Bescheid")
    geht(people[1])

    now, found = facts(app, akte), lesen(app, akte)
    assert (now["anzahl_personen"], [p["id"] for p in now["personen"]], now["rechtskreise"]) == (1, [str(people[0])], ["asylblg"])
    assert ([p.key for p in found.personen], found.bezeichnung, found.rechtskreise) == ([people[0]], "Samira Qaderi", ("asylblg",))
    assert [(p.vorname, p.ausgeschieden_am, p.ausgeschieden_grund) for p in found.ehemalige] == [("Elyas", app.clock.today(), "ist ausgezogen")]
    assert faelle_liste.auflisten(app, ICH).zeilen[0].bezeichnung == "Samira Qaderi"
    assert [z.aktenzeichen for z in fallsuche.suchen(app, ICH, suche="elyas").zeilen] == [akte]
    assert people[1] in {a.person for a in akte_modul.lesen(app, ICH, aktenzeichen=akte)}


def test_consents_of_who_left_end_on_that_day_and_those_of_the_others_go_on(app, akte, people, einwilligung, geht, sql, mitteilungen):
    einwilligung()
    day = app.clock.today()
    app.clock.advance(days=5)

    geht(people[1], am=day + timedelta(days=2))

    consents = einwilligungen.auflisten(app, ICH, aktenzeichen=akte)
    assert {(e.person, e.gueltig, e.widerrufen_am and e.widerrufen_am.date()) for e in consents} == {
        (people[0], True, None), (people[1], False, day + timedelta(days=2))}
    assert {e.widerruf_grund for e in consents} == {None, "Person aus dem Fall ausgeschieden"}
    assert einwilligungen.pruefen(app, ICH, aktenzeichen=akte, empfaenger="awo", zweck="uebergabe", abschnitte=["stammdaten", "ziele"]) == ()
    assert mitteilungen == []  # the others still consent: nothing with the AWO ends


def test_an_offer_goes_on_without_her_and_shows_nothing_of_her(app, akte, people, angebot, geht, mitteilungen):
    key = angebot()
    assert {p.vorname for p in lesen(app, akte, "wieland").personen} == {"Samira", "Elyas"}
    geht(people[1])

    info = uebergaben_lesen.lesen(app, actor("wieland"), uebergabe=key)
    seen = lesen(app, akte, "wieland")
    assert (info.status, info.personen, info.fehlende_einwilligungen) == ("angeboten", (people[0],), 0)
    assert ([p.vorname for p in seen.personen], seen.ehemalige) == (["Samira"], ())
    assert mitteilungen == []


def test_what_was_offered_for_her_alone_is_withdrawn_and_the_process_is_told(app, akte, people, geht, einwilligung, sql, mitteilungen):
    einwilligung()
    offer = uebergaben.entwerfen(app, ICH, aktenzeichen=akte, empfaenger="awo", abschnitte=["stammdaten"], grund="x", personen=[people[1]])
    uebergaben.anbieten(app, ICH, uebergabe=offer)
    draft = uebergaben.entwerfen(app, ICH, aktenzeichen=akte, empfaenger="awo", abschnitte=["stammdaten"], grund="x", personen=[people[1]])

    geht(people[1])

    assert sql("select status from etappe.uebergabe where key in (%s, %s)", offer, draft) == [("widerrufen",)] * 2
    assert mitteilungen == [("einwilligung_widerrufen", akte, {"empfaenger": "awo", "entfallen": [str(offer)]})]
    assert next(e.text for e in zeitleiste.lesen(app, ICH, aktenzeichen=akte, arten=("einwilligung",))).startswith("Einwilligung einer Person beendet: AWO")
    with pytest.raises(NotFound):
        lesen(app, akte, "wieland")


def test_the_last_consent_for_a_recipient_tells_the_process(app, akte, people, geht, einwilligung, mitteilungen):
    einwilligungen.erteilen(app, ICH, aktenzeichen=akte, person=people[0], auch_fuer=(), empfaenger="awo", zweck="verweis", abschnitte=["stammdaten"],
                            sprache="Dari", form="schriftlich", textfassung="3", gueltig_bis=app.clock.today())
    einwilligungen.erteilen(app, ICH, aktenzeichen=akte, person=people[1], empfaenger="awo", zweck="verweis", abschnitte=["stammdaten"],
                            sprache="Dari", form="schriftlich", textfassung="3")
    verweis = verweise.anbieten(app, ICH, aktenzeichen=akte, empfaenger="awo", anliegen="Beratung", abschnitte=["stammdaten"], personen=[people[1]])
    app.clock.advance(days=1)

    geht(people[1])

    assert [v.status for v in verweise.auflisten(app, ICH, aktenzeichen=akte) if v.key == verweis] == ["widerrufen"]
    assert mitteilungen == [("einwilligung_widerrufen", akte, {"empfaenger": "awo", "entfallen": [str(verweis)]})]


@pytest.mark.parametrize(("grund", "gilt"), [("getrennt", True), ("irrtum", False)])
def test_what_a_parent_declared_for_a_child_stays_unless_she_was_taken_in_by_mistake(app, akte, people, geht, grund, gilt):
    farid = faelle.person_hinzufuegen(app, ICH, aktenzeichen=akte, person=faelle.NeuePerson(vorname="Farid", nachname="Q"))
    einwilligungen.erteilen(app, ICH, aktenzeichen=akte, person=farid, auch_fuer=[people[1]], empfaenger="awo", zweck="uebergabe",
                            abschnitte=["stammdaten"], sprache="Dari", form="schriftlich", textfassung="3")

    geht(farid, grund)

    assert {e.person: e.gueltig for e in einwilligungen.auflisten(app, ICH, aktenzeichen=akte)} == {farid: False, people[1]: gilt}


def test_the_main_person_stays_until_another_is_chosen_and_the_last_one_stays(app, akte, people, geht):
    farid = faelle.person_hinzufuegen(app, ICH, aktenzeichen=akte, person=faelle.NeuePerson(vorname="Farid", nachname="Q"))
    with pytest.raises(ausscheiden.IstHauptperson):
        geht(people[0])
    personen.hauptperson_waehlen(app, ICH, aktenzeichen=akte, person=farid, grund="ausscheiden")
    geht(people[0])
    geht(people[1])
    with pytest.raises(ausscheiden.LetztePerson):
        geht(farid)

    assert [p.key for p in lesen(app, akte).personen] == [farid]


def test_unfit_days_and_reasons_others_and_repetitions_are_refused(app, akte, people, geht):
    for more in ({"grund": "weil"}, {"am": app.clock.today() + timedelta(days=1)}, {"am": date(2001, 1, 1)}):
        with pytest.raises(InvalidInput):
            geht(people[1], **more)
    with pytest.raises(NotFound):
        geht(1)
    with pytest.raises((NotFound, NotPermitted)):
        ausscheiden.ausscheiden(app, actor("wieland"), aktenzeichen=akte, person=people[1], am=app.clock.today(), grund="ausgezogen")
    with pytest.raises(Conflict):
        ausscheiden.zuruecknehmen(app, ICH, aktenzeichen=akte, person=people[1], grund="irrtum")
    geht(people[1])
    with pytest.raises(Conflict):
        geht(people[1])
    for call in (lambda: einwilligungen.erteilen(app, ICH, aktenzeichen=akte, person=people[1], empfaenger="awo", zweck="uebergabe", abschnitte=["stammdaten"],
                                                 sprache="Dari", form="schriftlich", textfassung="3"),
                 lambda: rechtskreise.setzen(app, ICH, aktenzeichen=akte, personen={people[1]: ["sgb2"]}, grund="x"),
                 lambda: personen.hauptperson_waehlen(app, ICH, aktenzeichen=akte, person=people[1], grund="wunsch")):
        with pytest.raises(InvalidInput):
            call()
    with pytest.raises(NotFound):
        personen.berichtigen(app, ICH, aktenzeichen=akte, person=people[1], angaben={"vorname": "X"}, grund="schreibfehler")


def test_it_can_be_taken_back_while_the_case_is_open_but_consents_are_given_anew(app, akte, people, einwilligung, geht):
    einwilligung()
    rechtskreise.setzen(app, ICH, aktenzeichen=akte, personen={people[1]: ["sgb8"]}, grund="Bescheid")
    geht(people[1])
    with pytest.raises(InvalidInput):
        ausscheiden.zuruecknehmen(app, ICH, aktenzeichen=akte, person=people[1], grund="weil")

    ausscheiden.zuruecknehmen(app, ICH, aktenzeichen=akte, person=people[1], grund="irrtum")

    found = lesen(app, akte)
    assert (len(found.personen), found.ehemalige, found.rechtskreise) == (2, (), ("asylblg", "sgb8"))
    assert {e.person for e in einwilligungen.auflisten(app, ICH, aktenzeichen=akte) if e.gueltig} == {people[0]}
    geht(people[1])
    transact(app, MOERS, lambda uow: faelle.close(uow, akte, "ziel_erreicht"))
    for call in (lambda: ausscheiden.zuruecknehmen(app, ICH, aktenzeichen=akte, person=people[1], grund="irrtum"), lambda: geht(people[0])):
        with pytest.raises(Conflict, match="abgeschlossen"):
            call()


def test_steps_that_began_before_still_end(app, akte, people, geht, schreiben):
    geht(people[1])

    def job(name, **variables):
        return transact(app, MOERS, lambda uow: AUFTRAEGE[name](Auftrag(
            uow=uow, type=name, instance_key=5, root_key=5, business_id=akte, element_id="e", headers={}, variables=variables)))

    schreiben({"sprache": {"erstsprache": "Dari"}}, person=people[1])
    job("fall.rechtskreis_wechseln", personen=[str(p) for p in people], rechtskreise=["sgb2"], grund="Erste Zahlung bestätigt")
    told = job("einwilligung.pruefen", empfaenger="awo", zweck="uebergabe", abschnitte=["sprache"], person_id=str(people[1]))

    assert told == {"einwilligung_liegt_vor": False}
    assert lesen(app, akte).rechtskreise == ("sgb2",)
    assert [p.rechtskreise for p in lesen(app, akte).ehemalige] == [("sgb2",)]  # as the case: she has no own ones


def test_neither_time_line_nor_audit_names_her(app, akte, people, geht, sql):
    geht(people[1], "verstorben")

    words = str(sql("select text from etappe.zeitleiste") + sql("select detail::text from etappe.audit") + sql("select zweck from etappe.zugriff"))
    assert "Person aus dem Fall ausgeschieden" in words
    assert [w for w in ("Elyas", "Qaderi", "verstorben") if w in words] == []
