from __future__ import annotations

import pytest

from engine.errors import BpmnError
from services import mail_vorlage
from services.bootstrap import BUILT_IN
from services.context import system_actor
from services.errors import Conflict, InvalidInput, NotFound
from services.fall import einwilligungen, faelle, uebergaben, uebergaben_lesen, verweise, zeitleiste
from services.fall.auftraege import ANLAESSE, AUFTRAEGE
from services.prozess.handlers import Auftrag
from services.unit_of_work import transact
from tests.builders import actor

MOERS = system_actor("moers")


@pytest.fixture
def run(app, akte):
    """Runs a built-in job as the system does, in one commit."""

    def do(kind, variables=None, business_id=akte):
        return transact(app, MOERS, lambda uow: AUFTRAEGE[kind](Auftrag(
            uow=uow, type=kind, instance_key=5, root_key=5, business_id=business_id, element_id="element", variables=variables or {}, headers={})))

    return do


def offer(run, **changes):
    return run("uebergabe.anbieten", {"empfaenger": "awo", "zweck": "uebergabe", "abschnitte": ["stammdaten"], "grund": "Regel Z3", **changes})


def test_every_job_type_of_the_contract_has_a_handler():
    from pathlib import Path

    contract = Path(__file__).parents[3] / "docs/architektur.md"
    types = {t.strip("` ") for line in contract.read_text().splitlines() if line.startswith("| `") for t in line.split("|")[1].split(",")}

    assert set(BUILT_IN) == {t for t in types if "." in t}


def test_phase_is_set_and_told(app, akte, run):
    assert run("fall.phase_setzen", {"phase": "assessment"}) == {}

    assert faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).phase_titel == "Bedarfs- und Situationsanalyse"
    assert zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte)[0].text == "Phase Bedarfs- und Situationsanalyse begonnen"


def test_responsibility_moves_to_organisation_and_person(app, akte, run):
    assert run("fall.verantwortung_uebertragen", {"organisation": "jobcenter", "person": None, "grund": "Regel Z5"}) == {"verantwortlich": None}
    assert run("fall.verantwortung_uebertragen", {"organisation": "awo", "person": "wieland", "grund": "Regel Z3"}) == {"verantwortlich": "wieland"}

    with pytest.raises(InvalidInput):
        run("fall.verantwortung_uebertragen", {"organisation": "awo", "person": "falkenrath", "grund": "x"})


def test_case_is_closed_once_and_its_processes_hear_of_it(app, akte, run):
    run("fall.schliessen", {"grund": "ziele_erreicht"})

    assert [(m.name, m.key, m.variables) for m in app.published] == [("fall_geschlossen", akte, {"grund": "ziele_erreicht"})]

    with pytest.raises(Conflict):
        run("fall.schliessen", {"grund": "ziele_erreicht"})


def test_note_of_an_unknown_kind_is_a_note(app, akte, run):
    run("fall.notiz", {"text": "Angebotslücke im Bereich Sprache", "art": "strukturhinweis"})
    run("fall.notiz", {"text": "Hinweis", "art": "irgendwas"})

    assert [e.art for e in zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte)[:2]] == ["notiz", "strukturhinweis"]


def test_partner_jobs_answer_with_keys(run):
    assert run("partner.kapazitaet_pruefen", {"organisationen": ["awo", "ib"]}) == {"kapazitaet": {"awo": True, "ib": False}}
    assert run("partner.abwechselnd_waehlen", {"regel": "r", "organisationen": ["ib", "awo"]}) == {"organisation": "awo"}
    assert run("partner.abwechselnd_waehlen", {"regel": "r", "organisationen": ["ib"]}) == {"organisation": None}


def test_consent_is_checked(run, einwilligung):
    ask = {"empfaenger": "awo", "zweck": "uebergabe", "abschnitte": ["stammdaten"]}
    assert run("einwilligung.pruefen", ask) == {"einwilligung_liegt_vor": False}
    einwilligung()

    assert run("einwilligung.pruefen", ask) == {"einwilligung_liegt_vor": True}


