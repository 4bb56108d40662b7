"""Writes the changes of one command: as few statements as possible, each for all rows of its table, sent in one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import state as codec
from services.db.stapel import adapt
from services.errors import StaleVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.db.stapel import Stapel
    from services.prozess.changes import Changes, Place
    from services.prozess.store import InstanceRow, SqlStore
    from services.unit_of_work import UnitOfWork

STATUS = {"completed": "COMPLETED", "cancelled": "TERMINATED"}
SOON_SECONDS = 2.0  # a timer due sooner is announced; later ones are found by the tick

INSERT_INSTANCE = """
    insert into process_instance (key, mandant, definition_key, process_id, version, status, rev, state, variables, business_id, parent_key,
                                  parent_task, root_key, started, ended, end_element, tags)
    values (%(key)s, %(mandant)s, %(definition_key)s, %(process_id)s, %(version)s, %(status)s, 1, %(state)s, %(variables)s, %(business_id)s, %(parent_key)s,
            %(parent_task)s, %(root_key)s, %(started)s, %(ended)s, %(end_element)s, %(tags)s)
"""
UPDATE_INSTANCE = """
    update process_instance set state = %(state)s, rev = rev + 1, status = %(status)s, ended = %(ended)s, variables = %(variables)s,
           end_element = %(end_element)s, definition_key = %(definition_key)s, version = %(version)s
    where key = %(key)s and rev = %(rev)s
