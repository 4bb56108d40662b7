"""What lists show of a case besides its Aktenzeichen: what people call it and its phase, for many cases in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from services import policy
from services.db.models.fall import MITGLIED, Fall, Person
from services.fall.faelle import bezeichnung
from services.fall.phasen import phasen
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.bootstrap import App
    from services.context import Actor


@dataclass(frozen=True, kw_only=True)
class Kurzfassung:
    """``titel``: „Familie Qaderi“, a name, or the Aktenzeichen where the name is only lent or not to be seen."""

    aktenzeichen: str
    titel: str
    phase: str
    phase_name: str


def kurzfassungen(app: App, actor: Actor, *, aktenzeichen: Iterable[str | None]) -> dict[str, Kurzfassung]:
    """The visible ones of these cases, by Aktenzeichen."""
    wanted = sorted({a for a in aktenzeichen if a})
    if not wanted:
        return {}

    def work(uow: UnitOfWork) -> dict[str, Kurzfassung]:
        today, names = app.clock.today(), phasen(app.profil_of(actor.mandant))
        main = and_(Person.mandant == Fall.mandant, Person.aktenzeichen == Fall.aktenzeichen, Person.hauptperson)
        members = (select(func.count()).select_from(Person).where(Person.mandant == Fall.mandant, Person.aktenzeichen == Fall.aktenzeichen, MITGLIED)
                   .correlate(Fall).scalar_subquery())
        inside = policy.visible_faelle(actor, today, loans=False)
        rows = uow.session.execute(
            select(Fall.aktenzeichen, Fall.phase, Person.vorname, Person.nachname, members.label("anzahl"), inside.label("innen"))
            .join(Person, main).where(Fall.aktenzeichen.in_(wanted), policy.visible_faelle(actor, today)))
        return {row.aktenzeichen: Kurzfassung(
            aktenzeichen=row.aktenzeichen, phase=row.phase, phase_name=names.get(row.phase, row.phase),
            titel=bezeichnung(row.aktenzeichen, row.nachname if row.innen else None, row.vorname, row.anzahl)) for row in rows}
    return read(app, actor, work)


def person_name(app: App, actor: Actor, *, aktenzeichen: str, person: int) -> str | None:
    """Name of a member of a case; None where the case is only lent to the reader, or the person is not in it."""
    def work(uow: UnitOfWork) -> str | None:
        row = uow.session.execute(
            select(Person.vorname, Person.nachname)
            .join(Fall, and_(Fall.mandant == Person.mandant, Fall.aktenzeichen == Person.aktenzeichen))
            .where(Person.aktenzeichen == aktenzeichen, Person.key == person,
                   policy.visible_faelle(actor, app.clock.today(), loans=False))).one_or_none()
        return None if row is None else f"{row.vorname} {row.nachname}"
    return read(app, actor, work)