def test_consent_of_one_member_is_enough_where_the_step_is_about_her_alone(app, akte, run):
    grown_up = faelle.person_hinzufuegen(app, actor("falkenrath"), aktenzeichen=akte, person=faelle.NeuePerson(vorname="Omid", nachname="Qaderi"))
    main = next(p.key for p in faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).personen if p.hauptperson)
    ask = {"empfaenger": "jobcenter", "zweck": "zusammenarbeit", "abschnitte": ["sprache"]}
    given = {**ask, "besondere_abschnitte": [], "sprache": "ar", "form": "schriftlich", "textfassung": "1.0"}

    run("einwilligung.erteilen", {**given, "person_id": str(grown_up)})

    assert run("einwilligung.pruefen", {**ask, "person_id": str(grown_up)}) == {"einwilligung_liegt_vor": True}
    assert run("einwilligung.pruefen", {**ask, "person_id": str(main)}) == {"einwilligung_liegt_vor": False}
    assert run("einwilligung.pruefen", ask) == {"einwilligung_liegt_vor": False}, "without a person it is about everybody"
    assert run("einwilligung.pruefen", {**ask, "person_id": None}) == {"einwilligung_liegt_vor": False}
    for stranger in ("999", "x"):
        with pytest.raises(InvalidInput, match="keine Person des Falls"):
            run("einwilligung.pruefen", {**ask, "person_id": stranger})


def test_offer_without_consent_is_a_bpmn_error_and_leaves_nothing(run, sql):
    with pytest.raises(BpmnError) as error:
        offer(run)

    assert error.value.code == "einwilligung_fehlt"
    assert sql("select count(*) from etappe.uebergabe") == [(0,)]


def test_handover_by_a_process_moves_only_in_its_last_step(app, akte, run, einwilligung):
    einwilligung()
    key = offer(run, antwort_bis="2026-09-14")["uebergabe_id"]
    with pytest.raises(BpmnError) as early:
        run("uebergabe.uebernehmen", {"uebergabe_id": key})

    uebergaben.beantworten(app, actor("wieland"), uebergabe=int(key), angenommen=True)
    before = faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).inhaber.organisation
    run("uebergabe.uebernehmen", {"uebergabe_id": key})
    run("uebergabe.uebernehmen", {"uebergabe_id": key})

    assert (early.value.code, before) == ("nicht_angenommen", "servicestelle_zuwanderung")
    assert faelle.lesen(app, actor("wieland"), aktenzeichen=akte).inhaber.login == "wieland"
    info = uebergaben_lesen.lesen(app, actor("osterkamp"), uebergabe=int(key))
    assert (info.instance_key, info.frist.isoformat()) == (5, "2026-09-14T21:59:59+00:00")


def test_consent_that_ended_before_the_move_is_a_bpmn_error(app, akte, run, einwilligung, sql):
    einwilligung()
    key = offer(run)["uebergabe_id"]
    uebergaben.beantworten(app, actor("wieland"), uebergabe=int(key), angenommen=True)
    sql("update etappe.einwilligung set gueltig_bis = '2026-09-02'")
    app.clock.advance(days=1)

    with pytest.raises(BpmnError) as error:
        run("uebergabe.uebernehmen", {"uebergabe_id": key})

    assert error.value.code == "einwilligung_fehlt"


def test_unanswered_offer_expires_once(app, run, einwilligung):
    einwilligung()
    key = offer(run)["uebergabe_id"]

    run("uebergabe.verfallen_lassen", {"uebergabe_id": key})
    run("uebergabe.verfallen_lassen", {"uebergabe_id": key})

    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=int(key)).status == "verfallen"


def test_acceptance_in_the_last_moment_is_not_dropped_by_the_timer(app, run, einwilligung):
    einwilligung()
    key = offer(run)["uebergabe_id"]
    uebergaben.beantworten(app, actor("wieland"), uebergabe=int(key), angenommen=True)

    with pytest.raises(BpmnError) as error:
        run("uebergabe.verfallen_lassen", {"uebergabe_id": key})

    assert error.value.code == "schon_angenommen"


def test_withdrawal_after_a_revocation_changes_nothing_more(app, akte, run, einwilligung):
    consent = einwilligung()[0]
    key = offer(run)["uebergabe_id"]
    einwilligungen.widerrufen(app, actor("falkenrath"), einwilligung=consent, grund="")

    run("uebergabe.widerrufen", {"uebergabe_id": key})

    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=int(key)).status == "widerrufen"


