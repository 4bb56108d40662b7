"""The report of the network and the Ergebnisprotokoll of a consultation, made as files."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from services.dokumente import rendern
from services.errors import InvalidInput
from tests.builders import actor
from tests.services.dokumente.test_erzeugen import fassungen, words

BESPRECHUNG = {"fallbesprechung": {
    "beratung_am": "2026-03-02", "beratung_frage": "Wer führt den Fall?", "beratung_ideen": "Beide Fachbereiche gemeinsam", "beratung_empfehlung": "Auftrag schriftlich klären",
    "beratung_schilderung": "Eine Familie mit vier Kindern", "beratung_schritte": "Termin mit der Kita", "auftrag_klaerung": "Die Fallverantwortung bleibt beim Erstkontakt",
    "auftrag_aufgaben": "Kita: Jugendamt, Sprache: Integration", "auftrag_entscheidung": "Die Koordination folgt dem Erstkontakt"}}
BERICHT = {"anlass": "anforderung", "von": "2025-09-01", "bis": "2026-02-28", "empfaenger": "Bezirksregierung", "ueberblick": "Mehr Fälle als im Vorjahr.",
           "zahlen": [{"bereich": "Fälle", "kennzahl": "im Zeitraum begonnen", "wert": "unter 5"}], "zweitbeste": "Sprachkurse am Abend", "trends": None, "geprueft_am": "2026-03-20"}


def made(app, key: int) -> tuple[PdfReader, str]:
    """The file of the first version and what a reader hears."""
    rendern.make(app, mandant="moers", dokument=key, version=1, last=False)
    (row,) = fassungen(app)
    return PdfReader(io.BytesIO(row.inhalt)), words(row.inhalt)


@pytest.mark.parametrize(("ergebnis", "shown", "hidden"), [
    ("eigener_fall", ["Beratung im eigenen Fall", "Termin mit der Kita"], ["Erstkontakt", "Andere Stelle"]),
    ("einigung", ["sind sich einig", "bleibt beim Erstkontakt", "Kita: Jugendamt"], ["Termin mit der Kita", "Die Koordination folgt"]),
    ("entscheidung", ["Die Koordination hat entschieden", "Die Koordination folgt dem Erstkontakt", "Andere Stelle"], ["Termin mit der Kita"]),
])
def test_ergebnisprotokoll_shows_what_belongs_to_its_result_and_no_name(app, schreiben, erzeugen, ergebnis, shown, hidden):
    schreiben(BESPRECHUNG)

    pdf, text = made(app, erzeugen("ergebnisprotokoll", "Ergebnisprotokoll", {"ergebnis": ergebnis, "anlass": "Fallverantwortung", "stellen": ["stadt_moers", "awo"]}))

    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    for word in ("Wer führt den Fall?", "Auftrag schriftlich klären", "AWO Flüchtlingsberatungsstelle", *shown):
        assert word in text
    for word in ("Samira", "Qaderi", "vier Kindern", *hidden):
        assert word not in text


def test_bericht_shows_texts_and_figures_and_says_what_is_suppressed(app, erzeugen):
    pdf, text = made(app, erzeugen("bericht", "Bericht 2025/26", BERICHT, business_id=None, by=actor("osterkamp")))

    assert pdf.trailer["/Root"]["/StructTreeRoot"]
    assert pdf.metadata.title == "Bericht 2025/26"
    for word in ("Anforderung der Bezirksregierung", "01.09.2025", "Mehr Fälle als im Vorjahr.", "unter 5", "Nächstbeste Lösungen", "Kleine Gruppen sind unterdrückt"):
        assert word in text
    assert "Trends" not in text


def test_bericht_without_an_overview_is_refused(erzeugen):
    with pytest.raises(InvalidInput):
        erzeugen("bericht", "Bericht", {**BERICHT, "ueberblick": None}, business_id=None, by=actor("osterkamp"))
