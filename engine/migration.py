"""Moving a running instance to another definition, on its stored rows. Pure, hence a dry run is the same call.

Called instances keep their own version. Timers that the new model adds count from the entry of the element or scope they watch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from engine import state as codec
from engine.dialect.names import DERIVED, RENAMED
from engine.limits import DEFAULT_LIMITS, Limits
from engine.specs.base import set_incident
from engine.specs.people import UserTask
from engine.spiff import FINISHED
from engine.step import Step
from engine.turn import finish_step
from engine.waiting import open_things

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from engine.catalogue import Definition
    from engine.instance import Instance, ProcessSpec
    from engine.ports import Evaluator
    from engine.state import Stored

Rows = list[list[Any]]

ELEMENTS: Final = {name: element for element, name in RENAMED.items()}


def migrate(
    data: bytes,
    old: Definition,
    new: Definition,
    mapping: Mapping[str, str],
    expressions: Evaluator,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
    *,
    recompute: Collection[str] = (),
) -> tuple[Instance | None, Step]:
    """Another version of the definition. With problems nothing changes: ``(None, Step(problems=...))``.

    The step lists every open user task again, because name and form may differ in the new model. A timer keeps its due time, unless
    ``recompute`` names its element. The deadline of a user task is what it would be if it had begun in the new model; whether it takes the
    place of the old one is up to the caller.

    Args:
        data: stored state.
        old: definition of the state.
        new: where to.
        mapping: old element id to new element id; missing means the same id.
        expressions: evaluator of the instance.
        now: aware time of the command.
        limits: budgets.
        recompute: elements of the new model whose timer counts anew, from when what it watches was entered.

    Raises:
        UnknownStateFormat: The state was written by a release we do not know.
        StateDamaged: The state cannot be read.
    """
    stored = codec.unpack(data)
    before = open_things(codec.load(data, old, expressions, now, limits))
    moved, problems = migrate_rows(stored, new, mapping)
    if problems:
        return None, Step(instance=stored["key"], at=now, problems=tuple(problems))
    instance = codec.restore(moved, new, expressions, now.timestamp(), limits)
    instance.size = len(data)
    instance.reconcile()
    problems = instance.restart_timers(recompute)
    if problems:
        return None, Step(instance=stored["key"], at=now, problems=tuple(problems))
    for key in open_things(instance)["user_tasks"]:
        describe_again(instance, key)
        before["user_tasks"][key] = None  # differs from everything, so the step lists it
    return instance, finish_step(instance, before)


def describe_again(instance: Instance, key: str) -> None:
    """Evaluate the facts of a user task in the new model, as when it was entered; if that fails, the task has an incident."""
    task = instance.find(UUID(key))
    assert task is not None
    spec = task.task_spec
    assert isinstance(spec, UserTask)
    now = instance.now
    instance.now = task.internal_data.get("at", now)
    try:
        instance.described[task.id] = spec.describe(task)
    except Exception as exc:  # noqa: BLE001 - as when entering: the element has an incident, the others go on
        set_incident(task, "enter", exc)
    finally:
        instance.now = now


def migrate_rows(stored: Stored, new: Definition, mapping: Mapping[str, str]) -> tuple[Stored, list[str]]:
    """The stored state for another definition, and the problems that forbid it (German).

    Args:
        stored: in the newest format, see ``engine.state``.
        new: where to.
        mapping: old element id to new element id; missing means the same id.
    """
    problems: list[str] = []

    def renamed(name: str) -> str:  # derived specs (X.events, X.flows, X [child]) follow their element
        if name in RENAMED:
            return name  # a node of ours, not the element that is called so
        tail = next((end for end in DERIVED if name.endswith(end)), "")
        base, space, child = name.removesuffix(tail).partition(" ")
        element = ELEMENTS.get(base, base)
        target = mapping.get(element, element)
        return RENAMED.get(target, target) + space + child + tail

    def moved(path: str) -> str:
        inside = path.removeprefix(str(stored["def"])).split("/")[1:]
        return "/".join([new.key] + [mapping.get(part, part) for part in inside])

    def move(rows: Rows, spec: ProcessSpec) -> Rows:
        index: dict[int, int] = {}
        result: Rows = []
        for number, (task_id, parent, name, status, triggered, *more) in enumerate(rows):
            target = spec.task_specs.get(renamed(name))
            if target is None and more and more[1]:
                continue  # a listener that no longer exists
            if target is None and status & FINISHED:
                target = spec.start  # a finished parent only holds its children
            if target is None:
                problems.append(f"Für „{name}“ gibt es in der neuen Fassung kein Ziel.")
                continue
            if more and type(target).__name__ != more[0]:
                problems.append(f"„{name}“ ({more[0]}) kann nicht zu „{target.name}“ ({type(target).__name__}) werden.")
            index[number] = len(result)
            result.append([task_id, index.get(parent) if number else parent, target.name, status, triggered, *more])
        return result

    state = stored | {"def": new.key, "rows": move(stored["rows"], new.specs[new.key]), "subs": []}
    for host, path, rows in stored["subs"]:
        if moved(path) in new.specs:
            state["subs"].append([host, moved(path), move(rows, new.specs[moved(path)])])
        else:
            problems.append(f"Für den Teilprozess „{path.rpartition('/')[2]}“ gibt es in der neuen Fassung kein Ziel.")
    return state, problems