@pytest.mark.parametrize("answered", [False, True], ids=["offered", "accepted"])
def test_early_end_withdraws_what_is_open_and_tells_the_receiver(app, akte, run, einwilligung, answered):
    einwilligung()
    key = offer(run)["uebergabe_id"]
    if answered:
        uebergaben.beantworten(app, actor("wieland"), uebergabe=int(key), angenommen=True)
    app.mails.clear()

    assert run("uebergabe.alle_widerrufen") == {}
    run("uebergabe.alle_widerrufen")

    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=int(key)).status == "widerrufen"
    assert [(m["an"], m["daten"]) for m in app.mails] == [("awo", {"aktenzeichen": akte, "anlass": ANLAESSE["uebergabe_zurueckgezogen"]})]
    with pytest.raises(Conflict):
        uebergaben.beantworten(app, actor("wieland"), uebergabe=int(key), angenommen=True)
    with pytest.raises(BpmnError):
        run("uebergabe.uebernehmen", {"uebergabe_id": key})


def test_early_end_leaves_what_is_over_and_what_nobody_knows_of(app, run, einwilligung):
    einwilligung()
    over = offer(run)["uebergabe_id"]
    run("uebergabe.verfallen_lassen", {"uebergabe_id": over})
    app.mails.clear()

    run("uebergabe.alle_widerrufen")

    assert uebergaben_lesen.lesen(app, actor("falkenrath"), uebergabe=int(over)).status == "verfallen"
    assert list(app.mails) == []


def test_partners_are_informed_by_mail_without_personal_data(app, akte, run):
    run("partner.informieren", {"anlass": "kontaktabbruch", "empfaenger": ["awo", "caritas"]})

    assert [(m["an"], m["vorlage"], m["daten"]) for m in app.mails] == [
        (o, "hinweis", {"aktenzeichen": akte, "anlass": ANLAESSE["kontaktabbruch"]}) for o in ("awo", "caritas")]
    assert len({m["key"] for m in app.mails}) == 2
    for mail in app.mails:
        mail_vorlage.check(mail["vorlage"], mail["daten"])


def test_mail_carries_the_aktenzeichen(app, akte, run):
    run("mail.senden", {"an": "servicestelle", "vorlage": "leistung_nachfassen", "daten": {}})

    assert (app.mails[0]["an"], app.mails[0]["daten"]) == ("servicestelle", {"aktenzeichen": akte})


def test_message_to_the_person_stands_in_the_time_line(app, akte, run):
    run("person.mitteilen", {"anlass": "einwilligung_laeuft_ab"})

    assert zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte)[0].text == "Mitteilung an die Person: Eine Einwilligung läuft ab"


@pytest.mark.parametrize(("kind", "variables"), [
    ("fall.phase_setzen", {}), ("fall.phase_setzen", {"phase": "../x"}), ("fall.notiz", {"text": 3}), ("partner.kapazitaet_pruefen", {}),
    ("partner.informieren", {"anlass": "x", "empfaenger": "awo"}), ("uebergabe.uebernehmen", {}), ("uebergabe.uebernehmen", {"uebergabe_id": "x"}),
    ("mail.senden", {"an": "x", "vorlage": "hinweis", "daten": []})])
def test_job_with_wrong_variables_says_what_it_expects(run, kind, variables):
    with pytest.raises(InvalidInput):
        run(kind, variables)


def test_job_outside_a_case_is_refused(run):
    with pytest.raises(InvalidInput):
        run("fall.phase_setzen", {"phase": "assessment"}, business_id=None)


def test_consent_of_a_task_is_written_for_everybody_and_every_recipient(app, akte, run):
    run("einwilligung.erteilen", {"empfaenger": ["awo", "ib"], "zweck": ["uebergabe", "zusammenarbeit"], "abschnitte": ["stammdaten"],
        "besondere_abschnitte": ["gesundheit"], "sprache": "ar", "form": "schriftlich", "textfassung": "1.0", "gueltig_bis": "2026-12-31"})

    listed = einwilligungen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)
    people = {p.key for p in faelle.lesen(app, actor("falkenrath"), aktenzeichen=akte).personen}
    assert {(e.person, e.empfaenger, e.zweck) for e in listed} == {
        (p, o, z) for p in people for o in ("awo", "ib") for z in ("uebergabe", "zusammenarbeit")}
    assert {(e.abschnitte, e.besondere_abschnitte, e.sprache, e.form, e.gueltig_bis.isoformat()) for e in listed} == {
        (("stammdaten",), ("gesundheit",), "Arabisch", "schriftlich", "2026-12-31")}
    assert run("einwilligung.pruefen", {"empfaenger": "awo", "zweck": "uebergabe", "abschnitte": ["stammdaten", "gesundheit"]})["einwilligung_liegt_vor"]


