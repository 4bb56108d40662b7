"""The times of the concepts (local-concepts, section 6) against the clock: one second before a deadline nothing happens, at it something does.

Most of these lie across a change of the clocks: a week that ends with a day ends with that day in March and October, too. What a concept calls
"umgehend" has a figure of our own and is only compared as the day a task is due. Höxter and Düsseldorf name no time for a case (their
concepts only have T-HX and T-DU for committees); for them the test holds settings of our own.
"""

from __future__ import annotations

import datetime as dt

import pytest

from engine import runtime
from engine.clock import BERLIN
from processes import profil
from tests.scenario import Scenario

SECOND = dt.timedelta(seconds=1)


def document(kommune: str, prozess: str, am: str, variablen: dict, schritte: list, **fall: object) -> dict:
    start = {"am": am, "variablen": variablen, "fall": {"kommune": kommune, "verantwortliche_organisation": STELLE[kommune], **fall}}
    return {"prozess": prozess, "profil": kommune, "start": start, "schritte": schritte}


STELLE = {
    "dormagen": "fachbereich_integration", "koeln": "amt_integration_vielfalt", "moers": "stadt_moers", "muelheim": "sozialdienst_fluechtlinge",
    "hoexter": "cm_brakel", "duesseldorf": "amt_migration_integration",
}
MELDUNG = {"meldende_art": "jobcenter", "k1_fluchterfahrung": "ja", "k1_altersausnahme": "nein", "k2_problemlagen": "ja", "k3_akteursdichte": "ja", "k4_angebote": "ja",
           "k5_freiwillig": "ja", "schweigepflichtentbindung": "ja", "einwilligung_sprache": "ar"}
BIS_ZUR_PRUEFUNG = [{"aufgabe": "meldung_abgeben", "mit": MELDUNG}]
BIS_ZUR_EIGNUNG = [*BIS_ZUR_PRUEFUNG, {"aufgabe": "meldung_pruefen", "mit": {"meldung_vollstaendig": "ja", "kriterien_bestaetigt": "ja", "vorgeschlagener_traeger": "ib_koeln"}}]
BIS_ZUR_ENTSCHEIDUNG = [*BIS_ZUR_EIGNUNG, {"aufgabe": "eignung_pruefen", "mit": {"eignung": "geeignet"}}]
BIS_ZUR_EINLADUNG = [*BIS_ZUR_ENTSCHEIDUNG, {"aufgabe": "aufnahme_entscheiden", "mit": {"aufnahme": "aufgenommen", "uebergabekonferenz": "nein"}},
                     {"ruft": "zugang_zuordnung", "liefert": {"zuordnung_ergebnis": "zugeordnet"}}]
TERMIN = [{"ruft": "zugang_dormagen_ansprache", "liefert": {"ansprache_ergebnis": "interesse", "meldende_stelle": "jobcenter"}},
          {"aufgabe": "anderen_fachbereich_fragen", "mit": {"bereits_bekannt": "nein"}}]
ANGEBOT = [{"aufgabe": "person_rueckversichern", "mit": {"person_einverstanden": "ja"}}, {"aufgabe": "zusatzinformation_aushaendigen"}]


def gemeldet(am: str, weg: str) -> dict:
    return {"erstkontakt": {"datum": am[:10], "zugangsweg": weg}}


