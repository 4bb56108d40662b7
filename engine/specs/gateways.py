"""Joins and forks. Joins count WAITING tokens per incoming flow and never look at finished tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.specs.base import Element, kill
from engine.spiff import ACTIVE, State, above

if TYPE_CHECKING:
    from engine.instance import Instance, ProcessSpec, Sub
    from engine.specs.facts import ElementFacts
    from engine.spiff import Task


class Join(Element):
    """Tokens arrive and wait; together they go on as one."""

    logged = False

    def waiting(self, workflow: Instance | Sub) -> list[Task]:
        """Tokens that have arrived here."""
        return [t for t in workflow.tasks.values() if t.task_spec is self and t._state == State.WAITING]

    def tokens(self, task: Task) -> list[Task] | None:
        """The tokens to consume now, or None to go on waiting."""
        raise NotImplementedError

    def arrive(self, task: Task) -> None:
        """A token waits here from now on."""
        task._set_state(State.WAITING)
        if self.joins:
            task.workflow.joining[task.id] = task

    def _update_hook(self, my_task: Task) -> bool:
        if my_task._state != State.WAITING:
            self.arrive(my_task)
            if self.joins:
                return False  # decided when nothing else can run
        tokens = self.tokens(my_task)
        if not tokens:
            return False
        for token in tokens:
            if token is not my_task:
                token.cancel()
        self.note_entry(my_task)
        return True


class ParallelJoin(Join):
    """One token per incoming flow; what is over waits for the next turn."""

    def tokens(self, task: Task) -> list[Task] | None:
        first: dict[str, Task] = {}
        for token in self.waiting(task.workflow):
            first.setdefault(above(token).task_spec.name, token)
        return list(first.values()) if set(first) == set(self._inputs) else None


class InclusiveJoin(Join):
    """Fires when no token can still reach an empty incoming flow without crossing this join (BPMN 2.0, 13.4.3)."""

    joins = True

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts) -> None:
        super().__init__(wf_spec, name, facts)
        self.reach: dict[str, set[str]] = {}  # incoming flow -> specs from which it can be reached

    def prepare(self) -> None:
        """Called once by the builder, when all flows are known."""
        for start in self._inputs:
            seen, todo = {start}, [self._wf_spec.task_specs[start]]
            while todo:
                for spec in todo.pop().inputs:
                    if spec.name not in seen and spec is not self:
                        seen.add(spec.name)
                        todo.append(spec)
            self.reach[start] = seen

    def tokens(self, task: Task) -> list[Task] | None:
        waiting = self.waiting(task.workflow)
        full = {above(t).task_spec.name for t in waiting}
        to_full: set[str] = set().union(*(self.reach.get(name, set()) for name in full))
        blocking = set[str]().union(*self.reach.values()) - to_full  # from there only an empty flow can be reached, never this join itself
        for t in task.workflow.tasks.values():
            if t._state & ACTIVE and t.task_spec.name in blocking:
                return None
        return waiting


class EndJoin(Join):
    """Ends a (sub-)process when only listeners are left."""

    joins = True

    def arrive(self, task: Task) -> None:
        """One waiting token is enough: a case of five years must not carry one for every reminder that ever ended."""
        if not self.waiting(task.workflow):
            super().arrive(task)

    def tokens(self, task: Task) -> list[Task] | None:
        for t in task.workflow.tasks.values():
            if t._state & ACTIVE and t.task_spec is not self and not is_scope_listener(t):
                return None
        return self.waiting(task.workflow)

    def _run_hook(self, my_task: Task) -> bool:
        for t in list(my_task.workflow.tasks.values()):
            if is_scope_listener(t):
                kill(t)
        return True


def is_idle_listener(task: Task) -> bool:
    """Of a boundary event or start event of an event sub-process: it has not fired. Its own incident does not make it a token."""
    return bool(task._state & ACTIVE) and "fired" not in task.internal_data


def is_scope_listener(task: Task) -> bool:
    """The start event of an event sub-process that has not fired."""
    return task.task_spec.scope_listener and is_idle_listener(task)


class EventGateway(Element):
    """Forks into catch events; the first that fires kills its siblings."""
