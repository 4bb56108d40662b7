"""What a person carries, and the papers of the network: made as files."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from services.dokumente import rendern
from services.errors import InvalidInput
from tests.builders import actor
from tests.services.dokumente.test_erzeugen import fassungen, words

STELLE = {"stelle": "stadt_moers", "erreichbar": "Rathaus, Zimmer 12", "stand": "2026-03-02"}


def made(app, key: int) -> tuple[PdfReader, str]:
    """The file of the first version and what a reader hears."""
    rendern.make(app, mandant="moers", dokument=key, version=1, last=False)
    (row,) = fassungen(app)
    return PdfReader(io.BytesIO(row.inhalt)), words(row.inhalt)


@pytest.fixture
def familie(schreiben, people):
    """The Fallakte of two people: who they are, what they want."""
    erwachsen, kind = people
    schreiben({"stammdaten": {"anrede": "frau", "nationalitaet": "Afghanistan", "adresse": "Hauptstraße 1"}, "familie": {"familienstand": "verwitwet"},
               "bildung_arbeit": {"berufswuensche": "Krankenpflege"}}, person=erwachsen)
    schreiben({"stammdaten": {"nationalitaet": "Pakistan"}, "bildung_arbeit": {"berufswuensche": "Tierarzt"}}, person=kind)
    schreiben({"hilfeplan": {"hauptziel": "Ausbildung beginnen", "massnahmen": [{"aufgabe": "Anmeldung zum Kurs", "wer": "person"}]}})
    return str(erwachsen)


@pytest.mark.parametrize(("vorlage", "shown", "hidden"), [
    ("personal_book", ["Afghanistan", "Hauptstraße 1", "Krankenpflege", "Anmeldung zum Kurs", "Zustimmung der Person vom", "Einträge"], ["verwitwet"]),
    ("begleitheft", ["Ausbildung beginnen", "Krankenpflege", "Anmeldung zum Kurs", "Einträge"], ["Afghanistan", "verwitwet", "Anrede", "Frau"]),
    ("fallkarte", ["Case Management", "MO-2026-0001", "Auskunft gibt es nur mit Einwilligung"], ["Afghanistan", "Krankenpflege", "Ausbildung beginnen"]),
])
def test_what_a_person_carries_is_about_this_person_alone(app, erzeugen, familie, vorlage, shown, hidden):
    daten = STELLE | ({"zustimmung_am": "2026-03-02"} if vorlage == "personal_book" else {})

    pdf, text = made(app, erzeugen(vorlage, "Heft", daten, person_id=familie))

    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    for word in ("Samira Qaderi", "Rathaus, Zimmer 12", "Original nicht verfügbar", *shown):
        assert word in text
    for word in ("Elyas", "Pakistan", "Tierarzt", *hidden):
        assert word not in text


def test_personal_book_without_the_consent_of_the_person_is_refused(erzeugen, familie):
    with pytest.raises(InvalidInput):
        erzeugen("personal_book", "Personal Book", STELLE, person_id=familie)


EINLADUNG = {"quartier": "Nordstadt", "workshop_am": "2026-06-04", "uhrzeit": "9.00 – 15.30", "ort": "Stadtteiltreff", "programm": ["9.00 Ankommen", "12.30 Workshops"],
             "hoechstzahl": 70, "anmeldeschluss": "2026-05-15", "anmeldeweg": "workshop@example.org", "widerruf_an": "Koordination, Rathaus"}
SKIZZE = {"umsetzung": "Schritte", "anbindung": "Integrationszentrum", "zielgruppe": "Geduldete Familien", "projektgruppen": ["Sprache", "Wohnen"], "case_management": "Konzept bis Sommer",
          "externe": "Arbeitsgruppe", "planung": "Zwei Jahre", "schnittstellen": [{"programm": "SGB II", "schnittstelle": "Fallmanagement", "abgrenzung": "Verweis"}], "kreis_raum": None}
UEBERSICHT = {"gruppen": ["Familien"], "wege": ["Onlineumfrage (50)"], "bedarfe": [{"lebenslage": "Geduldet", "bereich": "Wohnen", "bedarf": "Beratung am Abend", "vorrang": "hoch"}],
              "foerderlich": "Nachbarschaft", "hinderlich": "Wartezeit", "appelle": [{"appell": "Kette ergänzen", "an": "Dienstleistungskette"}]}


@pytest.mark.parametrize(("vorlage", "daten", "shown"), [
    ("workshop_einladung", EINLADUNG, ["Nordstadt", "04.06.2026", "12.30 Workshops", "verbindlich", "15.05.2026", "Koordination, Rathaus", "Mein wichtigstes Thema", "Anmeldebogen"]),
    ("foerderskizze", SKIZZE, ["Geduldete Familien", "Wohnen", "Abgrenzung", "Verweis", "Federführung"]),
    ("bedarfsuebersicht", UEBERSICHT, ["Familien", "Onlineumfrage (50)", "Beratung am Abend", "Wartezeit", "Kette ergänzen"]),
])
def test_papers_of_the_network_show_what_was_handed_in(app, erzeugen, vorlage, daten, shown):
    pdf, text = made(app, erzeugen(vorlage, "Papier", daten, business_id=None, by=actor("osterkamp")))

    assert pdf.trailer["/Root"]["/StructTreeRoot"]
    for word in ("Original nicht verfügbar", *shown):
        assert word in text
    assert "kreisangehörigen" not in text
