"""*Kommunalprofil*: every point of the profile is told, with what it rests on and where it is used."""

from __future__ import annotations

import re

import pytest

from processes import profil
from processes.varianten import VARIANTEN
from services import kommunalprofil
from services.errors import NotPermitted
from services.kommunalprofil_woerter import FRISTEN, NAMEN, PROZESSE, WERTE
from services.woerter import CODE, FUNKTIONEN, WOERTER
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


@pytest.mark.parametrize("kommune", profil.namen())
def test_no_setting_and_no_value_falls_back_to_its_code(kommune):
    settings = profil.load(kommune)
    names = {name for part in ("funktion", "regel", "wert", "beschriftung") for name in getattr(settings, part)}
    known = {*WERTE, *WOERTER, *kommunalprofil.prozessnamen(), *(o.key for o in settings.organisationen)}

    assert sorted(set(settings.fristen) - set(FRISTEN)) == []
    assert sorted(set(settings.prozess) - set(PROZESSE)) == []
    assert sorted(names - set(NAMEN) - set(FUNKTIONEN)) == []
    assert sorted(set(codes(settings.regel)) - known) == []


def codes(value):
    """The codes within a value; an entry with a name of its own has its words already."""
    if hasattr(value, "items"):
        return [] if "name" in value else [code for inner in value.values() for code in codes(inner)]
    if isinstance(value, tuple):
        return [code for inner in value for code in codes(inner)]
    return [value] if isinstance(value, str) and CODE.fullmatch(value) else []


@pytest.mark.parametrize("kommune", profil.namen())
def test_every_setting_is_read_or_kept_as_a_fact_with_its_reason(kommune):
    settings, used = profil.load(kommune), kommunalprofil.nutzung()
    every = {f"{part}.{name}" for part in ("prozess", "funktion", "regel", "wert", "fristen", "beschriftung") for name in getattr(settings, part)}

    assert sorted(every - set(used) - set(settings.nur_angabe)) == []
    # A reason for what something reads would be a lie.
    assert sorted(set(settings.nur_angabe) & set(used)) == []
    told = kommunalprofil._Leser(settings).alles()
    shown = [e for p in told.punkte for e in p.einstellungen] + [f.einstellung for f in told.fristen] + [*told.funktionen, *told.weitere, *told.beschriftungen]
    assert [e.name for e in shown if not e.genutzt and not e.angabe and e.name != "Stellen"] == []


def test_value_with_a_name_of_its_own_is_told_by_it():
    told = kommunalprofil._Leser(profil.load("koeln")).einstellung("regel.aufnahmekriterien")

    assert told.name == "Kriterien der Aufnahme"
    assert told.wert.startswith("Junge erwachsene Person mit Fluchterfahrung; Mehrere Lebensbereiche betroffen")
    assert kommunalprofil.prozessnamen()["zugang_koeln"] in told.genutzt


@pytest.mark.parametrize(
    ("kommune", "setting", "words"),
    [("duesseldorf", "regel.teilhabemanagement_bis", "30.06.2022"), ("koeln", "regel.verwendungsnachweis_stichtag", "15.03."),
     ("moers", "regel.aufnahme_entscheidet", "Servicestelle"), ("hoexter", "regel.aufnahmekriterien_verknuepfung", "eines genügt"),
     ("moers", "prozess.zugang", "Zugang über die Servicestelle"), ("muelheim", "regel.aufnahme_ausnahmen", "keine")],
)
def test_values_are_told_in_german(kommune, setting, words):
    assert kommunalprofil._Leser(profil.load(kommune)).einstellung(setting).wert == words


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
    assert "Angabe der Quelle, steuert keinen Ablauf: Dauer der Förderung" in shown
    assert "in keinem Modell" not in shown
    assert 'href="/kommunalprofil" aria-current="page"' in page.get_data(as_text=True)


@pytest.mark.parametrize("login", ["fallmanagement", "koordination", "partner"])
def test_others_do_not_find_it(moerser, login):
    person = moerser(login)

    assert person.get("/kommunalprofil").status_code == 403
    assert "/kommunalprofil" not in person.get("/aufgaben").get_data(as_text=True)


def test_service_asks_for_the_right_itself(app):
    with pytest.raises(NotPermitted):
        kommunalprofil.lesen(app, builders.actor("falkenrath"))