# name: (document, timer event, moment at which it fires)
FEUERT = {
    "T-DO-01 vierzehn Tage für das Terminangebot": (
        document("dormagen", "zugang_dormagen", "2026-03-23", gemeldet("2026-03-23", "jobcenter"), TERMIN), "terminangebot_ueberfaellig", "2026-04-06T23:59:59+02:00"),
    "T-DO-07 Antwort eines Partners, drei Arbeitstage als unsere Einstellung": (
        document("dormagen", "rueckmeldung_stelle", "2026-03-26", {"stelle": "jobcenter_rhein_kreis_neuss", "antwort_erbeten": "ja"}, []),
        "antwort_steht_aus", "2026-03-31T23:59:59+02:00"),
    "T-KO-01 eine Woche für die Neumeldung, bei der Prüfung": (
        document("koeln", "zugang_koeln", "2026-03-25", gemeldet("2026-03-25", "jobcenter"), BIS_ZUR_PRUEFUNG, alter=20), "neumeldung_ueberfaellig", "2026-04-01T23:59:59+02:00"),
    "T-KO-01 eine Woche für die Neumeldung, bei der Eignung": (
        document("koeln", "zugang_koeln", "2026-10-21", gemeldet("2026-10-21", "ehrenamt"), BIS_ZUR_EIGNUNG, alter=20), "eignung_ueberfaellig", "2026-10-28T23:59:59+01:00"),
    "T-KO-01 eine Woche für die Neumeldung, bei der Entscheidung": (
        document("koeln", "zugang_koeln", "2026-03-02", gemeldet("2026-03-02", "fachamt"), BIS_ZUR_ENTSCHEIDUNG, alter=20), "entscheidung_ueberfaellig", "2026-03-09T23:59:59+01:00"),
    "T-KO-02 eine Woche für den ersten Kontakt": (
        document("koeln", "zugang_koeln", "2026-10-19", gemeldet("2026-10-19", "beratungsstelle"), BIS_ZUR_EINLADUNG, alter=27),
        "erstkontakt_ueberfaellig", "2026-10-26T23:59:59+01:00"),
    "T-MO-01 am Folgetag": (
        document("moers", "zugang_moers", "2026-03-28", gemeldet("2026-03-28", "unterkunft"), []), "meldung_ueberfaellig", "2026-03-29T23:59:59+02:00"),
    "T-MO-04 drei Wochen nach der Fallabgabe": (
        document("moers", "uebergabe_nachfrage", "2026-03-16",
                 {"uebergabe_id": "ue-1", "uebernommen_am": "2026-03-16T16:30:00@Europe/Berlin", "nachfragende_organisation": "stadt_moers", "nachfragende_person": None,
                  "aufnehmende_organisation": "ib_jugendmigrationsdienst"}, []), "nachfragezeit_erreicht", "2026-04-06T16:30:00+02:00"),
    "T-MH-01 eine Woche nach dem Umzug": (
        document("muelheim", "zugang_muelheim", "2026-10-21", gemeldet("2026-10-21", "unterkunft"), []), "erstkontakt_ueberfaellig", "2026-10-28T23:59:59+01:00"),
    "T-MH-02 weitere drei Wochen": (
        document("muelheim", "zugang_muelheim", "2026-03-16", gemeldet("2026-03-16", "unterkunft"), [{"aufgabe": "kennenlernen"}]),
        "zeit_zum_ankommen", "2026-04-06T08:00:00+02:00"),
    "T-MH-05 Wiedervorlage, vereinbart": (
        document("muelheim", "monitoring", "2026-03-02", {"wiedervorlage_wochen": 8}, []), "wiedervorlage_faellig", "2026-04-27T08:00:00+02:00"),
    "Höxter, unsere Einstellung: Nachfrage nach einem Verweis": (
        document("hoexter", "zugang_verweis", "2026-03-02", {"verweis_an": None},
                 [{"aufgabe": "verweis_vereinbaren", "mit": {"verweis_angenommen": "ja", "verweis_art": "andere", "nachfrage_vereinbart": "ja"}}]),
        "nachfrage_faellig", "2026-03-30T08:00:00+02:00"),
    "Düsseldorf, unsere Einstellung: das Angebot gilt bis zum Ende des genannten Tages": (
        document("duesseldorf", "warme_uebergabe", "2026-03-23",
                 {"empfaenger": "diakonie_duesseldorf", "zweck": "uebergabe", "abschnitte": ["stammdaten"], "grund": "Zuordnung"}, ANGEBOT),
        "antwortfrist_abgelaufen", "2026-04-06T23:59:59+02:00"),
}


@pytest.mark.parametrize("name", FEUERT)
def test_timer_fires_at_its_second_and_not_one_before(name: str) -> None:
    text, element, moment = FEUERT[name]
    at = dt.datetime.fromisoformat(moment)
    scenario = gegangen(text)

    scenario.advance(at - SECOND)
    assert element in wartende(scenario), "a second before nothing has happened"

    scenario.advance(at)
    assert element not in wartende(scenario)
    assert element in scenario.coverage.elements[scenario.process]


def wartende(scenario: Scenario) -> set[str]:
    return {timer.element for timer in scenario.open["timers"].values()}


def gegangen(text: dict) -> Scenario:
    scenario = Scenario(text)
    scenario.start()
    for step in text["schritte"]:
        scenario.take(step)
    return scenario


def zugang(kommune: str, prozess: str, am: str, weg: str, schritte: list | None = None, **fall: object) -> dict:
    return document(kommune, prozess, am, gemeldet(am, weg), schritte or [], **fall)


