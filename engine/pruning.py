"""Which rows of the task trees are kept: the state of an instance depends on where it stands, not on how it came there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.spiff import ACTIVE, State

if TYPE_CHECKING:
    from uuid import UUID

    from engine.instance import Instance, Sub
    from engine.spiff import Task

Row = list[object]


def rows_of(workflow: Instance | Sub) -> list[Row]:
    """Open tokens, their parents (a join, a split, a loop body asks for them) and the root; parents first.

    Row: task id, index of the parent row (-1: root), spec name, state, triggered; for tokens also class name, listens, internal data.
    Rows that are dropped between two kept ones are skipped: the child hangs below the nearest kept one.
    """
    keep: set[UUID | None] = {workflow.task_tree.id}
    for task in workflow.tasks.values():
        if task._state & ACTIVE:
            keep |= {task.id, task._parent}
    rows: list[Row] = []
    stack: list[tuple[Task, int]] = [(workflow.task_tree, -1)]
    while stack:
        task, parent = stack.pop()
        if task.id in keep:
            row: Row = [task.id.hex, parent, task.task_spec.name, task._state, int(task.triggered)]
            if task._state & ACTIVE:
                listens = task.task_spec.listener and task._state == State.WAITING
                row += [type(task.task_spec).__name__, int(listens), task.internal_data]
            parent = len(rows)
            rows.append(row)
        stack += [(child, parent) for child in reversed(task.children)]
    return rows
