"""Phases are called as the Kommune calls them, in the case, in the lists and in the time line."""

from __future__ import annotations

import pytest

from processes import profil
from services import kurzfassung
from services.fall import faelle_liste, phasen
from tests.builders import actor
from tests.services.fall.test_auftraege import run

__all__ = ["run"]  # a fixture


@pytest.mark.parametrize(("kommune", "words"), [
    ("dormagen", ["Zugang", "Klärungsphase", "Profiling", "Vereinbarung", "Integrationsplan", "Fallsteuerung", "Monitoring", "Abschluss"]),
    ("muelheim", ["Zugang", "Klärungsphase", "Assessment", "Gesamtzielplanung", "Unterstützungsplan", "Linking", "Monitoring", "Entpflichtung und Verabschiedung"]),
    ("moers", ["Zugang", "Klärungsphase", "Bedarfs- und Situationsanalyse", "Zielvereinbarung", "Hilfeplanung", "Leistungssteuerung", "Monitoring", "Abschluss"]),
])
def test_a_kommune_has_its_own_names_where_its_concept_has_them(kommune: str, words: list[str]) -> None:
    assert list(phasen.phasen(profil.load(kommune)).values()) == words


def test_time_line_is_read_in_the_words_of_today_and_in_those_of_the_handbook() -> None:
    found = phasen.begonnene(profil.load("muelheim"))

    assert found["Phase Linking begonnen"] == found["Phase Leistungssteuerung begonnen"] == "leistungssteuerung"
    assert "Phase Fallsteuerung begonnen" not in found


def test_lists_use_them_too(app, akte, run) -> None:
    run("fall.phase_setzen", {"phase": "assessment"})

    assert [line.phase_titel for line in faelle_liste.auflisten(app, actor("falkenrath")).zeilen] == ["Bedarfs- und Situationsanalyse"]
    assert kurzfassung.kurzfassungen(app, actor("falkenrath"), aktenzeichen=[akte])[akte].phase_name == "Bedarfs- und Situationsanalyse"
