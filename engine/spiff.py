"""The only door to SpiffWorkflow, with types for exactly the part of it we rely on.

Used: the task tree (``Task``), the base of task specs, the two spec containers and the two workflow classes. Not used: its
parser, stock specs, event manager, timers, serializer and script engine. The names below, private ones included, are pinned
by ``tests/house/test_contract_spiffworkflow.py``.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from engine.instance import Instance, Sub
    from engine.specs.base import Element

    class Signal:
        """Callbacks of an event of the library."""

        def connect(self, callback: Callable[..., None], *args: object) -> None: ...
        def emit(self, *args: object) -> None: ...

    class Task:
        """A node of the tree: one visit of one spec."""

        id: UUID
        workflow: Instance | Sub
        task_spec: Element
        triggered: bool
        internal_data: dict[str, Any]
        data: dict[str, object]
        last_state_change: float
        _parent: UUID | None
        _children: list[UUID]
        _state: int
        parent: Task | None
        children: list[Task]

        def __init__(self, workflow: Instance | Sub, task_spec: Element, parent: Task | None, state: int, id: UUID) -> None: ...  # noqa: A002 - the library's name
        def run(self) -> bool | None: ...
        def cancel(self) -> None: ...
        def has_state(self, state: int) -> bool: ...
        def _ready(self) -> None: ...
        def _set_state(self, value: int) -> None: ...
        def _add_child(self, task_spec: Element, state: int) -> Task: ...
        def _sync_children(self, task_specs: list[Element], state: int) -> None: ...

    class WorkflowSpec:
        """A named set of task specs."""

        name: str
        task_specs: dict[str, Element]

        def __init__(self, name: str) -> None: ...

    class BpmnProcessSpec(WorkflowSpec):
        """Adds what the workflow classes ask for."""

        bpmn_start_events: list[Element]
        data_objects: dict[str, object]
        data_stores: dict[str, object]
        correlation_keys: dict[str, object]
        io_specification: object

    class BpmnTaskSpec:
        """Base of all task specs."""

        name: str
        manual: bool
        completed_event: Signal
        bpmn_id: str
        inputs: list[Element]
        outputs: list[Element]
        _inputs: list[str]
        _outputs: list[str]

        def __init__(self, wf_spec: WorkflowSpec, name: str) -> None: ...
        def connect(self, taskspec: Element) -> None: ...
        def _predict_hook(self, my_task: Task) -> None: ...
        def _on_cancel(self, my_task: Task) -> None: ...

    class BpmnWorkflow:
        """A running process."""

        spec: Any
        data: dict[str, object]
        tasks: dict[UUID, Task]
        task_tree: Task
        completed: bool
        success: bool
        completed_event: Signal
        subprocess_specs: Any
        subprocesses: dict[UUID, Any]
        top_workflow: Instance

        def __init__(self, spec: WorkflowSpec, subprocess_specs: object, script_engine: object, *, deserializing: bool = False) -> None: ...
        def _mark_complete(self, task: Task) -> None: ...
        def _remove_task(self, task_id: UUID) -> None: ...

    class BpmnSubWorkflow:
        """A running sub-process of a process."""

        spec: Any
        data: dict[str, object]
        tasks: dict[UUID, Task]
        task_tree: Task
        completed: bool
        success: bool
        completed_event: Signal
        top_workflow: Instance

        def __init__(self, spec: WorkflowSpec, parent_task_id: UUID, top_workflow: Instance, *, deserializing: bool = False) -> None: ...
        def _mark_complete(self, task: Task) -> None: ...
        def _remove_task(self, task_id: UUID) -> None: ...

    class State:
        """States of a task; masks are sums."""

        MAYBE: Final = 1
        FUTURE: Final = 4
        WAITING: Final = 8
        READY: Final = 16
        STARTED: Final = 32
        COMPLETED: Final = 64
        CANCELLED: Final = 256
        FINISHED_MASK: Final = 448
        PREDICTED_MASK: Final = 3
        NOT_FINISHED_MASK: Final = 63

else:
    from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
    from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
    from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
    from SpiffWorkflow.task import Task
    from SpiffWorkflow.util.task import TaskState as State

    # Every change of a task's state is an INFO record there, with a list of all tasks at the start of a workflow.
    for _name in ("spiff.task", "spiff.workflow"):
        logging.getLogger(_name).setLevel(logging.WARNING)

ACTIVE: Final = State.WAITING | State.READY | State.STARTED  # a token
OPEN: Final = State.NOT_FINISHED_MASK
FINISHED: Final = State.FINISHED_MASK


def above(task: Task) -> Task:
    """The parent of a task that has one: every task but the root of a tree."""
    parent = task.parent
    assert parent is not None
    return parent


def in_order(workflow: Instance | Sub) -> list[Task]:
    """All tasks of a tree, parents first, siblings as they began: the same before and after the state was stored."""
    found, stack = [], [workflow.task_tree]
    while stack:
        task = stack.pop()
        found.append(task)
        stack += reversed(task.children)
    return found


def active(tasks: Iterable[Task]) -> list[Task]:
    """The tokens among ``tasks``."""
    return [task for task in tasks if task._state & ACTIVE]


__all__ = [
    "ACTIVE",
    "FINISHED",
    "OPEN",
    "BpmnProcessSpec",
    "BpmnSubWorkflow",
    "BpmnTaskSpec",
    "BpmnWorkflow",
    "State",
    "Task",
    "WorkflowSpec",
    "above",
    "active",
    "in_order",
]
