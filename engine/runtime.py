"""Commands on one process instance. Each returns a Step: what the caller has to write, in the same transaction.

No SQL, no clock, no other instance: what concerns other instances (``calls``, ``raised``, ``ended``) is in the Step and is
carried out by ``engine.family``. A command that raises has changed nothing that may be stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.calls import call_failed, call_raised, call_returned, resume
from engine.errors import BudgetExceeded, JobFailed, Rejected, UnhandledError
from engine.instance import Instance, Parent
from engine.limits import DEFAULT_LIMITS, Limits
from engine.migration import migrate
from engine.moves import activate_element, terminate_task
from engine.scopes import Scope, scope_of
from engine.specs.base import kill_scope, make_ready, set_incident
from engine.specs.events import Catch, broadcast, find_catcher, fire, is_listening
from engine.specs.throwing import raise_to_parent
from engine.spiff import ACTIVE, State, active
from engine.step import KINDS
from engine.turn import admit, any_token, begin, finish_step, token
from engine.waiting import open_things

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Literal

    from engine.catalogue import Definition
    from engine.limits import Meter
    from engine.ports import Evaluator
    from engine.spiff import Task
    from engine.step import Step
    from engine.turn import Changes

__all__ = [
    "ScopeFacts", "call_failed", "call_raised", "call_returned", "cancel", "complete", "correlate", "job_done", "job_failed", "migrate", "modify",
    "open_things", "resume", "retry", "scopes_of", "set_variables", "signal", "start", "tick", "variables_of",
]  # fmt: skip


class ScopeFacts(NamedTuple):
    """A scope of a running instance: its task key (None: the process), its element, its local variables."""

    task: str | None
    element: str
    variables: dict[str, object]


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
        variables: of the process scope; at a message or signal start event with output mappings they are its payload instead.
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
    mapped = chosen.event.kind in ("message", "signal") and bool(chosen.ext.outputs)
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
    given, _ = admit(variables, instance.limits)
    if task_key is None:
        scope = Scope(instance.data)
    elif local:
        scope = Scope(any_token(instance, task_key).internal_data.setdefault("vars", {}))
    else:
        scope = scope_of(any_token(instance, task_key))
    write_by_hand(instance, scope, given)
    return finish_step(instance, before)


def write_by_hand(instance: Instance, scope: Scope, variables: Changes) -> None:
    """Variables that no element brings. Raises Rejected if there is no room for them."""
    try:
        instance.make_room(scope, variables)
    except BudgetExceeded as exc:
        raise Rejected(f"variables would become larger than {instance.limits.state_bytes} bytes") from exc
    scope.propagate(variables)


def modify(
    instance: Instance, terminate: Sequence[str] = (), activate: Sequence[str] = (), variables: Changes | None = None
) -> Step:
    """Move tokens by hand: activate elements (a sub-process around them is opened if it does not run), then terminate tasks.

    A scope left without a token ends; an instance left without a token is cancelled.
    """
    before = begin(instance)
    doomed = [any_token(instance, key) for key in terminate]
    given, _ = admit(variables or {}, instance.limits)
    write_by_hand(instance, Scope(instance.data), given)
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
