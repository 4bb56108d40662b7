"""What the engine refuses, in the words and kinds of the services."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from engine.errors import BudgetExceeded, InstanceNotRunning, UnknownStateFormat
from engine.errors import TaskNotOpen as EngineTaskNotOpen
from services.errors import Conflict, InvalidInput, NotFound, StateUnreadable, TaskNotOpen

if TYPE_CHECKING:
    from engine.errors import EngineError
    from services.errors import ServiceError

log = logging.getLogger("etappe.prozess")

# The engine speaks English to developers; part of its sentence -> what people read.
SENTENCES: tuple[tuple[str, type[ServiceError], str], ...] = (
    ("are larger than", InvalidInput, "Die Variablen sind zu groß. Bitte speichern Sie große Inhalte an anderer Stelle und übergeben Sie nur einen Verweis."),
    ("are not JSON", InvalidInput, "Die Variablen lassen sich nicht als JSON speichern."),
    ("no element that a token can enter", InvalidInput, "Dieses Element gibt es im Modell nicht, oder es lässt sich nicht betreten."),
    ("runs only when its own event or loop", Conflict, "Dieses Element liegt in einem Teilprozess, der nur durch sein eigenes Ereignis oder seine Schleife beginnt."),
    ("choose one of the start events", Conflict, "Dieser Prozess hat kein eindeutiges Startereignis. Er beginnt mit einer Nachricht, einem Signal oder zu einer Zeit."),
    ("is not due", Conflict, "Dieser Zeitgeber ist noch nicht fällig."),
    ("was called by", Conflict, "Dieser Vorgang wurde von einem anderen aufgerufen. Beendet werden kann nur der oberste Vorgang."),
)


def refusal(error: EngineError) -> ServiceError:
    """The refusal of the services for one of the engine."""
    if isinstance(error, EngineTaskNotOpen):
        return TaskNotOpen()
    if isinstance(error, InstanceNotRunning):
        return NotFound("Dieser Vorgang ist bereits beendet.")
    text = str(error)
    if isinstance(error, BudgetExceeded):
        return Conflict(text)  # written for people already
    return next((kind(sentence) for part, kind, sentence in SENTENCES if part in text), Conflict(f"Das geht bei diesem Vorgang nicht ({text})."))


def unreadable(error: EngineError, key: int) -> StateUnreadable:
    """The refusal of every command on an instance whose stored state cannot be read; the operator finds the cause in the log."""
    log.error("state_unreadable", extra={"instance_key": key, "reason": type(error.__cause__ or error).__name__})  # not its text: damage may lie in a value
    if isinstance(error, UnknownStateFormat):
        return StateUnreadable(
            f"Den gespeicherten Zustand des Vorgangs {key} hat eine neuere Fassung von Etappe geschrieben. Es wurde nichts geändert. "
            "Bitte wenden Sie sich an die Verwaltung des Systems: Sie muss diese Fassung wieder einspielen.", instance=key, newer_release=True)
    return StateUnreadable(
        f"Der gespeicherte Zustand des Vorgangs {key} ist beschädigt. Es wurde nichts geändert, alle Angaben im Fall sind noch da. "
        "Bitte wenden Sie sich an die Verwaltung des Systems: Sie muss den Vorgang aus der Datensicherung wiederherstellen.", instance=key)
