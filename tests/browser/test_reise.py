"""A whole case of Moers as the people of the demo live it, in a browser in front of `etappe run`, by keyboard alone.

Nothing is clicked, and after the log-in page no address is opened that a person would not type. Every page that appears for the
first time is checked with axe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tests.browser.tastatur import Tastatur
from tests.browser.test_barrierefreiheit import violations
from tests.reise.haus import PASSWORD, Haus, aufraeumen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

BERLIN = ZoneInfo("Europe/Berlin")
AWO = "Arbeiterwohlfahrt, Flüchtlingsberatungsstelle"
WIDE, NARROW = 1280, 360
# Title of the task and the answers that choose the way; the rest of a form is answered plausibly.
ZUGANG = (
    ("Zustimmung zum Austausch einholen", {"zustimmung_erteilt": "ja", "zustimmung_beteiligte": ["awo_fluechtlingsberatung"]}),
    ("Beauftragung aufnehmen", {"auftrag": "ansprechperson"}),
    ("Interne Fallbesprechung führen", {"handlungsbedarfe-0-prioritaet": "1", "kurzfristiger_bedarf": "nein"}),
    ("Empfehlung geben", {"motivation": "ja", "mehrere_akteure": "ja", "intensive_begleitung": "ja", "empfehlung": "fallmanagement"}),
    ("Bestehende Beratung klären", {"beratung_besteht": "nein"}),
)
PHASEN = (
    ("Klärungsphase", (
        ("Erstberatung führen", {"motivation": "vorhanden"}), ("Verfahren, Rollen und Erwartungen klären", {}),
        ("Über Aufnahme entscheiden", {"aufnahme": "aufnehmen"}), ("Einwilligung erklären und einholen", {"entscheidung": "erteilt"}))),
    ("Bedarfs- und Situationsanalyse", (("Situation und Bedarf erheben", {}), ("Ergebnisse gemeinsam deuten", {"bild": "vollstaendig"}))),
    ("Zielvereinbarung", (
        ("Ziele verhandeln", {}), ("Erreichbarkeit der Ziele prüfen", {"pruefung": "tragfaehig"}), ("Zielvereinbarung abschließen", {}))),
    ("Hilfeplanung", (
        ("Hilfeplan entwerfen", {}), ("Aufgaben und Zeitrahmen festlegen", {}), ("Monitoring vereinbaren", {"abstimmung_noetig": False}),
        ("Hilfeplan vereinbaren", {"vereinbarung": "vereinbart"}))),
    ("Leistungssteuerung", (
        ("Leistungen auswählen", {}),
        ("Einwilligung erklären und einholen", {"entscheidung": "erteilt"}),
        ("Leistung und Rückmeldung vereinbaren", {"leistung_status": "vereinbart"}))),
)
ABSCHLUSS = (
    ("Abschlussgrund festhalten", {"abschlussgrund": "ziel_erreicht", "gespraech_moeglich": True}),
    ("Abschlussgespräch führen", {"abschluss_bestaetigt": True}),
    ("Verlauf auswerten", {"strukturhinweis": False}),
)


@pytest.fixture(scope="module")
def haus() -> Iterator[Haus]:
    """`etappe run` with the demo and a clock that can be moved."""
    made = Haus()
    try:
        made.start(ETAPPE_TESTMODUS="1")
        made.stelle_uhr(made.zeit)
        yield made
    finally:
        aufraeumen(made)


@dataclass(kw_only=True)
class Reise:
    """One window in which one person after the other works. ``maengel``: what axe, the width or the console complain about."""

    haus: Haus
    page: Page
    akte: str = ""
    maengel: list[str] = field(default_factory=list)
    gesehen: set[tuple[str, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda m: self.maengel.append(m.text) if m.type == "error" and "status of 422" not in m.text else None)
        self.page.on("pageerror", lambda e: self.maengel.append(str(e)))
        self.t = Tastatur(page=self.page, heute=f"{self.haus.zeit.astimezone(BERLIN):%d.%m.%Y}", seite=self.pruefe)

    def pruefe(self, page: Page) -> None:
        """Axe, and no sideways scrolling on a telephone, once for each kind of page."""
        form = page.locator("form.et-form").count()
        kind = (re.sub(r"\d+", "", page.url.split("?")[0].split("#")[0]), page.locator("h1").inner_text() if form else "",
                str(page.locator(".et-errors").count()))
        if kind in self.gesehen:
            return
        self.gesehen.add(kind)
        self.maengel += [f"{page.url}: {v}" for v in violations(page)]
        page.set_viewport_size({"width": NARROW, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            self.maengel.append(f"{page.url} scrolls sideways at {NARROW}")
        page.set_viewport_size({"width": WIDE, "height": 900})

    def melde_an(self, login: str) -> None:
        """Whoever works here logs out, then somebody else logs in."""
        if "/anmeldung" not in self.page.url:
            self.t.abmelden()
        self.t.anmelden(login, PASSWORD)

    def zur_akte(self) -> None:
        """By the search in the head of every page; one hit by Aktenzeichen opens the case."""
        self.t.zu("Suche nach Name oder Aktenzeichen")
        self.t.schreibe(self.akte)
        self.t.eingabe()
        assert self.akte in self.t.ueberschrift()

    def oeffne(self, titel: str) -> None:
        """The next task of the case, from the page that offers it or from the Fallakte; taken over where nobody has it."""
        weiter = f"Weiter mit: {titel}"
        if self.page.get_by_role("link", name=weiter, exact=True).count():
            self.t.oeffne(re.escape(weiter))
        else:
            self.zur_akte()
            self.t.oeffne(re.escape(titel))
        assert self.t.ueberschrift() == titel
        if self.page.get_by_role("button", name="Aufgabe übernehmen").count():
            self.t.oeffne("Aufgabe übernehmen")

    def fertig(self, antworten: dict[str, Any]) -> None:
        """Fill in the open form and complete the task."""
        self.t.zum_inhalt()
        self.t.fuelle(antworten)
        self.t.eingabe()
        assert self.t.ueberschrift() == "Aufgabe abgeschlossen", self.t.text()

    def erledige(self, *schritte: tuple[str, dict[str, Any]]) -> None:
        for titel, antworten in schritte:
            self.oeffne(titel)
            self.fertig(antworten)

    def vergehe(self, **dauer: float) -> None:
        self.haus.stelle_uhr(self.haus.zeit + timedelta(**dauer))

    def erscheint(self, titel: str) -> None:
        """A timer brings a task: the person loads the list again until it is there, and opens it."""
        self.t.menue("Aufgaben")
        row = self.page.locator("tr", has_text=self.akte).filter(has_text=titel)

        def da() -> bool:
            self.t.neu_laden()
            return row.count() > 0
        self.haus.until(da, titel)
        self.t.zum_inhalt()
        self.t.zu(re.escape(self.akte))
        self.t.zu(re.escape(titel), taste="Shift+Tab")
        self.t.eingabe()
        assert self.t.ueberschrift() == titel


@pytest.fixture
def reise(haus: Haus, chromium: Browser) -> Iterator[Reise]:
    context = chromium.new_context(base_url=haus.address, viewport={"width": WIDE, "height": 900}, locale="de-DE", timezone_id="Europe/Berlin")
    context.set_default_timeout(15_000)
    made = Reise(haus=haus, page=context.new_page())
    yield made
    context.close()
    assert made.maengel == []


def test_whole_case_from_the_first_contact_to_its_end_by_keyboard(reise: Reise) -> None:
    reise.t.adresse("/")
    reise.melde_an("fallmanagement")
    lege_an(reise)
    zugang(reise)
    zeige_den_weg(reise)
    warme_uebergabe(reise)
    begleite(reise)
    beende(reise)


def lege_an(reise: Reise) -> None:
    """*Neuer Fall*; what is missing stands next to its field, and the summary leads there."""
    t = reise.t
    t.menue("Fälle")
    t.oeffne("Neuer Fall")
    t.zum_inhalt()
    t.fuelle({"zugangsweg": "buergerservice", "p0-vorname": "Amina", "p0-nachname": "", "p0-geburtsdatum": "01.03.1986", "p0-aufenthalt": "asylverfahren"},
             bis="Fall anlegen")
    t.eingabe()
    assert t.page.title().startswith("Fehler: ")
    assert "et-errors" in t.page.evaluate("document.activeElement.className")
    t.zu("Geben Sie den Nachnamen an.")
    t.druecke("Enter")
    here = t.fokus()
    assert (here["name"], here["wrong"]) == ("p0-nachname", True)
    t.schreibe("Beispiel")
    t.zu("Fall anlegen")
    t.eingabe()
    assert "Der Fall ist angelegt." in t.text()
    found = re.search(r"MO-\d{4}-\d{4}", t.ueberschrift())
    assert found
    reise.akte = found[0]
    assert "Servicestelle anrufen" in t.text(), "the person responsible sees what is waited for"
    assert "Bürgerservice" in t.text()


def zugang(reise: Reise) -> None:
    """Servicestelle, Bedarfs- und Situationsanalyse with a draft, and which organisation is responsible by the rules."""
    t = reise.t
    reise.melde_an("buergerservice")
    t.oeffne("Zu meinen Gruppen")
    t.zum_inhalt()
    t.zu(reise.akte)
    t.zu("Servicestelle anrufen", taste="Shift+Tab")
    t.eingabe()
    t.oeffne("Aufgabe übernehmen")
    reise.fertig({"einvernehmen": "ja"})

    reise.melde_an("fallmanagement")
    reise.erledige(
        ("Person beim Bürgerservice abholen", {}),
        ("Über das Angebot informieren", {
            "aufenthalt": "asylverfahren", "rechtskreise": ["asylblg"], "wunsch": "analyse", "asylbetreuung_beteiligt": "nein", "in_unterkunft": "nein"}),
        ("Integrationsvertrag schließen", {"vertrag_geschlossen": "ja"}))
    analysiere(reise)
    reise.erledige(*ZUGANG)
    reise.oeffne("Zuordnung bestätigen")
    assert f"Nach den Regeln des Konzepts ist zuständig: {AWO}" in t.text()
    reise.fertig({"abweichen": "nein"})


def analysiere(reise: Reise) -> None:
    """What is typed survives a log-out; missing answers stand next to their fields."""
    t = reise.t
    titel = "Bedarfs- und Situationsanalyse durchführen"
    reise.oeffne(titel)
    t.zum_inhalt()
    t.zu("Herkunftsland.*")
    t.schreibe("Eritrea")
    t.page.locator("#gespeichert", has_text=re.compile(r"Entwurf um \d\d:\d\d Uhr gespeichert")).wait_for()
    reise.melde_an("fallmanagement")
    assert titel in t.text()
    reise.oeffne(titel)
    t.zum_inhalt()
    assert t.zu("Herkunftsland.*")["value"] == "Eritrea"
    assert "Entwurf vom" in t.text()

    t.zu("Aufgabe abschließen")
    t.eingabe()
    assert "Die Aufgabe ist noch offen." in t.page.locator(".et-errors").inner_text()
    t.druecke("Tab")
    sentence = t.fokus()["text"]
    t.druecke("Enter")
    target = t.page.evaluate("decodeURIComponent(location.hash.slice(1))")
    assert t.fokus()["id"] == target, "the link of the summary moves the focus to the field"
    beside = t.page.evaluate("id => document.getElementById(id).closest('fieldset, .kern-form-input').querySelector('.kern-error')?.innerText", target)
    assert beside.strip() == sentence
    t.fuelle({"weiterer_termin": "nein"})
    t.eingabe()
    assert t.ueberschrift() == "Aufgabe abgeschlossen", t.text()


def zeige_den_weg(reise: Reise) -> None:
    """Time line, diagram and table of the Fallakte agree with what was done."""
    t = reise.t
    reise.zur_akte()
    assert "Zuordnung bestätigen" in t.page.locator(".et-timeline").inner_text()
    t.oeffne("Prozess")
    assert t.page.locator(".et-diagram svg .active").count() >= 1
    assert "Bei der Person rückversichern" in t.page.locator("table", has_text="hier steht der Fall").inner_text()
    t.oeffne("Fallverantwortung klären")
    assert "Dieser Prozess ist abgeschlossen." in t.text()
    rows = t.page.locator("section", has=t.page.get_by_role("heading", name="Entscheidungen nach Regeln")).inner_text()
    assert AWO in rows
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", rows), "no raw code is shown"


def warme_uebergabe(reise: Reise) -> None:
    """The first offer is refused and comes back as a task, the second is accepted."""
    t = reise.t
    reise.erledige(("Bei der Person rückversichern", {"person_einverstanden": "ja"}), ("Zusatzinformation aushändigen", {}))

    reise.melde_an("awo")
    antworte(reise, {"antwort": "nein", "grund": "kein_platz"})
    assert "Sie haben abgelehnt." in t.text()

    reise.melde_an("fallmanagement")
    reise.oeffne("Zurückgekommene Übergabe bearbeiten")
    assert "Kein Platz frei" in t.text()
    reise.fertig({"naechster_schritt": "erneut_anbieten"})
    reise.erledige(("Zusatzinformation aushändigen", {}), ("Übergabegespräch mit der Person führen", {"gespraech_ergebnis": "uebergabe_vereinbart"}),
                   ("Mitteilung vorbereiten", {"mitteilung_einverstanden": "nein"}))
    assert f"Die Übergabe ist {AWO} angeboten." in t.text(), "the person who offered knows what is waited for"

    reise.melde_an("awo")
    antworte(reise, {"antwort": "ja"})
    assert "Sie haben angenommen." in t.text()
    assert "Ihre Organisation ist jetzt für den Fall verantwortlich." in t.text()
    t.oeffne("Zur Fallakte")
    assert "Marta Selinger" in t.page.locator(".et-casehead").inner_text()


def antworte(reise: Reise, antwort: dict[str, str]) -> None:
    t = reise.t
    t.oeffne("1 Übergabe wartet auf Ihre Antwort|\\d+ Übergaben warten auf Ihre Antwort")
    t.oeffne(f"Übergabe des Falls, {reise.akte}")
    assert "Amina" in t.text()
    t.zum_inhalt()
    t.fuelle(antwort, bis="Antwort senden")
    t.eingabe()


def begleite(reise: Reise) -> None:
    """All phases of the Fallmanagement, done by the organisation that took over; then three weeks pass."""
    t = reise.t
    for phase, schritte in PHASEN:
        reise.zur_akte()
        assert t.page.locator(".et-steps [aria-current=step]").inner_text().replace("\u00ad", "").startswith(phase)
        reise.erledige(*schritte)
    reise.zur_akte()
    assert "Fall begleiten und Kontakte festhalten" in t.text()

    reise.melde_an("fallmanagement")
    reise.vergehe(days=21)
    reise.erscheint("Nach der Übergabe fragen")
    reise.fertig({"uebergabe_gelungen": "ja", "kontakt_gehalten": "ja"})


def beende(reise: Reise) -> None:
    """The check of the Monitoring after another three weeks ends the case."""
    t = reise.t
    reise.melde_an("awo")
    reise.vergehe(days=21)
    reise.erscheint("Verlauf gemeinsam prüfen")
    reise.fertig({"verlauf": "ende"})
    reise.erledige(*ABSCHLUSS)

    reise.zur_akte()
    assert "Abgeschlossen am" in t.text()
    assert "Ziele erreicht" in t.text()
    assert "Zurzeit ist nichts zu tun." in t.text()
    t.abmelden()
    assert "Sie sind abgemeldet." in t.text()
