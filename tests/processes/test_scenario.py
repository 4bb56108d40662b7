"""The runner refuses scenarios that say something untrue or unclear; otherwise a green scenario would mean nothing."""

from __future__ import annotations

import pytest

from tests.scenario import Scenario


def run(*steps, process="kontaktabbruch", **more):
    return Scenario({"prozess": process, "schritte": list(steps), **more}).run()


NOT_REACHED = {"aufgabe": "kontakt_suchen", "mit": {"kontakt": "nicht_erreicht"}}


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"aufgabe": "fortgang_entscheiden"}], "is not open"),
        ([{"aufgabe": "kontakt_suchen", "nummer": 2, "mit": {"kontakt": "erreicht"}}], "is not open"),
        ([{"aufgabe": "kontakt_suchen", "mit": {"kontakt": "vielleicht"}}], "offers"),
        ([{"aufgabe": "kontakt_suchen", "mit": {"kontakt": "erreicht", "gibt_es_nicht": 1}}], "has no field"),
        ([{"aufgabe": "kontakt_suchen", "mit": {"kontakt": "erreicht", "versuche_liste": [{"wann": 1}]}}], "has no column"),
        ([{"aufgabe": "kontakt_suchen"}], "needs an answer"),
        ([{"nachricht": "kontakt_wieder_aufgenommen", "schluessel": "anderer Fall"}], "nobody waits"),
        ([{"ruft": "abschluss"}], "is not called"),
        ([{"signal": "irgendeins"}], "nobody waits"),
        ([{"fall": {"farbe": "blau"}}], "fall has no"),
        ([{"erwartet": {"offen": []}}], "open is"),
        ([{"erwartet": {"beendet": "ende_beschlossen"}}], "still running"),
        ([{"erwartet": {"faellig": {"kontakt_suchen": "2026-03-03"}}}], "is due"),
        ([{"erwartet": {"zustaendig": {"kontakt_suchen": "koordination"}}}], "belongs to"),
        ([{"erwartet": {"auftraege": ["fall.schliessen"]}}], "no job"),
        ([{"erwartet": {"auftraege": [{"partner.informieren": {"anlass": "anderer"}}]}}], "no job"),
        ([{"erwartet": {"variablen": {"versuche": 7}}}], "versuche is"),
        ([{"erwartet": {"stoerung": "kontakt_suchen"}}], "no incident"),
        ([{"erwartet": {"tippfehler": 1}}], "unknown expectations"),
        ([{"aufgeben": "kontakt_suchen"}], "unknown step"),
        ([{"aufgabe": "kontakt_suchen", "mitt": {}}], "unknown entries"),
        ([{"auftrag": "fall.schliessen", "ergebnis": {}}], "nobody fetched"),
        ([{"ruft": "weiter", "prozess": "abschluss"}], "never came"),
    ],
)
def test_untrue_step_is_refused(steps, words):
    with pytest.raises(AssertionError, match=words):
        run(*steps)


def test_wrong_end_is_refused():
    with pytest.raises(AssertionError, match="ended at"):
        run({"aufgabe": "kontakt_suchen", "mit": {"kontakt": "erreicht"}}, erwartet={"beendet": "ende_beschlossen"})


def test_timer_waits_until_its_time():
    run(NOT_REACHED, {"zeit": "P6D"}, {"erwartet": {"offen": [], "termine": {"abstand_abgewartet": "2026-03-09"}}}, {"zeit": "P1D"},
        erwartet={"offen": ["kontakt_suchen"]})


def test_profile_changes_the_course():
    profile = {"basis": "beispiel", "wert": {"kontaktversuche": 1}, "fristen": {"kontaktversuch": {"wert": 2, "einheit": "tage", "unsere_einstellung": True}}}

    run({"erwartet": {"faellig": {"kontakt_suchen": "2026-03-04"}}}, NOT_REACHED, profil=profile, erwartet={"offen": ["fortgang_entscheiden"]})


def test_error_of_a_called_process_that_nobody_catches_is_an_incident():
    steps = [{"ruft": "zugang_moers", "fehler": "unvorhergesehen"}]

    with pytest.raises(AssertionError, match="incident"):
        run(*steps, process="fallmanagement")
    # Nobody answered for the called process, so the incident stands at its stand-in.
    run(*steps, process="fallmanagement", erwartet={"stoerung": "antwort"})


def test_job_without_a_needed_input_is_refused():
    with pytest.raises(AssertionError, match="is null"):
        run({"aufgabe": "einwilligung_erklaeren", "mit": {
            "entscheidung": "erteilt", "abschnitte": ["stammdaten"], "einwilligung_sprache": "de", "einwilligung_form": "schriftlich"}}, process="einwilligung", start={"variablen": {"anlass": "einholen"}})


def test_coverage_names_elements_flows_and_rules():
    found = run({"ruft": "zugang_moers", "liefert": {"ergebnis": "fallmanagement"}}, process="fallmanagement")

    assert "folgephase_bestimmen" in found.elements["fallmanagement"]
    assert "fall_abgeschlossen" not in found.elements["fallmanagement"]
    assert "folgephase_bestimmen->wird_gesprungen" in found.flows["fallmanagement"]
    assert {rule for _, rule in found.rules["fallmanagement"]} == {"nach_zugang"}
