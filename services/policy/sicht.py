"""The rules of ``regeln`` as SQL conditions, and the facts that they need, read from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from services.db.models.fall import Einwilligung, Fall, Fallverantwortung, Uebergabe, Verweis
from services.db.models.grundlage import Benutzer
from services.db.models.prozess import UserTask
from services.policy.regeln import (
    BETEILIGT,
    FALLARBEIT,
    OFFEN,
    OHNE_FALL,
    Action,
    FallTarget,
    TaskTarget,
    groups_in_cases,
    require,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import InstrumentedAttribute, Session

    from services.context import Actor

# A list may join these tables itself, so the conditions have names of their own for them; made once, since making one costs 2 ms.
HELD, OWN, TASK, UEBERGABE, VERWEIS = aliased(Fallverantwortung), aliased(Fall), aliased(UserTask), aliased(Uebergabe), aliased(Verweis)


def visible_tasks(actor: Actor) -> ColumnElement[bool]:
    """Condition on ``user_task``: the tasks for which ``may(actor, TASK_READ, ...)`` says yes."""
    if actor.has_role("system"):
        return UserTask.mandant == actor.mandant
    ways = [
        UserTask.assignee == actor.login,
        UserTask.candidate_users.contains([actor.login]),
        UserTask.candidate_groups.overlap(sorted(groups_in_cases(actor))),
    ]
    if groups_in_cases(actor) != actor.groups:
        ways.append(and_(UserTask.business_id.is_(None), UserTask.candidate_groups.overlap(sorted(actor.groups))))
    if actor.has_role(*OHNE_FALL):
        ways.append(UserTask.business_id.is_(None))
    if actor.has_role("koordination"):
        colleagues = select(Benutzer.login).where(Benutzer.mandant == actor.mandant, Benutzer.organisation == actor.organisation)
        cases = select(Fallverantwortung.aktenzeichen).where(
            Fallverantwortung.mandant == actor.mandant,
            Fallverantwortung.bis.is_(None),
            Fallverantwortung.organisation == actor.organisation,
        )
        ways += [UserTask.assignee.in_(colleagues), UserTask.business_id.in_(cases)]
    return and_(UserTask.mandant == actor.mandant, or_(*ways))


def visible_faelle(actor: Actor, today: date, *, loans: bool = True) -> ColumnElement[bool]:
    """Condition on ``fall``: the cases for which ``may(actor, FALL_READ, ...)`` says yes; without ``loans``, those the actor belongs to.

    Each way to see a case is a set read through its own index; alternatives joined by OR would look at every case of the Mandant.
    """
    if actor.has_role("system"):
        return Fall.mandant == actor.mandant
    ways = [*_ways_of_the_actor(actor), *(_ways_lent(actor, today) if loans else ())]
    return and_(Fall.mandant == actor.mandant, Fall.aktenzeichen.in_(union_all(*ways))) if ways else false()


def sight(session: Session, actor: Actor, today: date, among: Sequence[str]) -> dict[str, bool]:
    """Of these cases of the Mandant, those that :func:`visible_faelle` shows, each with whether the actor belongs to it.

    Not to belong means that the case is seen by a loan only. The work grows with ``among``, never with what the actor may see:
    a search names its matches, so that a team with 100,000 cases is not listed for it.
    """
    if actor.has_role("system") or not among:
        return dict.fromkeys(among, True)
    asked = any_(literal(list(among), ARRAY(Text)))
    ways = [(way, 1) for way in _ways_of_the_actor(actor)] + [(way, 0) for way in _ways_lent(actor, today)]
    if not ways:
        return {}
    found = session.execute(
        union_all(*(way.add_columns(literal_column(str(belongs))).where(way.selected_columns[0] == asked) for way, belongs in ways))
    )
    seen: dict[str, bool] = {}
    for aktenzeichen, belongs in found:
        seen[aktenzeichen] = seen.get(aktenzeichen, False) or bool(belongs)
    return seen


def few_visible(session: Session, actor: Actor, today: date, at_most: int) -> Sequence[str] | None:
    """The Aktenzeichen of all visible cases, in no order and some perhaps twice; None if these are more than ``at_most``."""
    ways = [*_ways_of_the_actor(actor), *_ways_lent(actor, today)]
    if actor.has_role("system"):
        ways = [select(OWN.aktenzeichen).where(OWN.mandant == actor.mandant)]
    found = session.scalars(union_all(*ways).limit(at_most + 1)).all() if ways else ()
    return found if len(found) <= at_most else None


def _ways_of_the_actor(actor: Actor) -> list[Select[str]]:
    """Aktenzeichen of the cases that the actor belongs to, one query for each way to belong."""
    holder = select(HELD.aktenzeichen).where(HELD.mandant == actor.mandant, HELD.bis.is_(None))
    ways: list[Select[str]] = []
    if actor.has_role(*FALLARBEIT):
        ways.append(holder.where(HELD.organisation == actor.organisation))
    if actor.has_role("koordination"):
        mine = select(OWN.aktenzeichen).where(OWN.mandant == actor.mandant)
        ways += [mine.where(OWN.organisation == actor.organisation), mine.where(OWN.federfuehrend == actor.organisation)]
    if actor.has_role("fallmanagement"):
        ways.append(_cases_of_own_tasks(actor))
    if actor.has_role(*BETEILIGT):
        ways.append(holder.where(HELD.login == actor.login))
    return ways


def _ways_lent(actor: Actor, today: date) -> list[Select[str]]:
    return lent_cases(actor, today) if actor.has_role(*BETEILIGT) else []


def _cases_of_own_tasks(actor: Actor, aktenzeichen: str | None = None) -> Select[str]:
    query = select(type_coerce(TASK.business_id, Text)).where(
        TASK.mandant == actor.mandant, TASK.status == "CREATED", TASK.assignee == actor.login
    )
    return query.where(TASK.business_id.is_not(None) if aktenzeichen is None else TASK.business_id == aktenzeichen)


def lent_cases(actor: Actor, today: date, aktenzeichen: str | None = None) -> list[Select[str]]:
    """Aktenzeichen with a handover or Verweis open to the own organisation and a consent in force; ``aktenzeichen``: only this case."""
    found: list[Select[str]] = []
    lending: tuple[tuple[type[Uebergabe | Verweis], ColumnElement[bool]], ...] = (
        (UEBERGABE, handover_lends(UEBERGABE)),
        (VERWEIS, verweis_lends(VERWEIS)),
    )
    for table, lends in lending:
        query = select(table.aktenzeichen).where(
            table.mandant == actor.mandant,
            table.empfaenger == actor.organisation,
            lends,
            consent_exists(table.mandant, table.aktenzeichen, table.empfaenger, table.zweck, table.personen, today),
        )
        found.append(query if aktenzeichen is None else query.where(table.aktenzeichen == aktenzeichen))
    return found


def handover_lends(table: type[Uebergabe]) -> ColumnElement[bool]:
    """Condition on ``uebergabe``: sight is lent by it, as far as the consent goes.

    Once the case was taken over, for as long as the recipient holds it: who has passed it on needs none of it (decision 0019).
    """
    return and_(table.status.in_(OFFEN), or_(table.uebernommen_am.is_(None), _holds(table)))


def verweis_lends(table: type[Verweis]) -> ColumnElement[bool]:
    """Condition on ``verweis``: sight is lent by it, as far as the consent goes."""
    return table.status.in_(OFFEN)


def _holds(table: type[Uebergabe]) -> ColumnElement[bool]:
    return exists().where(
        HELD.mandant == table.mandant,
        HELD.aktenzeichen == table.aktenzeichen,
        HELD.organisation == table.empfaenger,
        HELD.bis.is_(None),
    )


def consent_valid(today: date) -> ColumnElement[bool]:
    """Condition on ``einwilligung``: in force on this day."""
    return and_(
        Einwilligung.widerrufen_am.is_(None),
        Einwilligung.gueltig_ab <= today,
        or_(Einwilligung.gueltig_bis.is_(None), Einwilligung.gueltig_bis >= today),
    )


def consent_exists(
    mandant: InstrumentedAttribute[str],
    aktenzeichen: InstrumentedAttribute[str],
    empfaenger: InstrumentedAttribute[str],
    zweck: InstrumentedAttribute[str],
    personen: InstrumentedAttribute[list[int]],
    today: date,
) -> ColumnElement[bool]:
    """Whether any consent of these people to this recipient and purpose is in force."""
    return exists().where(
        Einwilligung.mandant == mandant,
        Einwilligung.aktenzeichen == aktenzeichen,
        Einwilligung.empfaenger == empfaenger,
        Einwilligung.zweck == zweck,
        Einwilligung.person == func.any(personen),
        consent_valid(today),
    )


# --- reading the facts -----------------------------------------------------------------------------------------------------


def fall_target(session: Session, actor: Actor, aktenzeichen: str, today: date) -> FallTarget | None:
    """The facts of a case that the policy needs, in one statement; None if there is no such case."""
    lent = or_(*(query.exists() for query in lent_cases(actor, today, aktenzeichen)))
    row = session.execute(
        select(
            Fall.mandant,
            Fall.aktenzeichen,
            Fall.federfuehrend,
            Fall.organisation,
            Fallverantwortung.organisation.label("inhaber"),
            Fallverantwortung.login,
            _cases_of_own_tasks(actor, aktenzeichen).exists().label("aufgabe"),
            lent.label("freigegeben"),
        )
        .join(
            Fallverantwortung,
            and_(
                Fallverantwortung.mandant == Fall.mandant,
                Fallverantwortung.aktenzeichen == Fall.aktenzeichen,
                Fallverantwortung.bis.is_(None),
            ),
        )
        .where(Fall.mandant == actor.mandant, Fall.aktenzeichen == aktenzeichen)
    ).one_or_none()
    if row is None:
        return None
    return FallTarget(
        mandant=row.mandant,
        aktenzeichen=row.aktenzeichen,
        inhaber=row.inhaber,
        verantwortlich=row.login,
        federfuehrend=row.federfuehrend,
        organisation=row.organisation,
        eigene_aufgabe=row.aufgabe,
        freigegeben=row.freigegeben,
    )


def require_fall(session: Session, actor: Actor, action: Action, aktenzeichen: str, today: date) -> FallTarget:
    """The case, if ``actor`` may do ``action`` with it.

    Raises:
        NotFound, NotPermitted: as :func:`require`.
    """
    target = fall_target(session, actor, aktenzeichen, today)
    require(actor, action, target)
    assert target is not None
    return target


def organisationen_of_task(session: Session, mandant: str, assignee: str | None, business_id: str | None) -> frozenset[str]:
    """Organisation of the person who has the task, and of the holder of its case."""
    return frozenset(
        session.execute(
            select(Benutzer.organisation)
            .where(Benutzer.mandant == mandant, Benutzer.login == assignee)
            .union(
                select(Fallverantwortung.organisation).where(
                    Fallverantwortung.mandant == mandant, Fallverantwortung.aktenzeichen == business_id, Fallverantwortung.bis.is_(None)
                )
            )
        ).scalars()
    )


def task_target(session: Session, actor: Actor, task: UserTask) -> TaskTarget:
    """The facts of a task that the policy needs. Only Koordination costs a further statement."""
    organisationen: frozenset[str] = frozenset()
    if actor.has_role("koordination"):
        organisationen = organisationen_of_task(session, task.mandant, task.assignee, task.business_id)
    return TaskTarget(
        mandant=task.mandant,
        assignee=task.assignee,
        candidate_groups=frozenset(task.candidate_groups),
        candidate_users=frozenset(task.candidate_users),
        organisationen=organisationen,
        ohne_fall=task.business_id is None,
    )
