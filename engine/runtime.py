"""Commands on one process instance. Each returns a Step: what the caller has to write, in the same transaction.

No SQL, no clock, no other instance: what concerns other instances (``calls``, ``raised``, ``ended``) is in the Step and is
carried out by ``engine.family``. A command that raises has changed nothing that may be stored.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from engine import state as codec
from engine.errors import CallFailed, JobFailed, Rejected, TaskNotOpen, UnhandledError
from engine.instance import Instance, Parent
from engine.limits import DEFAULT_LIMITS, Limits, Meter
from engine.migration import migrate_rows
from engine.moves import activate_element, terminate_task
from engine.scopes import scope_of
from engine.specs.base import kill_scope, make_ready, set_incident
from engine.specs.containers import CallActivity
from engine.specs.events import Catch, broadcast, find_catcher, fire, is_listening
from engine.specs.people import UserTask
from engine.specs.throwing import raise_to_parent
from engine.spiff import ACTIVE, State, Task, active
from engine.step import (
    KINDS,
    Delta,
    Step,
)
from engine.waiting import (
    Found,
    describe_call,
    describe_incident,
    describe_job,
    describe_subscription,
    describe_timer,
    describe_user_task,
    open_things,
)

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal

    from engine.catalogue import Definition
    from engine.ports import Evaluator

__all__ = [
    "ScopeFacts", "call_failed", "call_raised", "call_returned", "cancel", "complete", "correlate", "job_done", "job_failed", "migrate", "modify",
    "open_things", "resume", "retry", "scopes_of", "set_variables", "signal", "start", "tick", "variables_of",
]  # fmt: skip

Changes = Mapping[str, object]


class ScopeFacts(NamedTuple):
    """A scope of a running instance: its task key (None: the process), its element, its local variables."""

    task: str | None
    element: str
    variables: dict[str, object]


# -- before and after every command --------------------------------------------------------------------------------------------
def begin(instance: Instance) -> Found:
    """What is open before the command; a family shares one meter among its instances, else every command has its own."""
    if not instance.meter.shared:
        instance.meter = Meter(instance.limits)
    return open_things(instance)


def finish_step(instance: Instance, before: Found) -> Step:
    """Settle, and compare what is open now with what was open before."""
    instance.settle()
    after = open_things(instance)

    def changed(kind: str) -> list[tuple[str, Task]]:
        found: list[tuple[str, Task]] = []
        for key, value in after[kind].items():
            if before[kind].get(key) != value:
                task = instance.find(UUID(key))
                assert task is not None
                found.append((key, task))
        return found

    def closed(kind: str) -> list[str]:
        return [key for key in before[kind] if key not in after[kind]]

    step = Step(
        instance=instance.key,
        at=instance.moment,
        user_tasks=Delta(opened={k: describe_user_task(t) for k, t in changed("user_tasks")}, closed=closed("user_tasks")),
        jobs=Delta(opened={k: describe_job(t) for k, t in changed("jobs")}, closed=closed("jobs")),
        timers=Delta(opened={k: describe_timer(t) for k, t in changed("timers")}, closed=closed("timers")),
        subscriptions=Delta(
            opened={k: describe_subscription(t) for k, t in changed("subscriptions")}, closed=closed("subscriptions")
        ),
        calls=Delta(opened={k: describe_call(t) for k, t in changed("calls")}, closed=closed("calls")),
        incidents=Delta(opened={k: describe_incident(t) for k, t in changed("incidents")}, closed=closed("incidents")),
        messages=tuple(instance.messages),
        signals=tuple(instance.signals),
        raised=tuple(instance.raised),
        events=tuple(instance.events),
        ended=instance.outcome,
        variables=dict(instance.data) if instance.outcome else None,
    )
    instance.events, instance.messages, instance.signals, instance.raised = [], [], [], []
    instance.described, instance.passed_on = {}, {}
    return step


def token(instance: Instance, key: str, kind: str, before: Found) -> Task:
    """The open task under a key. Raises TaskNotOpen."""
    task = instance.find(UUID(key)) if key in before[kind] else None
    if task is None:
        raise TaskNotOpen(key, kind)
    return task


def any_token(instance: Instance, key: str) -> Task:
    """Any token of the instance, whatever it waits for. Raises TaskNotOpen."""
    try:
        task = instance.find(UUID(key))
    except ValueError:
        task = None
    if task is None or not task._state & ACTIVE:
        raise TaskNotOpen(key, "elements")
    return task


def admit(variables: Changes, limits: Limits) -> tuple[dict[str, object], int]:
    """Variables from outside and their size. Raises Rejected if they are too large or not JSON: nothing is stored then."""
    try:
        size = len(json.dumps(variables, allow_nan=False))
    except (TypeError, ValueError) as exc:
        raise Rejected(f"variables are not JSON: {exc}") from exc
    if size > limits.state_bytes:
        raise Rejected(f"variables of {size} bytes are larger than {limits.state_bytes} bytes")
    return dict(variables), size


# -- commands ------------------------------------------------------------------------------------------------------------------
def start(
    definition: Definition,
    expressions: Evaluator,
    now: datetime,
    variables: Changes,
    *,
    key: str = "",
    parent: Parent | None = None,
    start_element: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    meter: Meter | None = None,
) -> tuple[Instance, Step]:
    """A new instance.

    Args:
        definition: what to run.
        expressions: evaluator for this instance.
        now: aware time of the command.
        variables: of the process scope; with output mappings on the start event they are its payload instead.
        key: of the new instance.
        parent: calling instance and its call activity.
        start_element: id of a start event; default is the none start event.
        limits: budgets.
        meter: shared by a family.

    Raises:
        Rejected: there is no such start event, or the variables are too large.
    """
    chosen = definition.start_event(start_element)
    given, size = admit(variables, limits)
    mapped = bool(chosen.ext.outputs)
    instance = Instance(
        definition,
        expressions,
        now.timestamp(),
        key=key,
        parent=parent,
        variables={} if mapped else given,
        start_element=chosen.id,
        limits=limits,
    )
    instance.size = size
    instance.meter = meter or instance.meter
    if mapped:
        for child in instance.task_tree.children:
            if child.task_spec.bpmn_id == chosen.id:
                child.internal_data["result"] = given
    return instance, finish_step(instance, {kind: {} for kind in KINDS})


def complete(instance: Instance, task_key: str, variables: Changes) -> Step:
    """A person completed a user task. A failing output mapping keeps the input: incident, retry."""
    before = begin(instance)
    task = token(instance, task_key, "user_tasks", before)
    given, size = admit(variables, instance.limits)
    instance.size += size
    task.internal_data["result"] = given
    instance.agenda.append(task)
    return finish_step(instance, before)


def job_done(instance: Instance, task_key: str, variables: Changes) -> Step:
    """A worker completed a job."""
    before = begin(instance)
    task = token(instance, task_key, "jobs", before)
    given, size = admit(variables, instance.limits)
    instance.size += size
    task.internal_data["result"] = given
    make_ready(task)
    return finish_step(instance, before)


def job_failed(
    instance: Instance,
    task_key: str,
    message: str = "",
    retries: int = 0,
    *,
    error_code: str | None = None,
    variables: Changes | None = None,
) -> Step:
    """Technical failure (``retries`` left, or none: incident), or with ``error_code`` a BPMN error of the activity."""
    before = begin(instance)
    task = token(instance, task_key, "jobs", before)
    given, _ = admit(variables or {}, instance.limits)
    if error_code is not None:
        throw(instance, task, "error", error_code, given)
    else:
        task.internal_data["job"]["retries"] = retries
        if retries <= 0:
            set_incident(task, "job", JobFailed(message))
    return finish_step(instance, before)


def throw(instance: Instance, task: Task, kind: Literal["error", "escalation"], code: str, variables: Changes) -> bool:
    """An error or escalation at ``task`` from outside. False: not caught here (the calling instance is asked, if there is one)."""
    catcher = find_catcher(task, kind, code)
    if catcher is not None:
        fire(catcher, variables)
    elif instance.parent is not None:
        raise_to_parent(task, kind, code, variables)
    elif kind == "error":
        set_incident(task, "job" if "job" in task.internal_data else "run", UnhandledError(code))
    return catcher is not None


def correlate(instance: Instance, task_key: str, variables: Changes) -> Step:
    """A message for exactly this subscription; the caller matched name and key on its rows."""
    before = begin(instance)
    task = token(instance, task_key, "subscriptions", before)
    fire(task, admit(variables, instance.limits)[0])
    return finish_step(instance, before)


def signal(instance: Instance, name: str, variables: Changes) -> Step:
    """A signal for whoever listens in this instance."""
    before = begin(instance)
    broadcast(instance, name, admit(variables, instance.limits)[0])
    return finish_step(instance, before)


def tick(instance: Instance, only: str | None = None) -> Step:
    """Fire due timers, oldest first (``instance.now`` is the time), or just one of them. Raises Rejected if that one is not due."""
    before = begin(instance)
    waiting = [
        (task, task.internal_data["due"])
        for key in before["timers"]
        if only in (None, key)
        for task in [token(instance, key, "timers", before)]
    ]
    due = sorted(((at, task.id.hex, task) for task, at in waiting if at <= instance.now), key=lambda found: found[:2])
    if only is not None and not due:
        raise Rejected(f"timer {only} is not due")
    for _, _, task in due:
        if is_listening(task):
            fire(task)
    return finish_step(instance, before)


def retry(instance: Instance, task_key: str) -> Step:
    """Repeat just the element that has an incident."""
    before = begin(instance)
    task = token(instance, task_key, "incidents", before)
    phase = task.internal_data.pop("incident")["phase"]
    if phase == "job":
        job = task.internal_data["job"]
        job["retries"] = max(1, job["retries"])
    elif phase == "run":
        make_ready(task)
    elif phase == "listen":
        task._set_state(State.WAITING)
        spec = task.task_spec
        assert isinstance(spec, Catch)
        spec.listen_again(task)
    else:
        task._set_state(State.FUTURE)
        task.task_spec._update(task)
    return finish_step(instance, before)


def cancel(instance: Instance) -> Step:
    """End the instance; its open calls appear in ``calls.closed``. ``family`` refuses this for a called instance."""
    before = begin(instance)
    kill_scope(instance)
    instance.completed, instance.outcome = True, "cancelled"
    return finish_step(instance, before)


def set_variables(instance: Instance, variables: Changes, task_key: str | None = None, local: bool = False) -> Step:
    """Write at the scope of a token (default: the process): merged upwards from there, or as locals of exactly that scope."""
    before = begin(instance)
    given, _ = admit(variables, instance.limits)  # not counted: whoever makes room writes here too
    if task_key is None:
        instance.data.update(given)
    elif local:
        any_token(instance, task_key).internal_data.setdefault("vars", {}).update(given)
    else:
        scope_of(any_token(instance, task_key)).propagate(given)
    return finish_step(instance, before)


def modify(
    instance: Instance, terminate: Sequence[str] = (), activate: Sequence[str] = (), variables: Changes | None = None
) -> Step:
    """Move tokens by hand: activate elements (a sub-process around them is opened if it does not run), then terminate tasks.

    A scope left without a token ends; an instance left without a token is cancelled.
    """
    before = begin(instance)
    doomed = [any_token(instance, key) for key in terminate]
    given, _ = admit(variables or {}, instance.limits)
    instance.data.update(given)
    for element in activate:
        activate_element(instance, element)
    for task in doomed:
        if task.id not in task.workflow.tasks or not task._state & ACTIVE:
            continue  # went with one before it
        terminate_task(instance, task)
    return finish_step(instance, before)


# -- questions -----------------------------------------------------------------------------------------------------------------
def variables_of(instance: Instance, task_key: str | None = None) -> dict[str, object]:
    """All variables a token sees; without a key those of the process scope."""
    return dict(instance.data) if task_key is None else scope_of(any_token(instance, task_key)).visible()


def scopes_of(instance: Instance) -> list[ScopeFacts]:
    """Every open scope with its own variables, the process first."""
    found = [ScopeFacts(None, instance.definition.process_id, dict(instance.data))]
    for workflow in instance.running():
        found += [
            ScopeFacts(task.id.hex, task.task_spec.bpmn_id, dict(task.internal_data["vars"]))
            for task in active(workflow.tasks.values())
            if "vars" in task.internal_data
        ]
    return found


# -- answers of other instances ------------------------------------------------------------------------------------------------
def call_returned(instance: Instance, task_key: str, variables: Changes) -> Step:
    """The called instance completed."""
    before = begin(instance)
    task = token(instance, task_key, "calls", before)
    spec = task.task_spec
    assert isinstance(spec, CallActivity)
    spec.returned(task, variables)
    return finish_step(instance, before)


def call_failed(instance: Instance, task_key: str, exc: Exception) -> Step:
    """The called process could not be started; retry enters the call activity again."""
    before = begin(instance)
    task = token(instance, task_key, "calls", before)
    task.internal_data.pop("call")
    set_incident(task, "enter", exc if str(exc) else CallFailed("Der aufgerufene Prozess konnte nicht gestartet werden."))
    return finish_step(instance, before)


def call_raised(
    instance: Instance, task_key: str, kind: Literal["error", "escalation"], code: str | None, variables: Changes
) -> tuple[bool, Step]:
    """An error or escalation comes up from the called instance.

    True: caught in this instance. Otherwise it may go on upwards: the caller asks the next instance with the call activity of this one.
    """
    before = begin(instance)
    task = token(instance, task_key, "calls", before)
    catcher = find_catcher(task, kind, code)
    if catcher is not None:
        fire(catcher, variables)
    return catcher is not None, finish_step(instance, before)


def resume(instance: Instance, task_key: str, code: str | None) -> Step:
    """Nobody interrupted the thrower of ``raised``: an escalation goes on, an error (``code``) becomes an incident."""
    before = begin(instance)
    task = any_token(instance, task_key)
    kind = task.internal_data.pop("raising")
    if kind == "error":
        set_incident(task, "job" if "job" in task.internal_data else "run", UnhandledError(code))
    else:
        task.internal_data["resumed"] = 1
        make_ready(task)
    return finish_step(instance, before)


def migrate(
    data: bytes,
    old: Definition,
    new: Definition,
    mapping: Mapping[str, str],
    expressions: Evaluator,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
    *,
    recompute: Collection[str] = (),
) -> tuple[Instance | None, Step]:
    """Another version of the definition. With problems nothing changes: ``(None, Step(problems=...))``.

    The step lists every open user task again, because name and form may differ in the new model. A timer keeps its due
    time, unless ``recompute`` names its element.

    Args:
        data: stored state.
        old: definition of the state.
        new: where to.
        mapping: old element id to new element id; missing means the same id.
        expressions: evaluator of the instance.
        now: aware time of the command.
        limits: budgets.
        recompute: elements of the new model whose timer or deadline counts anew, from when what they watch was entered.
    """
    stored = codec.unpack(data)
    before = open_things(codec.restore(codec.unpack(data), old, expressions, now.timestamp(), limits))
    moved, problems = migrate_rows(stored, new, mapping)
    if problems:
        return None, Step(instance=stored["key"], at=now, problems=tuple(problems))
    instance = codec.restore(moved, new, expressions, now.timestamp(), limits)
    instance.size = len(data)
    instance.reconcile()
    problems = instance.restart_timers(recompute)
    if problems:
        return None, Step(instance=stored["key"], at=now, problems=tuple(problems))
    for key in open_things(instance)["user_tasks"]:
        describe_again(instance, key, recompute)
        before["user_tasks"][key] = None  # differs from everything, so the step lists it
    return instance, finish_step(instance, before)


def describe_again(instance: Instance, key: str, recompute: Collection[str]) -> None:
    """Evaluate the facts of a user task in the new model; if that fails, the task has an incident.

    A deadline that is to count anew counts from when the task was entered.
    """
    task = instance.find(UUID(key))
    assert task is not None
    spec = task.task_spec
    assert isinstance(spec, UserTask)
    now = instance.now
    if spec.bpmn_id in recompute:
        instance.now = task.internal_data.get("at", now)
    try:
        instance.described[task.id] = spec.describe(task)
    except Exception as exc:  # noqa: BLE001 - as when entering: the element has an incident, the others go on
        set_incident(task, "enter", exc)
    finally:
        instance.now = now
