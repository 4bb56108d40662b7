"""Lists of cases, filtered by the policy; ``fallsuche`` finds them by name or Aktenzeichen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Text, and_, any_, bindparam, func, select

from services import policy
from services.db.models.fall import MITGLIED, Fall, Fallverantwortung, Person
from services.db.models.grundlage import Benutzer, Organisation
from services.db.models.prozess import UserTask
from services.errors import InvalidInput
from services.fall import freigaben
from services.fall.fallkopf import bezeichnung
from services.fall.phasen import phasen
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from services.bootstrap import App
    from services.context import Actor

SEITE_MAX = 200


@dataclass(frozen=True, kw_only=True)
class Filter:
    """All parts must hold. ``ohne_person``: only cases whose organisation has named nobody."""

    status: str | None = "offen"
    phase: str | None = None
    organisation: str | None = None
    login: str | None = None
    ohne_person: bool = False
    rechtskreis: str | None = None


@dataclass(frozen=True, kw_only=True)
class FallZeile:
    """One case in a list; ``bezeichnung`` is the Aktenzeichen where the name is not lent to the reader."""

    aktenzeichen: str
    bezeichnung: str
    status: str
    phase: str
    phase_titel: str
    organisation: str
    organisation_name: str
    login: str | None
    verantwortlich: str | None
    rechtskreise: tuple[str, ...]
    angelegt_am: datetime
    offene_aufgaben: int
    naechste_frist: datetime | None


@dataclass(frozen=True, kw_only=True)
class FallListe:
    """One page. ``gesamt`` counts the filter's matches; ``nach_status`` and ``nach_phase`` ignore the filter on themselves."""

    zeilen: tuple[FallZeile, ...]
    gesamt: int
    nach_status: Mapping[str, int]
    nach_phase: Mapping[str, int]


def auflisten(
    app: App,
    actor: Actor,
    *,
    filter_: Filter | None = None,
    sortierung_nach: str = "frist",
    absteigend: bool = False,
    grenze: int = 50,
    ab: int = 0,
) -> FallListe:
    """A page of the visible cases.

    ``sortierung_nach``: frist (default; cases without due task last), name, aktenzeichen, phase, angelegt.

    Raises:
        InvalidInput: an order that does not exist.
    """
    chosen = filter_ or Filter()

    def work(uow: UnitOfWork) -> FallListe:
        conditions = _conditions(uow, actor, chosen)
        page = _page(uow, conditions, sortierung_nach, descending=absteigend, limit=min(grenze, SEITE_MAX), offset=ab)
        return _with_counts(uow, chosen, conditions, zeilen(uow, actor, page))

    return read(app, actor, work)


def _conditions(uow: UnitOfWork, actor: Actor, chosen: Filter) -> dict[str, ColumnElement[bool]]:
    found: dict[str, ColumnElement[bool]] = {"sicht": policy.visible_faelle(actor, uow.app.clock.today())}
    if chosen.status:
        found["status"] = Fall.status == chosen.status
    if chosen.phase:
        found["phase"] = Fall.phase == chosen.phase
    if chosen.organisation:
        found["organisation"] = Fallverantwortung.organisation == chosen.organisation
    if chosen.login:
        found["login"] = Fallverantwortung.login == chosen.login
    if chosen.ohne_person:
        found["ohne"] = Fallverantwortung.login.is_(None)
    if chosen.rechtskreis:
        found["rechtskreis"] = Fall.rechtskreise.contains([chosen.rechtskreis])
    return found


HOLDER = and_(
    Fallverantwortung.mandant == Fall.mandant,
    Fallverantwortung.aktenzeichen == Fall.aktenzeichen,
    Fallverantwortung.bis.is_(None),
)
MAIN = and_(Person.mandant == Fall.mandant, Person.aktenzeichen == Fall.aktenzeichen, Person.hauptperson)
TASKS = (
    select(UserTask.business_id, func.count().label("offen"), func.min(UserTask.due).label("frist"))
    .where(UserTask.mandant == Fall.mandant, UserTask.business_id == Fall.aktenzeichen, UserTask.status == "CREATED")
    .group_by(UserTask.business_id)
    .lateral()
)
MEMBERS = (
    select(func.count())
    .select_from(Person)
    .where(Person.mandant == Fall.mandant, Person.aktenzeichen == Fall.aktenzeichen, MITGLIED)
    .correlate(Fall)
    .scalar_subquery()
)
ORDERS = {
    "frist": TASKS.c.frist,
    "name": Person.sort_key,
    "aktenzeichen": Fall.aktenzeichen,
    "phase": Fall.phase,
    "angelegt": Fall.angelegt_am,
}
LINES = (
    select(
        Fall,
        Fallverantwortung.organisation,
        Fallverantwortung.login,
        Organisation.name.label("stelle"),
        Benutzer.name.label("person"),
        Person.nachname,
        Person.vorname,
        Person.key,
        MEMBERS.label("anzahl"),
        func.coalesce(TASKS.c.offen, 0),
        TASKS.c.frist,
    )
    .join(Fallverantwortung, HOLDER)
    .join(Person, MAIN)
    .join(Organisation, and_(Organisation.mandant == Fall.mandant, Organisation.key == Fallverantwortung.organisation))
    .outerjoin(Benutzer, and_(Benutzer.mandant == Fall.mandant, Benutzer.login == Fallverantwortung.login))
    .outerjoin(TASKS, TASKS.c.business_id == Fall.aktenzeichen)
    .where(Fall.mandant == bindparam("mandant"), Fall.aktenzeichen == any_(bindparam("seite", type_=ARRAY(Text))))
)


