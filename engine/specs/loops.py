"""Activities that run several times: multi-instance (for each element of a collection) and standard loop (while)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import unsuitable
from engine.scopes import flow_scope, open_scope
from engine.specs.base import Element, kill, make_ready
from engine.spiff import State, above

if TYPE_CHECKING:
    from engine.instance import ProcessSpec
    from engine.specs.facts import ElementFacts, Loop
    from engine.spiff import Task


class Body(Element):
    """Body of a loop: a scope; runs the spec ``child`` as inner instances, which are its children in the tree."""

    child = ""  # name of the spec of the inner activity, set by the builder

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts, *, loop: Loop) -> None:
        super().__init__(wf_spec, name, facts)
        self.without_mappings()  # they belong to the inner instances
        self.loop = loop

    def spawn(self, task: Task, variables: dict[str, object]) -> None:
        """One more inner instance with these local variables and its ``loopCounter`` (from 1)."""
        data = task.internal_data
        index = data["made"]
        data["made"] += 1
        child = task._add_child(self._wf_spec.task_specs[self.child], State.FUTURE)
        child.triggered = True
        child.internal_data.update(index=index, vars={"loopCounter": index + 1, **variables})
        child.task_spec._update(child)

    def child_completed(self, workflow: object, child: Task) -> None:
        """Called by the library when an inner instance has completed."""
        raise NotImplementedError

    def child_terminated(self, task: Task) -> None:
        """An inner instance of the body ``task`` was ended by hand, see ``runtime.modify``."""
        raise NotImplementedError


class MultiInstance(Body):
    """Parallel or sequential, with input collection, output collection and completion condition."""

    def _update_hook(self, my_task: Task) -> bool:
        self.note_entry(my_task)
        top = my_task.workflow.top_workflow
        assert self.loop.items is not None
        items = top.compute(self.loop.items, flow_scope(my_task).view())
        if not isinstance(items, list):
            raise unsuitable(self.loop.items, f"Die Eingabeliste ist keine Liste, sondern {str(items)[:100]!r}.")
        if not self.loop.sequential:
            top.claim_tokens(len(items))
        my_task.internal_data.update(items=items, made=0, done=0)
        open_scope(my_task, {self.loop.output: [None] * len(items)} if self.loop.output else {})
        if not items:
            return True
        my_task._set_state(State.STARTED)
        for _ in items[:1] if self.loop.sequential else items:
            self.next(my_task)
        return False

    def next(self, task: Task) -> None:
        """The inner instance of the next element."""
        data, local = task.internal_data, {}
        if self.loop.element:
            local[self.loop.element] = data["items"][data["made"]]
        name = self.output_variable()
        if name:
            local.setdefault(name, None)
        self.spawn(task, local)

    def output_variable(self) -> str | None:
        """An output element that only accesses a variable (or a property) makes it local to the instance."""
        text = (self.loop.output_element or "").lstrip("= ").strip()
        return text.split(".")[0] if text.replace(".", "").replace("_", "").isalnum() and not text[:1].isdigit() else None

    def collect(self, child: Task) -> None:
        """An inner instance is leaving: its output element, and whether that is enough. May fail: incident on the child."""
        data, top = above(child).internal_data, child.workflow.top_workflow
        if self.loop.output:
            assert self.loop.output_element is not None  # lint: both or none
            collected = list(data["vars"][self.loop.output])
            value = self.evaluate(child, self.loop.output_element)
            top.reserve(value)
            collected[child.internal_data["index"]] = value
            data["vars"][self.loop.output] = collected
        counts = {
            "numberOfInstances": len(data["items"]),
            "numberOfCompletedInstances": data["done"] + 1,
            "numberOfActiveInstances": data["made"] - data["done"] - 1,
            "numberOfTerminatedInstances": 0,
        }
        until = self.loop.until
        data["enough"] = until is not None and self.evaluate(child, until, **counts) is True

    def child_completed(self, workflow: object, child: Task) -> None:  # noqa: ARG002 - the library calls back with the workflow first
        task = above(child)
        self.go_on(task, enough=task.internal_data.pop("enough"))

    def child_terminated(self, task: Task) -> None:
        self.go_on(task, enough=False)

    def go_on(self, task: Task, *, enough: bool) -> None:
        """One inner instance less: the next one, or the end of the body."""
        data = task.internal_data
        data["done"] += 1
        if enough or data["done"] == len(data["items"]):
            for other in task.children:
                if other.triggered:
                    kill(other)
            make_ready(task)
        elif self.loop.sequential:
            self.next(task)

    def leave(self, task: Task) -> None:
        if self.loop.output:
            flow_scope(task).propagate({self.loop.output: task.internal_data["vars"][self.loop.output]})


class StandardLoop(Body):
    """Repeats while its condition holds, at most ``maximum`` times; ``test_before`` asks before the first turn too.

    The maximum goes before the condition, so 0 means no turn even if the condition is asked afterwards only: BPMN 2.0, 10.3.8, makes it
    the upper limit of the number of turns, without exception. Camunda 7 and 8 do not execute the marker, so they settle nothing.

    The condition sees what the turn that just ended saw, its ``loopCounter`` included (0 before the first turn).
    """

    def _update_hook(self, my_task: Task) -> bool:
        self.note_entry(my_task)
        my_task.internal_data.update(made=0)
        if self.loop.maximum == 0 or (self.loop.test_before and not self.holds(my_task, loopCounter=0)):
            return True
        my_task._set_state(State.STARTED)
        self.spawn(my_task, {})
        return False

    def holds(self, task: Task, **more: object) -> bool:
        """Whether the condition asks for another turn; without a condition only the maximum ends the loop."""
        return self.loop.condition is None or self.evaluate(task, self.loop.condition, **more) is True

    def collect(self, child: Task) -> None:
        data = above(child).internal_data
        data["again"] = (self.loop.maximum is None or data["made"] < self.loop.maximum) and self.holds(child)

    def child_completed(self, workflow: object, child: Task) -> None:  # noqa: ARG002 - the library calls back with the workflow first
        task = above(child)
        if task.internal_data.pop("again"):
            self.spawn(task, {})
        else:
            make_ready(task)

    def child_terminated(self, task: Task) -> None:
        make_ready(task)
