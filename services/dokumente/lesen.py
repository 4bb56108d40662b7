"""Listing documents and handing out their files. What somebody may see says the one policy; every file handed out is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, exists, func, select

from processes.starts import Von, starts
from services import policy
from services.db.models.dokument import Dokument, DokumentFassung, DokumentInhalt
from services.db.models.grundlage import Benutzer, Organisation
from services.db.models.prozess import ProcessInstance, UserTask
from services.dokumente import rendern, vorlagen
from services.errors import Conflict, NotFound
from services.fall import freigaben, zugriffe
from services.policy import Action, DokumentTarget, MandantTarget
from services.unit_of_work import UnitOfWork, read, transact
from services.vorgaenge import may_start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor
    from services.fall.freigaben import Freigabe
    from services.policy import FallTarget

HOCHGELADEN = "Hochgeladene Datei"


@dataclass(frozen=True, kw_only=True)
class FassungInfo:
    """One version. ``status``: ``wird_erstellt``, ``fertig``, ``gescheitert``; ``groesse`` in bytes, None while there is no file."""

    version: int
    titel: str
    dateiname: str
    status: str
    groesse: int | None
    medientyp: str | None
    erstellt_am: datetime
    erstellt_von: str


@dataclass(frozen=True, kw_only=True)
class DokumentInfo:
    """A document with its versions, the newest first. ``art``: name of the template, or that it was uploaded."""

    key: int
    aktenzeichen: str | None
    art: str
    hochgeladen: bool
    bezug: str
    abschnitte: tuple[str, ...]
    organisation: str
    organisation_name: str
    fassungen: tuple[FassungInfo, ...]

    @property
    def neueste(self) -> FassungInfo:
        return self.fassungen[0]


@dataclass(frozen=True, kw_only=True)
class Datei:
    """A file as it goes out. ``sha256`` in hex digits."""

    dateiname: str
    medientyp: str
    sha256: str
    inhalt: bytes


def auflisten(app: App, actor: Actor, *, aktenzeichen: str) -> tuple[DokumentInfo, ...]:
    """The documents of a case that the actor may see, the newest first.

    Raises:
        NotFound: the case is not visible.
    """

    def work(uow: UnitOfWork) -> tuple[DokumentInfo, ...]:
        fall = policy.require_fall(uow.session, actor, Action.FALL_READ, aktenzeichen, app.clock.today())
        rows = uow.session.scalars(select(Dokument).where(Dokument.mandant == actor.mandant, Dokument.aktenzeichen == aktenzeichen)).all()
        given = freigaben.lent(uow.session, actor, aktenzeichen, app.clock.today())
        return _infos(uow, [(row, until) for row in rows for until in [_until(row, given)] if policy.may(actor, Action.DOKUMENT_READ, _target(row, fall, given))])

    return read(app, actor, work)


def auflisten_vorgang(app: App, actor: Actor, *, wurzel_key: int) -> tuple[DokumentInfo, ...]:
    """The documents of a process without a case, the newest first; ``wurzel_key``: its root instance.

    Raises:
        NotFound: nothing of this process is visible to the actor.
    """

    def work(uow: UnitOfWork) -> tuple[DokumentInfo, ...]:
        _require_vorgang(uow, wurzel_key)
        rows = uow.session.scalars(select(Dokument).where(Dokument.mandant == actor.mandant, Dokument.wurzel_key == wurzel_key)).all()
        return _infos(uow, [(row, None) for row in rows])

    return read(app, actor, work)


def eines(app: App, actor: Actor, *, dokument: int) -> DokumentInfo:
    """One document with the versions that the actor may see. Raises NotFound."""

    def work(uow: UnitOfWork) -> DokumentInfo:
        found = _infos(uow, [require(uow, dokument)])
        if not found:
            raise NotFound
        return found[0]

    return read(app, actor, work)


def oeffnen(app: App, actor: Actor, *, dokument: int, version: int) -> Datei:
    """The file of a version; in a case the access is written down.

    Raises:
        NotFound: there is no such version, or not for this person.
        Conflict: its file is not there yet.
    """

    def work(uow: UnitOfWork) -> Datei:
        row, until = require(uow, dokument)
        found = uow.session.execute(
            select(DokumentFassung.dateiname, DokumentFassung.titel, DokumentFassung.erstellt_am, DokumentFassung.status, DokumentInhalt)
            .outerjoin(DokumentInhalt, _same()).where(
                DokumentFassung.mandant == actor.mandant, DokumentFassung.dokument == dokument, DokumentFassung.version == version)).one_or_none()
        if found is None or (until is not None and found.erstellt_am > until):
            raise NotFound
        content: DokumentInhalt | None = found[4]
        if content is None:
            raise Conflict("Das Dokument wird noch erstellt. Bitte versuchen Sie es gleich noch einmal." if found.status == "wird_erstellt"
                           else "Das Dokument konnte nicht erstellt werden.")
        if row.aktenzeichen is not None:
            zugriffe.vermerken(uow, row.aktenzeichen, zugriffe.GELESEN, row.abschnitte, f"Dokument {art_von(row)}, Version {version}")
        return Datei(dateiname=found.dateiname, medientyp=content.medientyp, sha256=content.sha256, inhalt=bytes(content.inhalt))

    return transact(app, actor, work)


def neueste(app: App, actor: Actor, *, dokument: int) -> Datei:
    """The file of the newest version that the actor may see. Raises as :func:`oeffnen`."""
    def newest(uow: UnitOfWork) -> int:
        _, until = require(uow, dokument)
        query = select(func.max(DokumentFassung.version)).where(DokumentFassung.mandant == actor.mandant, DokumentFassung.dokument == dokument)
        found = uow.session.execute(query if until is None else query.where(DokumentFassung.erstellt_am <= until)).scalar_one()
        if found is None:
            raise NotFound
        return int(found)

    return oeffnen(app, actor, dokument=dokument, version=read(app, actor, newest))


def neu_versuchen(app: App, actor: Actor, *, dokument: int, version: int) -> bool:
    """Try to make a failed file again. False if it has not failed. Raises NotFound."""

    def work(uow: UnitOfWork) -> bool:
        require(uow, dokument)
        return rendern.neu_versuchen(uow, dokument, version)

    return transact(app, actor, work)


def require(uow: UnitOfWork, dokument: int) -> tuple[Dokument, datetime | None]:
    """The document, if the actor may see it, and until when its versions are lent (None: all of them).

    Raises:
        NotFound: there is no such document, or not for this person.
    """
    actor, today = uow.actor, uow.app.clock.today()
    row = uow.session.scalars(select(Dokument).where(Dokument.mandant == actor.mandant, Dokument.key == dokument)).one_or_none()
    if row is None:
        raise NotFound
    if row.aktenzeichen is None:
        assert row.wurzel_key is not None
        _require_vorgang(uow, row.wurzel_key)
        return row, None
    fall = policy.require_fall(uow.session, actor, Action.FALL_READ, row.aktenzeichen, today)
    given = freigaben.lent(uow.session, actor, row.aktenzeichen, today)
    policy.require(actor, Action.DOKUMENT_READ, _target(row, fall, given))
    return row, None if row.organisation == actor.organisation else _until(row, given)


def art_von(row: Dokument) -> str:
    """What kind of document it is, in words; a template that is gone keeps its key."""
    if row.vorlage is None:
        return HOCHGELADEN
    known = vorlagen.alle().get(row.vorlage)
    return known.titel if known else row.vorlage


def groesse_in_worten(count: int) -> str:
    """A number of bytes as people read it."""
    return f"{count} Byte" if count < 1024 else f"{round(count / 1024)} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB".replace(".", ",")


def _loans(row: Dokument, given: Sequence[Freigabe]) -> list[list[Freigabe]]:
    """For every section the document shows, the loans that cover it."""
    return [[f for f in given if f.abschnitt == a and f.absender == row.organisation and (row.person is None or f.person in (None, row.person))]
            for a in row.abschnitte]


def _target(row: Dokument, fall: FallTarget, given: Sequence[Freigabe]) -> DokumentTarget:
    loans = _loans(row, given)
    return DokumentTarget(fall=fall, organisation=row.organisation, abschnitte=tuple(row.abschnitte), freigegeben=bool(loans) and all(loans))


def _until(row: Dokument, given: Sequence[Freigabe]) -> datetime | None:
    """Versions made after this moment are not lent."""
    ends = [max(f.bis for f in loans if f.bis) for loans in _loans(row, given) if loans and all(f.bis for f in loans)]
    return min(ends) if ends else None


def _require_vorgang(uow: UnitOfWork, wurzel_key: int) -> None:
    """A process without a case is seen by those who operate processes or may start it, and by those to whom one of its tasks is or was visible."""
    actor = uow.actor
    if policy.may(actor, Action.OPERATE, MandantTarget(mandant=actor.mandant)):
        return
    process = uow.session.execute(
        select(ProcessInstance.process_id).where(ProcessInstance.mandant == actor.mandant, ProcessInstance.key == wurzel_key)).scalar_one_or_none()
    if any(start.key == process and start.von is Von.SYSTEM and may_start(actor, start) for start in starts()):
        return
    mine = select(exists().where(UserTask.root_key == wurzel_key, policy.visible_tasks(actor)))
    if not uow.session.execute(mine).scalar_one():
        raise NotFound


def _same() -> ColumnElement[bool]:
    return and_(DokumentInhalt.mandant == DokumentFassung.mandant, DokumentInhalt.dokument == DokumentFassung.dokument,
                DokumentInhalt.version == DokumentFassung.version)


def _infos(uow: UnitOfWork, rows: Sequence[tuple[Dokument, datetime | None]]) -> tuple[DokumentInfo, ...]:
    if not rows:
        return ()
    mandant, keys = uow.actor.mandant, [row.key for row, _ in rows]
    names = {o.key: o.name for o in uow.session.execute(
        select(Organisation.key, Organisation.name).where(Organisation.mandant == mandant, Organisation.key.in_({row.organisation for row, _ in rows})))}
    versions: dict[int, list[FassungInfo]] = {key: [] for key in keys}
    until = {row.key: end for row, end in rows if row.organisation != uow.actor.organisation}
    query = (
        select(DokumentFassung.dokument, DokumentFassung.version, DokumentFassung.titel, DokumentFassung.dateiname, DokumentFassung.status,
               DokumentFassung.erstellt_am, DokumentFassung.erstellt_von, DokumentInhalt.groesse, DokumentInhalt.medientyp, Benutzer.name)
        .outerjoin(DokumentInhalt, _same())
        .outerjoin(Benutzer, and_(Benutzer.mandant == DokumentFassung.mandant, Benutzer.login == DokumentFassung.erstellt_von))
        .where(DokumentFassung.mandant == mandant, DokumentFassung.dokument.in_(keys)).order_by(DokumentFassung.version.desc()))
    for f in uow.session.execute(query):
        end = until.get(f.dokument)
        if end is None or f.erstellt_am <= end:
            versions[f.dokument].append(FassungInfo(
                version=f.version, titel=f.titel, dateiname=f.dateiname, status=f.status, groesse=f.groesse, medientyp=f.medientyp,
                erstellt_am=f.erstellt_am, erstellt_von=f.name or ("Etappe" if f.erstellt_von == "system" else f.erstellt_von)))
    found = [DokumentInfo(key=row.key, aktenzeichen=row.aktenzeichen, art=art_von(row), hochgeladen=row.vorlage is None, bezug=row.bezug, abschnitte=tuple(row.abschnitte),
                          organisation=row.organisation, organisation_name=names[row.organisation], fassungen=tuple(versions[row.key]))
             for row, _ in rows if versions[row.key]]
    return tuple(sorted(found, key=lambda d: (d.neueste.erstellt_am, d.key), reverse=True))
