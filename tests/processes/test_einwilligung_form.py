"""A concept that asks for consent in writing offers no oral one (004:L1115)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.feel import evaluate_json
from processes import profil

FORMS = Path(__file__).resolve().parents[2] / "forms" / "vorlagen"


def zur_wahl(aufgabe: str, kommune: str) -> list[str]:
    components = json.loads((FORMS / f"{aufgabe}.form").read_text(encoding="utf-8"))["components"]
    (wahl,) = (c for c in components if c.get("key") == "einwilligung_form")
    scope = {"profil": profil.load(kommune).as_facts()}
    return [entry["value"] for entry in evaluate_json(wahl["valuesExpression"].removeprefix("="), scope)]


@pytest.mark.parametrize("aufgabe", ["einwilligung/einwilligung_erklaeren", "uebergabe_vorbereitung/einwilligung_einholen"])
def test_only_a_concept_that_wants_writing_leaves_out_the_oral_consent(aufgabe):
    assert zur_wahl(aufgabe, "moers") == ["schriftlich", "elektronisch"]
    assert zur_wahl(aufgabe, "koeln") == ["schriftlich", "elektronisch", "muendlich"]
