from __future__ import annotations

import threading
from itertools import product

import pytest

from services.context import system_actor
from services.errors import Conflict, InvalidInput, NotFound, NotPermitted
from services.fall import akte as akte_modul
from services.fall import (
    einwilligungen,
    faelle,
    faelle_liste,
    fallsuche,
    freigaben,
    status,
    uebergaben,
    uebergaben_lesen,
    verantwortung,
    verweise,
    zeitleiste,
)
from services.unit_of_work import UnitOfWork, read, transact
from tests.builders import Published, actor


def draft(app, akte, empfaenger="awo", **more):
    return uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger=empfaenger, abschnitte=["stammdaten"], grund="Regel Z3", **more)


def test_offer_without_consent_is_refused_and_names_what_lacks(app, akte, people):
    key = draft(app, akte)

    with pytest.raises(uebergaben.EinwilligungFehlt) as refusal:
        uebergaben.anbieten(app, actor("falkenrath"), uebergabe=key)

    assert refusal.value.facts["fehlend"] == [(p, "stammdaten") for p in people]
    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=key).status == "entworfen"


def test_acceptance_moves_the_fallverantwortung_and_tells_the_process(app, akte, angebot):
    key = angebot(nachricht="Bitte um Beratung")
    assert uebergaben_lesen.eingang(app, actor("wieland"))[0].nachricht == "Bitte um Beratung"
    assert faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).inhaber.organisation == "servicestelle_zuwanderung"

    uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=True)

    assert faelle.lesen(app, actor("wieland"), aktenzeichen=akte).inhaber.login == "wieland"
    assert app.published == [Published("uebergabe_beantwortet", str(key), {"angenommen": True, "ablehnungsgrund": None})]
    with pytest.raises(NotFound):
        faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte)
    texts = [e.text for e in zeitleiste.lesen(app, actor("osterkamp"), aktenzeichen=akte, arten=("uebergabe", "fallverantwortung"))]
    assert texts == ["Fallverantwortung übernommen: AWO Flüchtlingsberatungsstelle", "Übergabe angenommen: AWO Flüchtlingsberatungsstelle",
                     "Übergabe angeboten an AWO Flüchtlingsberatungsstelle"]


def test_acceptance_of_a_waiting_process_moves_nothing_yet(app, akte, angebot, sql):
    key = angebot()
    sql("update etappe.uebergabe set instance_key = 77")

    uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=True)

    assert faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).inhaber.organisation == "servicestelle_zuwanderung"


def test_refusal_needs_a_reason_and_moves_nothing(app, akte, angebot):
    key = angebot(nachricht="Frau Q. wünscht Beratung")
    with pytest.raises(InvalidInput):
        uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=False, ablehnungsgrund="keine Lust")

    uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=False, ablehnungsgrund="kein_platz", hinweis="Ab Oktober")

    seen = uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=key)
    assert (seen.status, seen.ablehnungsgrund, seen.hinweis) == ("abgelehnt", "kein_platz", "Ab Oktober")
    assert app.published[-1].variables == {"angenommen": False, "ablehnungsgrund": "kein_platz"}
    assert uebergaben_lesen.lesen(app, actor("wieland"), uebergabe=key).nachricht is None


def test_consent_that_ended_after_the_offer_stops_the_acceptance(app, akte, angebot, sql):
    key = angebot()
    sql("update etappe.einwilligung set gueltig_bis = '2026-09-02'")
    app.clock.advance(days=1)

    with pytest.raises(uebergaben.EinwilligungFehlt):
        uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=True)

    assert app.published == []
    assert not uebergaben_lesen.lesen(app, actor("wieland"), uebergabe=key).darf_antworten


@pytest.mark.parametrize(("login", "refusal"), [("falkenrath", NotPermitted), ("lindqvist", NotFound), ("domhoff", NotFound), ("verwaltung", NotFound)])
def test_only_the_receiving_organisation_answers(app, akte, angebot, login, refusal):
    key = angebot()

    with pytest.raises(refusal):
        uebergaben.beantworten(app, actor(login), uebergabe=key, angenommen=True)


