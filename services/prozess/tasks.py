"""User tasks: lists, claiming, assigning, completing. Drafts are in ``entwuerfe.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, func, or_, select, text

from services import policy
from services.db.models.base import table
from services.db.models.prozess import UserTask
from services.errors import Conflict, InvalidInput, NotFound, TaskNotOpen
from services.prozess import rechte
from services.prozess.command import Command
from services.prozess.store import InstanceRow
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from services.bootstrap import App
    from services.context import Actor

Tab = Literal["mine", "groups", "team", "done"]


@dataclass(frozen=True, kw_only=True)
class TaskInfo:
    """A row of ``user_task`` for lists and pages; ``phase`` and ``titel`` belong to the case, if there is one."""

    key: int
    name: str
    element_id: str
    process_id: str
    version: int
    definition_key: int
    instance_key: int
    root_key: int
    task_id: str
    business_id: str | None
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    due: datetime | None
    follow_up: datetime | None
    priority: int
    headers: Mapping[str, str]
    status: str
    form_id: str | None
    form_key: str | None
    created: datetime
    assigned: datetime | None
    ended: datetime | None
    completed_by: str | None
    person_id: str | None = None


TABLE = table(UserTask)
FIELDS = [column for column in TABLE.columns if column.name != "mandant"]


def info(row: Any) -> TaskInfo:  # noqa: ANN401  a row of FIELDS
    """The value of a row; an unnamed element is called by its id."""
    values = dict(row._mapping)
    for name in ("candidate_groups", "candidate_users"):
        values[name] = tuple(values[name])
    values["name"] = values["name"] or values["element_id"]
    return TaskInfo(**{name: values[name] for name in (c.name for c in FIELDS)})


# -- reading -----------------------------------------------------------------------------------------------------------
def get(app: App, actor: Actor, *, key: int) -> TaskInfo:
    """One task that the actor may see. Raises NotFound."""
    return read(app, actor, lambda uow: load(uow.session, actor, key))


def load(session: Session, actor: Actor, key: int) -> TaskInfo:
    """The task within the caller's transaction. Raises NotFound."""
    row = session.execute(select(*FIELDS).where(TABLE.c.key == key, policy.visible_tasks(actor))).one_or_none()
    if row is None:
        raise NotFound("Diese Aufgabe gibt es nicht, oder sie ist nicht für Sie bestimmt.", task=key)
    return info(row)


def tab_condition(actor: Actor, tab: Tab) -> ColumnElement[bool]:
    """Which tasks a tab of *Meine Aufgaben* shows."""
    c = TABLE.c
    if tab == "done":
        return and_(c.status == "COMPLETED", c.completed_by == actor.login)
    if tab == "mine":
        return and_(c.status == "CREATED", c.assignee == actor.login)
    if tab == "groups":
        return and_(c.status == "CREATED", c.assignee.is_(None),
                    or_(c.candidate_groups.overlap(sorted(actor.groups)), c.candidate_users.contains([actor.login])))
    return c.status == "CREATED"


@dataclass(frozen=True, kw_only=True)
class TaskPage:
    """A page of tasks. ``counts`` holds the number of rows per tab, capped at ``COUNT_CAP`` (shown as "über ...")."""

    items: tuple[TaskInfo, ...]
    has_more: bool
    counts: Mapping[str, int]


COUNT_CAP = 1000


