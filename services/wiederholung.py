"""Requests that may be sent again: the same key and the same content are carried out once and answered alike for a day.

What a request does and the record of its answer are one commit, so there is no moment in which a repetition would do it twice.

Source: draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, text

from services import unit_of_work
from services.db.models.dokument import Wiederholung
from services.errors import Conflict, InvalidInput
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.bootstrap import App
    from services.context import Actor

GUELTIG = timedelta(hours=24)
LOCK = text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


class WirdAusgefuehrt(Conflict):
    """A request with the same key runs at this moment."""

    message_de = "Eine Anfrage mit diesem Idempotency-Key wird gerade ausgeführt. Bitte wiederholen Sie sie gleich noch einmal."


class SchluesselVergeben(InvalidInput):
    """The key belongs to a request with another content."""

    message_de = "Dieser Idempotency-Key gehört zu einer anderen Anfrage. Bitte senden Sie einen neuen."


@dataclass(frozen=True, kw_only=True)
class Antwort:
    """The answer to a request. ``wiederholt``: it was given before."""

    status: int
    kopf: Mapping[str, str]
    inhalt: bytes
    wiederholt: bool = False


def einmal(app: App, actor: Actor, *, schluessel: str, operation: str, pruefwert: str, ausfuehren: Callable[[], Antwort]) -> Antwort:
    """Carry out a request, or give the answer it had. A request that is refused leaves no trace and may be sent again.

    Args:
        app: The application.
        actor: Who asks; keys of different people are different keys.
        schluessel: What the client calls the request.
        operation: Which operation it is, with its address.
        pruefwert: Digest of its content.
        ausfuehren: Does it; every unit of work inside becomes part of this commit.

    Raises:
        WirdAusgefuehrt: the same request runs already.
        SchluesselVergeben: the key belongs to another request.
    """
    def work(uow: UnitOfWork) -> Antwort:
        if not uow.session.execute(LOCK, {"name": f"wiederholung {actor.mandant} {actor.login} {schluessel}"}).scalar_one():
            raise WirdAusgefuehrt
        uow.session.execute(delete(Wiederholung).where(Wiederholung.mandant == actor.mandant, Wiederholung.am <= uow.now - GUELTIG))
        mine = (Wiederholung.mandant == actor.mandant, Wiederholung.login == actor.login, Wiederholung.schluessel == schluessel)
        known = uow.session.execute(select(Wiederholung).where(*mine)).scalar_one_or_none()
        if known is not None:
            if (known.operation, known.pruefwert) != (operation, pruefwert):
                raise SchluesselVergeben
            return Antwort(status=known.status, kopf=known.kopf, inhalt=bytes(known.inhalt), wiederholt=True)
        with unit_of_work.within(uow):
            found = ausfuehren()
        uow.session.execute(insert(Wiederholung).values(
            mandant=actor.mandant, login=actor.login, schluessel=schluessel, operation=operation, pruefwert=pruefwert, status=found.status,
            kopf=dict(found.kopf), inhalt=found.inhalt, am=uow.now))
        return found
    return transact(app, actor, work)
