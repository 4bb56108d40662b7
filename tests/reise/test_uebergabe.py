"""A handover between people who change their mind: revocations, offers taken back on the page, and what the process makes of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from forms.show import build_view
from forms.view import TextView
from services import aufgaben
from services.fall import einwilligungen, faelle, uebergaben
from services.fall.faelle import NeuePerson
from services.prozess import instances, messages, timers
from services.unit_of_work import read
from tests.reise.gang import Gang, people

if TYPE_CHECKING:
    from services.bootstrap import App

ABSCHNITTE = ["stammdaten", "sprache"]
AWO = "awo_fluechtlingsberatung"


class Uebergabe(Gang):
    """A case whose only process is the handover."""

    vorgang: int

    def willigt_ein(self, zweck: str = "uebergabe") -> int:
        """The consent of the only person towards the receiver; returns its key."""
        ich = self.leute["fallmanagement"]
        person = faelle.lesen(self.app, ich, aktenzeichen=self.akte).personen[0].key
        (key,) = einwilligungen.erteilen(self.app, ich, aktenzeichen=self.akte, person=person, empfaenger=AWO, zweck=zweck, abschnitte=ABSCHNITTE,
                                         sprache="de", form="schriftlich", textfassung="1")
        return key

    def widerruft(self, einwilligung: int) -> None:
        einwilligungen.widerrufen(self.app, self.leute["fallmanagement"], einwilligung=einwilligung, grund="Wunsch der Person")
        self.pruefe()

    def ergebnis(self) -> str | None:
        return instances.variables(self.app, self.leute["prozessverantwortung"], key=self.vorgang).get("uebergabe_ergebnis")

    def text(self, element: str) -> str:
        """The sentences that the task shows, as HTML."""
        (task,) = [t for t in self.offen() if t.element_id == element]
        opened = read(self.app, self.leute["fallmanagement"], lambda uow: aufgaben.open_in(uow, key=task.key))
        assert opened is not None
        view = build_view(opened.form, opened.values, {}, opened.evaluate, opened.context)
        return "".join(block.html for section in view.sections for block in section.blocks if isinstance(block, TextView))


@pytest.fixture
def uebergabe(app: App) -> Uebergabe:
    """Before the first task; nobody has consented yet."""
    leute = people(app)
    akte = faelle.anlegen(app, leute["fallmanagement"], login="fallmanagement", prozess=None, personen=[
        NeuePerson(vorname="Amina", nachname="Beispiel", geburtsdatum=date(1990, 5, 1), hauptperson=True)])
    gang = Uebergabe(app=app, akte=akte, leute=leute)
    gang.vorgang = instances.start(app, leute["prozessverantwortung"], process_id="warme_uebergabe", business_id=akte, variables={
        "aktenzeichen": akte, "empfaenger": AWO, "zweck": "uebergabe", "abschnitte": ABSCHNITTE, "grund": "Regel Z3"}).key
    return gang


def test_new_consent_holds_although_the_one_before_was_revoked_a_moment_ago(uebergabe: Uebergabe) -> None:
    uebergabe.widerruft(uebergabe.willigt_ein())
    uebergabe.warte(minutes=5)

    uebergabe.gehe("person_rueckversichern")
    uebergabe.erledige("einwilligung_einholen", abschnitte=ABSCHNITTE)
    uebergabe.gehe("zusatzinformation_aushaendigen")

    assert uebergabe.uebergabe().empfaenger == AWO
    assert uebergabe.namen() == ["uebergabegespraech_fuehren"]


def test_revocation_for_another_purpose_leaves_the_offer(uebergabe: Uebergabe) -> None:
    zusammenarbeit, eigene = uebergabe.willigt_ein("zusammenarbeit"), uebergabe.willigt_ein()
    uebergabe.gehe("person_rueckversichern", "zusatzinformation_aushaendigen")

    uebergabe.widerruft(zusammenarbeit)
    assert uebergabe.uebergabe().empfaenger == AWO
    assert uebergabe.namen() == ["uebergabegespraech_fuehren"]

    uebergabe.widerruft(eigene)
    assert uebergabe.ergebnis() == "einwilligung_widerrufen"
    assert uebergabe.namen() == []


def test_offer_taken_back_on_the_page_comes_back_at_once(uebergabe: Uebergabe) -> None:
    uebergabe.willigt_ein()
    uebergabe.gehe("person_rueckversichern", "zusatzinformation_aushaendigen")

    uebergaben.zurueckziehen(uebergabe.app, uebergabe.leute["fallmanagement"], uebergabe=uebergabe.uebergabe().key)
    uebergabe.pruefe()

    assert uebergabe.namen() == ["rueckgabe_bearbeiten"]
    assert uebergabe.zeilen("select element_id from timer where status = 0") == []
    assert "wurde zurückgezogen" in uebergabe.text("rueckgabe_bearbeiten")
    uebergabe.erledige("rueckgabe_bearbeiten", naechster_schritt="erneut_anbieten")
    uebergabe.gehe("zusatzinformation_aushaendigen", "uebergabegespraech_fuehren", "mitteilung_vorbereiten")
    uebergabe.antworte(angenommen=True)
    assert uebergabe.ergebnis() == "uebernommen"


def test_acceptance_that_was_taken_back_is_no_refusal(uebergabe: Uebergabe) -> None:
    uebergabe.willigt_ein()
    uebergabe.gehe("person_rueckversichern", "zusatzinformation_aushaendigen")
    uebergabe.antworte(angenommen=True)
    uebergaben.zurueckziehen(uebergabe.app, uebergabe.leute["fallmanagement"], uebergabe=uebergabe.uebergabe(status="angenommen").key)

    uebergabe.gehe("uebergabegespraech_fuehren", "mitteilung_vorbereiten")

    shown = uebergabe.text("rueckgabe_bearbeiten")
    assert "wurde zurückgezogen" in shown
    assert "abgelehnt" not in shown


@pytest.mark.parametrize(("grund", "satz"), [("sprache", "Sprache nicht vorhanden"), (None, "wurde zurückgezogen")])
def test_refusal_while_the_case_rested_is_no_silence(uebergabe: Uebergabe, grund: str | None, satz: str) -> None:
    uebergabe.willigt_ein()
    uebergabe.gehe("person_rueckversichern", "zusatzinformation_aushaendigen")
    app, leute, angebot = uebergabe.app, uebergabe.leute, uebergabe.uebergabe().key
    instances.set_suspended(app, leute["verwaltung"], key=uebergabe.vorgang, suspended=True, reason="Klärung")
    if grund is None:
        uebergaben.zurueckziehen(app, leute["fallmanagement"], uebergabe=angebot)
    else:
        uebergaben.beantworten(app, leute["awo"], uebergabe=angebot, angenommen=False, ablehnungsgrund=grund)
    app.clock.advance(days=40)
    messages.deliver_pending(app)

    instances.set_suspended(app, leute["verwaltung"], key=uebergabe.vorgang, suspended=False, reason="geklärt")
    timers.fire_due(app)

    assert satz in uebergabe.text("rueckgabe_bearbeiten")
    assert "nicht geantwortet" not in uebergabe.text("rueckgabe_bearbeiten")
