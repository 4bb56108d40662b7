"""The Fallakte: versioned sections, written from forms, read by those who may see them.

A line of versions belongs to the organisation that held the Fallverantwortung when it was written. Whoever takes a case over
continues with what was lent to it, in a line of its own: nothing that was not lent reaches the new line by merging.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from services import policy
from services.db.models.fall import AkteAbschnitt, Person
from services.db.models.grundlage import Benutzer, Organisation
from services.errors import InvalidInput
from services.fall import abschnitte as sections
from services.fall import einwilligungen, fakten, freigaben, rechtskreise, sortierung, verantwortung, zugriffe
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor
    from services.policy import FallTarget

Inhalt = dict[str, Any]  # field -> value as the form's schema loaded it (JSON)
Stelle = tuple[int | None, str]  # person (None: the case), section


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


def write_sections(
    uow: UnitOfWork,
    actor: Actor,
    aktenzeichen: str,
    person_id: int | str | None,
    inhalte: Mapping[str, Mapping[str, Any]],
    *,
    form_id: str | None = None,
    form_version: int | None = None,
    nach_dem_ende: bool = False,
    zweck: str = "Fallakte",
) -> None:
    """Write fields into sections within the caller's unit of work: ``{abschnitt: {feld: wert}}``; other fields stay as they are.

    A section of a person goes to ``person_id``, else to the main person; a section of the case to the case. The caller has
    checked the right to do so (completing the task of the form). A writer who may not see a section does not blank out
    by an empty field what others wrote there. ``nach_dem_ende``: a closed case takes it as well. What a process still has to do
    when its case is closed (a concern about a child, the answer of a committee) must be possible to say. ``zweck``: what the access log
    says where no form wrote it.

    Raises:
        NotFound: no such case.
        InvalidInput: an unknown section or person.
        Conflict: the case is closed.
    """
    wanted = {a: dict(fields) for a, fields in inhalte.items() if fields}
    if not wanted:
        return
    sections.check(list(wanted))
    (verantwortung.lock if nach_dem_ende else verantwortung.lock_open)(uow, aktenzeichen)
    holder = verantwortung.open_row(uow, aktenzeichen).organisation
    person = _person(uow, aktenzeichen, person_id) if any(a in sections.PERSON for a in wanted) else None
    places: dict[Stelle, Inhalt] = {(person if a in sections.PERSON else None, a): fields for a, fields in wanted.items()}
    old = _newest(uow, aktenzeichen, holder)
    blind = actor.organisation != holder and not actor.has_role("system")
    seen = (
        {(f.person, f.abschnitt) for f in freigaben.lent(uow.session, actor, aktenzeichen, uow.app.clock.today())} if blind else set(places)
    )
    rechtskreis = uow.session.execute(
        select(Organisation.rechtskreis).where(Organisation.mandant == actor.mandant, Organisation.key == holder)
    ).scalar_one()
    written = []
    for place, fields in places.items():
        version, content = old.get(place, (0, {}))
        given = fields if place in seen else {name: value for name, value in fields.items() if value not in (None, "", [], {})}
        merged = {**content, **given}
        if merged == content and version:
            continue
        uow.session.execute(
            insert(AkteAbschnitt).values(
                key=uow.key(),
                mandant=actor.mandant,
                aktenzeichen=aktenzeichen,
                person=place[0],
                abschnitt=place[1],
                organisation=holder,
                version=version + 1,
                inhalt=merged,
                form_id=form_id,
                form_version=form_version,
                rechtskreis=rechtskreis,
                geschrieben_von=actor.login,
                geschrieben_am=uow.now,
            )
        )
        written.append((place, version + 1))
        _route(uow, aktenzeichen, place, merged, {name: value for name, value in given.items() if content.get(name) != value})
    if written:
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, [a for (_, a), _ in written], form_id or zweck)
        uow.audit(
            "akte.schreiben",
            aktenzeichen,
            chain=f"fall:{aktenzeichen}",
            detail={"abschnitte": [[who, a, version] for (who, a), version in written], "form": form_id, "fassung": form_version},
        )


def _person(uow: UnitOfWork, aktenzeichen: str, person_id: int | str | None) -> int:
    """The person meant: by key, else the main person."""
    if person_id is None:
        return uow.session.execute(
            select(Person.key).where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen, Person.hauptperson)
        ).scalar_one()
    if not str(person_id).isdigit():
        raise InvalidInput(errors={"person": "Diese Person gehört nicht zu diesem Fall."})
    # A step about somebody who has left the case can still be done, and what it finds out is kept.
    einwilligungen.check_people(uow, aktenzeichen, [int(person_id)], auch_ehemalige=True)
    return int(person_id)


def _newest(uow: UnitOfWork, aktenzeichen: str, organisation: str) -> dict[Stelle, tuple[int, Inhalt]]:
    """What the organisation builds on: the last version of its own line (0: none yet), and the newest content that it may see."""
    versions = {
        (r.person, r.abschnitt): r.version
        for r in uow.session.execute(
            select(AkteAbschnitt.person, AkteAbschnitt.abschnitt, func.max(AkteAbschnitt.version).label("version"))
            .where(
                AkteAbschnitt.mandant == uow.actor.mandant,
                AkteAbschnitt.aktenzeichen == aktenzeichen,
                AkteAbschnitt.organisation == organisation,
            )
            .group_by(AkteAbschnitt.person, AkteAbschnitt.abschnitt)
        )
    }
    return {
        (row.person, row.abschnitt): (versions.get((row.person, row.abschnitt), 0), dict(row.inhalt))
        for row in _visible(uow, organisation, aktenzeichen)
    }


def inhalt(uow: UnitOfWork, aktenzeichen: str, person: int | None, abschnitt: str) -> Inhalt:
    """What stands in a section as the holder of the case sees it; empty if nothing does. The caller has checked the right to read it."""
    return _newest(uow, aktenzeichen, verantwortung.open_row(uow, aktenzeichen).organisation).get((person, abschnitt), (0, {}))[1]


def _visible(uow: UnitOfWork, organisation: str, aktenzeichen: str, *, everything: bool = False) -> Sequence[AkteAbschnitt]:
    """The newest version per section that members of the organisation may see, from its own line or lent to it."""
    reader = replace(uow.actor, organisation=organisation)  # whose loans count
    given = freigaben.lent(uow.session, reader, aktenzeichen, uow.app.clock.today())
    ways = [
        and_(
            AkteAbschnitt.organisation == f.absender,
            AkteAbschnitt.abschnitt == f.abschnitt,
            AkteAbschnitt.person.is_(None) if f.person is None else AkteAbschnitt.person == f.person,
            *([AkteAbschnitt.geschrieben_am <= f.bis] if f.bis else []),
        )
        for f in given
    ]
    ways.append(AkteAbschnitt.organisation == organisation)
    query = (
        select(AkteAbschnitt)
        .where(AkteAbschnitt.mandant == uow.actor.mandant, AkteAbschnitt.aktenzeichen == aktenzeichen)
        .ext(distinct_on(AkteAbschnitt.person, AkteAbschnitt.abschnitt))
        .order_by(
            AkteAbschnitt.person,
            AkteAbschnitt.abschnitt,
            AkteAbschnitt.geschrieben_am.desc(),
            (AkteAbschnitt.organisation == organisation).desc(),
            AkteAbschnitt.version.desc(),
        )
    )
    return uow.session.execute(query if everything else query.where(or_(*ways))).scalars().all()


def visible_sections(uow: UnitOfWork, actor: Actor, target: FallTarget) -> Sequence[AkteAbschnitt]:
    """The newest versions that the actor may see, in the order of the Fallakte."""
    rows = _visible(uow, actor.organisation, target.aktenzeichen, everything=actor.has_role("system"))
    order = list(sections.TITEL)
    return sorted(rows, key=lambda r: (r.person is None, r.person or 0, order.index(r.abschnitt)))


def lesen(
    app: App, actor: Actor, *, aktenzeichen: str, abschnitte: Sequence[str] = (), zweck: str = "Fallakte"
) -> tuple[AbschnittInfo, ...]:
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
        rows = (
            uow.session.execute(
                select(AkteAbschnitt)
                .where(
                    AkteAbschnitt.mandant == actor.mandant,
                    AkteAbschnitt.aktenzeichen == aktenzeichen,
                    AkteAbschnitt.abschnitt == abschnitt,
                    AkteAbschnitt.person.is_(None) if person is None else AkteAbschnitt.person == person,
                    AkteAbschnitt.organisation == actor.organisation,
                )
                .order_by(AkteAbschnitt.version.desc())
            )
            .scalars()
            .all()
        )
        if rows:
            zugriffe.vermerken(uow, aktenzeichen, zugriffe.GELESEN, [abschnitt], "Fassungen")
        return _infos(uow, rows)

    return transact(app, actor, work)


def _infos(uow: UnitOfWork, rows: Sequence[AkteAbschnitt]) -> tuple[AbschnittInfo, ...]:
    mandant = uow.actor.mandant
    organisations = select(Organisation.key, Organisation.name).where(
        Organisation.mandant == mandant, Organisation.key.in_({r.organisation for r in rows})
    )
    writers = select(Benutzer.login, Benutzer.name).where(
        Benutzer.mandant == mandant, Benutzer.login.in_({r.geschrieben_von for r in rows})
    )
    names = {row.key: row.name for row in uow.session.execute(organisations)}
    people = {row.login: row.name for row in uow.session.execute(writers)}
    return tuple(
        AbschnittInfo(
            person=r.person,
            abschnitt=r.abschnitt,
            titel=sections.TITEL[r.abschnitt],
            version=r.version,
            inhalt=dict(r.inhalt),
            organisation=r.organisation,
            organisation_name=names[r.organisation],
            rechtskreis=r.rechtskreis,
            form_id=r.form_id,
            form_version=r.form_version,
            geschrieben_von=people.get(r.geschrieben_von, r.geschrieben_von),
            geschrieben_am=r.geschrieben_am,
        )
        for r in rows
    )


def fuer_dokument(uow: UnitOfWork, aktenzeichen: str, organisation: str, abschnitte: Sequence[str], zweck: str) -> tuple[AbschnittInfo, ...]:
    """The newest versions of these sections as ``organisation`` sees them, in whose name a document is made; written down as read.

    The right to make the document is that of the process; what the organisation may not see, the document cannot show.
    """
    rows = [r for r in _visible(uow, organisation, aktenzeichen) if r.abschnitt in abschnitte]
    if rows:
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GELESEN, [r.abschnitt for r in rows], zweck)
    return _infos(uow, rows)


class FormSections(Mapping[str, Mapping[str, Any]]):
    """What a form finds in the Fallakte: section -> {feld: wert}. A section that is looked at is written down as read, once."""

    def __init__(self, uow: UnitOfWork, aktenzeichen: str, inhalte: dict[str, Inhalt], zweck: str) -> None:
        self._uow, self._aktenzeichen, self._inhalte, self._zweck = uow, aktenzeichen, inhalte, zweck
        self._seen: set[str] = set()

    def __getitem__(self, abschnitt: str) -> Inhalt:
        inhalt = self._inhalte[abschnitt]
        if abschnitt not in self._seen:
            self._seen.add(abschnitt)
            zugriffe.vermerken(self._uow, self._aktenzeichen, zugriffe.GELESEN, [abschnitt], self._zweck)
        return inhalt

    def __iter__(self) -> Iterator[str]:
        return iter(self._inhalte)

    def __len__(self) -> int:
        return len(self._inhalte)


def sections_for_form(
    uow: UnitOfWork, aktenzeichen: str, person_id: int | str | None, *, zweck: str = "Formular"
) -> Mapping[str, Mapping[str, Any]]:
    """The answers a form begins with, only what the actor may see: sections of the person (default: the main person) and of the case.

    Use it within the unit of work. The caller has checked the right to work on the task of the form. Empty if there is no such case.

    Raises:
        InvalidInput: an unknown person.
    """
    actor = uow.actor
    target = policy.fall_target(uow.session, actor, aktenzeichen, uow.app.clock.today())
    if target is None:
        return {}
    person = _person(uow, aktenzeichen, person_id)
    inhalte = {
        r.abschnitt: dict(r.inhalt)
        for r in _visible(uow, actor.organisation, aktenzeichen, everything=actor.has_role("system"))
        if r.person in (None, person)
    }
    if policy.belongs(actor, target):
        row = uow.session.execute(select(Person).where(Person.key == person)).scalar_one()
        known = {
            "vorname": row.vorname,
            "nachname": row.nachname,
            "name": f"{row.vorname} {row.nachname}",
            "geburtsdatum": row.geburtsdatum.isoformat() if row.geburtsdatum else None,
        }
        inhalte["stammdaten"] = {**{k: v for k, v in known.items() if v}, **inhalte.get("stammdaten", {})}
        if row.aufenthalt:
            inhalte["aufenthalt"] = {"status": row.aufenthalt, **inhalte.get("aufenthalt", {})}
    return FormSections(uow, aktenzeichen, inhalte, zweck)


# --- fields that are routing facts at the same time ------------------------------------------------------------------------

JA_NEIN: dict[bool | str | None, bool] = {True: True, "ja": True, False: False, "nein": False}


def _plain(answer: object) -> bool | str | None:
    return answer if isinstance(answer, (bool, str)) else None


def _route(uow: UnitOfWork, aktenzeichen: str, place: Stelle, inhalt: Inhalt, neu: Inhalt) -> None:
    """Copy the fields on which lists, search and expressions rely into their columns; a value outside the contract is left out.

    ``stammdaten``: name, or vorname and nachname; geburtsdatum. ``aufenthalt``: status (one of ``fakten.AUFENTHALT``).
    ``leistungen``: bezieht_sgb2 (ja, nein or a boolean), rechtskreise (a list of ``fakten.RECHTSKREISE``). They speak of the case as a
    whole: people with Rechtskreise of their own keep them. Only the answers that are new here (``neu``) count, so that an old one,
    shown in a form again, does not undo what was changed elsewhere meanwhile.
    """
    person, abschnitt = place
    if abschnitt == "stammdaten":
        _route_person(uow, person, inhalt)
    elif abschnitt == "aufenthalt" and inhalt.get("status") in fakten.AUFENTHALT:
        uow.session.execute(update(Person).where(Person.key == person).values(aufenthalt=inhalt["status"]))
    elif abschnitt == "leistungen":
        rechtskreise.aus_leistungen(uow, aktenzeichen, neu.get("rechtskreise"), JA_NEIN.get(_plain(neu.get("bezieht_sgb2"))))
    fakten.forget(uow.session)


def _route_person(uow: UnitOfWork, person: int | None, inhalt: Inhalt) -> None:
    row = uow.session.execute(select(Person).where(Person.key == person).execution_options(populate_existing=True)).scalar_one()
    vorname, nachname = (str(inhalt.get(f) or getattr(row, f)).strip() for f in ("vorname", "nachname"))
    whole = " ".join(str(inhalt.get("name") or "").split())
    if whole and whole != f"{row.vorname} {row.nachname}":
        # Forms with one field for the name: its last word is the family name.
        first, _, last = whole.rpartition(" ")
        vorname, nachname = first or vorname, last
    born = fakten.parse_date(inhalt.get("geburtsdatum")) or row.geburtsdatum
    uow.session.execute(
        update(Person)
        .where(Person.key == person)
        .values(vorname=vorname, nachname=nachname, geburtsdatum=born, sort_key=sortierung.sort_key(nachname, vorname))
    )
