"""What an instance waits for, and how each of these things is described to the service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.scopes import scope_of
from engine.specs.events import Catch
from engine.specs.people import UserTask
from engine.spiff import State, active
from engine.step import KINDS, OpenCall, OpenIncident, OpenJob, OpenSubscription, OpenTimer, OpenUserTask

if TYPE_CHECKING:
    from engine.instance import Instance
    from engine.spiff import Task

Found = dict[str, dict[str, object]]  # kind -> task key -> the part that may change


def open_things(instance: Instance) -> Found:
    """What waits for somebody: kind -> task key -> the part that may change."""
    found: Found = {kind: {} for kind in KINDS}
    if instance.outcome:
        return found
    for workflow in instance.running():
        for task in active(workflow.tasks.values()):
            data, spec, key = task.internal_data, task.task_spec, task.id.hex
            if "incident" in data:
                found["incidents"][key] = (spec.bpmn_id, dict(data["incident"]))
            elif isinstance(spec, UserTask) and task._state == State.READY:
                found["user_tasks"][key] = spec.bpmn_id
            elif "job" in data and task._state == State.STARTED and "raising" not in data:
                found["jobs"][key] = (spec.bpmn_id, dict(data["job"]))
            elif "call" in data:
                found["calls"][key] = spec.bpmn_id
            elif isinstance(spec, Catch) and task._state == State.WAITING:
                if spec.event.kind == "timer":
                    found["timers"][key] = (spec.bpmn_id, data["due"])
                elif spec.event.kind in ("message", "signal"):
                    found["subscriptions"][key] = (spec.bpmn_id, spec.event.kind, spec.event.name, data.get("key"))
    return found


def describe_user_task(task: Task) -> OpenUserTask:
    """What the service shows; evaluated when the task was entered, or again after a migration."""
    described = task.workflow.top_workflow.described.get(task.id)
    spec = task.task_spec
    assert isinstance(spec, UserTask)
    return described or spec.describe(task)


def describe_job(task: Task) -> OpenJob:
    """Type and retries were evaluated when the job opened; the variables are those of this moment."""
    spec, job = task.task_spec, task.internal_data["job"]
    return OpenJob(
        element=spec.bpmn_id,
        name=spec.facts.name or spec.bpmn_id,
        type=job["type"],
        retries=job["retries"],
        headers=spec.ext.headers,
        variables=scope_of(task).visible(),
    )


def describe_timer(task: Task) -> OpenTimer:
    """The due time as an aware instant."""
    return OpenTimer(element=task.task_spec.bpmn_id, due=datetime.fromtimestamp(task.internal_data["due"], UTC))


def describe_subscription(task: Task) -> OpenSubscription:
    """Message with its key, or signal."""
    event = task.task_spec.facts.event
    return OpenSubscription(
        element=task.task_spec.bpmn_id,
        kind="message" if event.kind == "message" else "signal",
        name=event.name or "",
        correlation_key=task.internal_data.get("key"),
    )


def describe_call(task: Task) -> OpenCall:
    """What is to be started."""
    spec, call = task.task_spec, task.internal_data["call"]
    return OpenCall(
        element=spec.bpmn_id,
        name=spec.facts.name or spec.bpmn_id,
        process=call["process"],
        binding=call["binding"],
        version_tag=call["tag"],
        variables=task.workflow.top_workflow.passed_on.get(task.id, {}),
    )


def describe_incident(task: Task) -> OpenIncident:
    """What went wrong, for people."""
    spec, incident = task.task_spec, task.internal_data["incident"]
    return OpenIncident(
        element=spec.bpmn_id,
        name=spec.facts.name or spec.bpmn_id,
        phase=incident["phase"],
        type=incident["type"],
        message=incident["message"],
    )
