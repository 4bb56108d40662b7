"""The Fallakte: versioned sections, written from forms, read by those who may see them.

A line of versions belongs to the organisation that held the Fallverantwortung when it was written. Whoever takes a case over
continues with what was lent to it, in a line of its own: nothing that was not lent reaches the new line by merging.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select, update

from services import policy
from services.db.models.fall import AkteAbschnitt, Fall, Person
from services.db.models.grundlage import Benutzer, Organisation
from services.errors import InvalidInput
from services.fall import abschnitte as sections
from services.fall import einwilligungen, fakten, freigaben, sortierung, verantwortung, zugriffe
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor
    from services.policy import FallTarget

Inhalt = dict[str, Any]           # field -> value as the form's schema loaded it (JSON)
Stelle = tuple[int | None, str]   # person (None: the case), section


@dataclass(frozen=True, kw_only=True)
class AbschnittInfo:
    """The newest version of a section that the reader may see. ``person`` is None for a section of the case."""

    person: int | None
    abschnitt: str
    titel: str
    version: int
    inhalt: Mapping[str, object]
    organisation: str
    organisation_name: str
    rechtskreis: str | None
    form_id: str | None
    form_version: int | None
    geschrieben_von: str
    geschrieben_am: datetime


def write_sections(uow: UnitOfWork, actor: Actor, aktenzeichen: str, person_id: int | str | None, inhalte: Mapping[str, Mapping[str, Any]], *,
                   form_id: str | None = None, form_version: int | None = None) -> None:
    """Write fields into sections within the caller's unit of work: ``{abschnitt: {feld: wert}}``; other fields stay as they are.

    A section of a person goes to ``person_id``, else to the main person; a section of the case to the case. The caller has
    checked the right to do so (completing the task of the form). A writer who may not see a section does not blank out
    by an empty field what others wrote there.

    Raises:
        NotFound: no such case.
        InvalidInput: an unknown section or person.
        Conflict: the case is closed.
    """
    wanted = {a: dict(fields) for a, fields in inhalte.items() if fields}
    if not wanted:
        return
    sections.check(list(wanted))
    verantwortung.lock_open(uow, aktenzeichen)
    holder = verantwortung.open_row(uow, aktenzeichen).organisation
    person = _person(uow, aktenzeichen, person_id) if any(a in sections.PERSON for a in wanted) else None
    places: dict[Stelle, Inhalt] = {(person if a in sections.PERSON else None, a): fields for a, fields in wanted.items()}
    old = _newest(uow, aktenzeichen, holder)
    blind = actor.organisation != holder and not actor.has_role("system")
    seen = {(f.person, f.abschnitt) for f in freigaben.lent(uow.session, actor, aktenzeichen, uow.app.clock.today())} if blind else set(places)
    rechtskreis = uow.session.execute(select(Organisation.rechtskreis).where(
        Organisation.mandant == actor.mandant, Organisation.key == holder)).scalar_one()
    written = []
    for place, fields in places.items():
        version, content = old.get(place, (0, {}))
        if place not in seen:
            fields = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
        merged = {**content, **fields}
        if merged == content and version:
            continue
        uow.session.execute(insert(AkteAbschnitt).values(
            key=uow.key(), mandant=actor.mandant, aktenzeichen=aktenzeichen, person=place[0], abschnitt=place[1], organisation=holder,
            version=version + 1, inhalt=merged, form_id=form_id, form_version=form_version, rechtskreis=rechtskreis, geschrieben_von=actor.login,
            geschrieben_am=uow.now))
        written.append((place, version + 1))
        _route(uow, aktenzeichen, place, merged)
    if written:
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, [a for (_, a), _ in written], form_id or "Fallakte")
        uow.audit("akte.schreiben", aktenzeichen, chain=f"fall:{aktenzeichen}", detail={
            "abschnitte": [[who, a, version] for (who, a), version in written], "form": form_id, "fassung": form_version})


def _person(uow: UnitOfWork, aktenzeichen: str, person_id: int | str | None) -> int:
    """The person meant: by key, else the main person."""
    if person_id is None:
        return uow.session.execute(select(Person.key).where(
            Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen, Person.hauptperson)).scalar_one()
    if not str(person_id).isdigit():
        raise InvalidInput(errors={"person": "Diese Person gehört nicht zu diesem Fall."})
    einwilligungen.check_people(uow, aktenzeichen, [int(person_id)])
    return int(person_id)


def _newest(uow: UnitOfWork, aktenzeichen: str, organisation: str) -> dict[Stelle, tuple[int, Inhalt]]:
    """What the organisation builds on: the last version of its own line (0: none yet), and the newest content that it may see."""
    versions = {(r.person, r.abschnitt): r.version for r in uow.session.execute(
        select(AkteAbschnitt.person, AkteAbschnitt.abschnitt, func.max(AkteAbschnitt.version).label("version"))
        .where(AkteAbschnitt.mandant == uow.actor.mandant, AkteAbschnitt.aktenzeichen == aktenzeichen, AkteAbschnitt.organisation == organisation)
        .group_by(AkteAbschnitt.person, AkteAbschnitt.abschnitt))}
    return {(row.person, row.abschnitt): (versions.get((row.person, row.abschnitt), 0), dict(row.inhalt))
            for row in _visible(uow, organisation, aktenzeichen)}


def _visible(uow: UnitOfWork, organisation: str, aktenzeichen: str, *, everything: bool = False) -> Sequence[AkteAbschnitt]:
    """The newest version per section that members of the organisation may see, from its own line or lent to it."""
    reader = replace(uow.actor, organisation=organisation)  # whose loans count
    given = freigaben.lent(uow.session, reader, aktenzeichen, uow.app.clock.today())
    ways = [
        and_(AkteAbschnitt.organisation == f.absender, AkteAbschnitt.abschnitt == f.abschnitt,
             AkteAbschnitt.person.is_(None) if f.person is None else AkteAbschnitt.person == f.person,
             *([AkteAbschnitt.geschrieben_am <= f.bis] if f.bis else []))
        for f in given]
    ways.append(AkteAbschnitt.organisation == organisation)
    query = (
        select(AkteAbschnitt).where(AkteAbschnitt.mandant == uow.actor.mandant, AkteAbschnitt.aktenzeichen == aktenzeichen)
        .distinct(AkteAbschnitt.person, AkteAbschnitt.abschnitt)
        .order_by(AkteAbschnitt.person, AkteAbschnitt.abschnitt, AkteAbschnitt.geschrieben_am.desc(),
                  (AkteAbschnitt.organisation == organisation).desc(), AkteAbschnitt.version.desc()))
    return uow.session.execute(query if everything else query.where(or_(*ways))).scalars().all()


def visible_sections(uow: UnitOfWork, actor: Actor, target: FallTarget) -> Sequence[AkteAbschnitt]:
    """The newest versions that the actor may see, in the order of the Fallakte."""
    rows = _visible(uow, actor.organisation, target.aktenzeichen, everything=actor.has_role("system"))
    order = list(sections.TITEL)
    return sorted(rows, key=lambda r: (r.person is None, r.person or 0, order.index(r.abschnitt)))


def lesen(app: App, actor: Actor, *, aktenzeichen: str, abschnitte: Sequence[str] = (), zweck: str = "Fallakte") -> tuple[AbschnittInfo, ...]:
    """The sections that the actor may see, each in its newest version; the access is written down. ``abschnitte``: only these.

    Raises:
        NotFound: the case is not visible.
    """

    def work(uow: UnitOfWork) -> tuple[AbschnittInfo, ...]:
        target = policy.require_fall(uow.session, actor, policy.Action.FALL_READ, aktenzeichen, app.clock.today())
        rows = [r for r in visible_sections(uow, actor, target) if not abschnitte or r.abschnitt in abschnitte]
        if rows:
            zugriffe.vermerken(uow, aktenzeichen, zugriffe.GELESEN, [r.abschnitt for r in rows], zweck)
        return _infos(uow, rows)

    return transact(app, actor, work)


def fassungen(app: App, actor: Actor, *, aktenzeichen: str, abschnitt: str, person: int | None = None) -> tuple[AbschnittInfo, ...]:
    """All versions of one section in the line of the own organisation, the newest first; the access is written down.

    Raises:
        NotFound: the case is not visible.
    """

    def work(uow: UnitOfWork) -> tuple[AbschnittInfo, ...]:
        policy.require_fall(uow.session, actor, policy.Action.FALL_READ, aktenzeichen, app.clock.today())
        rows = uow.session.execute(
            select(AkteAbschnitt).where(
                AkteAbschnitt.mandant == actor.mandant, AkteAbschnitt.aktenzeichen == aktenzeichen, AkteAbschnitt.abschnitt == abschnitt,
                AkteAbschnitt.person.is_(None) if person is None else AkteAbschnitt.person == person,
                AkteAbschnitt.organisation == actor.organisation).order_by(AkteAbschnitt.version.desc())).scalars().all()
        if rows:
            zugriffe.vermerken(uow, aktenzeichen, zugriffe.GELESEN, [abschnitt], "Fassungen")
        return _infos(uow, rows)

    return transact(app, actor, work)


def _infos(uow: UnitOfWork, rows: Sequence[AkteAbschnitt]) -> tuple[AbschnittInfo, ...]:
    names = dict(uow.session.execute(select(Organisation.key, Organisation.name).where(
        Organisation.mandant == uow.actor.mandant, Organisation.key.in_({r.organisation for r in rows}))).tuples().all())
    people = dict(uow.session.execute(select(Benutzer.login, Benutzer.name).where(
        Benutzer.mandant == uow.actor.mandant, Benutzer.login.in_({r.geschrieben_von for r in rows}))).tuples().all())
    return tuple(AbschnittInfo(
        person=r.person, abschnitt=r.abschnitt, titel=sections.TITEL[r.abschnitt], version=r.version, inhalt=dict(r.inhalt),
        organisation=r.organisation, organisation_name=names[r.organisation], rechtskreis=r.rechtskreis, form_id=r.form_id,
        form_version=r.form_version, geschrieben_von=people.get(r.geschrieben_von, r.geschrieben_von), geschrieben_am=r.geschrieben_am) for r in rows)


def prefill(uow: UnitOfWork, actor: Actor, aktenzeichen: str, person_id: int | str | None, felder: Iterable[str]) -> dict[str, object]:
    """Stored values for a form, within the caller's unit of work: ``abschnitt.feld`` -> value, only what the actor may see.

    The caller has checked the right to work on the task of the form; what is read is written down.

    Raises:
        InvalidInput: an unknown person.
    """
    wanted: dict[str, list[str]] = {}
    for name in felder:
        abschnitt, _, feld = name.partition(".")
        if abschnitt in sections.TITEL and feld:
            wanted.setdefault(abschnitt, []).append(feld)
    if not wanted:
        return {}
    person = _person(uow, aktenzeichen, person_id) if any(a in sections.PERSON for a in wanted) else None
    rows = {(r.person, r.abschnitt): r for r in _visible(uow, actor.organisation, aktenzeichen, everything=actor.has_role("system"))}
    found: dict[str, object] = {}
    read_sections = []
    for abschnitt, names in wanted.items():
        row = rows.get((person if abschnitt in sections.PERSON else None, abschnitt))
        values = {f"{abschnitt}.{n}": row.inhalt[n] for n in names if n in row.inhalt} if row else {}
        if values:
            read_sections.append(abschnitt)
            found |= values
    if read_sections:
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GELESEN, read_sections, "Formular")
    return found


# --- fields that are routing facts at the same time ------------------------------------------------------------------------

def _route(uow: UnitOfWork, aktenzeichen: str, place: Stelle, inhalt: Inhalt) -> None:
    """Copy the fields on which lists, search and expressions rely into their columns; a value outside the contract is left out.

    ``stammdaten``: vorname, nachname, geburtsdatum. ``aufenthalt``: aufenthalt (one of ``fakten.AUFENTHALT``).
    ``rechtskreise`` (a list) in ``aufenthalt`` or ``leistungen``.
    """
    person, abschnitt = place
    if abschnitt == "stammdaten":
        _route_person(uow, person, inhalt)
    elif abschnitt == "aufenthalt" and inhalt.get("aufenthalt") in fakten.AUFENTHALT:
        uow.session.execute(update(Person).where(Person.key == person).values(aufenthalt=inhalt["aufenthalt"]))
    if abschnitt in {"aufenthalt", "leistungen"} and isinstance(inhalt.get("rechtskreise"), list):
        chosen = [r for r in fakten.RECHTSKREISE if r in inhalt["rechtskreise"]]
        uow.session.execute(update(Fall).where(Fall.mandant == uow.actor.mandant, Fall.aktenzeichen == aktenzeichen).values(rechtskreise=chosen))
    fakten.forget(uow.session)


def _route_person(uow: UnitOfWork, person: int | None, inhalt: Inhalt) -> None:
    row = uow.session.execute(select(Person).where(Person.key == person).execution_options(populate_existing=True)).scalar_one()
    vorname, nachname = (str(inhalt.get(f) or getattr(row, f)).strip() for f in ("vorname", "nachname"))
    born = fakten.parse_date(inhalt.get("geburtsdatum")) or row.geburtsdatum
    uow.session.execute(update(Person).where(Person.key == person).values(
        vorname=vorname, nachname=nachname, geburtsdatum=born, sort_key=sortierung.sort_key(nachname, vorname)))
