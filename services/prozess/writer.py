"""Writes the changes of one command: as few statements as possible, each for all rows of its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from engine import state as codec
from services.db.models.base import table
from services.db.models.prozess import ElementLog, Incident, Job, MessageSubscription, Timer, UserTask
from services.errors import StaleVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import TextClause

    from services.prozess.changes import Changes, Place
    from services.prozess.store import InstanceRow, SqlStore
    from services.unit_of_work import UnitOfWork

STATUS = {"completed": "COMPLETED", "cancelled": "TERMINATED"}
SOON_SECONDS = 2.0  # a timer due sooner is announced; later ones are found by the tick

INSERT_INSTANCE = text("""
    insert into process_instance (key, mandant, definition_key, process_id, version, status, rev, state, variables, business_id, parent_key,
                                  parent_task, root_key, started, ended, end_element, tags)
    values (:key, :mandant, :definition_key, :process_id, :version, :status, 1, :state, :variables, :business_id, :parent_key,
            :parent_task, :root_key, :started, :ended, :end_element, :tags)
""").bindparams(bindparam("variables", type_=JSONB(none_as_null=True)), bindparam("tags", type_=ARRAY(Text)))
UPDATE_INSTANCE = text("""
    update process_instance set state = :state, rev = rev + 1, status = :status, ended = :ended, variables = :variables,
           end_element = :end_element, definition_key = :definition_key, version = :version
    where key = :key and rev = :rev
