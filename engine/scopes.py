"""Variable scopes as Camunda 8 documents them (docs: components/concepts/variables.md).

A scope is a dict of local variables and its parent. The root scope is the process instance. A sub-process, an event
sub-process, a multi-instance body, each of its inner instances and every activity with input mappings open one.
Tasks never carry data: the locals of an open scope are stored once, in ``task.internal_data['vars']`` of the task that
opened it (the root's in ``Instance.data``).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from engine.spiff import above

if TYPE_CHECKING:
    from engine.instance import Instance, Sub
    from engine.spiff import Task

Variables = dict[str, object]  # JSON values
Mappings = Sequence[tuple[str, str]]  # (target, source expression)
Evaluate = Callable[[str, Mapping[str, object]], object]


class Scope:
    """A view on one scope and its ancestors; writes go straight to the dicts they belong to."""

    __slots__ = ("local", "parent")

    def __init__(self, local: Variables, parent: Scope | None = None) -> None:
        self.local, self.parent = local, parent

    def chain(self) -> Iterator[Scope]:
        """This scope, then outwards to the root."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def view(self) -> ChainMap[str, object]:
        """What an expression sees: nearest scope first, so a local covers a variable of the same name."""
        return ChainMap(*[scope.local for scope in self.chain()])

    def visible(self) -> Variables:
        """A copy of everything that is seen from here."""
        return dict(self.view())

    def owner(self, name: str) -> Scope:
        """The nearest scope that has the variable, else the root."""
        scope = self
        while name not in scope.local and scope.parent is not None:
            scope = scope.parent
        return scope

    def propagate(self, variables: Mapping[str, object]) -> None:
        """Merge variables upwards: update where the name exists, else create it at the root."""
        for name, value in variables.items():
            self.owner(name).local[name] = value

    def propagate_path(self, target: str, value: object) -> None:
        """Output mapping: a target ``a.b`` changes only that leaf of an existing variable."""
        name = target.partition(".")[0]
        write(self.owner(name).local, target, value)


def write(local: Variables, target: str, value: object) -> None:
    """Set ``a`` or the leaf ``a.b.c`` of a dict of variables."""
    name, _, rest = target.partition(".")
    local[name] = put(local.get(name), rest, value) if rest else value


def put(old: object, path: str, value: object) -> Variables:
    """Copy of ``old`` with the leaf at ``path`` replaced; never changes a value that another scope may hold."""
    name, _, rest = path.partition(".")
    new = dict(old) if isinstance(old, dict) else {}
    new[name] = put(new.get(name), rest, value) if rest else value
    return new


def scope_of(task: Task) -> Scope:
    """The scope in which this task's own expressions run: its locals, if it has any, then its flow scope."""
    local = task.internal_data.get("vars")
    return flow_scope(task) if local is None else Scope(local, flow_scope(task))


def flow_scope(task: Task) -> Scope:
    """The scope around a task: the multi-instance body, the (event) sub-process, or the process instance."""
    if "index" in task.internal_data:  # inner instance: its body is the parent in the tree
        return scope_of(above(task))
    return container_scope(task.workflow)


def container_scope(workflow: Instance | Sub) -> Scope:
    """The scope of a running (sub-)process."""
    host = workflow.host
    return Scope(workflow.data) if host is None else scope_of(host)


def open_scope(task: Task, variables: Variables | None = None) -> Scope:
    """Give the task local variables of its own."""
    task.internal_data.setdefault("vars", {}).update(variables or {})
    return scope_of(task)


def apply_inputs(task: Task, mappings: Mappings, evaluate: Evaluate) -> None:
    """Input mappings create local variables, in order; each sees the targets before it."""
    for target, source in mappings:
        value = evaluate(source, scope_of(task).view())
        write(task.internal_data.setdefault("vars", {}), target, value)


def apply_outputs(task: Task, result: Mapping[str, object], mappings: Mappings, evaluate: Evaluate) -> None:
    """What leaving does: with output mappings only those, else the whole result, merged upwards.

    With mappings the result is set as locals first and the mapped values go to the parent scope; without, the merge starts
    at the task's own scope. An inner multi-instance activity writes to its own scope, where the output element lives.
    """
    if not mappings:
        scope_of(task).propagate(result)
        return
    local = {**task.internal_data.get("vars", {}), **result}
    inside, mapped = Scope(local, flow_scope(task)), []
    for target, source in mappings:
        value = evaluate(source, inside.view())
        mapped.append((target, value))
        write(local, target, value)
    outside = scope_of(task) if "index" in task.internal_data else flow_scope(task)
    for target, value in mapped:
        outside.propagate_path(target, value)