"""


def write(uow: UnitOfWork, store: SqlStore, changes: Changes, *, completed_by: dict[Place, str] | None = None,
          fired: frozenset[Place] = frozenset()) -> list[tuple[int, int]]:
    """Add all rows of one command to the unit's batch.

    Returns:
        (place in the batch, key) of each update of an instance: one that touches no row has lost a race (:func:`check`).
    """
    batch = uow.batch
    updates = write_instances(uow, batch, store, changes)
    write_user_tasks(uow, batch, store, changes, completed_by or {})
    write_timers(uow, batch, store, changes, fired)
    write_subscriptions(uow, batch, store, changes)
    write_jobs(uow, batch, store, changes)
    write_incidents(uow, batch, store, changes)
    write_log(uow, batch, store, changes)
    return updates


def check(counts: list[int], updates: list[tuple[int, int]]) -> None:
    """Compare-and-swap: every instance had the revision that was read. Raises StaleVersion."""
    for place, key in updates:
        if counts[place] != 1:
            raise StaleVersion(instance=key)


def write_instances(uow: UnitOfWork, batch: Stapel, store: SqlStore, changes: Changes) -> list[tuple[int, int]]:
    """State, status and end of every touched instance; new ones are inserted."""
    updates = []
    for key, instance in store.touched.items():
        row = store.rows[key]
        ended = changes.ended.get(key)
        status = STATUS[ended[0]] if ended else row.status
        values: dict[str, Any] = {
            "key": key, "state": None if ended else codec.dump(instance), "status": status, "ended": uow.now if ended else None,
            "variables": adapt(dict(ended[1] or {})) if ended else None, "end_element": changes.last_element.get(key) if ended else None,
            "definition_key": row.definition_key, "version": row.version}
        if row.new:
            batch.add(INSERT_INSTANCE, values | {
                "mandant": uow.actor.mandant, "process_id": row.process_id, "business_id": row.business_id, "parent_key": row.parent_key,
                "parent_task": row.parent_task, "root_key": row.root_key, "started": row.started, "tags": row.tags})
        else:
            updates.append((batch.add(UPDATE_INSTANCE, values | {"rev": row.rev}), key))
    return updates


def about(uow: UnitOfWork, row: InstanceRow, place: Place) -> dict[str, Any]:
    """The columns that every thing of an instance carries."""
    return {"mandant": uow.actor.mandant, "instance_key": row.key, "root_key": row.root_key, "definition_key": row.definition_key,
            "process_id": row.process_id, "task_id": place[1]}


WHERE = "where instance_key = any(%(instances)s::bigint[]) and task_id = any(%(tasks)s::text[])"
# What somebody typed into a task, and the files put into it, end with it.
END_DRAFTS = "with ended as ({} returning key) delete from entwurf where task_key in (select key from ended)"
COMPLETE_TASKS = END_DRAFTS.format("update user_task set status = 'COMPLETED', ended = %(now)s, completed_by = %(login)s, assignee = coalesce(assignee, %(login)s) "
                  + WHERE + " and status = 'CREATED'")
CANCEL_TASKS = END_DRAFTS.format("update user_task set status = 'CANCELED', ended = %(now)s " + WHERE + " and status = 'CREATED'")
END_TIMERS = "update timer set status = %(status)s, ended = %(now)s " + WHERE + " and status = 0"
END_SUBSCRIPTIONS = "delete from message_subscription " + WHERE
CANCEL_JOBS = "update job set status = 'CANCELED', ended = %(now)s " + WHERE + " and status in ('CREATED', 'FAILED', 'INCIDENT')"
PARK_JOBS = "update job set status = 'INCIDENT' " + WHERE
RING_TIMER = "select pg_notify('timer', %(due)s)"
RING_JOB = "select pg_notify('job', %(m)s)"
RESOLVE_INCIDENTS = "update incident set status = 'RESOLVED', ended = %(now)s " + WHERE + " and status = 'ACTIVE'"


def close(batch: Stapel, statement: str, places: Iterable[Place], **values: object) -> None:
    """Run an update over the places: ``instance_key``/``task_id`` pairs come in as two arrays (task ids are unique by themselves)."""
    listed = list(places)
    if listed:
        batch.add(statement, {"instances": sorted({p[0] for p in listed}), "tasks": [p[1] for p in listed], **values})


def write_user_tasks(uow: UnitOfWork, batch: Stapel, store: SqlStore, changes: Changes, completed_by: dict[Place, str]) -> None:
    """Tasks that were completed, were cancelled, or opened."""
    net = changes.user_tasks
    done = [place for place in net.closed if place in completed_by]
    if done:
        close(batch, COMPLETE_TASKS, done, now=uow.now, login=completed_by[done[0]])
    close(batch, CANCEL_TASKS,
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
    # A migrated task keeps its key, assignee and draft.
    tail = "" if all(place in net.fresh for place in net.opened) else (
        "on conflict (instance_key, task_id) do update set definition_key = excluded.definition_key, version = excluded.version, "
        "element_id = excluded.element_id, name = excluded.name, form_id = excluded.form_id, form_key = excluded.form_key, status = excluded.status, ended = null")
    batch.insert("user_task", rows, tail)


def write_timers(uow: UnitOfWork, batch: Stapel, store: SqlStore, changes: Changes, fired: frozenset[Place]) -> None:
    """Timers that fired or were cancelled, and the next ones; one due soon is announced."""
    net = changes.timers
    gone = [*net.closed, *(place for place in net.opened if place not in net.fresh)]  # a next turn is a new row
    close(batch, END_TIMERS, [place for place in gone if place in fired], now=uow.now, status=1)
    close(batch, END_TIMERS, [place for place in gone if place not in fired], now=uow.now, status=2)
    if not net.opened:
        return
    rows = [
        {"key": uow.key(), "mandant": uow.actor.mandant, "instance_key": place[0], "root_key": store.rows[place[0]].root_key,
         "definition_key": store.rows[place[0]].definition_key, "task_id": place[1], "element_id": timer.element, "due": timer.due, "status": 0,
         "ended": None} for place, timer in net.opened.items()]
    batch.insert("timer", rows)
    soonest = min(timer.due for timer in net.opened.values())
    if (soonest - uow.now).total_seconds() < SOON_SECONDS:
        batch.add(RING_TIMER, {"due": str(soonest.timestamp())})


def write_subscriptions(uow: UnitOfWork, batch: Stapel, store: SqlStore, changes: Changes) -> None:
    """What began or ceased to wait for a message or signal."""
    net = changes.subscriptions
    close(batch, END_SUBSCRIPTIONS, [*net.closed, *(place for place in net.opened if place not in net.fresh)])
    if net.opened:
        batch.insert("message_subscription", [
            about(uow, store.rows[place[0]], place) | {
                "key": uow.key(), "kind": waits.kind, "name": waits.name, "correlation_key": waits.correlation_key, "element_id": waits.element,
                "created": uow.now} for place, waits in net.opened.items()])


def write_jobs(uow: UnitOfWork, batch: Stapel, store: SqlStore, changes: Changes) -> None:
    """Jobs for external workers."""
    net = changes.jobs
    close(batch, CANCEL_JOBS, net.closed, now=uow.now)
    if not net.opened:
        return
    rows = []
    for place, job in net.opened.items():
        row = store.rows[place[0]]
        rows.append(about(uow, row, place) | {
            "key": uow.key(), "version": row.version, "business_id": row.business_id, "element_id": job.element, "type": job.type,
            "retries": job.retries, "headers": dict(job.headers), "status": "CREATED", "created": uow.now})
    batch.insert("job", rows, "on conflict (instance_key, task_id) do update set retries = excluded.retries, status = 'CREATED', ended = null, "
                 "definition_key = excluded.definition_key, version = excluded.version")
    batch.add(RING_JOB, {"m": uow.actor.mandant})


def write_incidents(uow: UnitOfWork, batch: Stapel, store: SqlStore, changes: Changes) -> None:
    """Incidents that were resolved or opened; a failed job is parked."""
    net = changes.incidents
    close(batch, RESOLVE_INCIDENTS, [*net.closed, *(place for place in net.opened if place not in net.fresh)], now=uow.now)
    if not net.opened:
        return
    rows = []
    for place, incident in net.opened.items():
        row = store.rows[place[0]]
        rows.append(about(uow, row, place) | {
            "key": uow.key(), "business_id": row.business_id, "element_id": incident.element, "element_name": incident.name,
            "phase": incident.phase, "type": incident.type, "message": incident.message, "status": "ACTIVE", "created": uow.now})
    batch.insert("incident", rows)
    jobs = [place for place, incident in net.opened.items() if incident.phase == "job"]
    close(batch, PARK_JOBS, jobs)


def write_log(uow: UnitOfWork, batch: Stapel, store: SqlStore, changes: Changes) -> None:
    """One row for each element that was entered, completed or terminated."""
    if changes.events:
        batch.insert("element_log", [
            {"mandant": uow.actor.mandant, "instance_key": key, "process_id": store.rows[key].process_id, "element_id": event.element,
             "task_id": event.task, "what": event.what, "at": event.at} for key, event in changes.events])