""").bindparams(bindparam("variables", type_=JSONB(none_as_null=True)))


def write(uow: UnitOfWork, store: SqlStore, changes: Changes, *, completed_by: dict[Place, str] | None = None,
          fired: frozenset[Place] = frozenset()) -> None:
    """All rows of one command. Raises StaleVersion if an instance was written by somebody else meanwhile."""
    write_instances(uow, store, changes)
    write_user_tasks(uow, store, changes, completed_by or {})
    write_timers(uow, store, changes, fired)
    write_subscriptions(uow, store, changes)
    write_jobs(uow, store, changes)
    write_incidents(uow, store, changes)
    write_log(uow, store, changes)


def write_instances(uow: UnitOfWork, store: SqlStore, changes: Changes) -> None:
    """State, status and end of every touched instance; new ones are inserted."""
    for key, instance in store.touched.items():
        row = store.rows[key]
        ended = changes.ended.get(key)
        status = STATUS[ended[0]] if ended else row.status
        values: dict[str, Any] = {
            "key": key, "state": None if ended else codec.dump(instance), "status": status, "ended": uow.now if ended else None,
            "variables": dict(ended[1] or {}) if ended else None, "end_element": changes.last_element.get(key) if ended else None,
            "definition_key": row.definition_key, "version": row.version}
        if row.new:
            uow.execute(INSERT_INSTANCE, values | {
                "mandant": uow.actor.mandant, "process_id": row.process_id, "business_id": row.business_id, "parent_key": row.parent_key,
                "parent_task": row.parent_task, "root_key": row.root_key, "started": row.started, "tags": row.tags})
        elif uow.execute(UPDATE_INSTANCE, values | {"rev": row.rev}).rowcount != 1:
            raise StaleVersion(instance=key)


def about(uow: UnitOfWork, row: InstanceRow, place: Place) -> dict[str, Any]:
    """The columns that every thing of an instance carries."""
    return {"mandant": uow.actor.mandant, "instance_key": row.key, "root_key": row.root_key, "definition_key": row.definition_key,
            "process_id": row.process_id, "task_id": place[1]}


WHERE = "where instance_key = any(:instances) and task_id = any(:tasks)"
COMPLETE_TASKS = text("update user_task set status = 'COMPLETED', ended = :now, completed_by = :login, assignee = coalesce(assignee, :login) "
                      + WHERE + " and status = 'CREATED'")
CANCEL_TASKS = text("update user_task set status = 'CANCELED', ended = :now " + WHERE + " and status = 'CREATED'")
END_TIMERS = text("update timer set status = :status, ended = :now " + WHERE + " and status = 0")
END_SUBSCRIPTIONS = text("delete from message_subscription " + WHERE)
CANCEL_JOBS = text("update job set status = 'CANCELED', ended = :now " + WHERE + " and status in ('CREATED', 'FAILED', 'INCIDENT')")
PARK_JOBS = text("update job set status = 'INCIDENT' " + WHERE)
RING_TIMER = text("select pg_notify('timer', :due)")
RING_JOB = text("select pg_notify('job', :m)")
RESOLVE_INCIDENTS = text("update incident set status = 'RESOLVED', ended = :now " + WHERE + " and status = 'ACTIVE'")


def close(uow: UnitOfWork, statement: TextClause, places: Iterable[Place], **values: object) -> None:
    """Run an update over the places: ``instance_key``/``task_id`` pairs come in as two arrays (task ids are unique by themselves)."""
    listed = list(places)
    if listed:
        uow.execute(statement, {"instances": sorted({p[0] for p in listed}), "tasks": [p[1] for p in listed], **values})


def write_user_tasks(uow: UnitOfWork, store: SqlStore, changes: Changes, completed_by: dict[Place, str]) -> None:
    """Tasks that were completed, were cancelled, or opened."""
    net = changes.user_tasks
    done = [place for place in net.closed if place in completed_by]
    if done:
        close(uow, COMPLETE_TASKS, done, now=uow.now, login=completed_by[done[0]])
    close(uow, CANCEL_TASKS,
          [place for place in net.closed if place not in completed_by], now=uow.now)
    rows = []
    for place, task in net.opened.items():
        row = store.rows[place[0]]
        rows.append(about(uow, row, place) | {
            "key": uow.key(), "version": row.version, "business_id": row.business_id, "element_id": task.element, "name": task.name,
            "form_id": task.form_id, "form_key": task.form_key, "assignee": task.assignee, "candidate_groups": list(task.candidate_groups),
            "candidate_users": list(task.candidate_users), "due": task.due, "follow_up": task.follow_up, "priority": task.priority,
            "headers": dict(task.headers), "status": "CREATED", "created": uow.now, "assigned": uow.now if task.assignee else None,
            "ended": None, "completed_by": None})
    if rows:
        statement = insert(table(UserTask))
        if any(place not in net.fresh for place in net.opened):  # a migrated task keeps its key, assignee and draft
            statement = statement.on_conflict_do_update(
                index_elements=["instance_key", "task_id"],
                set_={name: statement.excluded[name] for name in ("definition_key", "version", "element_id", "name", "form_id", "form_key", "status")})
        uow.execute(statement, rows)


def write_timers(uow: UnitOfWork, store: SqlStore, changes: Changes, fired: frozenset[Place]) -> None:
    """Timers that fired or were cancelled, and the next ones; one due soon is announced."""
    net = changes.timers
    gone = [*net.closed, *(place for place in net.opened if place not in net.fresh)]  # a next turn is a new row
    close(uow, END_TIMERS, [place for place in gone if place in fired], now=uow.now, status=1)
    close(uow, END_TIMERS, [place for place in gone if place not in fired], now=uow.now, status=2)
    if not net.opened:
        return
    rows = [
        {"key": uow.key(), "mandant": uow.actor.mandant, "instance_key": place[0], "root_key": store.rows[place[0]].root_key,
         "definition_key": store.rows[place[0]].definition_key, "task_id": place[1], "element_id": timer.element, "due": timer.due, "status": 0,
         "ended": None} for place, timer in net.opened.items()]
    uow.execute(insert(table(Timer)), rows)
    soonest = min(timer.due for timer in net.opened.values())
    if (soonest - uow.now).total_seconds() < SOON_SECONDS:
        uow.execute(RING_TIMER, {"due": str(soonest.timestamp())})


def write_subscriptions(uow: UnitOfWork, store: SqlStore, changes: Changes) -> None:
    """What began or ceased to wait for a message or signal."""
    net = changes.subscriptions
    close(uow, END_SUBSCRIPTIONS, [*net.closed, *(place for place in net.opened if place not in net.fresh)])
    if net.opened:
        uow.execute(insert(table(MessageSubscription)), [
            about(uow, store.rows[place[0]], place) | {
                "key": uow.key(), "kind": waits.kind, "name": waits.name, "correlation_key": waits.correlation_key, "element_id": waits.element,
                "created": uow.now} for place, waits in net.opened.items()])


def write_jobs(uow: UnitOfWork, store: SqlStore, changes: Changes) -> None:
    """Jobs for external workers."""
    net = changes.jobs
    close(uow, CANCEL_JOBS, net.closed, now=uow.now)
    if not net.opened:
        return
    rows = []
    for place, job in net.opened.items():
        row = store.rows[place[0]]
        rows.append(about(uow, row, place) | {
            "key": uow.key(), "version": row.version, "business_id": row.business_id, "element_id": job.element, "type": job.type,
            "retries": job.retries, "headers": dict(job.headers), "status": "CREATED", "created": uow.now})
    statement = insert(table(Job))
    statement = statement.on_conflict_do_update(
        index_elements=["instance_key", "task_id"],
        set_={"retries": statement.excluded.retries, "status": "CREATED", "ended": None, "definition_key": statement.excluded.definition_key,
              "version": statement.excluded.version})
    uow.execute(statement, rows)
    uow.execute(RING_JOB, {"m": uow.actor.mandant})


def write_incidents(uow: UnitOfWork, store: SqlStore, changes: Changes) -> None:
    """Incidents that were resolved or opened; a failed job is parked."""
    net = changes.incidents
    close(uow, RESOLVE_INCIDENTS, [*net.closed, *(place for place in net.opened if place not in net.fresh)], now=uow.now)
    if not net.opened:
        return
    rows = []
    for place, incident in net.opened.items():
        row = store.rows[place[0]]
        rows.append(about(uow, row, place) | {
            "key": uow.key(), "business_id": row.business_id, "element_id": incident.element, "element_name": incident.name,
            "phase": incident.phase, "type": incident.type, "message": incident.message, "status": "ACTIVE", "created": uow.now})
    uow.execute(insert(table(Incident)), rows)
    jobs = [place for place, incident in net.opened.items() if incident.phase == "job"]
    close(uow, PARK_JOBS, jobs)


def write_log(uow: UnitOfWork, store: SqlStore, changes: Changes) -> None:
    """One row for each element that was entered, completed or terminated."""
    if changes.events:
        uow.execute(insert(table(ElementLog)), [
            {"mandant": uow.actor.mandant, "instance_key": key, "process_id": store.rows[key].process_id, "element_id": event.element,
             "task_id": event.task, "what": event.what, "at": event.at} for key, event in changes.events])