def test_draft_is_invisible_to_the_receiver(app, akte, einwilligung):
    einwilligung()
    key = draft(app, akte)

    assert uebergaben_lesen.eingang(app, actor("wieland"), status=("entworfen", "angeboten")) == ()
    with pytest.raises(NotFound):
        uebergaben_lesen.lesen(app, actor("wieland"), uebergabe=key)
    assert uebergaben_lesen.ausgang(app, actor("falkenrath"))[0].darf_anbieten


def test_reason_of_the_choice_stays_with_the_sender(app, akte, angebot):
    key = angebot()

    assert uebergaben_lesen.lesen(app, actor("wieland"), uebergabe=key).grund is None
    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=key).grund == "Regel Z3"


def test_draft_can_be_changed_and_an_offer_cannot(app, akte, einwilligung):
    einwilligung()
    key = draft(app, akte)
    uebergaben.entwurf_aendern(app, actor("falkenrath"), uebergabe=key, abschnitte=["ziele", "stammdaten"], grund="Regel Z3", nachricht="neu")
    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=key).abschnitte == ("stammdaten", "ziele")

    uebergaben.anbieten(app, actor("falkenrath"), uebergabe=key)

    with pytest.raises(Conflict):
        uebergaben.entwurf_aendern(app, actor("falkenrath"), uebergabe=key, abschnitte=["ziele"], grund="")


def test_second_open_handover_of_a_case_is_refused(app, akte, angebot, einwilligung):
    angebot()
    einwilligung("caritas")

    with pytest.raises(Conflict):
        uebergaben.anbieten(app, actor("falkenrath"), uebergabe=draft(app, akte, "caritas"))


@pytest.mark.parametrize("empfaenger", ["servicestelle_zuwanderung", "niemand", "kim_koeln"])
def test_handover_goes_to_another_organisation_of_the_mandant(app, akte, empfaenger):
    with pytest.raises(InvalidInput):
        draft(app, akte, empfaenger)


def test_internal_discussion_is_never_handed_over(app, akte):
    with pytest.raises(InvalidInput):
        uebergaben.entwerfen(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="awo", abschnitte=["fallbesprechung"], grund="x")


def test_snapshot_of_both_sides_outlives_renaming(app, akte, angebot, sql):
    key = angebot()
    sql("update etappe.organisation set name = 'Neu' where key in ('awo', 'servicestelle_zuwanderung')")

    seen = uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=key)
    assert (seen.empfaenger_name, seen.absender_name, seen.absender_person_name) == (
        "AWO Flüchtlingsberatungsstelle", "Servicestelle Zuwanderung", "Ines Falkenrath")


def test_closing_the_case_withdraws_what_is_open(app, akte, angebot):
    key = angebot()

    faelle.schliessen(app, actor("falkenrath"), aktenzeichen=akte, grund="Ziel erreicht")

    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=key).status == "widerrufen"
    with pytest.raises(Conflict):
        uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=True)


def test_follow_up_is_asked_by_the_sender_after_the_move(app, akte, angebot):
    key = angebot()
    with pytest.raises(uebergaben.NichtAngenommen):
        uebergaben.nachfrage_eintragen(app, actor("falkenrath"), uebergabe=key, ergebnis="gelungen")
    uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=True)

    uebergaben.nachfrage_eintragen(app, actor("falkenrath"), uebergabe=key, ergebnis="gelungen")

    assert uebergaben_lesen.lesen(app, actor("osterkamp"), uebergabe=key).nachfrage_ergebnis == "gelungen"


@pytest.mark.parametrize("table", [status.UEBERGABE, status.VERWEIS, status.FALL])
def test_every_move_outside_the_table_names_both_states(table):
    for old, new in product(table, table):
        if new in table[old]:
            assert status.move(table, old, new) == new
        else:
            with pytest.raises(Conflict) as refusal:
                status.move(table, old, new)
            assert refusal.value.facts == {"war": old, "soll": new}
            assert old in refusal.value.detail
            assert new in refusal.value.detail


