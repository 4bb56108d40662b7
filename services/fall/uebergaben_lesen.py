"""Handovers as the two sides see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from services import policy
from services.db.models.fall import Uebergabe
from services.fall import abschnitte as sections
from services.fall import einwilligungen, uebergaben, verantwortung
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor


@dataclass(frozen=True, kw_only=True)
class UebergabeInfo:
    """A handover. ``grund`` is for the sender's side only; ``nachricht`` goes to the receiver while the handover is open.

    ``fehlende_einwilligungen`` counts pairs of person and section without consent (sender's side; the receiver sees 0 or not: 1).
    """

    key: int
    aktenzeichen: str
    status: str
    zweck: str
    zweck_titel: str
    abschnitte: tuple[str, ...]
    personen: tuple[int, ...]
    empfaenger: str
    empfaenger_name: str
    absender: str
    absender_name: str
    absender_person: str
    absender_person_name: str
    grund: str | None
    nachricht: str | None
    instance_key: int | None
    erstellt_am: datetime
    angeboten_am: datetime | None
    frist: datetime | None
    beantwortet_am: datetime | None
    ablehnungsgrund: str | None
    hinweis: str | None
    uebernommen_am: datetime | None
    beendet_am: datetime | None
    nachfrage_am: datetime | None
    nachfrage_ergebnis: str | None
    fehlende_einwilligungen: int
    darf_antworten: bool
    darf_anbieten: bool


def lesen(app: App, actor: Actor, *, uebergabe: int) -> UebergabeInfo:
    """One handover; the lent data themselves are read with ``akte.lesen``.

    Raises:
        NotFound: neither side's, or a draft of others.
    """

    def work(uow: UnitOfWork) -> UebergabeInfo:
        row = uebergaben.load(uow, uebergabe, locked=False)
        policy.require(actor, policy.Action.UEBERGABE_READ, uebergaben.target(row))
        return _info(uow, actor, row)

    return read(app, actor, work)


def fuer_fall(app: App, actor: Actor, *, aktenzeichen: str) -> tuple[UebergabeInfo, ...]:
    """All handovers of a case that the actor may see, the newest first.

    Raises:
        NotFound: the case is not visible.
    """

    def work(uow: UnitOfWork) -> tuple[UebergabeInfo, ...]:
        policy.require_fall(uow.session, actor, policy.Action.FALL_READ, aktenzeichen, app.clock.today())
        rows = uow.session.execute(
            select(Uebergabe)
            .where(Uebergabe.mandant == actor.mandant, Uebergabe.aktenzeichen == aktenzeichen)
            .order_by(Uebergabe.key.desc())
        ).scalars()
        return tuple(_info(uow, actor, r) for r in rows if policy.may(actor, policy.Action.UEBERGABE_READ, uebergaben.target(r)))

    return read(app, actor, work)


def eingang(app: App, actor: Actor, *, status: tuple[str, ...] = ("angeboten",)) -> tuple[UebergabeInfo, ...]:
    """Handovers to the own organisation, the most urgent first."""

    def work(uow: UnitOfWork) -> tuple[UebergabeInfo, ...]:
        rows = uow.session.execute(
            select(Uebergabe)
            .where(Uebergabe.mandant == actor.mandant, Uebergabe.empfaenger == actor.organisation, Uebergabe.status.in_(status))
            .order_by(Uebergabe.frist.asc().nulls_last(), Uebergabe.key)
        ).scalars()
        return tuple(_info(uow, actor, r) for r in rows if policy.may(actor, policy.Action.UEBERGABE_READ, uebergaben.target(r)))

    return read(app, actor, work)


def wartend(app: App, actor: Actor) -> int:
    """How many handovers wait for an answer of the own organisation; 0 for those who do not answer any."""
    if not actor.has_role(*policy.BETEILIGT):
        return 0
    return read(app, actor, lambda uow: uow.session.execute(
        select(func.count()).select_from(Uebergabe)
        .where(Uebergabe.mandant == actor.mandant, Uebergabe.empfaenger == actor.organisation, Uebergabe.status == "angeboten")
    ).scalar_one())


def ausgang(app: App, actor: Actor, *, status: tuple[str, ...] = ("entworfen", "angeboten")) -> tuple[UebergabeInfo, ...]:
    """Handovers from the own organisation, the most urgent first."""

    def work(uow: UnitOfWork) -> tuple[UebergabeInfo, ...]:
        rows = uow.session.execute(
            select(Uebergabe)
            .where(Uebergabe.mandant == actor.mandant, Uebergabe.absender == actor.organisation, Uebergabe.status.in_(status))
            .order_by(Uebergabe.frist.asc().nulls_last(), Uebergabe.key)
        ).scalars()
        return tuple(_info(uow, actor, r) for r in rows if policy.may(actor, policy.Action.UEBERGABE_READ, uebergaben.target(r)))

    return read(app, actor, work)


def _lends(uow: UnitOfWork, row: Uebergabe) -> bool:
    """As :func:`policy.handover_lends`, for a handover that was read."""
    if row.uebernommen_am is None:
        return row.status in policy.OFFEN
    return verantwortung.open_row(uow, row.aktenzeichen).organisation == row.empfaenger


def _info(uow: UnitOfWork, actor: Actor, row: Uebergabe) -> UebergabeInfo:
    sender = actor.organisation == row.absender or actor.has_role("system")
    waiting = row.status in {"entworfen", "angeboten"}
    lacking = (
        len(einwilligungen.uncovered(uow, row.aktenzeichen, row.empfaenger, row.zweck, row.abschnitte, row.personen)) if waiting else 0
    )
    facts = uebergaben.target(row)
    return UebergabeInfo(
        key=row.key,
        aktenzeichen=row.aktenzeichen,
        status=row.status,
        zweck=row.zweck,
        zweck_titel=einwilligungen.ZWECKE.get(row.zweck, row.zweck),
        abschnitte=tuple(a for a in sections.TITEL if a in row.abschnitte),
        personen=tuple(row.personen),
        empfaenger=row.empfaenger,
        empfaenger_name=row.empfaenger_name,
        absender=row.absender,
        absender_name=row.absender_name,
        absender_person=row.absender_person,
        absender_person_name=row.absender_person_name,
        grund=row.grund if sender else None,
        nachricht=row.nachricht if sender or (_lends(uow, row) and not lacking) else None,
        instance_key=row.instance_key,
        erstellt_am=row.erstellt_am,
        angeboten_am=row.angeboten_am,
        frist=row.frist,
        beantwortet_am=row.beantwortet_am,
        ablehnungsgrund=row.ablehnungsgrund,
        hinweis=row.hinweis,
        uebernommen_am=row.uebernommen_am,
        beendet_am=row.beendet_am,
        nachfrage_am=row.nachfrage_am,
        nachfrage_ergebnis=row.nachfrage_ergebnis,
        fehlende_einwilligungen=lacking if sender else min(lacking, 1),
        darf_antworten=row.status == "angeboten" and not lacking and bool(policy.may(actor, policy.Action.UEBERGABE_ANSWER, facts)),
        darf_anbieten=row.status == "entworfen" and not lacking and bool(policy.may(actor, policy.Action.UEBERGABE_OFFER, facts)),
    )
