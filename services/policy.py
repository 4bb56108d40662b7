"""The one policy: who may do what (design section 6, decision D12).

:func:`may` decides on facts that were read before; :func:`visible_tasks` and :func:`visible_faelle` are the same rules as SQL
conditions, so that a list never shows what the detail refuses (a test compares the two).

Rules: nobody sees another Mandant. Fallmanagement and Koordination see the cases for which their organisation holds the
Fallverantwortung; Koordination also those that it opened or leads; a person sees the cases that are her own, or in which a
task is assigned to her. Another organisation sees a case only while a handover or Verweis to it is open and the consent is
valid, and of the Fallakte only the sections named there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
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
from services.errors import NotFound, NotPermitted
from services.fall import abschnitte

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import InstrumentedAttribute, Session

    from services.context import Actor

FALLARBEIT = ("fallmanagement", "koordination")
BETEILIGT = (*FALLARBEIT, "partner")
BETRIEB = ("koordination", "prozessverantwortung", "verwaltung")
OHNE_FALL = ("prozessverantwortung", "verwaltung")  # may do the tasks of processes that belong to no case
OFFEN = ("angeboten", "angenommen")
# A list may join these tables itself, so the conditions have names of their own for them; made once, since making one costs 2 ms.
HELD, OWN, TASK, UEBERGABE, VERWEIS = aliased(Fallverantwortung), aliased(Fall), aliased(UserTask), aliased(Uebergabe), aliased(Verweis)


class Action(StrEnum):
    """What somebody wants to do."""

    TASK_READ = "task.read"
    TASK_CLAIM = "task.claim"
    TASK_ASSIGN = "task.assign"
    TASK_COMPLETE = "task.complete"
    FALL_CREATE = "fall.create"
    FALL_READ = "fall.read"
    FALL_WRITE = "fall.write"
    ABSCHNITT_READ = "abschnitt.read"
    DOKUMENT_READ = "dokument.read"
    UEBERGABE_READ = "uebergabe.read"
    UEBERGABE_OFFER = "uebergabe.offer"
    UEBERGABE_ANSWER = "uebergabe.answer"
    SUPERVISE = "supervise"
    OPERATE = "operate"  # incidents, moving and migrating instances
    DEPLOY = "deploy"
    START = "start"  # a process by hand, also without a case
    PUBLISH = "publish"  # messages and signals
    WORK = "work"  # jobs of external workers
    EVALUATE = "evaluate"  # decisions outside a process
    SEE_INCIDENTS = "incidents.read"
    AUDIT_READ = "audit.read"
    ZUGRIFF_READ = "zugriff.read"
    ADMINISTER = "administer"


@dataclass(frozen=True, kw_only=True)
class TaskTarget:
    """A task. ``organisationen``: that of the assignee and that of the holder of its case; ``ohne_fall``: it belongs to no case."""

    mandant: str
    assignee: str | None
    candidate_groups: frozenset[str]
    candidate_users: frozenset[str]
    organisationen: frozenset[str] = frozenset()
    ohne_fall: bool = False


@dataclass(frozen=True, kw_only=True)
class FallTarget:
    """A case. ``inhaber``: organisation, ``verantwortlich``: log-in of the holder. ``eigene_aufgabe``: a task is assigned to the actor.

    ``freigegeben``: a handover or Verweis to the actor's organisation is open, and a consent for it is valid.
    """

    mandant: str
    aktenzeichen: str
    inhaber: str
    verantwortlich: str | None
    federfuehrend: str | None
    organisation: str
    eigene_aufgabe: bool = False
    freigegeben: bool = False


@dataclass(frozen=True, kw_only=True)
class AbschnittTarget:
    """A section of a case: ``organisation`` owns it; ``freigegeben``: an open handover names it and a valid consent covers it."""

    fall: FallTarget
    abschnitt: str
    organisation: str
    freigegeben: bool = False

    @property
    def mandant(self) -> str:
        return self.fall.mandant


@dataclass(frozen=True, kw_only=True)
class DokumentTarget:
    """A document of a case: it shows ``abschnitte``; ``freigegeben``: every one of them is lent to the actor's organisation."""

    fall: FallTarget
    organisation: str
    abschnitte: tuple[str, ...]
    freigegeben: bool = False

    @property
    def mandant(self) -> str:
        return self.fall.mandant


