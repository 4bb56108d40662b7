"""Moving tokens by hand: what ``runtime.modify`` does with one element or one token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import Rejected
from engine.specs.base import kill
from engine.specs.containers import SubProcess
from engine.specs.events import Split, stop_listening
from engine.specs.gateways import is_scope_listener
from engine.specs.loops import Body
from engine.spiff import State, above, active

if TYPE_CHECKING:
    from engine.instance import Instance, Sub
    from engine.spiff import Task


def terminate_task(instance: Instance, task: Task) -> None:
    """End a token by hand: its boundary events go with it, a loop goes on with the next turn, an empty scope ends."""
    parent, spec = above(task), above(task).task_spec
    kill(task)
    if "index" in task.internal_data:
        assert isinstance(spec, Body)
        spec.child_terminated(parent)
    elif isinstance(spec, Split):
        stop_listening(parent)
    end_if_empty(instance, task.workflow)


def activate_element(instance: Instance, element: str) -> None:
    """A new token at ``element``; the sub-processes around it that do not run are entered on the way. Raises Rejected."""
    key = next((k for k, spec in instance.definition.specs.items() if element in spec.entries), None)
    if key is None:
        raise Rejected(f"{element} is no element that a token can enter")
    path = [instance.definition.specs[key].entries[element].name]
    while True:
        tree = next((w for w in reversed(instance.running()) if w.spec.name == key), None)
        if tree is not None:
            break
        key, _, host = key.rpartition("/")
        outer = instance.definition.specs[key]
        if host not in outer.entries or not leads_into(outer.entries[host]):
            raise Rejected(f"{element} lies in {host}, which runs only when its own event or loop starts it")
        path.insert(0, outer.entries[host].name)
    child = tree.task_tree._add_child(tree.spec.task_specs[path[0]], State.FUTURE)
    if path[1:]:
        child.internal_data["entry"] = path[1:]
    child.task_spec._update(child)


def leads_into(spec: object) -> bool:
    """Whether a token that enters here comes into a plain sub-process."""
    if isinstance(spec, Split):
        spec = spec._wf_spec.task_specs[spec.main]
    return isinstance(spec, SubProcess)


def end_if_empty(instance: Instance, workflow: Instance | Sub) -> None:
    """A scope in which only listeners are left has come to its end."""
    if any(not is_scope_listener(t) for t in active(workflow.tasks.values())):
        return
    if workflow.host is None:
        instance.outcome = "cancelled"
    else:
        terminate_task(instance, workflow.host)