def _page(
    uow: UnitOfWork, conditions: Mapping[str, ColumnElement[bool]], order: str, *, descending: bool, limit: int, offset: int
) -> Sequence[str]:
    """The Aktenzeichen of a page: what a line shows besides is read for its cases only."""
    if order not in ORDERS:
        raise InvalidInput("Diese Sortierung gibt es nicht.", errors={"sortierung": "Bitte wählen Sie aus der Liste."})
    column = ORDERS[order]
    query = select(Fall.aktenzeichen).join(Fallverantwortung, HOLDER).join(Person, MAIN)
    if order == "frist":
        query = query.outerjoin(TASKS, TASKS.c.business_id == Fall.aktenzeichen)
    ordering = (column.desc().nulls_last() if descending else column.asc().nulls_last(), Fall.aktenzeichen)
    return uow.session.scalars(query.where(*conditions.values()).order_by(*ordering).limit(limit).offset(offset)).all()


def zeilen(uow: UnitOfWork, actor: Actor, page: Sequence[str], belongs: Mapping[str, bool] | None = None) -> tuple[FallZeile, ...]:
    """The lines of these cases, in this order. They must be visible to the actor.

    ``belongs``: whether the actor sees the case by more than a loan, as :func:`policy.sight` says; asked for where missing.
    """
    today = uow.app.clock.today()
    inside = policy.sight(uow.session, actor, today, page) if belongs is None else belongs
    given = freigaben.lent_in(uow.session, actor, [a for a in page if not inside.get(a)], today)
    rows = uow.session.execute(LINES, {"mandant": actor.mandant, "seite": list(page)}).all() if page else []
    lines: dict[str, FallZeile] = {}
    names = phasen(uow.app.profil_of(actor.mandant))
    for fall, organisation, login, stelle, person, nachname, vorname, key, number, open_tasks, due in rows:
        named = freigaben.may_see_name(inside.get(fall.aktenzeichen, False), given.get(fall.aktenzeichen, ()), key)
        lines[fall.aktenzeichen] = FallZeile(
            aktenzeichen=fall.aktenzeichen,
            bezeichnung=bezeichnung(fall.aktenzeichen, nachname if named else None, vorname, number),
            status=fall.status,
            phase=fall.phase,
            phase_titel=names.get(fall.phase, fall.phase),
            organisation=organisation,
            organisation_name=stelle,
            login=login,
            verantwortlich=person,
            rechtskreise=tuple(fall.rechtskreise),
            angelegt_am=fall.angelegt_am,
            offene_aufgaben=open_tasks,
            naechste_frist=due,
        )
    return tuple(lines[a] for a in page if a in lines)


def _with_counts(
    uow: UnitOfWork, chosen: Filter, conditions: Mapping[str, ColumnElement[bool]], lines: tuple[FallZeile, ...]
) -> FallListe:
    """All three counts from one statement: cases by status and phase, without the filter on these two."""
    kept = [c for name, c in conditions.items() if name not in {"status", "phase"}]
    grouped = uow.session.execute(
        select(Fall.status, Fall.phase, func.count())
        .select_from(Fall)
        .join(Fallverantwortung, HOLDER)
        .where(*kept)
        .group_by(Fall.status, Fall.phase)
        .order_by(Fall.status, Fall.phase)
    ).all()
    total, by_status, by_phase = 0, Counter[str](), Counter[str]()
    for status, phase, number in grouped:
        right_status, right_phase = chosen.status in (None, "", status), chosen.phase in (None, "", phase)
        total += number if right_status and right_phase else 0
        by_status[status] += number if right_phase else 0
        by_phase[phase] += number if right_status else 0
    return FallListe(zeilen=lines, gesamt=total, nach_status=+by_status, nach_phase=+by_phase)
