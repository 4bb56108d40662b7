"""Who may do what, decided on facts that were read before: pure, without a database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from services.errors import NotFound, NotPermitted
from services.fall import abschnitte

if TYPE_CHECKING:
    from services.context import Actor

FALLARBEIT = ("fallmanagement", "koordination")
BETEILIGT = (*FALLARBEIT, "partner")
BETRIEB = ("koordination", "prozessverantwortung", "verwaltung")
OHNE_FALL = ("prozessverantwortung", "verwaltung")  # may do the tasks of processes that belong to no case
OFFEN = ("angeboten", "angenommen")


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
