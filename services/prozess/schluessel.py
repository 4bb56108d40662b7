"""Keys of things that have none of their own in the tables: element instances and variables.

An element instance is a task of the engine (32 hex digits); its key is the first 60 bits. A variable is named by its instance,
its scope and its name: the key holds the instance and a stable digest of the rest, so that it can be looked up again.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HEX = 15                 # digits of a task id that make a key
DIGEST_BITS = 22         # leaves 41 bits for the instance: two billion blocks of keys
DIGEST = 1 << DIGEST_BITS


def element_key(task_id: str) -> int:
    """The key of the element instance with this task id."""
    return int(task_id[:HEX], 16)


def tasks_between(key: int) -> tuple[str, str]:
    """The first and the last task id that a key may stand for; an empty range for what is no such key."""
    if not 0 <= key < 16**HEX:
        return "1", "0"
    start = f"{key:0{HEX}x}"
    return start + "0" * (32 - HEX), start + "f" * (32 - HEX)


def variable_keys(instance: int, names: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Keys of the variables (scope, name) of one instance; two with the same digest are told apart by their order."""
    found: dict[tuple[int, str], int] = {}
    taken: set[int] = set()
    for scope, name in sorted(names):
        number = int.from_bytes(hashlib.sha256(f"{scope}:{name}".encode()).digest()[:8], "big") % DIGEST
        while number in taken:
            number = (number + 1) % DIGEST
        taken.add(number)
        found[scope, name] = (instance << DIGEST_BITS) | number
    return found


def instance_of_variable(key: int) -> int:
    """The instance that a variable's key names."""
    return key >> DIGEST_BITS
