from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from services.adapters import pdf_typst
from services.dokumente import rendern, vorlagen, zeichen
from tests.services.dokumente.test_erzeugen import fassungen

ERKLAERUNGEN = [(key, sprache) for key in ("einwilligung", "schweigepflichtentbindung") for sprache in vorlagen.finden(key).sprachen]


@pytest.mark.parametrize(("key", "sprache"), ERKLAERUNGEN)
def test_every_prepared_language_says_all_that_the_german_text_says(key, sprache):
    texte = vorlagen.finden(key).texte

    assert set(texte["de"]) <= set(texte[sprache])
    assert len(texte[sprache]["rechte_liste"]) == len(texte["de"]["rechte_liste"])
    assert zeichen.ERSATZ not in str(zeichen.bereinigt(dict(texte[sprache])))


@pytest.mark.parametrize(("key", "sprache"), ERKLAERUNGEN)
def test_only_the_german_text_counts_as_checked(key, sprache):
    assert vorlagen.finden(key).sprachen[sprache] == (sprache == "de")


@pytest.mark.parametrize(("sprache", "lang", "word", "mark"), [
    ("de", "de", "Wofür?", False), ("uk", "uk", "Мої права", True), ("prs", "fa", "حقوق", True), ("tr", "tr", "Haklarım", True), ("so", "de", "Wofür?", False)])
def test_declaration_is_in_the_language_of_the_person_and_says_if_unchecked(app, erzeugen, sprache, lang, word, mark):
    daten = {"empfaenger": "awo", "zweck": "uebergabe", "abschnitte": ["stammdaten"], "besondere_abschnitte": ["gesundheit"], "gueltig_bis": None}
    key = erzeugen("einwilligung", "Einwilligung", daten, sprache=sprache, bezug="awo")

    rendern.make(app, mandant="moers", dokument=key, version=1, last=False)

    pdf = PdfReader(io.BytesIO(fassungen(app)[0].inhalt))
    shown = " ".join(page.extract_text() for page in pdf.pages)
    assert pdf.trailer["/Root"]["/Lang"] == lang
    assert (word in shown) or sprache == "prs"  # shaped letters are not extracted as they were written
    assert ("Übersetzung ungeprüft" in shown) == mark
    assert "AWO Flüchtlingsberatungsstelle" in shown


def test_layouts_read_nothing_but_their_own_files(monkeypatch):
    monkeypatch.setattr(vorlagen, "gemeinsam", lambda: {"seite.typ": b'#let x = read("/etc/passwd")\n#x'})

    with pytest.raises(pdf_typst.RenderingFailed):
        pdf_typst.render("hilfeplan", {"titel": "x"}, am=datetime(2026, 1, 1, tzinfo=UTC))