def inbox(app: App, actor: Actor, *, tab: Tab = "mine", before: datetime | None = None, since: datetime | None = None,
          process_id: str | None = None, assignee: str | None = None, element_id: str | None = None, hide_follow_up: bool = True,
          limit: int = 50, offset: int = 0) -> TaskPage:
    """Most overdue first; tasks without a due date last. ``before``/``since`` bound the due time.

    Tasks with a later Wiedervorlage are hidden until their day unless ``hide_follow_up`` is False.
    """
    def work(uow: UnitOfWork) -> TaskPage:
        c = TABLE.c
        conditions = [policy.visible_tasks(actor), tab_condition(actor, tab)]
        if tab != "done" and hide_follow_up:
            conditions.append(or_(c.follow_up.is_(None), c.follow_up <= uow.now))
        if before is not None:
            conditions.append(c.due < before)
        if since is not None:
            conditions.append(c.due >= since)
        conditions += [column == value for column, value in ((c.process_id, process_id), (c.assignee, assignee), (c.element_id, element_id))
                       if value is not None]
        order = (c.ended.desc(), c.key.desc()) if tab == "done" else (c.due.asc().nulls_last(), c.key.asc())
        rows = uow.session.execute(select(*FIELDS).where(*conditions).order_by(*order).limit(limit + 1).offset(offset)).all()
        counts: dict[str, int] = {}
        tabs: tuple[Tab, ...] = ("mine", "groups", "team") if actor.has_role("koordination") else ("mine", "groups")
        for name in tabs:
            capped = select(TABLE.c.key).where(policy.visible_tasks(actor), tab_condition(actor, name)).limit(COUNT_CAP).subquery()
            counts[name] = uow.session.execute(select(func.count()).select_from(capped)).scalar_one()
        return TaskPage(items=tuple(info(row) for row in rows[:limit]), has_more=len(rows) > limit, counts=counts)
    return read(app, actor, work)


def of_case(app: App, actor: Actor, *, business_id: str, open_only: bool = True) -> tuple[TaskInfo, ...]:
    """Tasks of one case that the actor may see."""
    def work(uow: UnitOfWork) -> tuple[TaskInfo, ...]:
        c = TABLE.c
        conditions = [policy.visible_tasks(actor), c.business_id == business_id]
        if open_only:
            conditions.append(c.status == "CREATED")
        rows = uow.session.execute(select(*FIELDS).where(*conditions).order_by(c.due.asc().nulls_last(), c.key)).all()
        return tuple(info(row) for row in rows)
    return read(app, actor, work)


def variables_of(app: App, actor: Actor, *, key: int) -> dict[str, Any]:
    """The variables that an open task sees (no personal data: decisions, dates and keys only)."""
    def work(uow: UnitOfWork) -> dict[str, Any]:
        task = load(uow.session, actor, key)
        return visible_variables(uow, task)
    return read(app, actor, work)


def visible_variables(uow: UnitOfWork, task: TaskInfo) -> dict[str, Any]:
    """What an open task sees; nothing for one that has ended."""
    if task.status != "CREATED":
        return {}
    command = Command(uow)
    row = command.store.row(task.instance_key)
    command.open_family(row.business_id)
    from engine import runtime  # noqa: PLC0415  only reading
    return dict(runtime.variables_of(command.store.get(str(row.key)), task.task_id))


# -- writing -----------------------------------------------------------------------------------------------------------
LOCKED = ("t.key, t.task_id, t.status as task_status, t.assignee, t.candidate_groups, t.candidate_users, t.element_id, t.form_id, "
          "i.key as i_key, i.definition_key, i.process_id, i.version, i.status, i.rev, i.state, i.business_id, i.parent_key, i.parent_task, "
          "i.root_key, i.started, i.tags, r.status = 'SUSPENDED' as rests, f.key as form_definition, f.version as form_version")


LOCK = text(
    f"select {LOCKED} from process_instance r, process_instance i, user_task t "  # noqa: S608  our own words
    # The version to which the task is bound, else the latest.
    "left join lateral (select x.key, x.version from form_definition x where x.form_id = t.form_id "
    "order by (x.key::text = t.form_key) desc nulls last, x.version desc limit 1) f on true "
    "where t.key = :k and r.key = t.root_key and i.key = t.instance_key for update of r, i, t")


