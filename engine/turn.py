"""Before and after every command on one instance: what is open, which task is meant, what came in, what changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from engine.errors import Rejected, TaskNotOpen
from engine.limits import Limits, Meter
from engine.spiff import ACTIVE
from engine.step import Delta, Step
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
    from engine.instance import Instance
    from engine.spiff import Task

Changes = Mapping[str, object]


def begin(instance: Instance) -> Found:
    """What is open before the command; a family shares one meter among its instances, else every command has its own."""
    instance.tokens = instance.count_tokens()
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
