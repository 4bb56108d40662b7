"""Life cycle shared by all elements: entering, leaving, incidents, bounded look-ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from engine.scopes import apply_inputs, apply_outputs, scope_of
from engine.spiff import ACTIVE, OPEN, BpmnTaskSpec, State, above, in_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.instance import Instance, ProcessSpec, Sub
    from engine.specs.facts import ElementFacts
    from engine.spiff import Task



def make_ready(task: Task) -> None:
    """Back to READY and onto the agenda."""
    task._set_state(State.READY)
    task.workflow.top_workflow.agenda.append(task)


def kill(task: Task) -> None:
    """Cancel a task and everything below, leaves first: ``Task.cancel`` drops children without their ``_on_cancel``."""
    for child in task.children:
        kill(child)
    if task._state & OPEN:
        entered = "at" in task.internal_data  # a listener that never fired was not
        task.cancel()
        if entered:
            task.task_spec.log(task, "terminated")


def kill_scope(workflow: Instance | Sub, spare: Sequence[Task] = ()) -> None:
    """Cancel every open task of a (sub-)process except those in ``spare``."""
    keep = {task.id for task in spare}
    for task in in_order(workflow):
        if task._state & OPEN and task.id not in keep:
            kill(task)


def set_incident(task: Task, phase: str, exc: Exception) -> None:
    """Park the task: STARTED is a state the engine never touches and that still counts as a token."""
    task.internal_data["incident"] = {"phase": phase, "type": type(exc).__name__, "message": str(exc)}
    task._set_state(State.STARTED)


class Element(BpmnTaskSpec):
    """Base of every spec. Several specs may belong to one element of the diagram (``X.events``, ``X.flows``, ``X [child]``)."""

    logged = True  # appears in the element log
    joins = False  # looked at again when nothing else can run
    listener = False  # waits next to what it may interrupt
    scope_listener = False  # a listener of a whole (sub-)process
    is_handler = False  # event sub-process: its own level does not catch its errors
    _wf_spec: ProcessSpec

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts) -> None:
        super().__init__(wf_spec, name)
        self.facts, self.ext, self.bpmn_id = facts, facts.ext, facts.id
        self.input_mappings, self.output_mappings = facts.ext.inputs, facts.ext.outputs

    def without_mappings(self) -> None:
        """For specs that only accompany the one that does the work of their element."""
        self.input_mappings = self.output_mappings = ()

    def evaluate(self, task: Task, text: str, **more: object) -> object:
        """An expression in the task's own scope, ``more`` in front of it."""
        view = scope_of(task).view()
        return task.workflow.top_workflow.expressions.value(text, view.new_child(dict(more)))

    def enter(self, task: Task) -> None:
        """Create the local variables."""
        apply_inputs(task, self.input_mappings, task.workflow.top_workflow.compute)

    def leave(self, task: Task) -> None:
        """Write the result and the mapped variables upwards. If that fails, the task keeps its result for the retry."""
        result: Mapping[str, object] = task.internal_data.get("result", {})
        top = task.workflow.top_workflow
        if not self.output_mappings:
            top.make_room(scope_of(task), result, task)
        apply_outputs(task, result, self.output_mappings, top.compute)
        if "index" in task.internal_data:
            above(task).task_spec.collect(task)  # inner instance of a loop body

    def collect(self, child: Task) -> None:
        """An inner instance is leaving; only loop bodies have any."""
        raise NotImplementedError

    def log(self, task: Task, what: Literal["entered", "completed", "terminated"]) -> None:
        """A line for the element log."""
        if self.logged:
            task.workflow.top_workflow.log(what, self.bpmn_id, task)

    # -- SpiffWorkflow life cycle: guarded, and looking ahead no further than to the children of a token ------------------------
    def _predict(self, my_task: Task, **_: object) -> None:  # the library says how far; one step is enough for us
        self._predict_hook(my_task)

    def _update(self, my_task: Task) -> None:
        if not my_task._state & ACTIVE:
            self._predict_hook(my_task)
        try:
            ready = self._update_hook(my_task)
        except Exception as exc:  # noqa: BLE001 - whatever happens while entering becomes an incident of this element
            set_incident(my_task, "enter", exc)
            return
        if ready:
            my_task._ready()

    def _update_hook(self, my_task: Task) -> bool:
        self.note_entry(my_task)
        self.enter(my_task)
        return True

    def note_entry(self, task: Task) -> None:
        """Remember when the element was first entered, by our clock (the library's own time stamp is the system's)."""
        if "at" not in task.internal_data:
            task.internal_data["at"] = task.workflow.top_workflow.now
            self.log(task, "entered")

    def _on_ready(self, my_task: Task) -> None:
        if not self.manual:
            my_task.workflow.top_workflow.agenda.append(my_task)

    def _run(self, my_task: Task) -> bool | None:
        try:
            return self._run_hook(my_task)
        except Exception as exc:  # noqa: BLE001 - whatever happens while running becomes an incident of this element
            set_incident(my_task, "run", exc)
            return None  # stays STARTED

    def _run_hook(self, my_task: Task) -> bool | None:
        self.leave(my_task)
        return True

    def _on_complete_hook(self, my_task: Task) -> None:
        self.log(my_task, "completed")
        self.completed_event.emit(my_task.workflow, my_task)


class Start(Element):
    """Root of every (sub-)process tree: opens one start event and all event sub-processes."""

    logged = False

    def __init__(self, wf_spec: ProcessSpec, name: str, facts: ElementFacts) -> None:
        super().__init__(wf_spec, name, facts)
        self.starts: list[str] = []  # names of the specs of the start events

    def _predict_hook(self, my_task: Task) -> None:
        chosen = my_task.workflow.entry or self.starts[0]
        outputs = [spec for spec in self.outputs if spec.name not in self.starts or spec.name == chosen]
        if chosen not in self._outputs:
            outputs.append(self._wf_spec.task_specs[chosen])
        my_task._sync_children(outputs, State.FUTURE)

    def _run_hook(self, my_task: Task) -> bool:
        for child in my_task.children:  # a way into nested sub-processes, see ``runtime.modify``
            if my_task.workflow.entry_path and child.task_spec.name == my_task.workflow.entry:
                child.internal_data["entry"] = my_task.workflow.entry_path
        return True


class Pass(Element):
    """None events, undefined tasks, exclusive merges, forks."""
