"""The Fallverantwortung: exactly one holder at every moment, and who it was when. The lead by law is a separate fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, select, update

from services import policy
from services.db.models.fall import Fall, Fallverantwortung
from services.db.models.grundlage import Benutzer, Organisation
from services.db.models.prozess import UserTask
from services.errors import Conflict, InvalidInput, NotFound
from services.fall import fakten, zeitleiste
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

# How the models name whoever is responsible.
PERSON = "= fall.verantwortlich"
STELLE = "= [fall.verantwortliche_organisation]"


@dataclass(frozen=True, kw_only=True)
class Inhaber:
    """A holder. ``login`` and ``name`` are None while the organisation has not named a person; ``bis`` is None for today's holder."""

    organisation: str
    organisation_name: str
    login: str | None
    name: str | None
    von: datetime
    bis: datetime | None
    grund: str


def lock(uow: UnitOfWork, aktenzeichen: str) -> Fall:
    """The case, locked until the commit: commands on one case come one after the other.

    Raises:
        NotFound: there is no such case in the Mandant.
    """
    fall = uow.session.execute(
        select(Fall)
        .where(Fall.mandant == uow.actor.mandant, Fall.aktenzeichen == aktenzeichen)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if fall is None:
        raise NotFound
    return fall


def lock_open(uow: UnitOfWork, aktenzeichen: str) -> Fall:
    """As :func:`lock`, and the case is not closed.

    Raises:
        Conflict: the case is closed.
    """
    fall = lock(uow, aktenzeichen)
    if fall.status != "offen":
        raise Conflict("Der Fall ist abgeschlossen.", war=fall.status, soll="offen")
    return fall


def open_row(uow: UnitOfWork, aktenzeichen: str) -> Fallverantwortung:
    """Today's holder."""
    return uow.session.execute(
        select(Fallverantwortung)
        .where(
            Fallverantwortung.mandant == uow.actor.mandant, Fallverantwortung.aktenzeichen == aktenzeichen, Fallverantwortung.bis.is_(None)
        )
        .execution_options(populate_existing=True)
    ).scalar_one()


def organisation_name(uow: UnitOfWork, key: str) -> str:
    """The name of an active organisation.

    Raises:
        InvalidInput: there is none with this key.
    """
    name = uow.session.execute(
        select(Organisation.name).where(Organisation.mandant == uow.actor.mandant, Organisation.key == key, Organisation.aktiv)
    ).scalar_one_or_none()
    if name is None:
        raise InvalidInput(
            f"Die Stelle „{key}“ gibt es nicht, oder sie ist nicht mehr aktiv.", errors={"organisation": "Bitte wählen Sie aus der Liste."}
        )
    return name


def begin(uow: UnitOfWork, aktenzeichen: str, *, organisation: str, login: str | None, grund: str) -> None:
    """The first holder of a new case, from the moment it was opened."""
    uow.session.execute(
        insert(Fallverantwortung).values(
            key=uow.key(),
            mandant=uow.actor.mandant,
            aktenzeichen=aktenzeichen,
            organisation=organisation,
            login=login,
            von=uow.now,
            bis=None,
            grund=grund,
            durch=uow.actor.login,
            uebergabe=None,
        )
    )


def transfer(uow: UnitOfWork, aktenzeichen: str, *, organisation: str, login: str | None, grund: str, uebergabe: int | None = None) -> None:
    """Move the Fallverantwortung within the caller's unit of work; the old period ends in the moment in which the new one begins.

    Raises:
        InvalidInput: organisation or person do not exist, or do not belong together.
        Conflict: the case is closed.
    """
    lock_open(uow, aktenzeichen)
    name = organisation_name(uow, organisation)
    if login is not None:
        check_person(uow, organisation, login)
    old = open_row(uow, aktenzeichen)
    if (old.organisation, old.login) == (organisation, login):
        return
    moment = max(uow.now, old.von)  # clocks of two machines may differ by a little; a period never ends before it began
    uow.session.execute(update(Fallverantwortung).where(Fallverantwortung.key == old.key).values(bis=moment))
    uow.session.execute(
        insert(Fallverantwortung).values(
            key=uow.key(),
            mandant=uow.actor.mandant,
            aktenzeichen=aktenzeichen,
            organisation=organisation,
            login=login,
            von=moment,
            bis=None,
            grund=grund,
            durch=uow.actor.login,
            uebergabe=uebergabe,
        )
    )
    fakten.forget(uow.session)
    _move_tasks(uow, aktenzeichen, (old.organisation, old.login), (organisation, login))
    zeitleiste.notieren(
        uow, aktenzeichen, "fallverantwortung", f"Fallverantwortung übernommen: {name}", beteiligt=organisation, link=uebergabe
    )
    uow.audit(
        "fallverantwortung.uebertragen",
        aktenzeichen,
        chain=f"fall:{aktenzeichen}",
        reason=grund,
        detail={"von": [old.organisation, old.login], "an": [organisation, login], "uebergabe": uebergabe},
    )


def _move_tasks(uow: UnitOfWork, aktenzeichen: str, old: tuple[str, str | None], new: tuple[str, str | None]) -> None:
    """Open tasks that the model gives to whoever is responsible go with the case; a task assigned to her would keep the case open to her.

    Within one organisation a task that a colleague has taken over stays with the colleague.
    """
    tasks = uow.session.execute(
        select(UserTask.key, UserTask.definition_key, UserTask.element_id, UserTask.assignee).where(
            UserTask.mandant == uow.actor.mandant, UserTask.business_id == aktenzeichen, UserTask.status == "CREATED"
        )
    ).all()
    for task in tasks:
        model = uow.app.library.process(uow.session, task.definition_key).elements[task.element_id].ext
        if model.candidate_groups != STELLE or (old[0] == new[0] and task.assignee != old[1]):
            continue
        assignee = new[1] if model.assignee == PERSON else None
        uow.session.execute(
            update(UserTask)
            .where(UserTask.key == task.key)
            .values(candidate_groups=[new[0]], assignee=assignee, assigned=uow.now if assignee else None)
        )


def check_person(uow: UnitOfWork, organisation: str, login: str) -> None:
    """The person works in that organisation.

    Raises:
        InvalidInput: she does not, or there is no such person.
    """
    found = uow.session.execute(
        select(Benutzer.organisation).where(Benutzer.mandant == uow.actor.mandant, Benutzer.login == login, Benutzer.aktiv)
    ).scalar_one_or_none()
    if found != organisation:
        raise InvalidInput("Diese Person arbeitet nicht in dieser Stelle.", errors={"person": "Bitte wählen Sie aus der Liste."})


def zuweisen(app: App, actor: Actor, *, aktenzeichen: str, login: str | None, grund: str) -> None:
    """Name another person of the own organisation. Nobody orders anybody across employers: that needs a handover.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's.
        InvalidInput: no reason, or the person belongs to another organisation.
        Conflict: the case is closed.
    """

    def work(uow: UnitOfWork) -> None:
        target = policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        if not grund.strip():
            raise InvalidInput("Bitte nennen Sie einen Grund.", errors={"grund": "Bitte nennen Sie einen Grund."})
        transfer(uow, aktenzeichen, organisation=target.inhaber, login=login, grund=grund.strip())

    transact(app, actor, work)


def federfuehrung_setzen(app: App, actor: Actor, *, aktenzeichen: str, organisation: str | None, grund: str) -> None:
    """Write down which organisation leads by law; None: the holder of the Fallverantwortung does.

    Raises:
        NotFound, NotPermitted, InvalidInput, Conflict: as :func:`zuweisen`.
    """

    def work(uow: UnitOfWork) -> None:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        fall = lock_open(uow, aktenzeichen)
        name = organisation_name(uow, organisation) if organisation else "die fallverantwortliche Stelle"
        uow.session.execute(
            update(Fall).where(Fall.mandant == fall.mandant, Fall.aktenzeichen == aktenzeichen).values(federfuehrend=organisation)
        )
        fakten.forget(uow.session)
        zeitleiste.notieren(uow, aktenzeichen, "fallverantwortung", f"Federführend ist jetzt: {name}", beteiligt=organisation)
        uow.audit(
            "federfuehrung.setzen",
            aktenzeichen,
            chain=f"fall:{aktenzeichen}",
            reason=grund,
            detail={"von": fall.federfuehrend, "an": organisation},
        )

    transact(app, actor, work)


def verlauf(app: App, actor: Actor, *, aktenzeichen: str) -> tuple[Inhaber, ...]:
    """All holders, the first first.

    Raises:
        NotFound: the case is not visible.
    """

    def work(uow: UnitOfWork) -> tuple[Inhaber, ...]:
        policy.require_fall(uow.session, actor, policy.Action.FALL_READ, aktenzeichen, app.clock.today())
        return tuple(holders(uow, aktenzeichen))

    return read(app, actor, work)


def holders(uow: UnitOfWork, aktenzeichen: str) -> list[Inhaber]:
    """All holders, the first first; without a check of rights."""
    rows = uow.session.execute(
        select(Fallverantwortung, Organisation.name, Benutzer.name.label("person"))
        .join(Organisation, and_(Organisation.mandant == Fallverantwortung.mandant, Organisation.key == Fallverantwortung.organisation))
        .outerjoin(Benutzer, and_(Benutzer.mandant == Fallverantwortung.mandant, Benutzer.login == Fallverantwortung.login))
        .where(Fallverantwortung.mandant == uow.actor.mandant, Fallverantwortung.aktenzeichen == aktenzeichen)
        # Keys come in blocks per process, so they break no tie of the time; whoever still holds the case is the last.
        .order_by(Fallverantwortung.von, Fallverantwortung.bis.asc().nulls_last(), Fallverantwortung.key)
    )
    return [
        Inhaber(organisation=v.organisation, organisation_name=name, login=v.login, name=person, von=v.von, bis=v.bis, grund=v.grund)
        for v, name, person in rows
    ]