def lock(uow: UnitOfWork, key: int) -> tuple[Any, InstanceRow]:
    """The task, its instance, and the lock on the family's root, in one statement. Raises NotFound."""
    row = uow.execute(LOCK, {"k": key}).one_or_none()
    if row is None:
        raise NotFound("Diese Aufgabe gibt es nicht.", task=key)
    return row, InstanceRow(
        key=row.i_key, definition_key=row.definition_key, process_id=row.process_id, version=row.version, status=row.status, rev=row.rev,
        state=row.state, business_id=row.business_id, parent_key=row.parent_key, parent_task=row.parent_task, root_key=row.root_key,
        started=row.started, tags=row.tags, rests=row.rests)


def assign(app: App, actor: Actor, *, key: int, assignee: str, allow_override: bool = True, reason: str | None = None) -> None:
    """Give an open task to a person (claiming is assigning it to oneself).

    Raises Conflict if somebody else has it and ``allow_override`` is False, NotPermitted, InvalidInput for an unknown person.
    """
    def work(uow: UnitOfWork) -> None:
        row, _ = lock(uow, key)
        if row.task_status != "CREATED":
            raise TaskNotOpen(task=key, status=row.task_status)
        claiming = assignee == actor.login
        rechte.require_task(uow, "claim" if claiming else "assign", row)
        if row.assignee and row.assignee != assignee and (not allow_override or (claiming and not rechte.may_task(uow, "assign", row))):
            raise Conflict("Diese Aufgabe hat schon jemand anders übernommen.", assignee=row.assignee)
        if not claiming:
            target = uow.session.execute(text("select 1 from benutzer where login = :l and aktiv"), {"l": assignee}).one_or_none()
            if target is None:
                raise InvalidInput(f"Eine Person mit der Anmeldung „{assignee}“ gibt es hier nicht.", errors={"assignee": "unbekannt"})
        uow.session.execute(text("update user_task set assignee = :a, assigned = :now where key = :k"), {"a": assignee, "now": uow.now, "k": key})
        uow.audit("user_task.assign", f"user_task:{key}", chain=f"pi:{row.root_key}", reason=reason, detail={"assignee": assignee})
    transact(app, actor, work)


def unassign(app: App, actor: Actor, *, key: int, reason: str | None = None) -> None:
    """Give a task back to its group."""
    def work(uow: UnitOfWork) -> None:
        row, _ = lock(uow, key)
        if row.task_status != "CREATED":
            raise TaskNotOpen(task=key, status=row.task_status)
        rechte.require_task(uow, "complete" if row.assignee == actor.login else "assign", row)
        if not row.candidate_groups and not row.candidate_users:
            raise Conflict("Diese Aufgabe hat keine Gruppe, an die sie zurückgehen könnte. Bitte geben Sie sie einer Person.")
        uow.session.execute(text("update user_task set assignee = null, assigned = null where key = :k"), {"k": key})
        uow.audit("user_task.unassign", f"user_task:{key}", chain=f"pi:{row.root_key}", reason=reason)
    transact(app, actor, work)


CHANGEABLE = ("due", "follow_up", "priority", "candidate_groups", "candidate_users")


def update(app: App, actor: Actor, *, key: int, changes: Mapping[str, Any], reason: str | None = None) -> None:
    """Change due time, Wiedervorlage, priority or candidates of an open task (names of ``CHANGEABLE``)."""
    def work(uow: UnitOfWork) -> None:
        row, _ = lock(uow, key)
        if row.task_status != "CREATED":
            raise TaskNotOpen(task=key, status=row.task_status)
        only_follow_up = set(changes) <= {"follow_up"} and row.assignee == actor.login
        rechte.require_task(uow, "complete" if only_follow_up else "assign", row)
        unknown = set(changes) - set(CHANGEABLE)
        if unknown:
            raise InvalidInput(f"Diese Angaben lassen sich nicht ändern: {', '.join(sorted(unknown))}.")
        if changes:
            uow.session.execute(TABLE.update().where(TABLE.c.key == key).values(**changes))
        uow.audit("user_task.update", f"user_task:{key}", chain=f"pi:{row.root_key}", reason=reason,
                  detail={name: str(value) for name, value in changes.items()})
    transact(app, actor, work)
