"""Catching events: intermediate events, boundary events, start events of event sub-processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import unsuitable
from engine.scopes import scope_of
from engine.specs.base import Element, kill, kill_scope, set_incident
from engine.specs.gateways import EventGateway, is_idle_listener
from engine.spiff import State, above, in_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.instance import Instance, ProcessSpec
    from engine.scopes import Scope
    from engine.specs.facts import ElementFacts
    from engine.spiff import Task


class Catch(Element):
    """Intermediate catch event and receive task. WAITING until ``fire``; the payload is its result."""

    repeats = False

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts) -> None:
        super().__init__(wf_spec, name, facts)
        self.event = facts.event

    def _predict_hook(self, my_task: Task) -> None:
        if not self.listener or "fired" in my_task.internal_data:
            super()._predict_hook(my_task)

    def _update_hook(self, my_task: Task) -> bool:
        data = my_task.internal_data
        if self.event.kind in ("none", "link"):
            return super()._update_hook(my_task)
        if "fired" in data:
            if self.listener:
                super()._update_hook(my_task)  # a listener is entered when it fires
            return True
        if not self.listener:
            super()._update_hook(my_task)
        self.listen(my_task, my_task.workflow.top_workflow.now)
        my_task._set_state(State.WAITING)
        return False

    def listen(self, task: Task, since: float) -> None:
        """Due time, correlation key or condition of a listener that opens now (``since``: what a timer counts from)."""
        top, event = task.workflow.top_workflow, self.event
        if event.kind == "timer":
            assert event.text is not None
            due, left, cycle = top.expressions.timer(event.form, event.text, self.scope(task).view(), since)
            task.internal_data.update(due=due, left=left, cycle=cycle)
        elif event.kind == "message":
            assert event.text is not None
            task.internal_data["key"] = correlation_key(top.expressions.value(event.text, self.scope(task).view()), event.text)
        elif event.kind == "conditional":
            task.internal_data["seen"] = False
            top.conditions[task.id] = task

    def listen_again(self, task: Task) -> None:
        """After an incident while listening, or after loading."""
        if self.event.kind == "conditional":
            task.workflow.top_workflow.conditions[task.id] = task

    def scope(self, task: Task) -> Scope:
        """Where timer, key and condition are evaluated."""
        return scope_of(task)

    def check_condition(self, task: Task) -> None:
        """Fires on the edge from not true to true."""
        assert self.event.text is not None
        top, was = task.workflow.top_workflow, task.internal_data["seen"]
        try:
            now = top.expressions.value(self.event.text, self.scope(task).view()) is True
        except Exception as exc:  # noqa: BLE001 - a failing condition is an incident of its event
            set_incident(task, "listen", exc)
            return
        task.internal_data["seen"] = now
        if now and not was:
            self.fire(task)

    def fire(self, task: Task, payload: Mapping[str, object] | None = None) -> None:
        """The event happened. A repeating listener stays and a second task of the same spec, the hit, runs on."""
        result = {"result": dict(payload)} if payload else {}
        if self.repeats:
            top = task.workflow.top_workflow
            try:
                top.claim_tokens(1)
                more = self.event.kind != "timer" or self.next_cycle(task)
            except Exception as exc:  # noqa: BLE001 - too many hits, or no next turn: the event stops listening
                set_incident(task, "listen", exc)
                return
            hit = above(task)._add_child(self, State.FUTURE)
            hit.internal_data.update(fired=1, **result)
            if not more:
                kill(task)
            self._update(hit)
            return
        task.internal_data.update(fired=1, **result)
        self.interrupt(task)
        self._predict_hook(task)
        self._update(task)

    def next_cycle(self, task: Task) -> bool:
        """Sets the next turn; False if this was the last. Missed turns fire once."""
        data, top = task.internal_data, task.workflow.top_workflow
        if data["left"] == 1:
            return False
        data["due"] = top.expressions.next_due(data["cycle"], data["due"], top.now)  # always later than now
        data["left"] -= 1  # negative from the start: without end
        return True

    def interrupt(self, task: Task) -> None:
        """Ends what this event ends: behind an event-based gateway the other events."""
        parent = above(task)
        if isinstance(parent.task_spec, EventGateway):
            for sibling in parent.children:
                if sibling is not task:
                    kill(sibling)


def correlation_key(value: object, text: str) -> str:
    """The key as text; numbers as JSON writes them. Source: Camunda 8, correlation keys are text or number."""
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if value == int(value) else str(value)
    raise unsuitable(text, f"Der Korrelationsschlüssel ist {value!r}; erwartet wird ein Text oder eine Zahl.")


class Boundary(Catch):
    """Listens next to its activity, below the same ``Split``; its expressions see the scope around the activity."""

    listener = True

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts, *, interrupting: bool) -> None:
        super().__init__(wf_spec, name, facts)
        self.repeats = not interrupting

    def interrupt(self, task: Task) -> None:
        parent = above(task)
        split = parent.task_spec
        assert isinstance(split, Split)
        for sibling in parent.children:
            if sibling.task_spec.name == split.main or is_idle_listener(sibling):
                kill(sibling)


class SubStart(Boundary):
    """Start event of an event sub-process, listening in the scope it can interrupt.

    Writes nothing itself: the payload belongs to the event sub-process, which takes it over.
    """

    scope_listener = True
    logged = False

    def interrupt(self, task: Task) -> None:
        kill_scope(task.workflow, spare=(task,))

    def leave(self, task: Task) -> None:
        task.internal_data["payload"] = task.internal_data.pop("result", {})


class Split(Element):
    """An activity and its boundary events."""

    logged = False

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts, *, main: str) -> None:
        super().__init__(wf_spec, name, facts)
        self.without_mappings()
        self.main = main  # name of the spec of the activity

    def main_completed(self, workflow: object, task: Task) -> None:  # noqa: ARG002 - the library calls back with the workflow first
        """The activity is done: its boundary events stop listening."""
        stop_listening(above(task))


def stop_listening(split_task: Task) -> None:
    """Ends the boundary events of an activity that has ended."""
    for sibling in split_task.children:
        if is_idle_listener(sibling):
            kill(sibling)


def is_listening(task: Task) -> bool:
    """Still there? What fired before may have cancelled it."""
    return task._state == State.WAITING


def fire(task: Task, payload: Mapping[str, object] | None = None) -> None:
    """Fires a task that is known to be a catching event."""
    spec = task.task_spec
    assert isinstance(spec, Catch)
    spec.fire(task, payload)


def broadcast(top: Instance, name: str, payload: Mapping[str, object]) -> None:
    """A signal is heard by everybody who listens now."""

    def hears(task: Task) -> bool:
        event = task.task_spec.facts.event
        return event.kind == "signal" and event.name == name

    for task in [t for workflow in top.running() for t in in_order(workflow) if hears(t)]:
        if is_listening(task):
            fire(task, payload)


def find_catcher(thrower: Task, kind: str, code: str | None) -> Task | None:
    """The listener that catches an error or escalation thrown by ``thrower``, inside this instance.

    Boundary events of the activity and its surrounding activities, event sub-processes of the surrounding scopes, from the inside out.
    A matching code wins over a listener for every code.
    """

    def matches(t: Task) -> bool:
        event = t.task_spec.facts.event
        return is_listening(t) and event.kind == kind and event.name in (None, code)

    task: Task | None = thrower
    while task is not None:
        found: list[Task] = []
        for host in [task, above(task)] if "index" in task.internal_data else [task]:
            split = above(host)
            if isinstance(split.task_spec, Split):
                found += [t for t in split.children if matches(t)]
        if not found and not task.task_spec.is_handler:
            found = [t for t in task.workflow.tasks.values() if t.task_spec.scope_listener and matches(t)]
        if found:
            return min(found, key=lambda t: t.task_spec.facts.event.name is None)
        task = task.workflow.host
    return None