def test_of_two_acceptances_one_wins_and_the_other_is_told(app, akte, angebot, wait_until_blocked):
    key = angebot()
    results = []

    def second():
        try:
            uebergaben.beantworten(app, actor("wieland", login="zweite", name="Zweite Person"), uebergabe=key, angenommen=True)
        except Conflict as refusal:
            results.append(refusal.facts)

    other = threading.Thread(target=second)
    with UnitOfWork(app, actor("wieland")) as uow:
        row = uebergaben.load(uow, key)  # locks the case
        other.start()
        wait_until_blocked()
        uebergaben._set(uow, row, "angenommen", beantwortet_am=uow.now, beantwortet_von="wieland")
        uebergaben.take_over(uow, uebergaben.load(uow, key, locked=False))
        uow.commit()
    other.join(20)

    assert results == [{"war": "angenommen", "soll": "angenommen"}]
    assert [h.login for h in verantwortung.verlauf(app, actor("osterkamp"), aktenzeichen=akte)] == ["falkenrath", "wieland"]
    assert app.published == []


def test_acceptance_and_revocation_at_once_never_leave_an_accepted_handover_without_consent(app, akte, angebot):
    key = angebot()
    consent = einwilligungen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)[0]
    start = threading.Barrier(2)

    def accept():
        start.wait(10)
        try:
            uebergaben.beantworten(app, actor("wieland"), uebergabe=key, angenommen=True)
        except Conflict:
            pass

    other = threading.Thread(target=accept)
    other.start()
    start.wait(10)
    try:
        einwilligungen.widerrufen(app, actor("falkenrath"), einwilligung=consent.key, grund="")
        revoked = True
    except NotFound:  # the case had moved to the AWO before: now the AWO writes the revocation down
        revoked = False
    other.join(20)

    state = uebergaben_lesen.lesen(app, actor("osterkamp"), uebergabe=key)
    assert (state.status, state.uebernommen_am is None) == (("widerrufen", True) if revoked else ("angenommen", False)) or (
        revoked and state.uebernommen_am is not None)


def test_verweis_needs_consent_and_never_moves_responsibility(app, akte, einwilligung):
    with pytest.raises(uebergaben.EinwilligungFehlt):
        verweise.anbieten(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="caritas", anliegen="Kurs", abschnitte=["sprache"])
    einwilligung("caritas", zweck="verweis", abschnitte=["sprache"])

    key = verweise.anbieten(app, actor("falkenrath"), aktenzeichen=akte, empfaenger="caritas", anliegen="Kurs", abschnitte=["sprache"])
    with pytest.raises(NotPermitted):
        verweise.beantworten(app, actor("falkenrath"), verweis=key, angenommen=True)
    with pytest.raises(NotFound):
        verweise.beantworten(app, actor("wieland"), verweis=key, angenommen=True)
    verweise.zurueckziehen(app, actor("falkenrath"), verweis=key)

    with pytest.raises(Conflict):
        verweise.beantworten(app, actor("lindqvist"), verweis=key, angenommen=True)
    assert len(verantwortung.verlauf(app, actor("falkenrath"), aktenzeichen=akte)) == 1
    assert verweise.auflisten(app, actor("lindqvist"))[0].anliegen is None


def test_former_holder_sees_nothing_of_what_was_lent_although_the_consent_still_holds(app, akte, angebot, schreiben):
    schreiben({"ziele": {"ziel": "Sprachkurs"}})
    uebergaben.beantworten(app, actor("wieland"), uebergabe=(key := angebot(nachricht="Bitte um Beratung")), angenommen=True)
    own = akte_modul.lesen(app, actor("wieland"), aktenzeichen=akte)
    move = lambda organisation, login: transact(  # noqa: E731  one call, named where it is used
        app, system_actor("moers"), lambda uow: verantwortung.transfer(uow, akte, organisation=organisation, login=login, grund="x"))

    move("caritas", "lindqvist")

    assert any(a.abschnitt == "ziele" for a in own)
    with pytest.raises(NotFound):
        akte_modul.lesen(app, actor("wieland"), aktenzeichen=akte)
    assert faelle_liste.auflisten(app, actor("wieland")).gesamt == 0
    assert fallsuche.suchen(app, actor("wieland"), suche="qaderi").zeilen == ()
    assert read(app, actor("wieland"), lambda uow: freigaben.lent(uow.session, uow.actor, akte, app.clock.today())) == ()
    assert uebergaben_lesen.lesen(app, actor("wieland"), uebergabe=key).nachricht is None
    move("awo", "wieland")
    assert akte_modul.lesen(app, actor("wieland"), aktenzeichen=akte) == own
