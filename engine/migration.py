"""Moving a running instance to another definition, on its stored rows. Pure, hence a dry run is the same call.

Called instances keep their own version. Timers that the new model adds count from the entry of the element or scope they watch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.spiff import FINISHED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalogue import Definition
    from engine.instance import ProcessSpec
    from engine.state import Stored

Rows = list[list[Any]]


def migrate_rows(stored: Stored, new: Definition, mapping: Mapping[str, str]) -> tuple[Stored, list[str]]:
    """The stored state for another definition, and the problems that forbid it (German).

    Args:
        stored: in the newest format, see ``engine.state``.
        new: where to.
        mapping: old element id to new element id; missing means the same id.
    """
    problems: list[str] = []

    def renamed(name: str) -> str:  # derived specs (X.events, X.flows, X [child]) follow their element
        base, dot, tail = name.partition(".")
        base, space, child = base.partition(" ")
        return mapping.get(base, base) + space + child + dot + tail

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
            result.append([task_id, index.get(parent, 0) if parent >= 0 else -1, target.name, status, triggered, *more])
        return result

    state = stored | {"def": new.key, "rows": move(stored["rows"], new.specs[new.key]), "subs": []}
    for host, path, rows in stored["subs"]:
        if moved(path) in new.specs:
            state["subs"].append([host, moved(path), move(rows, new.specs[moved(path)])])
        else:
            problems.append(f"Für den Teilprozess „{path.rpartition('/')[2]}“ gibt es in der neuen Fassung kein Ziel.")
    return state, problems
