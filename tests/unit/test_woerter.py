"""Words for codes."""

from __future__ import annotations

import pytest

from services.woerter import gruppenname, in_worten, lesbar


@pytest.mark.parametrize(("code", "words"), [
    ("fluechtlingsberatung", "Flüchtlingsberatung"), ("eigene_stelle", "Eigene stelle"), ("neue_stelle", "Neue stelle"), ("frauenhaus", "Frauenhaus"),
    ("aktuell", "Aktuell"), ("quelle", "Quelle"), ("gespraech_noetig", "Gespräch nötig"), ("uebergabe", "Übergabe"),
])
def test_code_without_a_word_is_readable(code, words):
    assert lesbar(code) == words


@pytest.mark.parametrize(("value", "words"), [
    (True, "Ja"), (None, ""), ("eigene_stelle", "die eigene Stelle"), ("awo", "AWO Beratung"), ("Freier Text", "Freier Text"),
    (["ab_27", "sgb2"], "ab 27 Jahren, SGB II"), (3, "3"), ("2026-11-22", "22.11.2026"),
])
def test_values_of_decisions_are_words(value, words):
    assert in_worten(value, {"awo": "AWO Beratung"}) == words


def test_groups_are_functions_or_organisations():
    assert gruppenname(["buergerservice", "awo"], {"awo": "AWO Beratung"}) == "Bürgerservice oder AWO Beratung"
    assert gruppenname([], {}) == ""
