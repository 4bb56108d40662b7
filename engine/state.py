"""The stored state of an instance: compact JSON text as bytes, a format number, and an ordered list of upgrades.

No specs (they are looked up by the definition's key), no task data: the variables of the process once, those of every other open
scope once, in the row of the task that opened it. Key order of variables is kept. An ended instance has no state.

Shape: ``{f, key, def, parent, started, vars, rows, subs, sum}`` with ``rows`` as in ``engine.pruning`` and ``subs`` a list of
``[host task, key of the specs, rows]``. ``sum`` is the CRC-32 of everything before it, always the last member, eight hex digits: a row
with another value in it may still look like a state, and what comes of it would show much later. Format 1 had no ``sum``.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from engine.errors import StateDamaged, UnknownStateFormat
from engine.instance import Instance
from engine.limits import DEFAULT_LIMITS, Limits
from engine.pruning import rows_of
from engine.specs.containers import SubProcess
from engine.specs.events import Catch
from engine.spiff import ACTIVE, Task

if TYPE_CHECKING:
    from datetime import datetime

    from engine.catalogue import Definition
    from engine.instance import Sub
    from engine.ports import Evaluator

Stored = dict[str, Any]  # the JSON object; its shape is fixed by the format number
Upgrade = Callable[[Stored], Stored]



def checked_from_now_on(stored: Stored) -> Stored:
    """Format 1 to 2: only the checksum came in."""
    return stored | {"f": 2}


UPGRADES: Final[tuple[Upgrade, ...]] = (checked_from_now_on,)  # entry n leads from format n + 1 to n + 2; each has a frozen fixture
FORMAT: Final = len(UPGRADES) + 1
CHECKED: Final = 2  # from this format on there is a checksum
SUM: Final = re.compile(rb'(.*),"sum":"([0-9a-f]{8})"\}', re.DOTALL)
ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)


def dump(instance: Instance) -> bytes:
    """Everything needed to go on with a running instance."""
    return pack(
        {
            "f": FORMAT,
            "key": instance.key,
            "def": instance.definition.key,
            "parent": instance.parent,
            "started": instance.started,
            "vars": instance.data,
            "rows": rows_of(instance),
            "subs": [[host.hex, sub.spec.name, rows_of(sub)] for host, sub in instance.subprocesses.items() if not sub.completed],
        }
    )


def pack(stored: Stored) -> bytes:
    """JSON text without blanks, with its checksum as the last member. ``stored`` is not empty."""
    body = ENCODER.encode(stored).encode()[:-1]
    return body + b',"sum":"%08x"}' % zlib.crc32(body)


def unpack(data: bytes) -> Stored:
    """The stored object in the newest format, without its checksum. Raises UnknownStateFormat and StateDamaged."""
    summed = SUM.fullmatch(data)
    if summed and zlib.crc32(summed[1]) != int(summed[2], 16):
        raise StateDamaged("its checksum is another one")
    try:
        stored: Stored = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise StateDamaged("it is not JSON") from exc
    if not isinstance(stored, dict):
        raise StateDamaged("it is not an object")
    found = stored.get("f")
    if not isinstance(found, int) or not 1 <= found <= FORMAT:
        raise UnknownStateFormat(found)
    if (found >= CHECKED) != (stored.pop("sum", None) is not None and summed is not None):
        raise StateDamaged("its checksum is missing" if found >= CHECKED else "its format knows no checksum")
    for upgrade in UPGRADES[found - 1 :]:
        stored = upgrade(stored)
    return stored


def definition_key(data: bytes) -> str:
    """Which definition ``load`` needs. Raises as ``unpack``."""
    found = unpack(data).get("def")
    if not isinstance(found, str):
        raise StateDamaged("it names no definition")
    return found


def load(data: bytes, definition: Definition, expressions: Evaluator, now: datetime, limits: Limits = DEFAULT_LIMITS) -> Instance:
    """The instance as it was when dumped. Raises UnknownStateFormat and StateDamaged."""
    stored = unpack(data)
    try:
        instance = restore(stored, definition, expressions, now.timestamp(), limits)
    except Exception as exc:  # whatever rows of another shape end in: one sentence says that they cannot be used
        raise StateDamaged(f"{type(exc).__name__}: {exc}"[:300]) from exc
    instance.size = len(data)
    return instance


def restore(stored: Stored, definition: Definition, expressions: Evaluator, now: float, limits: Limits = DEFAULT_LIMITS) -> Instance:
    """Rows to tasks; look-ahead below the tokens is grown again."""
    parent = stored["parent"]
    top = Instance(
        definition,
        expressions,
        now,
        key=stored["key"],
        parent=None if parent is None else (parent[0], parent[1]),
        variables=stored["vars"],
        limits=limits,
        deserializing=True,
    )
    top.started = stored["started"]
    tasks = fill(top, stored["rows"])
    waiting = {host: (name, rows) for host, name, rows in stored["subs"]}
    for task in tasks:  # grows while we walk: nested sub-processes
        if task.id.hex in waiting:
            name, rows = waiting.pop(task.id.hex)
            sub = top.create_subprocess(task, name, deserializing=True)
            spec = task.task_spec
            assert isinstance(spec, SubProcess)
            sub.completed_event.connect(spec.finished, task)
            tasks += fill(sub, rows)
    for host, _, _ in stored["subs"]:  # in the order in which they began, as in memory
        key = UUID(hex=host)
        top.subprocesses[key] = top.subprocesses.pop(key)
    for task in tasks:
        if task._state & ACTIVE:
            task.task_spec._predict_hook(task)
            if task.task_spec.joins:
                task.workflow.joining[task.id] = task
            elif isinstance(task.task_spec, Catch):
                task.task_spec.listen_again(task)
    return top


def fill(workflow: Instance | Sub, rows: Sequence[Sequence[Any]]) -> list[Task]:
    """Rows to the tasks of one tree; the first row is the root."""
    made: list[Task] = []
    for task_id, parent, name, state, triggered, *more in rows:
        task = Task(workflow, workflow.spec.task_specs[name], made[parent] if parent >= 0 else None, state, UUID(int=int(task_id, 16)))
        task.triggered = bool(triggered)
        if more:
            task.internal_data = more[2]
        made.append(task)
    workflow.task_tree = made[0]
    return made
