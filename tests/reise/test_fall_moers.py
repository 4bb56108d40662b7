"""Whole cases of Moers, from the first contact to the end, through the real application."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from services import aufgaben
from services.errors import NotFound
from services.fall import akte, einwilligungen, faelle, kontakte, uebergaben
from services.fall.faelle import NeuePerson
from tests.reise.gang import FALLMANAGEMENT, Gang, beginne

if TYPE_CHECKING:
    from services.bootstrap import App

BIS_ZUR_STELLE = ("integrationsvertrag_schliessen", "analyse_durchfuehren", "austausch_zustimmen", "auftrag_aufnehmen", "fallbesprechung_fuehren",
                  "empfehlung_geben", "beratungsbezug_klaeren")


def frau(born: date, aufenthalt: str | None = None) -> NeuePerson:
    return NeuePerson(vorname="Amina", nachname="Beispiel", geburtsdatum=born, hauptperson=True, aufenthalt=aufenthalt)


def bis_zur_stelle(app: App, *, born: date = date(1986, 3, 1), aufenthalt: str = "asylverfahren", rechtskreise: tuple[str, ...] = (),
                   beteiligte: tuple[str, ...] = ("awo_fluechtlingsberatung",), kind: bool = False) -> Gang:
    """From the Bürgerservice to the question which organisation is responsible."""
    personen = [frau(born)] + ([NeuePerson(vorname="Sami", nachname="Beispiel", geburtsdatum=date(2019, 5, 1))] if kind else [])
    gang = beginne(app, personen)
    gang.erledige("servicestelle_anrufen", wer="buergerservice")
    gang.erledige("person_abholen", wer="fallmanagement")
    gang.erledige("ueber_angebot_informieren", aufenthalt=aufenthalt, rechtskreise=list(rechtskreise))
    gang.gehe(*BIS_ZUR_STELLE[:2])
    gang.erledige("austausch_zustimmen", zustimmung_beteiligte=list(beteiligte))
    gang.gehe(*BIS_ZUR_STELLE[3:])
    return gang


def bis_zum_angebot(gang: Gang) -> Any:
    gang.gehe("zuordnung_bestaetigen", "person_rueckversichern")
    if "einwilligung_einholen" in gang.namen():
        gang.erledige("einwilligung_einholen")
    gang.gehe("zusatzinformation_aushaendigen")
    return gang.uebergabe()


def uebergeben(gang: Gang) -> str:
    """To the moment in which the receiving organisation is responsible; returns who accepted."""
    bis_zum_angebot(gang)
    gang.gehe("uebergabegespraech_fuehren", "mitteilung_vorbereiten")
    return gang.antworte(angenommen=True)


@pytest.fixture
def uebernommen(app: App) -> Gang:
    """A case that the AWO has taken over."""
    gang = bis_zur_stelle(app)
    uebergeben(gang)
    return gang


def phasen(gang: Gang, *names: str) -> None:
    for name in names:
        gang.gehe(*FALLMANAGEMENT[name])


@pytest.mark.parametrize(("born", "aufenthalt", "rechtskreise", "antworten", "stelle"), [
    (date(2002, 3, 1), "asylverfahren", ("asylblg",), {}, "ib_jugendmigrationsdienst"),
    (date(1986, 3, 1), "asylverfahren", ("asylblg",), {}, "awo_fluechtlingsberatung"),
    (date(2002, 3, 1), "bleiberecht", (), {}, "ib_jugendmigrationsdienst"),
    (date(1986, 3, 1), "bleiberecht", ("sgb2",), {"jobcenter_zustimmung": "ja", "jobcenter_fallmanagement": "ja"}, "jobcenter_kreis_wesel"),
    (date(1986, 3, 1), "bleiberecht", ("sgb2",), {"jobcenter_zustimmung": "ja", "jobcenter_fallmanagement": "nein", "jobcenter_einverstanden": "ja", "jobcenter_beauftragt": "nein"},
     "awo_migrationsberatung"),
])
def test_status_age_and_benefits_lead_to_the_right_organisation(app: App, born, aufenthalt, rechtskreise, antworten, stelle) -> None:
    gang = bis_zur_stelle(app, born=born, aufenthalt=aufenthalt, rechtskreise=rechtskreise)
    if antworten:
        gang.erledige("jobcenter_anfragen", **antworten)

    login = uebergeben(gang)

    fall = gang.fall()
    assert (fall.organisation, fall.login, fall.phase) == (stelle, login, "klaerungsphase")
    assert gang.leute[login].organisation == stelle
    (task,) = gang.offen()
    assert (task.element_id, task.assignee) == ("erstberatung_fuehren", login)


def test_migration_advice_alternates_between_two_organisations(app: App) -> None:
    chosen = []
    for _ in range(2):
        gang = bis_zur_stelle(app, aufenthalt="bleiberecht")
        uebergeben(gang)
        chosen.append(gang.fall().organisation)

    assert sorted(chosen) == ["awo_migrationsberatung", "caritas_migrationsberatung"]


def test_whole_case_from_first_contact_to_its_end(app: App) -> None:
    gang = bis_zur_stelle(app, kind=True)
    login = uebergeben(gang)
    begonnen = app.clock.now()
    assert (login, gang.fall().organisation) == ("awo", "awo_fluechtlingsberatung")

    phasen(gang, "klaerung", "assessment", "zielvereinbarung", "hilfeplanung")
    assert {who for what, who in gang.erledigt if what in {e for group in FALLMANAGEMENT.values() for e in group}} == {"awo"}
    gang.erledige("leistungen_auswaehlen", abweichende_phase="hilfeplanung", sprung_begruendung="plan_passt_nicht")
    assert gang.fall().phase == "hilfeplanung"
    phasen(gang, "hilfeplanung")
    gang.gehe("leistungen_auswaehlen")
    assert (gang.namen(), gang.fall().phase) == (["fall_begleiten"], "monitoring")
    notes = [r.text for r in gang.zeilen("select text from zeitleiste where aktenzeichen = :a and art = 'phasenwechsel'")]
    assert any("Hilfeplanung. Grund: Der Plan passt nicht mehr" in note for note in notes)

    gang.warte_bis(begonnen + timedelta(days=21) - timedelta(seconds=1))
    assert gang.namen() == ["fall_begleiten"]
    gang.warte(seconds=1)
    assert gang.namen() == ["fall_begleiten", "nachfrage_durchfuehren"]
    gang.erledige("nachfrage_durchfuehren", wer="fallmanagement")

    gang.warte(days=21)
    assert gang.namen() == ["verlauf_pruefen"]
    gang.erledige("verlauf_pruefen", verlauf="weiter")
    gang.erledige("fall_begleiten", vorziehen_grund="ereignis")
    gang.erledige("verlauf_pruefen", verlauf="ende")
    gang.gehe("abschlussgrund_festhalten", "abschlussgespraech_fuehren", "verlauf_auswerten")

    fall = gang.fall()
    assert (fall.status, fall.abschlussgrund, fall.organisation) == ("abgeschlossen", "ziel_erreicht", "awo_fluechtlingsberatung")
    assert faelle.lesen(app, gang.leute["awo"], aktenzeichen=gang.akte).abschlussgrund == "Ziele erreicht"
    assert gang.namen() == []
    running = gang.zeilen("select process_id from process_instance where business_id = :a and status = 'ACTIVE'")
    assert running == []
    gang.warte(days=100)
    assert [e for e, _ in gang.erledigt].count("nachfrage_durchfuehren") == 1
    assert gang.namen() == []


def test_offer_holds_exactly_what_was_agreed_to_and_nothing_is_asked_twice(app: App) -> None:
    gang = beginne(app, [frau(date(1986, 3, 1), "asylverfahren")])
    gang.gehe("servicestelle_anrufen", "person_abholen", "ueber_angebot_informieren", *BIS_ZUR_STELLE[:2])
    gang.erledige("austausch_zustimmen", zustimmung_beteiligte=["awo_fluechtlingsberatung"], abschnitte=["stammdaten", "sprache"],
                  gesundheit_eingewilligt=True, einwilligung_sprache="ar", einwilligung_gueltig_bis="2027-01-31")
    gang.gehe(*BIS_ZUR_STELLE[3:])

    offer = bis_zum_angebot(gang)

    assert "einwilligung_einholen" not in [e for e, _ in gang.erledigt]
    assert set(offer.abschnitte) == {"stammdaten", "sprache", "gesundheit"}
    shown = {a.abschnitt for a in akte.lesen(app, gang.leute["awo"], aktenzeichen=gang.akte)}
    assert shown <= {"stammdaten", "sprache", "gesundheit"}
    assert {"sprache", "gesundheit"} <= shown
    (consent,) = (e for e in einwilligungen.auflisten(app, gang.leute["fallmanagement"], aktenzeichen=gang.akte) if e.zweck == "uebergabe")
    assert (consent.sprache, consent.form, consent.gueltig_bis, consent.besondere_abschnitte) == ("Arabisch", "schriftlich", date(2027, 1, 31), ("gesundheit",))
    assert consent.erfasst_von == gang.leute["fallmanagement"].name


def test_consent_that_is_missing_is_given_in_the_task_of_the_handover(app: App) -> None:
    gang = bis_zur_stelle(app, beteiligte=("caritas_migrationsberatung",))
    gang.gehe("zuordnung_bestaetigen", "person_rueckversichern")
    assert gang.namen() == ["einwilligung_einholen"]

    gang.erledige("einwilligung_einholen", abschnitte=["stammdaten"])

    assert gang.namen() == ["zusatzinformation_aushaendigen"]
    gang.gehe("zusatzinformation_aushaendigen")
    assert list(gang.uebergabe().abschnitte) == ["stammdaten"]


def test_refusal_comes_back_as_a_task_and_the_next_organisation_is_found(app: App) -> None:
    gang = bis_zur_stelle(app)
    bis_zum_angebot(gang)

    gang.antworte(angenommen=False, ablehnungsgrund="kein_platz")

    assert gang.namen() == ["rueckgabe_bearbeiten"]
    assert gang.fall().organisation == "stadt_moers"
    gang.erledige("rueckgabe_bearbeiten", naechster_schritt="koordination_fragen")
    gang.erledige("weg_entscheiden", wer="koordination", naechster_schritt="andere_stelle")
    gang.gehe("beratungsbezug_klaeren", "zuordnung_bestaetigen")
    assert gang.namen() == ["mitteilung_vorbereiten"]
    gang.gehe("mitteilung_vorbereiten")
    fall = gang.fall()
    assert (fall.organisation, fall.phase) == ("stadt_moers", "klaerungsphase")


def test_silence_reminds_once_and_comes_back_as_a_task(app: App) -> None:
    gang = bis_zur_stelle(app)
    bis_zum_angebot(gang)
    gang.gehe("uebergabegespraech_fuehren", "mitteilung_vorbereiten")

    gang.warte(days=7)
    reminders = gang.zeilen("select key from mail_auftrag where vorlage = 'uebergabe_erinnerung'")
    assert (gang.namen(), len(reminders)) == ([], 1)
    gang.warte(days=7)
    assert gang.namen() == [], "the day named in the offer is not over"
    gang.warte(days=1)

    assert gang.namen() == ["rueckgabe_bearbeiten"]
    assert gang.uebergabe(status="verfallen").empfaenger == "awo_fluechtlingsberatung"
    gang.erledige("rueckgabe_bearbeiten", naechster_schritt="erneut_anbieten")
    gang.gehe("zusatzinformation_aushaendigen", "uebergabegespraech_fuehren", "mitteilung_vorbereiten")
    gang.antworte(angenommen=True)
    assert gang.fall().organisation == "awo_fluechtlingsberatung"


def widerrufe(gang: Gang, empfaenger: str, zweck: str, wer: str) -> None:
    for consent in einwilligungen.auflisten(gang.app, gang.leute[wer], aktenzeichen=gang.akte):
        if consent.empfaenger == empfaenger and consent.zweck == zweck and consent.gueltig:
            einwilligungen.widerrufen(gang.app, gang.leute[wer], einwilligung=consent.key, grund="Wunsch der Person")
            gang.pruefe()


def test_revoked_consent_withdraws_the_offer_at_once(app: App) -> None:
    gang = bis_zur_stelle(app)
    bis_zum_angebot(gang)

    widerrufe(gang, "awo_fluechtlingsberatung", "uebergabe", "fallmanagement")

    assert gang.uebergabe(status="widerrufen").empfaenger == "awo_fluechtlingsberatung"
    assert gang.namen() == ["folgen_pruefen", "weiteres_vorgehen_klaeren"]
    gang.erledige("folgen_pruefen", widerruf_folge="fortsetzen")
    gang.erledige("weiteres_vorgehen_klaeren", alternative="servicestelle")
    gang.gehe("mitteilung_vorbereiten")
    assert gang.fall().organisation == "stadt_moers"


def bietet_weiter_an(gang: Gang, wer: str, empfaenger: str) -> int:
    """A handover that a person offers on the page, outside every process."""
    who, (person, *_) = gang.leute[wer], gang.zeilen("select key from person where aktenzeichen = :a and hauptperson")
    einwilligungen.erteilen(gang.app, who, aktenzeichen=gang.akte, person=person.key, empfaenger=empfaenger, zweck="uebergabe", abschnitte=["stammdaten"],
                            sprache="Deutsch", form="schriftlich", textfassung="1.0")
    key = uebergaben.entwerfen(gang.app, who, aktenzeichen=gang.akte, empfaenger=empfaenger, zweck="uebergabe", abschnitte=["stammdaten"], grund="Umzug")
    uebergaben.anbieten(gang.app, who, uebergabe=key)
    gang.pruefe()
    return key


def test_consent_can_be_revoked_in_every_phase(uebernommen: Gang) -> None:
    for phase in FALLMANAGEMENT:
        phasen(uebernommen, phase)
        before = uebernommen.namen()
        offer = bietet_weiter_an(uebernommen, "awo", "caritas_migrationsberatung")

        widerrufe(uebernommen, "caritas_migrationsberatung", "uebergabe", "awo")

        assert uebernommen.zeilen("select status from uebergabe where key = :k", k=offer) == [("widerrufen",)]
        assert uebernommen.namen() == sorted([*before, "folgen_pruefen"])
        assert akte.lesen(uebernommen.app, uebernommen.leute["awo"], aktenzeichen=uebernommen.akte)
        with pytest.raises(NotFound):
            akte.lesen(uebernommen.app, uebernommen.leute["caritas"], aktenzeichen=uebernommen.akte)
        uebernommen.erledige("folgen_pruefen", wer="awo", widerruf_folge="fortsetzen")
        assert uebernommen.namen() == before


def test_new_consent_follows_a_revocation(uebernommen: Gang) -> None:
    phasen(uebernommen, "klaerung")
    widerrufe(uebernommen, "awo_fluechtlingsberatung", "fallmanagement", "awo")

    uebernommen.erledige("folgen_pruefen", wer="awo", widerruf_folge="neu_einholen", zweck="fallmanagement")
    uebernommen.erledige("einwilligung_erklaeren", wer="awo", abschnitte=["stammdaten"])

    assert uebernommen.namen() == ["situation_erheben"]
    valid = [e for e in einwilligungen.auflisten(uebernommen.app, uebernommen.leute["awo"], aktenzeichen=uebernommen.akte)
             if e.zweck == "fallmanagement" and e.gueltig]
    assert [e.abschnitte for e in valid] == [("stammdaten",)]


def test_revocation_may_end_the_case(uebernommen: Gang) -> None:
    phasen(uebernommen, "klaerung")
    widerrufe(uebernommen, "awo_fluechtlingsberatung", "fallmanagement", "awo")

    uebernommen.erledige("folgen_pruefen", widerruf_folge="beenden")

    (task,) = uebernommen.offen()
    assert task.element_id == "abschlussgrund_festhalten"
    opened = aufgaben.open_form(uebernommen.app, uebernommen.leute["awo"], key=task.key)
    assert opened is not None
    assert opened.values["abschlussgrund"] == "einwilligung_widerrufen"  # the process proposes it, nobody has to choose again
    uebernommen.erledige("abschlussgrund_festhalten", abschlussgrund="einwilligung_widerrufen", gespraech_moeglich=False)
    uebernommen.gehe("verlauf_auswerten")
    assert uebernommen.fall().status == "abgeschlossen"


def test_lost_contact_is_looked_for_and_the_case_ends_only_by_decision(uebernommen: Gang) -> None:
    phasen(uebernommen, "klaerung")
    awo = uebernommen.leute["awo"]
    kontakte.abbrechen(uebernommen.app, awo, aktenzeichen=uebernommen.akte, grund="nicht_erreichbar")
    uebernommen.pruefe()
    assert uebernommen.namen() == ["kontakt_suchen", "situation_erheben"]

    for _ in range(2):
        uebernommen.erledige("kontakt_suchen", kontakt="nicht_erreicht")
        assert "kontakt_suchen" not in uebernommen.namen()
        uebernommen.warte(days=14)
    uebernommen.erledige("kontakt_suchen", kontakt="nicht_erreicht")

    assert "fortgang_entscheiden" in uebernommen.namen()
    uebernommen.erledige("fortgang_entscheiden", fortgang="beenden")
    assert "abschlussgrund_festhalten" in uebernommen.namen()
    uebernommen.erledige("abschlussgrund_festhalten", abschlussgrund="kontaktabbruch", gespraech_moeglich=False)
    uebernommen.gehe("verlauf_auswerten")
    assert uebernommen.fall().status == "abgeschlossen"
    left = [n for n in uebernommen.namen() if n != "nachfrage_durchfuehren"]
    assert left == []


def test_contact_found_again_lets_the_case_go_on(uebernommen: Gang) -> None:
    kontakte.abbrechen(uebernommen.app, uebernommen.leute["awo"], aktenzeichen=uebernommen.akte, grund="nicht_erreichbar")
    uebernommen.pruefe()

    uebernommen.erledige("kontakt_suchen", kontakt="erreicht")

    assert uebernommen.namen() == ["erstberatung_fuehren"]
    assert uebernommen.fall().status == "offen"
