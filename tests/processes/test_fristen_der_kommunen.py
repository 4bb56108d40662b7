"""The times of the concepts (local-concepts, section 6) against the clock: one second before a deadline nothing happens, at it something does.

Most of these lie across a change of the clocks: a week that ends with a day ends with that day in March and October, too. What a concept calls
"umgehend" has a figure of our own and is only compared as the day a task is due. Höxter and Düsseldorf name no time for a case (their
concepts only have T-HX and T-DU for committees); for them the test holds settings of our own. Every time of every profile is either held here or
stands in ``KEINE_FRIST`` with the reason.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
import yaml

from engine import runtime
from engine.clock import BERLIN
from processes import profil
from tests.scenario import Scenario

ROOT = Path(__file__).parents[2]
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


KATALOG = {"aufgabe": "katalog_festlegen",
           "mit": {"kennzahlen": [{"kennzahl": "Wartezeit", "bereich": "wirkung", "art": "zahl"}], "alle_bereiche": True, "abgestimmt": True}}
NACHWEIS = {"aufgabe": "nachweis_festlegen", "mit": {"nachweis_anlass": "jahr", "nachweis_jahr": 2020, "zuwendungsbescheid": "Bescheid 1", "partner": ["caritas_koeln"]}}
KUENDIGUNG = {"aufgabe": "nachweis_festlegen",
              "mit": {"nachweis_anlass": "kuendigung", "vertragsende_am": "2021-09-30", "zuwendungsbescheid": "Bescheid 1", "partner": ["kja_koeln"]}}


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
        document("moers", "zugang_moers_erstkontakt", "2026-03-28", gemeldet("2026-03-28", "unterkunft"), []), "meldung_ueberfaellig", "2026-03-29T23:59:59+02:00"),
    "T-MO-04 drei Wochen nach der Fallabgabe": (
        document("moers", "uebergabe_nachfrage", "2026-03-17",
                 {"uebergabe_id": "ue-1", "uebernommen_am": "2026-03-17T16:30:00@Europe/Berlin", "nachfragende_organisation": "stadt_moers", "nachfragende_person": None,
                  "aufnehmende_organisation": "ib_jugendmigrationsdienst"}, []), "nachfragezeit_erreicht", "2026-04-07T16:30:00+02:00"),
    "T-MO-04 drei Wochen enden am Ostermontag, gefragt wird am Gründonnerstag": (
        document("moers", "uebergabe_nachfrage", "2026-03-16",
                 {"uebergabe_id": "ue-1", "uebernommen_am": "2026-03-16T16:30:00@Europe/Berlin", "nachfragende_organisation": "stadt_moers", "nachfragende_person": None,
                  "aufnehmende_organisation": "ib_jugendmigrationsdienst"}, []), "nachfragezeit_erreicht", "2026-04-02T16:30:00+02:00"),
    "T-MH-01 eine Woche nach dem Umzug": (
        document("muelheim", "zugang_muelheim", "2026-10-21", gemeldet("2026-10-21", "unterkunft"), []), "erstkontakt_ueberfaellig", "2026-10-28T23:59:59+01:00"),
    "T-MH-02 weitere drei Wochen": (
        document("muelheim", "zugang_muelheim", "2026-03-16", gemeldet("2026-03-16", "unterkunft"), [{"aufgabe": "kennenlernen"}]),
        "zeit_zum_ankommen", "2026-04-06T08:00:00+02:00"),
    "T-MH-05 Wiedervorlage, vereinbart": (
        document("muelheim", "monitoring", "2026-03-02", {"wiedervorlage_wochen": 8}, []), "wiedervorlage_faellig", "2026-04-27T08:00:00+02:00"),
    "T-DO-16 der Bescheid steht aus, Mahnung als unsere Einstellung": (
        document("dormagen", "rechtskreiswechsel_leistung", "2026-03-02", {"asylblg_bisher": "ja", "einwilligung_liegt_vor": True}, [{"aufgabe": "antrag_ausfuellen"}]),
        "bescheid_steht_aus", "2026-04-13T08:00:00+02:00"),
    "T-DO-07 drei Arbeitstage über Allerheiligen": (
        document("dormagen", "rueckmeldung_stelle", "2027-10-28", {"stelle": "jobcenter_rhein_kreis_neuss", "antwort_erbeten": "ja"}, []),
        "antwort_steht_aus", "2027-11-03T23:59:59+01:00"),
    "T-KO-03 Verwendungsnachweis bis zum 15.03., Erinnerung vier Wochen vorher als unsere Einstellung": (
        document("koeln", "berichtswesen_nachweis", "2021-01-04", {}, [NACHWEIS]), "stichtag_naht", "2021-02-15T00:00:00+01:00"),
    "T-KO-06 Verwendungsnachweis vier Wochen nach dem Quartalsende, Erinnerung vier Wochen vorher": (
        document("koeln", "berichtswesen_nachweis", "2021-08-16", {}, [KUENDIGUNG]), "stichtag_naht", "2021-09-30T00:00:00+02:00"),
    "000:L4172 Zahlen alle drei Monate, über den Beginn der Sommerzeit": (
        document("koeln", "berichtswesen", "2026-01-15", {}, [KATALOG]), "aktualisierung_faellig", "2026-04-15T08:00:00+02:00"),
    "Höxter, unsere Einstellung: Nachfrage nach einem Verweis": (
        document("hoexter", "zugang_verweis", "2026-03-02", {"verweis_an": None},
                 [{"aufgabe": "verweis_vereinbaren", "mit": {"verweis_angenommen": "ja", "verweis_art": "andere", "nachfrage_vereinbart": "ja"}}]),
        "nachfrage_faellig", "2026-03-30T08:00:00+02:00"),
    "Düsseldorf, unsere Einstellung: das Angebot gilt bis zum Ende des genannten Tages": (
        document("duesseldorf", "uebergabe_angebot", "2026-03-23",
                 {"empfaenger": "diakonie_duesseldorf", "zweck": "uebergabe", "abschnitte": ["stammdaten"], "grund": "Zuordnung"}, []),
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
    "T-DO-02 umgehend nach dem Erstkontakt, über Ostern": (
        document("dormagen", "rueckmeldung", "2026-04-02", {}, [{"aufgabe": "rueckmeldung_vereinbaren", "mit": {"stellen": ["agentur_fuer_arbeit"], "vermittelt_von": "agentur"}}]),
        "rueckmeldung_geben", "2026-04-07"),
    "T-DO-16 zeitnah beschieden": (
        document("dormagen", "rechtskreiswechsel_leistung", "2026-03-02", {"asylblg_bisher": "ja", "einwilligung_liegt_vor": True}, [{"aufgabe": "antrag_ausfuellen"}]),
        "bewilligung_verfolgen", "2026-03-30"),
    "T-DO-05 umgehend fragen": (zugang("dormagen", "zugang_dormagen", "2026-03-27", "person", TERMIN[:1]), "anderen_fachbereich_fragen", "2026-03-30"),
    "T-DO-06 umgehend das Jobcenter": (
        document("dormagen", "zugang_rueckmeldung", "2026-03-27", {"partner": "jobcenter_rhein_kreis_neuss"}, [{"ruft": "einwilligung", "liefert": {"einwilligung_liegt_vor": True}}]),
        "rueckmeldung_geben", "2026-03-30"),
    "T-DO-06 umgehend das Jobcenter, über Fronleichnam": (
        document("dormagen", "zugang_rueckmeldung", "2026-06-03", {"partner": "jobcenter_rhein_kreis_neuss"}, [{"ruft": "einwilligung", "liefert": {"einwilligung_liegt_vor": True}}]),
        "rueckmeldung_geben", "2026-06-05"),
    "T-DO-08 umgehend Termin oder Absprache": (zugang("dormagen", "zugang_dormagen_ansprache", "2026-03-02", "arbeitsagentur"), "meldung_aufnehmen", "2026-03-03"),
    "T-KO-01 eine Woche, auch für die Entscheidung": (zugang("koeln", "zugang_koeln", "2026-03-02", "jobcenter", BIS_ZUR_ENTSCHEIDUNG, alter=20), "aufnahme_entscheiden", "2026-03-09"),
    "T-KO-02 eine Woche ab der Weiterleitung": (
        zugang("koeln", "zugang_koeln", "2026-03-02", "jobcenter", [*BIS_ZUR_ENTSCHEIDUNG, {"zeit": "P3D"}, *BIS_ZUR_EINLADUNG[-2:]], alter=20), "person_einladen", "2026-03-12"),
    "T-KO-02 eine Woche auch im Teilhabemanagement": (
        document("koeln", "teilhabemanagement_fall", "2021-10-25", {}, [], aufenthalt="duldung", personen=[{"id": "p1", "alter": 19, "hauptperson": True}]), "kontakt_aufnehmen", "2021-11-01"),
    "T-KO-03 bis zum 15.03. des Folgejahrs": (document("koeln", "berichtswesen_nachweis", "2021-01-04", {}, [NACHWEIS]), "nachweis_vorlegen", "2021-03-15"),
    "T-KO-06 vier Wochen nach dem Quartalsende": (document("koeln", "berichtswesen_nachweis", "2021-08-16", {}, [KUENDIGUNG]), "nachweis_vorlegen", "2021-10-28"),
    "T-MO-01 am Folgetag": (zugang("moers", "zugang_moers_erstkontakt", "2026-03-02", "unterkunft"), "termin_vereinbaren", "2026-03-03"),
    "T-MO-02 vier Wochen nach der Ankunft": (zugang("moers", "zugang_moers_erstkontakt", "2026-03-02", "offen", [{"aufgabe": "anliegen_aufnehmen"}]), "ueber_angebot_informieren", "2026-03-30"),
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


@pytest.mark.parametrize("step", [NACHWEIS, KUENDIGUNG], ids=["T-KO-03", "T-KO-06"])
def test_partner_is_reminded_once_and_the_proof_stays_due(step: dict) -> None:
    scenario = gegangen(document("koeln", "berichtswesen_nachweis", "2021-01-04", {}, [step]))
    assert [kind for kind, _ in scenario.jobs.done] == []

    scenario.advance(dt.datetime(2022, 1, 1, tzinfo=BERLIN))

    (partner,) = step["mit"]["partner"]
    assert [(kind, inputs["an"]) for kind, inputs in scenario.jobs.done] == [("mail.senden", partner)]
    assert scenario.waiting() == ["nachweis_vorlegen"]


# name: (Kommune, kind of committee, first meeting, the meetings that follow from the profile)
GREMIEN = {
    "T-DO-11 Jugendamt alle vier Wochen": ("dormagen", "austausch_jugendamt", "2026-03-12", ["2026-04-09", "2026-05-07"]),
    "T-DO-12 Qualitätswerkstatt zweimal jährlich": ("dormagen", "qualitaetswerkstatt", "2026-04-15", ["2026-10-15", "2027-04-15"]),
    "T-DO-12 Agentur zweimal jährlich": ("dormagen", "austausch_arbeitsagentur", "2026-05-20", ["2026-11-20"]),
    "T-DO-12 Schnittstellentreffen zweimal jährlich": ("dormagen", "schnittstellentreffen", "2026-08-31", ["2027-02-28"]),
    "T-DO-13 Lenkungsgruppe mindestens einmal jährlich": ("dormagen", "lenkungsgruppe", "2026-04-15", ["2027-04-15"]),
    "T-MO-05 Qualitätszirkel, im ersten Halbjahr vierteljährlich": ("moers", "qualitaetszirkel", "2026-04-16", ["2026-07-16", "2026-10-16", "2027-04-16"]),
    "T-MO-06 Lenkungskreis zweimal jährlich": ("moers", "lenkungskreis", "2026-04-16", ["2026-10-16"]),
    "T-HX-02 Koordination und Fallmanagement, drei Monate als unsere Einstellung": ("hoexter", "koordinationstreffen", "2026-04-16", ["2026-07-16"]),
    "T-DU-01 Integrationskonferenz alle zwei Jahre": ("duesseldorf", "integrationskonferenz", "2026-04-16", ["2028-04-16"]),
    "ohne Zahl im Konzept der längste Turnus": ("koeln", "planungskonferenz", "2026-04-16", ["2027-04-16"]),
}
VORLAUF = dt.timedelta(weeks=3)


@pytest.mark.parametrize("name", GREMIEN)
@pytest.mark.parametrize("ausgang", ["protokolliert", "ausgefallen"])
def test_committee_is_prepared_in_time_for_the_meeting_of_the_concept(name: str, ausgang: str) -> None:
    """The preparation begins by itself, ``gremium_vorlauf`` (our own setting) before the meeting; not a second earlier."""
    kommune, art, erste, weitere = GREMIEN[name]
    einrichten = {"gremium_art": art, "gremium_name": "Treffen", "mitglieder": [STELLE[kommune]], "vorsitz": "Leitung", "moderation": "Koordination", "gremium_auftrag": "Auftrag",
                  "arbeitsweise": "Vertretung benannt", "entscheidungsregel": "Einvernehmen", "turnus": "konzept", "naechste_sitzung": erste}
    scenario = gegangen({**document(kommune, "gremium", "2026-02-02", {}, [{"aufgabe": "gremium_einrichten", "mit": einrichten}]), "echt": "alle"})

    for am in [erste, *weitere]:
        vorbereitung = dt.datetime.combine(dt.date.fromisoformat(am) - VORLAUF, dt.time(8), BERLIN)
        scenario.advance(vorbereitung - SECOND)
        assert scenario.waiting() == ["kalender_fuehren"]
        scenario.expect_due({"kalender_fuehren": vorbereitung.date().isoformat()})

        scenario.advance(vorbereitung)
        assert scenario.waiting() == ["sitzung_vorbereiten"]
        sitzen(scenario, am, ausgang)


def sitzen(scenario: Scenario, am: str, ausgang: str) -> None:
    scenario.complete("sitzung_vorbereiten", {"sitzung_ort": "Rathaus", "tagesordnung": [{"punkt": "Stand", "art": "bericht", "reichweite": "ein_bereich", "betrifft": "verwaltung"}]})
    scenario.expect_due({"sitzung_abhalten": am})
    if ausgang == "ausgefallen":
        scenario.complete("sitzung_abhalten", {"sitzung_ergebnis": "ausgefallen"})
        return
    scenario.complete("sitzung_abhalten", {"sitzung_ergebnis": "ja", "anwesende": [scenario.profile.organisationen[0].key]})
    scenario.complete("protokoll_schreiben", {"protokoll": "Beraten."})
    scenario.complete("protokoll_freigeben", {"freigabe": "ja"})


@pytest.mark.parametrize(("am", "ende"), [("2022-06-30T23:59:59", None), ("2022-07-01T00:00:00", "im_case_management")])
def test_duesseldorf_ends_the_programme_with_its_last_day(am: str, ende: str | None) -> None:
    """T-DU-02: afterwards the Case Management goes on."""
    personen = {"aufenthalt": "duldung", "personen": [{"id": "p1", "alter": 20, "hauptperson": True}]}
    scenario = gegangen({**document("duesseldorf", "teilhabemanagement_fall", am, {}, [], **personen)})

    assert scenario.ends == ([] if ende is None else [ende])


def test_moers_plans_two_hours_for_the_talk() -> None:
    """T-MO-03."""
    steps = yaml.safe_load((ROOT / "processes/zugang_moers/szenarien/unterkunft_fallmanagement.yaml").read_text("utf-8"))
    scenario = Scenario({**steps, "profil": "moers"})
    scenario.start()
    for step in steps["schritte"]:
        if "analyse_durchfuehren" in scenario.waiting():
            break
        scenario.take(step)

    assert sicht(scenario, "analyse_durchfuehren")["geplante_stunden"] == 2


def test_muelheim_asks_where_the_person_wants_to_be_in_two_years() -> None:
    """T-MH-04; the day is kept when the goals are negotiated again."""
    scenario = gegangen(document("muelheim", "zielvereinbarung", "2026-03-02", {}, []))
    assert sicht(scenario, "ziele_verhandeln")["planung_bis"] == "2028-03-02"

    scenario.complete("ziele_verhandeln", {"planung_bis": "2027-09-30"})
    scenario.complete("ziele_pruefen", {"pruefung": "neu_verhandeln"})
    assert sicht(scenario, "ziele_verhandeln")["planung_bis"] == "2027-09-30"


def sicht(scenario: Scenario, element: str) -> dict:
    """What the first open task of this element sees."""
    instance, task = next(key for key, opened in scenario.open["user_tasks"].items() if opened.element == element)
    return dict(runtime.variables_of(scenario.store.get(instance), task))


def test_dormagen_tells_of_a_lost_contact_without_any_delay() -> None:
    """T-DO-04."""
    scenario = gegangen(document("dormagen", "kontaktabbruch", "2026-03-27T16:30:00", {"beteiligte_partner": ["agentur_fuer_arbeit"]}, []))

    assert scenario.jobs.done == [("partner.informieren", {"anlass": "kontaktabbruch", "empfaenger": ["agentur_fuer_arbeit"]})]
    assert scenario.clock.now() == dt.datetime(2026, 3, 27, 16, 30, tzinfo=BERLIN)


def test_report_comes_after_half_a_year_and_counts_from_the_calendar() -> None:
    """000:L4172: figures every three months, a report every six; who is late with one does not move the next."""
    scenario = gegangen(document("koeln", "berichtswesen", "2026-01-15", {}, [KATALOG]))

    scenario.advance(dt.datetime(2026, 5, 4, 8, tzinfo=BERLIN))
    scenario.complete("dokumentation_aktualisieren", {"entwicklung": "ruhig", "bericht_vorziehen": "nein"})
    assert scenario.waiting() == []
    scenario.advance(dt.datetime(2026, 7, 15, 7, 59, 59, tzinfo=BERLIN))
    assert scenario.waiting() == []
    scenario.advance(dt.datetime(2026, 7, 15, 8, tzinfo=BERLIN))
    scenario.complete("dokumentation_aktualisieren", {"entwicklung": "ruhig", "bericht_vorziehen": "nein"})
    assert scenario.waiting() == ["bericht_erstellen"]


# Times of the profiles at which nothing can fire.
KEINE_FRIST = {
    "T-PR-01": "Laufzeit des Landesprogramms: eine Angabe über ein Projekt, das beendet ist.",
    "T-DO-14": "Dauer der Pilotphase ab 01.03.2019: eine Angabe; das Konzept soll danach weitergelten (004:L256), es endet nichts von selbst.",
    "T-DO-15": "Umfang des Profilings (ein bis zwei Gespräche): keine Zeit, und weitere Gespräche verbietet die Quelle nicht.",
    "T-KO-04": "Laufzeit des Vertrags zwischen Stadt und Projektpartnern: eine Angabe; ein Fall endet nicht mit ihr.",
    "T-KO-05": "Kündigung nur aus wichtigem Grund, vier Wochen vor Quartalsende: gekündigt wird außerhalb; was danach zu tun ist, hält T-KO-06.",
    "T-KO-07": "Dauer der Pilotphase ab 01.01.2020: eine Angabe.",
    "T-KO-08": "Zinssatz einer Rückforderung: ein Prozentsatz; die Beträge fehlen in der Quelle.",
    "T-KO-09": "Zum frühestmöglichen Zeitpunkt: Berichte und Hinweise enthalten von Anfang an keine Personen; die Löschung hat ihre eigenen Fristen.",
    "T-MO-07": "Ein Workshop vor dem Beginn des Konzepts: ein einmaliges Ereignis ohne Zahl.",
    "T-HX-01": "Meilensteine der Jahre 2021 und 2022: Angaben über die Einführung.",
}


def test_every_time_of_every_profile_is_held_here_or_has_a_reason() -> None:
    times = {name for kommune in profil.namen() for name in profil.load(kommune).zeiten}
    text = (ROOT / "tests/processes/test_fristen_der_kommunen.py").read_text("utf-8").split("KEINE_FRIST = {")[0]
    held = set(re.findall(r"T-[A-Z]{2}-\d\d", " ".join([*FEUERT, *FAELLIG, *GREMIEN, *re.findall(r'"""(.*?)"""', text, re.DOTALL)])))

    assert not held & set(KEINE_FRIST)
    assert times == (held | set(KEINE_FRIST)) & times, sorted(times - held - set(KEINE_FRIST))
    assert held | set(KEINE_FRIST) == times, "the test names a time that no profile has"