@dataclass(frozen=True, kw_only=True)
class UebergabeTarget:
    """A handover or Verweis, seen from both sides."""

    mandant: str
    absender: str
    empfaenger: str
    status: str


@dataclass(frozen=True, kw_only=True)
class MandantTarget:
    """The whole Mandant: creating cases, supervision, deployment, administration."""

    mandant: str


Target = TaskTarget | FallTarget | AbschnittTarget | DokumentTarget | UebergabeTarget | MandantTarget


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The answer; ``reason_de`` says why not. ``hidden``: the person may not even know that the thing exists."""

    allowed: bool
    reason_de: str = ""
    hidden: bool = False

    def __bool__(self) -> bool:
        return self.allowed


YES = Decision(allowed=True)
HIDDEN = Decision(allowed=False, hidden=True, reason_de=NotFound.message_de)


def no(reason_de: str) -> Decision:
    """Refused, to somebody who may know that the thing exists."""
    return Decision(allowed=False, reason_de=reason_de)


def may(actor: Actor, action: Action, target: Target) -> Decision:
    """Whether ``actor`` may do ``action`` with ``target``. Never raises."""
    if target.mandant != actor.mandant:
        return HIDDEN
    if actor.has_role("system"):
        return YES
    match target:
        case TaskTarget():
            return _task(actor, action, target)
        case FallTarget():
            return _fall(actor, action, target)
        case AbschnittTarget():
            return _abschnitt(actor, action, target)
        case DokumentTarget():
            return _dokument(actor, action, target)
        case UebergabeTarget():
            return _uebergabe(actor, action, target)
        case MandantTarget():
            roles = MANDANT_ROLES.get(action, ())
            return YES if actor.has_role(*roles) else no(f"Das ist Aufgabe der Rolle {' oder '.join(roles) or 'niemand'}.")


MANDANT_ROLES: dict[Action, tuple[str, ...]] = {
    Action.FALL_CREATE: FALLARBEIT,
    Action.SUPERVISE: ("koordination",),
    Action.OPERATE: BETRIEB,
    Action.DEPLOY: ("prozessverantwortung", "verwaltung"),
    Action.START: (*FALLARBEIT, "prozessverantwortung", "verwaltung"),
    Action.PUBLISH: ("prozessverantwortung", "verwaltung"),
    Action.WORK: ("prozessverantwortung", "verwaltung"),
    Action.EVALUATE: (*FALLARBEIT, "prozessverantwortung", "verwaltung"),
    Action.SEE_INCIDENTS: BETRIEB,
    Action.AUDIT_READ: ("datenschutz",),
    Action.ZUGRIFF_READ: ("datenschutz",),
    Action.ADMINISTER: ("verwaltung",),
}


def require(actor: Actor, action: Action, target: Target | None) -> None:
    """Refuse unless :func:`may` allows it.

    Raises:
        NotFound: there is no such thing, or the actor may not even see it.
        NotPermitted: the actor sees it but may not do this.
    """
    enforce(HIDDEN if target is None else may(actor, action, target), action)


def enforce(decision: Decision, action: Action) -> None:
    """Refuse unless the decision allows it. Raises NotFound, NotPermitted."""
    if decision.hidden:
        raise NotFound
    if not decision.allowed:
        raise NotPermitted(decision.reason_de, action=str(action))


def groups_in_cases(actor: Actor) -> frozenset[str]:
    """Groups whose case work reaches the actor. To be employed somewhere is not enough for that: it takes a role in cases."""
    return actor.groups if actor.has_role(*BETEILIGT) else actor.functions


def _task(actor: Actor, action: Action, task: TaskTarget) -> Decision:
    operated = task.ohne_fall and actor.has_role(*OHNE_FALL)
    groups = actor.groups if task.ohne_fall else groups_in_cases(actor)
    candidate = operated or actor.login in task.candidate_users or not groups.isdisjoint(task.candidate_groups)
    mine = task.assignee == actor.login
    supervised = actor.has_role("koordination") and actor.organisation in task.organisationen
    if not (mine or candidate or supervised):
        return HIDDEN
    match action:
        case Action.TASK_READ:
            return YES
        case Action.TASK_CLAIM:
            if task.assignee is not None and not mine:
                return no("Diese Aufgabe hat schon jemand übernommen.")
            return YES if mine or candidate else no("Diese Aufgabe ist nicht für Ihre Gruppe bestimmt.")
        case Action.TASK_ASSIGN:
            # A person may pass on or give back what is assigned to her; Koordination assigns within the own organisation.
            return YES if supervised or mine or operated else no("Aufgaben anderer verteilt die Koordination der eigenen Stelle.")
        case Action.TASK_COMPLETE:
            if task.assignee is not None and not mine:
                return no("Diese Aufgabe ist einer anderen Person zugewiesen.")
            return YES if mine or candidate else no("Diese Aufgabe ist nicht für Ihre Gruppe bestimmt.")
        case _:
            return no(NotPermitted.message_de)


def _fall(actor: Actor, action: Action, fall: FallTarget) -> Decision:
    if action is Action.ZUGRIFF_READ and actor.has_role("datenschutz"):
        return YES
    own = (actor.has_role(*FALLARBEIT) and fall.inhaber == actor.organisation) or (
        actor.has_role(*BETEILIGT) and fall.verantwortlich == actor.login
    )
    supervised = actor.has_role("koordination") and actor.organisation in {fall.inhaber, fall.organisation, fall.federfuehrend}
    task = actor.has_role("fallmanagement") and fall.eigene_aufgabe
    shared = actor.has_role(*BETEILIGT) and fall.freigegeben
    if not (own or supervised or task or shared):
        return HIDDEN
    match action:
        case Action.FALL_READ:
            return YES
        case Action.FALL_WRITE | Action.UEBERGABE_OFFER:
            return YES if own else no("Die Fallverantwortung liegt nicht bei Ihrer Stelle.")
        case Action.ZUGRIFF_READ:
            return (
                YES if own and actor.has_role("koordination") else no("Die Zugriffe sieht der Datenschutz und die Koordination der Stelle.")
            )
        case _:
            return no(NotPermitted.message_de)


def _abschnitt(actor: Actor, action: Action, target: AbschnittTarget) -> Decision:
    if action is not Action.ABSCHNITT_READ or not _fall(actor, Action.FALL_READ, target.fall):
        return HIDDEN
    if target.organisation == actor.organisation:
        # Sight lent by a handover or by one task is no membership in the case: partners see what is lent, nothing else.
        return YES
    return YES if target.freigegeben and target.abschnitt not in abschnitte.INTERN else HIDDEN


def _dokument(actor: Actor, action: Action, target: DokumentTarget) -> Decision:
    """As a section of the Fallakte: its organisation, and whoever all of what it shows is lent to."""
    if action is not Action.DOKUMENT_READ or not _fall(actor, Action.FALL_READ, target.fall):
        return HIDDEN
    if target.organisation == actor.organisation:
        return YES
    return YES if target.freigegeben and abschnitte.INTERN.isdisjoint(target.abschnitte) else HIDDEN


def belongs(actor: Actor, fall: FallTarget) -> bool:
    """Whether the actor sees the case by more than what is lent to the own organisation."""
    return bool(may(actor, Action.FALL_READ, replace(fall, freigegeben=False)))


def _uebergabe(actor: Actor, action: Action, target: UebergabeTarget) -> Decision:
    sends = actor.has_role(*BETEILIGT) and target.absender == actor.organisation
    receives = actor.has_role(*BETEILIGT) and target.empfaenger == actor.organisation and target.status != "entworfen"
    if not (sends or receives):
        return HIDDEN
    match action:
        case Action.UEBERGABE_READ:
            return YES
        case Action.UEBERGABE_OFFER:
            return YES if sends else no("Das kann nur die anbietende Stelle.")
        case Action.UEBERGABE_ANSWER:
            return YES if receives else no("Antworten kann nur die empfangende Stelle.")
        case _:
            return no(NotPermitted.message_de)


# --- the same rules as SQL -------------------------------------------------------------------------------------------------


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
