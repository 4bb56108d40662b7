"""Storing a file that somebody uploads: in a case, as a new document or the next version of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from forms.uploads import check_file, media_type, safe_name
from services import policy
from services.db.models.dokument import Dokument, DokumentFassung
from services.dokumente import lesen, rendern
from services.errors import InvalidInput, NotFound
from services.fall import abschnitte as sections
from services.fall import verantwortung, zeitleiste, zugriffe
from services.policy import Action
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.bootstrap import App
    from services.context import Actor

TITEL_MAX = 150


def hochladen(
    app: App, actor: Actor, *, aktenzeichen: str, titel: str, dateiname: str, inhalt: bytes, abschnitte: Sequence[str] = (), dokument: int | None = None,
) -> int:
    """Store a file; returns the key of the document. ``dokument``: the file is the next version of this one, whose sections stay.

    ``abschnitte`` say what the file tells about: another organisation sees it only where all of them are lent to it, and never
    where none is named.

    Raises:
        NotFound, NotPermitted: only who may write in the case.
        InvalidInput: the file or a field is not accepted; ``errors`` says which.
        Conflict: the case is closed.
    """
    clean = " ".join(titel.split())[:TITEL_MAX]
    errors = {}
    if not clean:
        errors["titel"] = "Geben Sie einen Titel an, an dem andere das Dokument erkennen."
    problem = check_file(dateiname, inhalt)
    if problem:
        errors["datei"] = problem
    if errors:
        raise InvalidInput(errors=errors)
    wanted = sections.check(list(abschnitte)) if abschnitte else []

    def work(uow: UnitOfWork) -> int:
        policy.require_fall(uow.session, actor, Action.FALL_WRITE, aktenzeichen, app.clock.today())
        verantwortung.lock_open(uow, aktenzeichen)  # one after the other, so versions are counted without a race
        key = _neu(uow, aktenzeichen, wanted) if dokument is None else _vorhanden(uow, aktenzeichen, dokument)
        version = naechste_version(uow, key)
        uow.session.execute(insert(DokumentFassung).values(
            mandant=actor.mandant, dokument=key, version=version, titel=clean, dateiname=safe_name(dateiname), erstellt_am=uow.now,
            erstellt_von=actor.login))
        rendern.speichern(uow, key, version, inhalt, media_type(dateiname))
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, wanted, "Datei hochgeladen")
        zeitleiste.notieren(uow, aktenzeichen, "dokument", f"Datei hochgeladen, Version {version}")
        uow.audit("dokument.hochladen", aktenzeichen, chain=f"fall:{aktenzeichen}", detail={"dokument": key, "version": version, "groesse": len(inhalt)})
        return key

    return transact(app, actor, work)


def naechste_version(uow: UnitOfWork, dokument: int) -> int:
    """The number of the next version; whoever asks holds a lock under which versions are counted."""
    return 1 + uow.session.execute(
        select(func.coalesce(func.max(DokumentFassung.version), 0))
        .where(DokumentFassung.mandant == uow.actor.mandant, DokumentFassung.dokument == dokument)).scalar_one()


def _neu(uow: UnitOfWork, aktenzeichen: str, abschnitte: list[str]) -> int:
    key = uow.key()
    uow.session.execute(insert(Dokument).values(
        key=key, mandant=uow.actor.mandant, aktenzeichen=aktenzeichen, datei=key, abschnitte=abschnitte,
        organisation=verantwortung.open_row(uow, aktenzeichen).organisation, angelegt_am=uow.now, angelegt_von=uow.actor.login))
    return key


def _vorhanden(uow: UnitOfWork, aktenzeichen: str, dokument: int) -> int:
    row, _ = lesen.require(uow, dokument)
    if row.aktenzeichen != aktenzeichen or row.vorlage is not None:
        raise NotFound
    if row.organisation != uow.actor.organisation:
        raise InvalidInput("Das Dokument gehört einer anderen Stelle. Laden Sie die Datei als neues Dokument hoch.")
    return row.key
