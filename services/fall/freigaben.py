"""What is lent to an organisation at this moment: sections named by an open handover or Verweis and covered by valid consent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Text, any_, literal, select

from services.db.models.fall import Einwilligung, Uebergabe, Verweis
from services.fall import abschnitte as sections
from services.policy import consent_valid, handover_lends, verweis_lends

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from services.context import Actor


Coverage = dict[tuple[str, int], set[str]]  # (purpose, person) -> sections


@dataclass(frozen=True, kw_only=True)
class Freigabe:
    """One section lent by ``absender``. ``person`` is None for a section of the case. ``bis``: later versions are not lent."""

    person: int | None
    abschnitt: str
    absender: str
    bis: datetime | None


def coverage(session: Session, mandant: str, aktenzeichen: str, today: date, *, empfaenger: str) -> Coverage:
    """What people have consented to: (purpose, person) -> sections; special categories only where agreed to apart."""
    return _coverages(session, mandant, [aktenzeichen], today, empfaenger)[aktenzeichen]


def _coverages(session: Session, mandant: str, cases: Sequence[str], today: date, empfaenger: str) -> dict[str, Coverage]:
    found: dict[str, Coverage] = defaultdict(lambda: defaultdict(set))
    rows = session.execute(
        select(
            Einwilligung.aktenzeichen,
            Einwilligung.zweck,
            Einwilligung.person,
            Einwilligung.abschnitte,
            Einwilligung.besondere_abschnitte,
        ).where(
            Einwilligung.mandant == mandant,
            Einwilligung.aktenzeichen == any_(literal(list(cases), ARRAY(Text))),
            Einwilligung.empfaenger == empfaenger,
            consent_valid(today),
        )
    )
    for aktenzeichen, zweck, person, ordinary, special in rows:
        found[aktenzeichen][zweck, person] |= (set(ordinary) - sections.BESONDERE) | (set(special) & sections.BESONDERE)
    return found


def missing(
    given: Mapping[tuple[str, int], set[str]], zweck: str, personen: Iterable[int], abschnitte: Iterable[str]
) -> list[tuple[int, str]]:
    """Person and section without consent; empty if the consent covers all of them. A section of the case needs everybody's."""
    wanted = list(abschnitte)
    return [(person, a) for person in personen for a in wanted if a not in given.get((zweck, person), set())]


def lent(session: Session, actor: Actor, aktenzeichen: str, today: date) -> tuple[Freigabe, ...]:
    """Everything that is lent to the actor's organisation in this case."""
    return lent_in(session, actor, [aktenzeichen], today).get(aktenzeichen, ())


def lent_in(session: Session, actor: Actor, cases: Sequence[str], today: date) -> dict[str, tuple[Freigabe, ...]]:
    """The same for several cases, in three statements at most; a case in which nothing is lent is missing."""
    given = _coverages(session, actor.mandant, cases, today, actor.organisation) if cases else {}
    if not given:
        return {}
    found: dict[str, list[Freigabe]] = defaultdict(list)
    lending: tuple[tuple[type[Uebergabe | Verweis], ColumnElement[bool]], ...] = (
        (Uebergabe, handover_lends(Uebergabe)),
        (Verweis, verweis_lends(Verweis)),
    )
    for table, lends in lending:
        rows: Iterable[Uebergabe | Verweis] = session.scalars(
            select(table).where(
                table.mandant == actor.mandant,
                table.aktenzeichen == any_(literal(list(given), ARRAY(Text))),
                table.empfaenger == actor.organisation,
                lends,
            )
        )
        for row in rows:
            found[row.aktenzeichen] += _lent_by(row, given[row.aktenzeichen])
    return {aktenzeichen: tuple(lent_here) for aktenzeichen, lent_here in found.items()}


def _lent_by(row: Uebergabe | Verweis, given: Coverage) -> Iterator[Freigabe]:
    # After the answer to a handover the sender's further work is not shown; a Verweis shows the present state.
    until = row.beantwortet_am if isinstance(row, Uebergabe) else None
    for abschnitt in set(row.abschnitte) - sections.INTERN:
        people: list[int | None] = list(row.personen) if abschnitt in sections.PERSON else [None]
        for person in people:
            needed = row.personen if person is None else [person]
            if needed and not missing(given, row.zweck, needed, [abschnitt]):
                yield Freigabe(person=person, abschnitt=abschnitt, absender=row.absender, bis=until)


def may_see_name(inside: bool, given: Iterable[Freigabe], person: int) -> bool:
    """A name is shown to those inside, and to others where the Stammdaten of this person are lent to them."""
    return inside or any(f.person == person and f.abschnitt == "stammdaten" for f in given)
