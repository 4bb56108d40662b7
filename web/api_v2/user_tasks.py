"""User tasks: search, get, form, variables, assign, unassign, update, complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import marshmallow as ma
from flask import Blueprint, Response, jsonify

from services.aufgaben import complete_with_form
from services.errors import InvalidInput, NotFound
from services.prozess import tasks, variablen
from services.prozess.quellen import USER_TASKS
from services.prozess.suche import instant_value
from web.api_v2.common import (
    TENANT,
    Body,
    Flag,
    Long,
    answer_search,
    element_instance,
    empty,
    instant,
    key_of,
    load,
    one,
    variables_field,
)
from web.api_v2.definitions import form_by
from web.api_v2.variables import answer
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from collections.abc import Mapping


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/user-tasks/search")(search)
    blueprint.get("/user-tasks/<key>")(get)
    blueprint.get("/user-tasks/<key>/form")(form)
    blueprint.post("/user-tasks/<key>/variables/search")(search_variables)
    blueprint.post("/user-tasks/<key>/effective-variables/search", endpoint="user_tasks_effective")(search_variables)
    blueprint.post("/user-tasks/<key>/assignment")(assign)
    blueprint.delete("/user-tasks/<key>/assignee")(unassign)
    blueprint.patch("/user-tasks/<key>")(update)
    blueprint.post("/user-tasks/<key>/completion")(complete)


def shape(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row
    return {
        "userTaskKey": str(row.key), "name": row.name, "state": row.status, "assignee": row.assignee, "elementId": row.element_id,
        "elementInstanceKey": element_instance(row.task_id), "candidateGroups": list(row.candidate_groups), "candidateUsers": list(row.candidate_users),
        "processDefinitionId": row.process_id, "processDefinitionKey": str(row.definition_key), "processDefinitionVersion": row.version,
        "processName": row.process_name, "processInstanceKey": str(row.instance_key), "rootProcessInstanceKey": str(row.root_key),
        "creationDate": instant(row.created), "completionDate": instant(row.ended), "followUpDate": instant(row.follow_up), "dueDate": instant(row.due),
        "formKey": None, "externalFormReference": None if row.form_id else row.form_key, "customHeaders": dict(row.headers), "priority": row.priority, "tags": [],
        "businessId": row.business_id, "tenantId": TENANT}


@guard()
def search() -> Response:
    return answer_search(USER_TASKS, shape)


@guard()
def get(key: str) -> Response:
    row = one(USER_TASKS, "userTaskKey", key_of(key), "Die Aufgabe")
    body = shape(row)
    if row.form_id:
        try:
            body["formKey"] = form_of(row)["formKey"]
        except NotFound:
            body["formKey"] = None  # its form is not deployed (yet)
    return jsonify(body)


@guard()
def form(key: str) -> Response | tuple[str, int]:
    """The form of the task; 204 if it has none."""
    task = tasks.get(the_app(), actor(), key=key_of(key))
    return jsonify(form_of(task)) if task.form_id else empty()


def form_of(task: Any) -> dict[str, Any]:  # noqa: ANN401  a row or a task
    """The form in the version to which the task is bound, else the latest. Raises NotFound."""
    if task.form_key is not None and task.form_key.isdecimal():
        return form_by("key", int(task.form_key))
    return form_by("form_id", task.form_id)


@guard()
def search_variables(key: str) -> Response:
    """What the task sees: decisions, dates and keys. Personal data stay in the Fallakte."""
    task = tasks.get(the_app(), actor(), key=key_of(key))
    return answer(variablen.of_task(the_app(), actor(), key=task.key))


class Assign(Body):
    """Who gets the task."""

    assignee = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=200))
    allowOverride = Flag(load_default=True, allow_none=True)
    action = ma.fields.String(load_default=None, allow_none=True)


ASSIGN = Assign()


@guard()
def assign(key: str) -> tuple[str, int]:
    body = load(ASSIGN)
    tasks.assign(the_app(), actor(), key=key_of(key), assignee=body["assignee"], allow_override=body["allowOverride"] is not False)
    return empty()


@guard()
def unassign(key: str) -> tuple[str, int]:
    tasks.unassign(the_app(), actor(), key=key_of(key))
    return empty()


class Changeset(ma.Schema):
    """What may be changed; null or an empty value clears."""

    class Meta:
        """Strict."""

        unknown = ma.RAISE

    dueDate = ma.fields.String(allow_none=True)
    followUpDate = ma.fields.String(allow_none=True)
    candidateGroups = ma.fields.List(ma.fields.String(), allow_none=True)
    candidateUsers = ma.fields.List(ma.fields.String(), allow_none=True)
    priority = Long(allow_none=True, validate=ma.validate.Range(0, 100))


class Update(Body):
    """The official update request."""

    changeset = ma.fields.Nested(Changeset, load_default=dict, allow_none=True)
    action = ma.fields.String(load_default=None, allow_none=True)


UPDATE = Update()
COLUMNS = {"dueDate": "due", "followUpDate": "follow_up", "candidateGroups": "candidate_groups", "candidateUsers": "candidate_users", "priority": "priority"}


@guard()
def update(key: str) -> tuple[str, int]:
    body = load(UPDATE)
    if not body["changeset"] and not body["action"]:
        raise InvalidInput("Es wurde keine Änderung genannt (changeset).")
    changes: dict[str, Any] = {}
    for name, value in (body["changeset"] or {}).items():
        column = COLUMNS[name]
        if column in {"due", "follow_up"}:
            changes[column] = instant_value(value) if value else None
        elif column == "priority":
            changes[column] = 50 if value is None else value
        else:
            changes[column] = value or []
    tasks.update(the_app(), actor(), key=key_of(key), changes=changes)
    return empty()


class Complete(Body):
    """Variables of the form."""

    variables = variables_field()
    action = ma.fields.String(load_default=None, allow_none=True)


COMPLETE = Complete()


@guard()
def complete(key: str) -> tuple[str, int]:
    """A task with a form is checked against it: unknown or missing fields and wrong types are refused."""
    body = load(COMPLETE)
    variables: Mapping[str, Any] = body["variables"] or {}
    complete_with_form(the_app(), actor(), key=key_of(key), values=variables, typed=True)
    return empty()
