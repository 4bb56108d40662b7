"""Why somebody is told something: the codes of the models and what people read."""

from __future__ import annotations

ANLAESSE = {
    "einholen": "Eine Einwilligung wird gebraucht",
    "einwilligung_laeuft_ab": "Eine Einwilligung läuft ab",
    "einwilligung_widerrufen": "Eine Einwilligung wurde widerrufen",
    "fallabschluss": "Der Fall ist abgeschlossen",
    "fallverantwortung_geaendert": "Die Fallverantwortung hat gewechselt",
    "fallverantwortung_zugeteilt": "Die Fallverantwortung ist zugeteilt",
    "kontaktabbruch": "Der Kontakt ist abgebrochen",
    "kontakt_wieder_aufgenommen": "Der Kontakt besteht wieder",
    "widerruf": "Eine Einwilligung wurde widerrufen",
    "widerruf_bestaetigt": "Der Widerruf der Einwilligung ist bestätigt",
}


def label(anlass: str) -> str:
    """The words for a code; text of a model that is no code stays as it is."""
    return ANLAESSE.get(anlass, anlass)