@pytest.mark.parametrize(("born", "givers"), [("2014-06-02", 1), ("1998-06-02", 2), (None, 2)])
def test_main_person_consents_for_minors_and_adults_for_themselves(app, akte, run, sql, born, givers):
    sql("update etappe.person set geburtsdatum = %s where not hauptperson", born)

    run("einwilligung.erteilen", {"empfaenger": "awo", "zweck": "uebergabe", "abschnitte": ["stammdaten"], "besondere_abschnitte": [],
        "sprache": "de", "form": "muendlich", "textfassung": "1.0"})

    listed = einwilligungen.auflisten(app, actor("falkenrath"), aktenzeichen=akte)
    assert len({e.erteilt_von for e in listed}) == givers
    assert len(listed) == 2


@pytest.mark.parametrize("change", [
    {"besondere_abschnitte": ["wohnen"]}, {"abschnitte": ["gesundheit"]}, {"abschnitte": ["fallbesprechung"]}, {"form": "egal"}, {"zweck": "egal"},
    {"gueltig_bis": "2020-01-01"}, {"person_id": "4711"}, {"empfaenger": []}])
def test_consent_outside_the_rules_is_refused_and_leaves_nothing(app, akte, run, change):
    with pytest.raises(InvalidInput):
        run("einwilligung.erteilen", {"empfaenger": "awo", "zweck": "uebergabe", "abschnitte": ["stammdaten"], "besondere_abschnitte": [],
            "sprache": "de", "form": "schriftlich", "textfassung": "1.0", **change})

    assert einwilligungen.auflisten(app, actor("falkenrath"), aktenzeichen=akte) == ()


def refer(run, **changes):
    return run("verweis.anbieten", {"empfaenger": "caritas", "anliegen": "Beratung im Bereich Wohnen", "abschnitte": ["sprache"], **changes})


def test_referral_by_a_process_needs_consent_and_its_answers_are_messages(app, akte, run, einwilligung):
    with pytest.raises(BpmnError) as error:
        refer(run)
    einwilligung("caritas", zweck="verweis", abschnitte=["sprache"])
    key = refer(run, antwort_bis="2026-09-30")["verweis_id"]

    verweise.beantworten(app, actor("lindqvist"), verweis=int(key), angenommen=True)
    verweise.erledigen(app, actor("lindqvist"), verweis=int(key), rueckmeldung="Wohnung gefunden")

    assert error.value.code == "einwilligung_fehlt"
    assert [(m.name, m.key, m.variables["verweis_stand"]) for m in app.published] == [
        ("verweis_beantwortet", key, "angenommen"), ("verweis_beantwortet", key, "erledigt")]
    assert verweise.auflisten(app, actor("lindqvist"))[0].frist.isoformat() == "2026-09-30T21:59:59+00:00"


@pytest.mark.parametrize(("erledigt", "status"), [(True, "erledigt"), (False, "widerrufen")])
def test_process_ends_the_sight_of_a_referral_once(app, akte, run, einwilligung, erledigt, status):
    einwilligung("caritas", zweck="verweis", abschnitte=["sprache"])
    key = refer(run)["verweis_id"]

    run("verweis.beenden", {"verweis_id": key, "erledigt": erledigt})
    run("verweis.beenden", {"verweis_id": key, "erledigt": not erledigt})

    (found,) = verweise.auflisten(app, actor("lindqvist"))
    assert (found.status, found.anliegen) == (status, None)
    assert zeitleiste.lesen(app, actor("falkenrath"), aktenzeichen=akte)[0].art == "verweis"


def test_referral_that_is_not_there_cannot_be_ended(run):
    for value in ("", "x", "1"):
        with pytest.raises((InvalidInput, NotFound)):
            run("verweis.beenden", {"verweis_id": value, "erledigt": True})
