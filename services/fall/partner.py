"""Partner organisations: what they offer, how many places are free, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services import policy
from services.db.models.fall import Abwechslung, Fall, Fallverantwortung, Uebergabe
from services.db.models.grundlage import Organisation
from services.errors import InvalidInput, NotPermitted
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.bootstrap import App
    from services.context import Actor


@dataclass(frozen=True, kw_only=True)
class PartnerInfo:
    """An organisation. ``plaetze`` and ``frei`` are None where it has named no limit; ``offene_angebote`` wait for its answer."""

    key: str
    name: str
    art: str
    rechtskreis: str | None
    angebote: tuple[str, ...]
    sprachen: tuple[str, ...]
    plaetze: int | None
    belegt: int
    frei: int | None
    offene_angebote: int
    aktiv: bool


def _rows(uow: UnitOfWork, keys: Sequence[str] | None = None, *, also_inactive: bool = False) -> list[PartnerInfo]:
    mandant = uow.actor.mandant
    taken = (
        select(Fallverantwortung.organisation, func.count().label("n"))
        .join(Fall, and_(Fall.mandant == Fallverantwortung.mandant, Fall.aktenzeichen == Fallverantwortung.aktenzeichen))
        .where(Fallverantwortung.mandant == mandant, Fallverantwortung.bis.is_(None), Fall.status == "offen")
        .group_by(Fallverantwortung.organisation)
        .subquery()
    )
    offers = (
        select(Uebergabe.empfaenger, func.count().label("n"))
        .where(Uebergabe.mandant == mandant, Uebergabe.status == "angeboten")
        .group_by(Uebergabe.empfaenger)
        .subquery()
    )
    query = (
        select(Organisation, func.coalesce(taken.c.n, 0), func.coalesce(offers.c.n, 0))
        .outerjoin(taken, taken.c.organisation == Organisation.key)
        .outerjoin(offers, offers.c.empfaenger == Organisation.key)
        .where(Organisation.mandant == mandant)
        .order_by(Organisation.sort_key, Organisation.key)
    )
    if keys is not None:
        query = query.where(Organisation.key.in_(keys))
    if not also_inactive:
        query = query.where(Organisation.aktiv)
    return [
        PartnerInfo(
            key=o.key,
            name=o.name,
            art=o.art,
            rechtskreis=o.rechtskreis,
            angebote=tuple(o.angebote),
            sprachen=tuple(o.sprachen),
            plaetze=o.kapazitaet,
            belegt=int(used),
            frei=None if o.kapazitaet is None else max(0, o.kapazitaet - int(used)),
            offene_angebote=int(waiting),
            aktiv=o.aktiv,
        )
        for o, used, waiting in uow.session.execute(query)
    ]


def auflisten(
    app: App, actor: Actor, *, angebot: str | None = None, sprache: str | None = None, auch_inaktive: bool = False
) -> tuple[PartnerInfo, ...]:
    """The organisations of the Mandant by name, on request only those with this offer or language. No personal data: everybody may read."""
    return tuple(
        p
        for p in read(app, actor, lambda uow: _rows(uow, also_inactive=auch_inaktive))
        if (angebot is None or angebot in p.angebote) and (sprache is None or sprache in p.sprachen)
    )


def capacity(uow: UnitOfWork, organisationen: Sequence[str]) -> dict[str, bool]:
    """Whether each of them can take one more case; an unknown or inactive organisation cannot."""
    rows = {p.key: p for p in _rows(uow, organisationen)}
    return {key: key in rows and (rows[key].frei is None or rows[key].frei != 0) for key in organisationen}


def choose_in_turn(uow: UnitOfWork, regel: str, organisationen: Sequence[str]) -> str | None:
    """The next organisation with capacity after the one that this rule chose last; None if none has.

    One choice of a rule waits for the other's commit, so two cases at once do not go to the same organisation.
    """
    mandant = uow.actor.mandant
    uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"abwechslung:{mandant}:{regel}"))))
    last = uow.session.execute(
        select(Abwechslung.zuletzt).where(Abwechslung.mandant == mandant, Abwechslung.regel == regel)
    ).scalar_one_or_none()
    first = list(organisationen).index(last) + 1 if last is not None and last in organisationen else 0
    order = [*organisationen[first:], *organisationen[:first]]
    free = capacity(uow, order)
    chosen = next((key for key in order if free[key]), None)
    if chosen is not None:
        turn = insert(Abwechslung).values(mandant=mandant, regel=regel, zuletzt=chosen, am=uow.now)
        uow.session.execute(turn.on_conflict_do_update(index_elements=["mandant", "regel"], set_={"zuletzt": chosen, "am": uow.now}))
    return chosen


def kapazitaet_setzen(app: App, actor: Actor, *, organisation: str, plaetze: int | None) -> None:
    """An organisation says how many cases it can hold; None: no limit.

    Raises:
        NotPermitted: not the own organisation, and no administrator.
        InvalidInput: a negative number, or no such organisation.
    """

    def work(uow: UnitOfWork) -> None:
        own = organisation == actor.organisation and actor.has_role(*policy.BETEILIGT)
        if not own and not policy.may(actor, policy.Action.ADMINISTER, policy.MandantTarget(mandant=actor.mandant)):
            raise NotPermitted("Ihre Plätze pflegt jede Stelle selbst.")
        if plaetze is not None and plaetze < 0:
            raise InvalidInput(errors={"plaetze": "Bitte geben Sie eine Zahl ab 0 an."})
        changed = uow.session.execute(
            update(Organisation)
            .where(Organisation.mandant == actor.mandant, Organisation.key == organisation)
            .values(kapazitaet=plaetze)
            .returning(Organisation.key)
        )
        if changed.scalar_one_or_none() is None:
            raise InvalidInput(errors={"organisation": "Diese Stelle gibt es nicht."})
        uow.audit("partner.kapazitaet", organisation, chain="verwaltung", detail={"plaetze": plaetze})

    transact(app, actor, work)
