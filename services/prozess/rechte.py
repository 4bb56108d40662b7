"""Rights on the engine's things, asked of the one policy (``services.policy``)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, or_, select, true

from services import policy
from services.db.models.fall import Fall
from services.db.models.prozess import ProcessInstance
from services.policy import Action, MandantTarget, TaskTarget

if TYPE_CHECKING:
    from datetime import date

    from services.context import Actor
    from services.unit_of_work import UnitOfWork

Recht = Action
TASK_ACTIONS = {"complete": Action.TASK_COMPLETE, "claim": Action.TASK_CLAIM, "assign": Action.TASK_ASSIGN, "read": Action.TASK_READ}


def require(actor: Actor, recht: Action) -> None:
    """A right in the whole Mandant. Raises NotPermitted."""
    policy.require(actor, recht, MandantTarget(mandant=actor.mandant))


def task_decision(uow: UnitOfWork, action: str, row: Any) -> policy.Decision:  # noqa: ANN401  a row or TaskInfo
    """Whether the actor may do this with the task. Organisations are read only where nothing else allows it."""
    target = TaskTarget(mandant=uow.actor.mandant, assignee=row.assignee, candidate_groups=frozenset(row.candidate_groups),
                        candidate_users=frozenset(row.candidate_users), ohne_fall=row.business_id is None)
    decision = policy.may(uow.actor, TASK_ACTIONS[action], target)
    if not decision and uow.actor.has_role("koordination"):
        full = replace(target, organisationen=policy.organisationen_of_task(uow.session, uow.actor.mandant, row.assignee, row.business_id))
        decision = policy.may(uow.actor, TASK_ACTIONS[action], full)
    return decision


def may_task(uow: UnitOfWork, action: str, row: Any) -> bool:  # noqa: ANN401  a row or TaskInfo
    """Whether the actor may do this with the task."""
    return bool(task_decision(uow, action, row))


def require_task(uow: UnitOfWork, action: str, row: Any) -> None:  # noqa: ANN401  a row or TaskInfo
    """Raises NotFound for a task that the actor may not even see, NotPermitted otherwise."""
    policy.enforce(task_decision(uow, action, row), TASK_ACTIONS[action])


def require_instance(uow: UnitOfWork, business_id: str | None) -> None:
    """Who may look at an instance: whoever may see its case; without a case (or a case of another kind), operators."""
    actor = uow.actor
    if policy.may(actor, Action.OPERATE, MandantTarget(mandant=actor.mandant)):
        return
    if business_id is None:
        require(actor, Action.OPERATE)
        return
    policy.require_fall(uow.session, actor, Action.FALL_READ, business_id, uow.app.clock.today())


def require_business_id(uow: UnitOfWork, business_id: str | None) -> None:
    """Who may start a process for a case: whoever may write in it. A number that names no case belongs to nobody."""
    if business_id is None or policy.may(uow.actor, Action.OPERATE, MandantTarget(mandant=uow.actor.mandant)):
        return
    if uow.session.execute(select(Fall.aktenzeichen).where(Fall.aktenzeichen == business_id)).one_or_none() is not None:
        policy.require_fall(uow.session, uow.actor, Action.FALL_WRITE, business_id, uow.app.clock.today())


def visible_instances(actor: Actor, today: date) -> ColumnElement[bool]:
    """The same rule for lists."""
    if policy.may(actor, Action.OPERATE, MandantTarget(mandant=actor.mandant)):
        return true()
    return or_(ProcessInstance.business_id.in_(select(Fall.aktenzeichen).where(policy.visible_faelle(actor, today))))
