"""The sections of the Fallakte: what belongs to a person, what to the case, and what is protected how."""

from __future__ import annotations

from services.errors import InvalidInput

PERSON = {
    "stammdaten": "Stammdaten",
    "aufenthalt": "Aufenthalt",
    "sprache": "Sprache",
    "familie": "Familie",
    "bildung_arbeit": "Bildung und Arbeit",
    "wohnen": "Wohnen",
    "gesundheit": "Gesundheit",
    "netzwerk": "Netzwerkkarte",
    "ressourcen": "Ressourcen",
}
FALL = {
    "klaerung": "Klärung",
    "fallbesprechung": "Interne Fallbesprechung",
    "ziele": "Ziele",
    "hilfeplan": "Hilfeplan",
    "leistungen": "Leistungen",
    "monitoring": "Monitoring",
    "uebergabe": "Übergabe",
    "abschluss": "Abschluss",
    "kontakte": "Kontakte und Beteiligte",
}
TITEL = PERSON | FALL
BESONDERE = frozenset({"gesundheit"})  # special categories (Art. 9 DSGVO): consented to apart from the others
INTERN = frozenset({"fallbesprechung"})  # never leaves the organisation, whatever a consent says


def check(abschnitte: list[str]) -> list[str]:
    """The sections in the order of the Fallakte, each once.

    Raises:
        InvalidInput: a section does not exist, or none is given.
    """
    unknown = sorted(set(abschnitte) - set(TITEL))
    if unknown:
        raise InvalidInput(f"Den Abschnitt „{unknown[0]}“ gibt es nicht.", errors={"abschnitte": "Bitte wählen Sie aus der Liste."})
    if not abschnitte:
        raise InvalidInput("Bitte wählen Sie mindestens einen Abschnitt aus.", errors={"abschnitte": "Bitte wählen Sie aus der Liste."})
    return [a for a in TITEL if a in set(abschnitte)]


def check_shareable(abschnitte: list[str]) -> list[str]:
    """As :func:`check`, and none of them is internal."""
    internal = sorted(INTERN.intersection(abschnitte))
    if internal:
        raise InvalidInput(
            f"Der Abschnitt „{TITEL[internal[0]]}“ wird nie weitergegeben.", errors={"abschnitte": "Bitte wählen Sie diesen Abschnitt ab."}
        )
    return check(abschnitte)
