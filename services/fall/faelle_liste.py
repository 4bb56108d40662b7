"""Lists of cases and the search by name or Aktenzeichen, each filtered by the policy."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Text, and_, any_, func, literal, select, text, union_all

from services import policy
from services.db.models.fall import Fall, Fallverantwortung, FallZaehler, Person
from services.db.models.grundlage import Benutzer, Organisation
from services.db.models.prozess import UserTask
from services.errors import InvalidInput
from services.fall import freigaben, sortierung
from services.fall.faelle import PHASEN, bezeichnung
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

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
        conditions = _conditions(uow, actor, chosen)
        lines = _lines(uow, actor, conditions, sortierung_nach, descending=absteigend, limit=min(grenze, SEITE_MAX), offset=ab)
        return _with_counts(uow, chosen, conditions, lines)

    return read(app, actor, work)


def suchen(app: App, actor: Actor, *, suche: str, grenze: int = 20) -> tuple[FallZeile, ...]:
    """Cases, open or closed, by name or Aktenzeichen; a name that is not lent to the reader finds nothing."""
    if not suche.strip():
        return ()

    def work(uow: UnitOfWork) -> tuple[FallZeile, ...]:
        conditions = _conditions(uow, actor, Filter(status=None, suche=suche))
        return _lines(uow, actor, conditions, "name", limit=min(grenze, SEITE_MAX))

    return read(app, actor, work)


def _conditions(uow: UnitOfWork, actor: Actor, chosen: Filter) -> dict[str, ColumnElement[bool]]:
    searched = bool(chosen.suche and chosen.suche.strip())
    cases = _search(uow, actor, chosen.suche or "") if searched else None
    found: dict[str, ColumnElement[bool]] = {"sicht": policy.visible_faelle(actor, uow.app.clock.today(), among=cases)}
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
    if cases is not None:
        found["suche"] = Fall.aktenzeichen == any_(literal(cases, ARRAY(Text)))
    return found


def _search(uow: UnitOfWork, actor: Actor, wanted: str) -> list[str]:
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
        hits = uow.session.scalars(text("select aktenzeichen from faelle_suchen(:w, :n)"), {"w": words, "n": TREFFER}).all()
        found.update(set(hits) - _without_name(uow, actor, hits))
    return sorted(found)


def _without_name(uow: UnitOfWork, actor: Actor, hits: Sequence[str]) -> set[str]:
    """Of these cases, those whose name the actor may not see: visible by a loan only, and without Stammdaten."""
    today = uow.app.clock.today()
    return {
        akte
        for akte in _by_loan_only(uow, actor, hits)
        if not any(f.abschnitt == "stammdaten" for f in freigaben.lent(uow.session, actor, akte, today))
    }


def _by_loan_only(uow: UnitOfWork, actor: Actor, cases: Sequence[str]) -> set[str]:
    """Of these cases, those that the actor sees only because a handover or Verweis lends the sight."""
    if actor.has_role("system") or not cases:
        return set()
    today = uow.app.clock.today()
    lent = set(uow.session.scalars(union_all(*policy.lent_cases(actor, today)))) & set(cases)
    if not lent:
        return set()
    belongs = policy.visible_faelle(actor, today, loans=False)
    return lent - set(uow.session.scalars(select(Fall.aktenzeichen).where(Fall.aktenzeichen.in_(sorted(lent)), belongs)))


HOLDER = and_(
    Fallverantwortung.mandant == Fall.mandant,
    Fallverantwortung.aktenzeichen == Fall.aktenzeichen,
    Fallverantwortung.bis.is_(None),
)


def _lines(
    uow: UnitOfWork,
    actor: Actor,
    conditions: Mapping[str, ColumnElement[bool]],
    order: str,
    *,
    descending: bool = False,
    limit: int,
    offset: int = 0,
) -> tuple[FallZeile, ...]:
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
    ordering = (column.desc().nulls_last() if descending else column.asc().nulls_last(), Fall.aktenzeichen)
    if order != "frist":  # the page first: what a line shows besides is read for its cases only
        page = uow.session.scalars(
            select(Fall.aktenzeichen).join(Fallverantwortung, HOLDER).join(Person, main).where(*conditions.values())
            .order_by(*ordering).limit(limit).offset(offset)
        ).all()
        conditions, offset = {"seite": and_(Fall.mandant == actor.mandant, Fall.aktenzeichen == any_(literal(list(page), ARRAY(Text))))}, 0
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
        .join(Fallverantwortung, HOLDER)
        .join(Person, main)
        .join(Organisation, and_(Organisation.mandant == Fall.mandant, Organisation.key == Fallverantwortung.organisation))
        .outerjoin(Benutzer, and_(Benutzer.mandant == Fall.mandant, Benutzer.login == Fallverantwortung.login))
        .outerjoin(tasks, tasks.c.business_id == Fall.aktenzeichen)
        .where(*conditions.values())
        .order_by(*ordering)
        .limit(limit)
        .offset(offset)
    ).all()
    today = uow.app.clock.today()
    by_loan = _by_loan_only(uow, actor, [r[0].aktenzeichen for r in rows])
    lines = []
    for fall, organisation, login, stelle, person, nachname, vorname, key, number, open_tasks, due in rows:
        inside = fall.aktenzeichen not in by_loan
        given = () if inside else freigaben.lent(uow.session, actor, fall.aktenzeichen, today)
        named = freigaben.may_see_name(inside, given, key)
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

    return tuple(lines)


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
