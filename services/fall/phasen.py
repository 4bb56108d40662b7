"""The phases of a case in the words of the Kommune."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processes.profil import Profil

PHASEN = {
    "zugang": "Zugang",
    "klaerungsphase": "Klärungsphase",
    "assessment": "Assessment",
    "zielvereinbarung": "Zielvereinbarung",
    "hilfeplanung": "Hilfeplanung",
    "leistungssteuerung": "Leistungssteuerung",
    "monitoring": "Monitoring",
    "abschluss": "Abschluss",
}
WORT = {"hilfeplanung": "hilfeplan"}  # a Kommune gives the plan its name, and the phase is called like it
WOERTER = frozenset(WORT.get(phase, phase) for phase in PHASEN)
"""The names under ``beschriftung`` of a profile that are phases."""


def phasen(profil: Profil) -> dict[str, str]:
    """Key and name of each phase in their order; a Kommune has its own name (V-14) or that of the handbook."""
    return {phase: profil.beschriftung.get(WORT.get(phase, phase), name) for phase, name in PHASEN.items()}


def begonnen(name: str) -> str:
    """What the time line says when a phase begins."""
    return f"Phase {name} begonnen"


def begonnene(profil: Profil) -> dict[str, str]:
    """Sentence of the time line -> phase; also the sentences from before the Kommune had a name of its own."""
    return {begonnen(name): phase for words in (PHASEN, phasen(profil)) for phase, name in words.items()}
