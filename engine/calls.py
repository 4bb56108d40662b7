"""Answers of other instances: what a called instance brings back, and what becomes of an error nobody catches.

``engine.family`` gives them; nobody else does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import CallFailed, UnhandledError
from engine.specs.base import make_ready, set_incident
from engine.specs.containers import CallActivity
from engine.specs.events import find_catcher, fire
from engine.turn import any_token, begin, finish_step, token

if TYPE_CHECKING:
    from typing import Literal

    from engine.instance import Instance
    from engine.step import Step
    from engine.turn import Changes


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
