"""Who looked at a case and who wrote in it (Art. 5 Abs. 2, Art. 32 DSGVO). Append-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, select

from services import policy
from services.db.models.fall import Zugriff
from services.db.models.grundlage import Benutzer, Organisation
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

GELESEN, GESCHRIEBEN = "gelesen", "geschrieben"


@dataclass(frozen=True, kw_only=True)
class ZugriffEintrag:
    """One access. ``art``: gelesen or geschrieben; ``zweck`` says in which work."""

    am: datetime
    name: str
    organisation: str
    art: str
    abschnitte: tuple[str, ...]
    zweck: str


def vermerken(uow: UnitOfWork, aktenzeichen: str, art: str, abschnitte: Iterable[str], zweck: str) -> None:
    """Write down one access within the caller's unit of work. ``zweck``: a screen or a form, no personal data."""
    uow.session.execute(
        insert(Zugriff).values(
            mandant=uow.actor.mandant,
            aktenzeichen=aktenzeichen,
            am=uow.now,
            login=uow.actor.login,
            organisation=uow.actor.organisation,
            art=art,
            abschnitte=sorted(set(abschnitte)),
            zweck=zweck,
        )
    )


def lesen(app: App, actor: Actor, *, aktenzeichen: str, grenze: int = 500) -> tuple[ZugriffEintrag, ...]:
    """The log of a case, newest first. Reading it is itself written to the audit.

    Raises:
        NotFound, NotPermitted: only Datenschutz, and Koordination of the responsible organisation.
    """

    def work(uow: UnitOfWork) -> tuple[ZugriffEintrag, ...]:
        policy.require_fall(uow.session, actor, policy.Action.ZUGRIFF_READ, aktenzeichen, app.clock.today())
        rows = uow.session.execute(
            select(Zugriff, Benutzer.name, Organisation.name.label("stelle"))
            .outerjoin(Benutzer, and_(Benutzer.mandant == Zugriff.mandant, Benutzer.login == Zugriff.login))
            .outerjoin(Organisation, and_(Organisation.mandant == Zugriff.mandant, Organisation.key == Zugriff.organisation))
            .where(Zugriff.mandant == actor.mandant, Zugriff.aktenzeichen == aktenzeichen)
            .order_by(Zugriff.am.desc(), Zugriff.id.desc())
            .limit(grenze)
        )
        found = tuple(
            ZugriffEintrag(
                am=z.am,
                name=name or z.login,
                organisation=stelle or z.organisation,
                art=z.art,
                abschnitte=tuple(z.abschnitte),
                zweck=z.zweck,
            )
            for z, name, stelle in rows
        )
        uow.audit("zugriffe.lesen", aktenzeichen, chain=f"fall:{aktenzeichen}")
        return found

    return transact(app, actor, work)
