"""Steps that stopped, in plain words: what happened, and who sees to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from services import policy
from services.policy import Action
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.incidents import IncidentInfo

KOORDINATION = "Die Koordination lässt den Schritt noch einmal versuchen. Gelingt das nicht, hilft die Verwaltung von Etappe."
PROZESS = "Die Prozessverantwortung berichtigt das Modell oder die Angabe und lässt den Schritt noch einmal versuchen."

EINSPIELEN = "Die Prozessverantwortung spielt ein, was fehlt, und lässt den Schritt noch einmal versuchen."


@dataclass(frozen=True, kw_only=True)
class Worte:
    """``was`` has happened, ``wer`` sees to it: whole sentences."""

    was: str
    wer: str


# By the class of the engine's error, which an incident keeps as its type. Any other type is explained by SONST.
WORTE: Mapping[str, Worte] = {
    "JobFailed": Worte(was="Ein automatischer Schritt ist mehrmals nicht gelungen, zum Beispiel weil ein anderes System nicht erreichbar war.",
                            wer=KOORDINATION),
    "UnhandledError": Worte(was="Ein Schritt hat etwas gemeldet, wofür der Prozess keinen Weg vorsieht.", wer=PROZESS),
    "NoFlowMatches": Worte(was="Der Prozess konnte nicht entscheiden, wie es weitergeht, weil eine Angabe fehlt oder nicht passt.", wer=PROZESS),
    "ExpressionError": Worte(was="Eine Angabe, die der Schritt braucht, fehlt oder passt nicht.", wer=PROZESS),
    "CallFailed": Worte(was="Ein Teilprozess oder eine Regeltabelle, die der Schritt braucht, ist nicht vorhanden.", wer=PROZESS),
    "DecisionNotFound": Worte(was="Die Entscheidungstabelle, die der Schritt braucht, ist nicht eingespielt.", wer=EINSPIELEN),
    "FormNotFound": Worte(was="Das Formular, das zu dieser Aufgabe gehört, ist nicht eingespielt. Die Aufgabe beginnt erst, wenn es da ist.", wer=EINSPIELEN),
    "BudgetExceeded": Worte(was="Ein Schritt hat zu lange gerechnet, zum Beispiel weil sich der Prozess im Kreis dreht.", wer=PROZESS),
}
SONST = Worte(was="Ein Schritt konnte nicht ausgeführt werden.", wer=KOORDINATION)


def in_worten(art: str) -> Worte:
    """The words for a type of incident."""
    return WORTE.get(art, SONST)


@dataclass(frozen=True, kw_only=True)
class Stoerung:
    """A step of a case that stopped. ``instanz``: key of its process instance."""

    schritt: str
    seit: datetime
    instanz: int
    worte: Worte


def im_fall(app: App, actor: Actor, *, aktenzeichen: str) -> tuple[Stoerung, ...]:
    """What stands still in a case, the oldest first; for everybody who may see the case. Raises NotFound."""
    def work(uow: UnitOfWork) -> tuple[Stoerung, ...]:
        policy.require_fall(uow.session, actor, Action.FALL_READ, aktenzeichen, app.clock.today())
        rows = uow.session.execute(text(
            "select coalesce(element_name, element_id) as schritt, created, instance_key, type from incident "
            "where business_id = :a and status = 'ACTIVE' order by created, key"), {"a": aktenzeichen})
        return tuple(Stoerung(schritt=row.schritt, seit=row.created, instanz=row.instance_key, worte=in_worten(row.type)) for row in rows)
    return read(app, actor, work)


def prozessnamen(app: App, actor: Actor, stoerungen: Iterable[IncidentInfo]) -> dict[int, str]:
    """Names of the processes in which these stand, by key of the model."""
    keys = sorted({s.definition_key for s in stoerungen})
    return read(app, actor, lambda uow: {row.key: row.name for row in uow.session.execute(
        text("select key, coalesce(name, process_id) as name from process_definition where key = any(:k)"), {"k": keys})})
