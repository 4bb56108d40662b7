"""Lists of cases and the search by name or Aktenzeichen, each filtered by the policy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select, text

from services import policy
from services.db.models.fall import Fall, Fallverantwortung, FallZaehler, Person
from services.db.models.grundlage import Benutzer, Organisation
from services.db.models.prozess import UserTask
from services.errors import InvalidInput
from services.fall import freigaben, sortierung
from services.fall.faelle import PHASEN, bezeichnung
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute

    from services.bootstrap import App
    from services.context import Actor

TREFFER = 2000  # more matches of a name than this are not looked at: the person is asked for more letters
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
    suche: str | None = None


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
        return _page(uow, actor, chosen, sortierung_nach, absteigend, min(grenze, SEITE_MAX), ab)

    return read(app, actor, work)


def suchen(app: App, actor: Actor, *, suche: str, grenze: int = 20) -> tuple[FallZeile, ...]:
    """Cases, open or closed, by name or Aktenzeichen; a name that is not lent to the reader finds nothing."""
    return (
        auflisten(app, actor, filter_=Filter(status=None, suche=suche), sortierung_nach="name", grenze=grenze).zeilen
        if suche.strip()
        else ()
    )


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
    if chosen.suche and chosen.suche.strip():
        found["suche"] = _search(uow, actor, chosen.suche)
    return found


def _search(uow: UnitOfWork, actor: Actor, wanted: str) -> ColumnElement[bool]:
    """The cases meant, as a list of Aktenzeichen: under row-level security only equality and ranges use an index."""
    found: set[str] = set()
    number = re.sub(r"\s+", "", wanted).upper()
    if number.isdecimal():  # the running number alone, of any year
        years = uow.session.scalars(select(FallZaehler.jahr).where(FallZaehler.mandant == actor.mandant))
        prefix = uow.app.profil_of(actor.mandant).aktenzeichen_praefix
        found.update(f"{prefix}-{year}-{int(number):04}" for year in years)
    elif any(c.isdecimal() for c in number) and number.isascii():
        # The beginning of an Aktenzeichen; "~" sorts after every character of one.
        found.update(
            uow.session.scalars(
                select(Fall.aktenzeichen)
                .where(Fall.mandant == actor.mandant, Fall.aktenzeichen >= number, Fall.aktenzeichen < number + "~")
                .limit(TREFFER)
            )
        )
    words = sortierung.fold(wanted).split()
    if words:
        hits = uow.session.execute(text("select aktenzeichen from faelle_suchen(:w, :n)"), {"w": words, "n": TREFFER}).scalars().all()
        found.update(set(hits) - _without_name(uow, actor, list(hits)))
    return Fall.aktenzeichen.in_(sorted(found))


def _without_name(uow: UnitOfWork, actor: Actor, hits: list[str]) -> set[str]:
    """Of these cases, those whose name the actor may not see: visible by a loan only, and without Stammdaten."""
    if actor.has_role("system") or not hits:
        return set()
    today = uow.app.clock.today()
    inside = set(
        uow.session.execute(
            select(Fall.aktenzeichen).where(Fall.aktenzeichen.in_(hits), policy.visible_faelle(actor, today, loans=False))
        ).scalars()
    )
    lent_only = (
        set(
            uow.session.execute(select(Fall.aktenzeichen).where(Fall.aktenzeichen.in_(hits), policy.visible_faelle(actor, today))).scalars()
        )
        - inside
    )
    return {a for a in lent_only if not any(f.abschnitt == "stammdaten" for f in freigaben.lent(uow.session, actor, a, today))}


def _page(uow: UnitOfWork, actor: Actor, chosen: Filter, order: str, descending: bool, limit: int, offset: int) -> FallListe:
    conditions = _conditions(uow, actor, chosen)
    holder = and_(
        Fallverantwortung.mandant == Fall.mandant, Fallverantwortung.aktenzeichen == Fall.aktenzeichen, Fallverantwortung.bis.is_(None)
    )
    main = and_(Person.mandant == Fall.mandant, Person.aktenzeichen == Fall.aktenzeichen, Person.hauptperson)
    tasks = (
        select(UserTask.business_id, func.count().label("offen"), func.min(UserTask.due).label("frist"))
        .where(UserTask.mandant == Fall.mandant, UserTask.business_id == Fall.aktenzeichen, UserTask.status == "CREATED")
        .group_by(UserTask.business_id)
        .lateral()
    )
    members = (
        select(func.count())
        .select_from(Person)
        .where(Person.mandant == Fall.mandant, Person.aktenzeichen == Fall.aktenzeichen)
        .correlate(Fall)
        .scalar_subquery()
    )
    columns = {
        "frist": tasks.c.frist,
        "name": Person.sort_key,
        "aktenzeichen": Fall.aktenzeichen,
        "phase": Fall.phase,
        "angelegt": Fall.angelegt_am,
    }
    if order not in columns:
        raise InvalidInput("Diese Sortierung gibt es nicht.", errors={"sortierung": "Bitte wählen Sie aus der Liste."})
    column = columns[order]
    rows = uow.session.execute(
        select(
            Fall,
            Fallverantwortung.organisation,
            Fallverantwortung.login,
            Organisation.name.label("stelle"),
            Benutzer.name.label("person"),
            Person.nachname,
            Person.vorname,
            Person.key,
            members.label("anzahl"),
            func.coalesce(tasks.c.offen, 0),
            tasks.c.frist,
        )
        .join(Fallverantwortung, holder)
        .join(Person, main)
        .join(Organisation, and_(Organisation.mandant == Fall.mandant, Organisation.key == Fallverantwortung.organisation))
        .outerjoin(Benutzer, and_(Benutzer.mandant == Fall.mandant, Benutzer.login == Fallverantwortung.login))
        .outerjoin(tasks, tasks.c.business_id == Fall.aktenzeichen)
        .where(*conditions.values())
        .order_by(column.desc().nulls_last() if descending else column.asc().nulls_last(), Fall.aktenzeichen)
        .limit(limit)
        .offset(offset)
    ).all()
    today = uow.app.clock.today()
    inside = set(
        uow.session.execute(
            select(Fall.aktenzeichen).where(
                Fall.aktenzeichen.in_([r[0].aktenzeichen for r in rows]), policy.visible_faelle(actor, today, loans=False)
            )
        ).scalars()
    )
    lines = []
    for fall, organisation, login, stelle, person, nachname, vorname, key, number, open_tasks, due in rows:
        given = () if fall.aktenzeichen in inside else freigaben.lent(uow.session, actor, fall.aktenzeichen, today)
        named = freigaben.may_see_name(fall.aktenzeichen in inside, given, key)
        lines.append(
            FallZeile(
                aktenzeichen=fall.aktenzeichen,
                bezeichnung=bezeichnung(fall.aktenzeichen, nachname if named else None, vorname, number),
                status=fall.status,
                phase=fall.phase,
                phase_titel=PHASEN.get(fall.phase, fall.phase),
                organisation=organisation,
                organisation_name=stelle,
                login=login,
                verantwortlich=person,
                rechtskreise=tuple(fall.rechtskreise),
                angelegt_am=fall.angelegt_am,
                offene_aufgaben=open_tasks,
                naechste_frist=due,
            )
        )

    def count(by: InstrumentedAttribute[str], without: str) -> dict[str, int]:
        kept = [c for name, c in conditions.items() if name != without]
        grouped = select(by, func.count()).select_from(Fall).join(Fallverantwortung, holder).where(*kept).group_by(by)
        return {str(value): int(n) for value, n in uow.session.execute(grouped)}

    total = uow.session.execute(
        select(func.count()).select_from(Fall).join(Fallverantwortung, holder).where(*conditions.values())
    ).scalar_one()
    return FallListe(
        zeilen=tuple(lines), gesamt=int(total), nach_status=count(Fall.status, "status"), nach_phase=count(Fall.phase, "phase")
    )