# name: (document, task, day it is due)
FAELLIG = {
    "T-DO-01 Terminangebot": (zugang("dormagen", "zugang_dormagen", "2026-03-23", "jobcenter", TERMIN), "beratungstermin_anbieten", "2026-04-06"),
    "T-DO-05 umgehend fragen": (zugang("dormagen", "zugang_dormagen", "2026-03-27", "person", TERMIN[:1]), "anderen_fachbereich_fragen", "2026-03-30"),
    "T-DO-06 umgehend das Jobcenter": (
        document("dormagen", "zugang_rueckmeldung", "2026-03-27", {"partner": "jobcenter_rhein_kreis_neuss"}, [{"ruft": "einwilligung", "liefert": {"einwilligung_liegt_vor": True}}]),
        "rueckmeldung_geben", "2026-03-30"),
    "T-DO-08 umgehend Termin oder Absprache": (zugang("dormagen", "zugang_dormagen_ansprache", "2026-03-02", "arbeitsagentur"), "meldung_aufnehmen", "2026-03-03"),
    "T-KO-01 eine Woche, auch für die Entscheidung": (zugang("koeln", "zugang_koeln", "2026-03-02", "jobcenter", BIS_ZUR_ENTSCHEIDUNG, alter=20), "aufnahme_entscheiden", "2026-03-09"),
    "T-KO-02 eine Woche ab der Weiterleitung": (
        zugang("koeln", "zugang_koeln", "2026-03-02", "jobcenter", [*BIS_ZUR_ENTSCHEIDUNG, {"zeit": "P3D"}, *BIS_ZUR_EINLADUNG[-2:]], alter=20), "person_einladen", "2026-03-12"),
    "T-MO-01 am Folgetag": (zugang("moers", "zugang_moers", "2026-03-02", "unterkunft"), "termin_vereinbaren", "2026-03-03"),
    "T-MO-02 vier Wochen nach der Ankunft": (zugang("moers", "zugang_moers", "2026-03-02", "offen", [{"aufgabe": "anliegen_aufnehmen"}]), "ueber_angebot_informieren", "2026-03-30"),
    "T-MH-01 eine Woche nach dem Umzug": (zugang("muelheim", "zugang_muelheim", "2026-03-02", "unterkunft"), "kennenlernen", "2026-03-09"),
    "T-MH-03 kurz nach der Ankunft": (zugang("muelheim", "zugang_muelheim", "2026-03-02", "erstaufnahme"), "profiling_fuehren", "2026-03-09"),
}


@pytest.mark.parametrize("name", FAELLIG)
def test_task_is_due_on_the_day_of_the_concept(name: str) -> None:
    text, element, day = FAELLIG[name]

    gegangen(text).expect_due({element: day})


@pytest.mark.parametrize(("begleitung_seit", "wiedervorlage"), [("2024-03-03", "2026-04-13"), ("2024-03-02", "2026-05-25")])
def test_dormagen_accompanies_less_from_the_day_24_months_are_over(begleitung_seit: str, wiedervorlage: str) -> None:
    """T-DO-09; the longer distance is a setting of our own."""
    gegangen(document("dormagen", "monitoring", "2026-03-02", {"begleitung_seit": begleitung_seit}, [])).expect_timers({"wiedervorlage_faellig": wiedervorlage})


@pytest.mark.parametrize(("kommune", "begleitung_seit", "begruenden"), [("dormagen", "2021-03-03", False), ("dormagen", "2021-03-02", True), ("moers", "2016-03-02", False)])
def test_dormagen_asks_for_reasons_from_the_day_five_years_are_over(kommune: str, begleitung_seit: str, begruenden: bool) -> None:
    """T-DO-10, counted from the first contact; no other Kommune has it."""
    steps = [{"aufgabe": "fall_begleiten", "mit": {"vorziehen_grund": "wunsch"}}]
    scenario = gegangen(document(kommune, "monitoring", "2026-03-02", {"begleitung_seit": begleitung_seit}, steps))

    ((instance, task),) = [key for key, opened in scenario.open["user_tasks"].items() if opened.element == "verlauf_pruefen"]
    assert dict(runtime.variables_of(scenario.store.get(instance), task))["bedarf_begruenden"] is begruenden


def test_agency_hears_again_at_the_latest_after_six_months() -> None:
    """T-DO-03."""
    text = document("dormagen", "rueckmeldung", "2026-03-02", {}, [
        {"aufgabe": "rueckmeldung_vereinbaren", "mit": {"stellen": ["agentur_fuer_arbeit"], "vermittelt_von": "agentur"}},
        {"aufgabe": "rueckmeldung_geben", "mit": {"antwort_erbeten": "nein"}},
        {"ruft": "rueckmeldung_stelle", "liefert": {"rueckmeldung_erfolgt": True}},
    ])
    scenario = gegangen(text)

    assert scenario.waiting() == []
    scenario.advance(dt.datetime(2026, 9, 2, 23, 59, 59, tzinfo=BERLIN))
    assert scenario.waiting() == ["rueckmeldung_geben"]


@pytest.mark.parametrize("kommune", ["hoexter", "duesseldorf"])
def test_two_concepts_name_no_time_for_a_case(kommune: str) -> None:
    assert {name[:4] for name in profil.load(kommune).zeiten} == {"T-HX" if kommune == "hoexter" else "T-DU"}
