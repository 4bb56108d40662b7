"""The effect: make the file of a version after the commit, at least once; the file is stored once."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from procrastinate import JobContext, RetryStrategy
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from services import effekte
from services.adapters import pdf_typst
from services.context import system_actor
from services.db.models.dokument import Dokument, DokumentFassung, DokumentInhalt
from services.unit_of_work import read, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from services.bootstrap import App
    from services.unit_of_work import UnitOfWork

    Render = Callable[..., bytes]

log = logging.getLogger(__name__)
ATTEMPTS = 4
RETRY = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=4)


def defer(session: Session, *, mandant: str, dokument: int, version: int) -> None:
    """Ask for the file in this transaction; document and version are the stable key, and nothing personal travels."""
    raw = session.connection().connection.driver_connection
    make_document.configure(connection=raw).defer(mandant=mandant, dokument=dokument, version=version)


@effekte.queue.task(name="dokument", queue=effekte.QUEUE_NAME, retry=RETRY, pass_context=True)
def make_document(context: JobContext, *, mandant: str, dokument: int, version: int) -> None:
    """The queue's job."""
    make(context.additional_context["app"], mandant=mandant, dokument=dokument, version=version, last=context.job.attempts + 1 >= ATTEMPTS)


def make(app: App, *, mandant: str, dokument: int, version: int, last: bool, render: Render = pdf_typst.render) -> None:
    """Make and store the file of this version, if it is not there yet. After the ``last`` attempt it counts as failed.

    Raises:
        Exception: whatever the renderer or the database raises, to be tried again.
    """
    actor = system_actor(mandant)
    found = read(app, actor, lambda uow: _wanted(uow, dokument, version))
    if found is None:
        return
    vorlage, daten, am = found
    try:
        made = render(vorlage, daten, am=am)
    except Exception as error:
        # A layout that does not fit its data fails every time; anything else may pass.
        final = last or isinstance(error, pdf_typst.RenderingFailed)
        reason = type(error.__cause__ or error).__name__
        transact(app, actor, lambda uow: _note(uow, dokument, version, "gescheitert" if final else "wird_erstellt", reason))
        log.warning("document_failed" if final else "document_postponed",
                    extra={"mandant": mandant, "dokument": dokument, "version": version, "reason": reason})
        if not final:
            raise
        return
    transact(app, actor, lambda uow: speichern(uow, dokument, version, made, pdf_typst.MEDIENTYP))


def _wanted(uow: UnitOfWork, dokument: int, version: int) -> tuple[str, Mapping[str, object], datetime] | None:
    """What to make, or None if it is there."""
    row = uow.session.execute(
        select(Dokument.vorlage, DokumentFassung.daten, DokumentFassung.erstellt_am)
        .join(DokumentFassung, (DokumentFassung.mandant == Dokument.mandant) & (DokumentFassung.dokument == Dokument.key))
        .where(Dokument.mandant == uow.actor.mandant, Dokument.key == dokument, DokumentFassung.version == version,
               DokumentFassung.status == "wird_erstellt")).one_or_none()
    return None if row is None or row.vorlage is None else (row.vorlage, row.daten, row.erstellt_am)


def speichern(uow: UnitOfWork, dokument: int, version: int, inhalt: bytes, medientyp: str) -> None:
    """Store the file of a version; one that is there stays."""
    uow.session.execute(
        insert(DokumentInhalt).values(
            mandant=uow.actor.mandant, dokument=dokument, version=version, medientyp=medientyp, sha256=hashlib.sha256(inhalt).hexdigest(),
            groesse=len(inhalt), inhalt=inhalt, gespeichert_am=uow.now)
        .on_conflict_do_nothing())
    _note(uow, dokument, version, "fertig", None)


def _note(uow: UnitOfWork, dokument: int, version: int, status: str, reason: str | None) -> None:
    uow.session.execute(
        update(DokumentFassung)
        .where(DokumentFassung.mandant == uow.actor.mandant, DokumentFassung.dokument == dokument, DokumentFassung.version == version,
               DokumentFassung.status != "fertig")
        .values(status=status, versucht=DokumentFassung.versucht + 1, fehler=reason))


def neu_versuchen(uow: UnitOfWork, dokument: int, version: int) -> bool:
    """Try a failed file again. False if it has not failed."""
    found = uow.session.execute(
        update(DokumentFassung)
        .where(DokumentFassung.mandant == uow.actor.mandant, DokumentFassung.dokument == dokument, DokumentFassung.version == version,
               DokumentFassung.status == "gescheitert")
        .values(status="wird_erstellt").returning(DokumentFassung.version)).first()
    if found is not None:
        defer(uow.session, mandant=uow.actor.mandant, dokument=dokument, version=version)
    return found is not None
