"""*Kommunalprofil*: every point of the profile is told, with what it rests on and where it is used."""

from __future__ import annotations

import re

import pytest

from processes import profil
from processes.varianten import VARIANTEN
from services import kommunalprofil
from services.errors import NotPermitted
from tests import builders


@pytest.mark.parametrize("kommune", profil.namen())
def test_every_profile_is_told_without_codes(kommune):
    settings = profil.load(kommune)
    told = kommunalprofil._Leser(settings).alles()

    assert [p.nummer for p in told.punkte] == list(VARIANTEN)
    assert len(told.fristen) == len(settings.fristen)
    assert [z.nummer for z in told.zeiten] == list(settings.zeiten)
    assert all(p.grundlage.quelle or (p.grundlage.unsere and p.grundlage.begruendung) for p in told.punkte)
    shown = [e for p in told.punkte for e in p.einstellungen] + [f.einstellung for f in told.fristen] + [*told.funktionen, *told.weitere]
    assert all(e.wert and e.name for e in shown)
    assert [e for e in shown if re.search(r"[a-z]_[a-z]|MappingProxy|Decimal|None|True|False", e.name + e.wert)] == []


def test_where_a_setting_is_used_comes_from_the_models():
    used = kommunalprofil.nutzung()

    assert used["fristen.phasenwechsel_begruenden"] == (kommunalprofil.prozessnamen()["fallmanagement"],)
    assert kommunalprofil.prozessnamen()["zugang_koeln"] in used["funktion.servicestelle"]
    assert "regel.gibt_es_nicht" not in used


def test_process_owner_reads_value_source_and_use(moerser, text):
    page = moerser("prozessverantwortung").get("/kommunalprofil")
    shown = text(page)

    assert page.status_code == 200
    assert "Stadt Moers, Fassung" in shown
    assert all(title in shown for title in VARIANTEN.values())
    assert "unsere Einstellung" in shown
    assert "Arbeitstage" in shown
    assert 'href="/kommunalprofil" aria-current="page"' in page.get_data(as_text=True)


@pytest.mark.parametrize("login", ["fallmanagement", "koordination", "partner"])
def test_others_do_not_find_it(moerser, login):
    person = moerser(login)

    assert person.get("/kommunalprofil").status_code == 403
    assert "/kommunalprofil" not in person.get("/aufgaben").get_data(as_text=True)


def test_service_asks_for_the_right_itself(app):
    with pytest.raises(NotPermitted):
        kommunalprofil.lesen(app, builders.actor("falkenrath"))
