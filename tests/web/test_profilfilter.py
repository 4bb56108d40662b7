"""Finding a setting on the page *Kommunalprofil*, without JavaScript."""

from __future__ import annotations

import re

import pytest

from processes import profil
from services import kommunalprofil, profilfilter
from services.kommunalprofil import Einstellung, Fristzeile, Grundlage, Kommunalprofil


def setting(name: str, wert: str = "3", *genutzt: str) -> Einstellung:
    return Einstellung(art="Wert", name=name, wert=wert, genutzt=genutzt)


PROFIL = Kommunalprofil(
    name="Stadt", version="1", punkte=(), zeiten=(), funktionen=(setting("Servicestelle", "Bürgerbüro", "Zugang"),), weitere=(setting("Größe der Gruppe", "12"),),
    beschriftungen=(), fristen=(
        Fristzeile(einstellung=setting("Antwort auf eine Übergabe", "14 Tage", "Warme Übergabe"), grundlage=Grundlage(quelle="004:L634"), vorgabe=False),
        Fristzeile(einstellung=setting("Rückruf", "2 Tage"), grundlage=Grundlage(unsere=True, begruendung="üblich"), vorgabe=True)))


def names(found: Kommunalprofil) -> list[str]:
    return [f.einstellung.name for f in found.fristen] + [e.name for e in (*found.funktionen, *found.weitere)]


@pytest.mark.parametrize(("suche", "found"), [
    ("übergabe", ["Antwort auf eine Übergabe"]), ("ÜBERGABE 14", ["Antwort auf eine Übergabe"]), ("tage", ["Antwort auf eine Übergabe", "Rückruf"]),
    ("004:L634", ["Antwort auf eine Übergabe"]), ("bürgerbüro", ["Servicestelle"]), ("unsere einstellung", ["Rückruf"]), ("üblich", ["Rückruf"]),
    ("  tage   rückruf ", ["Rückruf"]), ("zugang", ["Servicestelle"]), ("tage zugang", []), ("%", []), (".*", [])])
def test_every_word_of_the_search_occurs_in_the_row(suche, found):
    assert names(profilfilter.filtern(PROFIL, suche)) == found


@pytest.mark.parametrize("suche", ["", "   "])
def test_empty_search_shows_everything(suche):
    assert profilfilter.filtern(PROFIL, suche) is PROFIL
    assert profilfilter.anzahl(PROFIL) == 4


def test_every_setting_is_found_by_its_own_name():
    told = kommunalprofil._Leser(profil.load("moers")).alles()

    for row in told.fristen:
        assert row in profilfilter.filtern(told, row.einstellung.name).fristen


def sections(page: str) -> list[str]:
    return re.findall(r'<section class="et-section et-kv" aria-labelledby="(\w+)"', page)


def test_page_shows_the_matches_their_number_and_only_their_sections(moerser, text):
    person = moerser("prozessverantwortung")
    whole, found = person.get("/kommunalprofil"), person.get("/kommunalprofil?suche=arbeitstage")

    assert len(found.get_data()) < len(whole.get_data()) / 2
    number = int(re.search(r"(\d+) Einstellungen passen zu „arbeitstage“, von \d+", text(found)).group(1))
    html = found.get_data(as_text=True)
    assert html.count('<tr role="row"><td') == number
    assert set(sections(html)) < set(sections(whole.get_data(as_text=True)))
    assert re.findall(r'<li><a href="#(\w+)">', html) == sections(html)
    assert 'value="arbeitstage"' in html
    assert 'href="/kommunalprofil">Alle anzeigen' in html


def test_page_without_search_has_a_table_of_contents_with_numbers(moerser, text):
    page = moerser("prozessverantwortung").get("/kommunalprofil")

    assert re.search(r"Variantenpunkte \(28\)", text(page))
    assert "Alle anzeigen" not in text(page)
    assert all(f'id="{target}"' in page.get_data(as_text=True) for target in re.findall(r'href="#([\w-]+)"', page.get_data(as_text=True)))


def test_page_says_that_nothing_fits_and_leads_back(moerser, text):
    page = moerser("prozessverantwortung").get("/kommunalprofil?suche=<b>xyzzy")

    assert "Keine Einstellung passt zu „<b>xyzzy“" in text(page)
    html = page.get_data(as_text=True)
    assert "<b>xyzzy" not in html
    assert sections(html) == []
    assert "Alle anzeigen" in text(page)
