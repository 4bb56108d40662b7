"""The Kommunalprofil: what it holds, and what it refuses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml

from processes import bibliothek, profil
from processes.einstellungen import Vorgaben
from processes.profil import Einheit, InvalidProfil, UnknownFrist


def document(**changes: Any) -> dict[str, Any]:
    base = {
        "kommune": "musterstadt", "name": "Musterstadt", "version": "1", "land": "NW", "schliesstage": [date(2026, 12, 24)],
        "aktenzeichen": {"praefix": "MS"}, "prozess": {"zugang": "zugang_moers"}, "funktion": {"servicestelle": "stadt", "beratung": ["stadt", "verein"]},
        "organisationen": [
            {"key": "stadt", "name": "Stadt", "art": "kommune", "rechtskreis": ["asylblg"], "kapazitaet": 4, "sprachen": ["de", "ar"]},
            {"key": "verein", "name": "Verein", "art": "verein"},
        ],
        "regel": {"grenze": 26, "stufen": ["a", "b"], "an": True}, "wert": {"versuche": 3},
        "fristen": {"kurz": {"wert": 3, "einheit": "arbeitstage", "unsere_einstellung": True, "begruendung": "Erfahrung"},
                    "lang": {"wert": 6, "einheit": "monate", "quelle": "004:L349"}},
        "beschriftung": {"assessment": "Analyse"},
    }
    return {**base, **changes}


def read(**changes: Any) -> profil.Profil:
    return profil.parse(yaml.safe_dump(document(**changes), allow_unicode=True).encode(), kommune="musterstadt", vorgaben=Vorgaben())


def test_profile_is_read_as_it_stands() -> None:
    found = read()

    assert found.frist("lang") == profil.Frist(wert=6, einheit=Einheit.MONATE, quelle="004:L349")
    assert found.frist("kurz").unsere_einstellung
    assert found.funktion["beratung"] == ("stadt", "verein")
    assert found.organisation("stadt").kapazitaet == 4
    assert found.organisation("niemand") is None
    assert found.schliesstage == (date(2026, 12, 24),)


def test_facts_are_plain_and_without_bare_deadlines() -> None:
    facts = read().as_facts()

    assert facts["funktion"] == {"servicestelle": "stadt", "beratung": ["stadt", "verein"]}
    assert facts["regel"] == {"grenze": 26, "stufen": ["a", "b"], "an": True}
    assert "fristen" not in facts
    assert yaml.safe_load(yaml.safe_dump(facts)) == facts


def test_profile_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        read().regel["grenze"] = 30


def test_unknown_frist_says_its_name() -> None:
    with pytest.raises(UnknownFrist, match="keine Frist „monitoring“"):
        read().frist("monitoring")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ort": "x"}, "„ort“ unbekannt"),
        ({"kommune": "anders"}, "muss wie die Datei heißen"),
        ({"land": "XX"}, "Kürzel eines Landes"),
        ({"aktenzeichen": {"praefix": "ms"}}, "Großbuchstaben"),
        ({"aktenzeichen": {}}, "fehlt „praefix“"),
        ({"funktion": {"servicestelle": "fremd"}}, "nennt „fremd“"),
        ({"funktion": {"servicestelle": []}}, "nennt keine Organisation"),
        ({"organisationen": []}, "wenigstens einer Organisation"),
        ({"organisationen": [{"key": "a", "name": "A", "art": "x"}] * 2, "funktion": {}}, "steht zweimal"),
        ({"organisationen": [{"key": "a", "name": "A", "art": "x", "rechtskreis": ["sgb9"]}], "funktion": {}}, "nennt „sgb9“"),
        ({"organisationen": [{"key": "a", "name": "A", "art": "x", "kapazitaet": -1}], "funktion": {}}, "ganze Zahl ab 0"),
        ({"organisationen": [{"key": "a", "name": "A", "art": "x", "chef": "y"}], "funktion": {}}, "„chef“ unbekannt"),
        ({"schliesstage": ["2026-12-24"]}, "Liste von Tagen"),
        ({"version": 1}, "„version“ muss Text sein"),
        ({"wert": {"a": True}}, "muss eine Zahl sein"),
        ({"regel": {"Groß": 1}}, "kein Name"),
        ({"regel": {"a": date(2026, 1, 1)}}, "muss Text, Zahl"),
        ({"fristen": {"a": {"wert": 1, "einheit": "tage"}}}, "entweder „quelle“ oder"),
        ({"fristen": {"a": {"wert": 1, "einheit": "tage", "quelle": "x", "unsere_einstellung": True}}}, "entweder „quelle“ oder"),
        ({"fristen": {"a": {"wert": 1, "einheit": "tage", "quelle": "x", "begruendung": "y"}}}, "gehört zu"),
        ({"fristen": {"a": {"wert": 1.5, "einheit": "tage", "quelle": "x"}}}, "ganze Zahl"),
        ({"fristen": {"a": {"wert": True, "einheit": "tage", "quelle": "x"}}}, "ganze Zahl"),
        ({"fristen": {"a": {"wert": 1, "einheit": "quartale", "quelle": "x"}}}, "Erlaubt sind"),
        ({"fristen": {"a": {"einheit": "tage", "quelle": "x"}}}, "fehlt „wert“"),
        ({"fristen": ["a"]}, "Namen mit Werten"),
    ],
)
def test_wrong_profile_is_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidProfil, match=sentence) as caught:
        read(**changes)

    assert str(caught.value).startswith("Profil „musterstadt“: ")


@pytest.mark.parametrize("key", ["kommune", "name", "version", "land", "aktenzeichen", "prozess", "funktion", "organisationen", "fristen"])
def test_missing_part_is_named(key: str) -> None:
    rest = {name: value for name, value in document().items() if name != key}

    with pytest.raises(InvalidProfil, match=f"fehlt „{key}“"):
        profil.parse(yaml.safe_dump(rest).encode(), kommune="musterstadt")


@pytest.mark.parametrize("data", [b"\xff", b"a: [", b"[]", b""])
def test_what_is_no_profile_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidProfil):
        profil.parse(data, kommune="musterstadt")


def test_unknown_kommune_lists_those_that_exist() -> None:
    with pytest.raises(InvalidProfil, match="moers"):
        profil.load("../moers")


def test_moers_has_the_figures_of_its_source() -> None:
    moers = profil.load("moers")
    expected = {
        "zugang_meldung_servicestelle": (1, "tage"), "zugang_ankunftsgruppe": (4, "wochen"), "analyse_gespraech": (2, "stunden"),
        "uebergabe_nachfrage": (3, "wochen"), "qualitaetszirkel": (6, "monate"), "qualitaetszirkel_einfuehrung": (3, "monate"),
    }

    for name, (wert, einheit) in expected.items():
        assert (moers.frist(name).wert, moers.frist(name).einheit) == (wert, einheit)
        assert "004:L" in moers.frist(name).quelle


@pytest.mark.parametrize("kommune", profil.namen())
def test_every_own_setting_says_why(kommune: str) -> None:
    for name, frist in profil.load(kommune).fristen.items():
        assert frist.quelle or frist.begruendung, name


@pytest.mark.parametrize("kommune", profil.namen())
def test_profile_names_processes_that_exist(kommune: str) -> None:
    assert set(profil.load(kommune).prozess.values()) <= set(bibliothek.keys())


@pytest.mark.parametrize("kommune", profil.namen())
def test_addresses_are_examples(kommune: str) -> None:
    assert all(o.mail is None or o.mail.endswith(".example.org") for o in profil.load(kommune).organisationen)
