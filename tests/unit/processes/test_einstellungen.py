"""Settings of the processes: merged under every profile, and refused with a sentence where they contradict."""

from __future__ import annotations

import pytest
import yaml

from processes import bibliothek, einstellungen, profil
from processes.einstellungen import InvalidEinstellungen, Vorgaben

OURS = {"unsere_einstellung": True, "begruendung": "Erfahrung"}
PROFILE = {
    "kommune": "musterstadt", "name": "Musterstadt", "version": "1", "land": "NW", "aktenzeichen": {"praefix": "MS"}, "prozess": {},
    "organisationen": [{"key": "stadt", "name": "Stadt", "art": "kommune"}, {"key": "verein", "name": "Verein", "art": "verein"}],
    "funktion": {"koordination": "stadt", "beratung": "verein"}, "fristen": {},
}


def settings(key: str = "eins", **document: object) -> Vorgaben:
    return einstellungen.parse(yaml.safe_dump(document, allow_unicode=True).encode(), key=key)


def profile(vorgaben: Vorgaben, **changes: object) -> profil.Profil:
    return profil.parse(yaml.safe_dump({**PROFILE, **changes}).encode(), kommune="musterstadt", vorgaben=vorgaben)


def test_settings_hold_where_the_profile_says_nothing() -> None:
    found = profile(settings(
        fristen={"kurz": {"wert": 3, "einheit": "tage", **OURS}}, regel={"an": True, "stufen": {"wert": ["a"], **OURS}},
        wert={"versuche": 3, "grenze": {"wert": 5, "quelle": "004:L1"}}, funktion={"protokoll": "beratung"}))

    assert found.frist("kurz").wert == 3
    assert found.regel == {"an": True, "stufen": ("a",)}
    assert found.wert == {"versuche": 3, "grenze": 5}
    assert found.funktion["protokoll"] == "verein"


def test_profile_overrides() -> None:
    vorgaben = settings(fristen={"kurz": {"wert": 3, "einheit": "tage", **OURS}}, regel={"an": True}, wert={"n": 3}, funktion={"protokoll": "beratung"})

    found = profile(vorgaben, fristen={"kurz": {"wert": 1, "einheit": "wochen", "quelle": "004:L2"}}, regel={"an": False}, wert={"n": 1},
                    funktion={**PROFILE["funktion"], "protokoll": "stadt"})

    assert (found.frist("kurz").wert, found.frist("kurz").quelle) == (1, "004:L2")
    assert (found.regel["an"], found.wert["n"], found.funktion["protokoll"]) == (False, 1, "stadt")


def test_function_that_nobody_can_take_is_refused() -> None:
    with pytest.raises(profil.InvalidProfil, match="„protokoll“ ist nicht besetzt"):
        profile(settings(funktion={"protokoll": "niemand"}))


def test_start_is_left_to_those_who_show_it() -> None:
    assert settings(start={"von": "fall", "funktion": ["koordination"]}) == Vorgaben()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"frist": {}}, "„frist“ unbekannt"),
        ({"fristen": {"a": {"wert": 1, "einheit": "tage"}}}, "entweder „quelle“ oder"),
        ({"fristen": {"a": {"wert": 1, "einheit": "tage", "unsere_einstellung": True}}}, "braucht eine „begruendung“"),
        ({"wert": {"a": "drei"}}, "muss eine Zahl sein"),
        ({"wert": {"a": {"wert": 1, "quelle": "x", **OURS}}}, "entweder „quelle“ oder"),
        ({"regel": {"a": {"wert": 1, "quelle": ""}}}, "muss Text sein"),
        ({"regel": {"a": {"wert": 1, "quelle": "x", "seite": 3}}}, "„seite“ unbekannt"),
        ({"funktion": {"a": ["b"]}}, "muss Text sein"),
    ],
)
def test_wrong_settings_are_refused_with_a_sentence(document: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidEinstellungen, match=sentence) as caught:
        settings(**document)

    assert str(caught.value).startswith("Einstellungen von „eins“: ")


@pytest.mark.parametrize("data", [b"\xff", b"a: [", b"[]", b""])
def test_what_is_no_mapping_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidEinstellungen):
        einstellungen.parse(data, key="eins")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"fristen": {"a": {"wert": 1, "einheit": "tage", **OURS}}}, {"fristen": {"a": {"wert": 1, "einheit": "wochen", **OURS}}}),
        ({"regel": {"a": True}}, {"regel": {"a": False}}),
        ({"wert": {"a": 1}}, {"wert": {"a": 2}}),
        ({"funktion": {"a": "b"}}, {"funktion": {"a": "c"}}),
    ],
)
def test_two_processes_must_not_contradict_each_other(one: dict[str, object], other: dict[str, object]) -> None:
    with pytest.raises(InvalidEinstellungen, match="anderen Wert als bei „eins“") as caught:
        einstellungen.zusammen({"eins": settings("eins", **one), "zwei": settings("zwei", **other)})

    assert caught.value.key == "zwei"


def test_the_same_value_may_stand_twice() -> None:
    frist = {"fristen": {"a": {"wert": 1, "einheit": "tage", **OURS}}}

    assert einstellungen.zusammen({"eins": settings("eins", **frist), "zwei": settings("zwei", **frist)}).fristen["a"].wert == 1


def test_shipped_settings_are_read_into_every_profile() -> None:
    shipped = einstellungen.vorgaben()

    assert shipped.fristen["kontaktversuch"].einheit == "arbeitstage"
    for name in profil.namen():
        assert set(shipped.fristen) <= set(profil.load(name).fristen)
    assert set(bibliothek.keys()) >= {datei.key for datei in bibliothek.einstellungen()}
