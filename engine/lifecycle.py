"""The statuses of everything the service keeps in tables, and the only moves between them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.errors import IllegalMove

if TYPE_CHECKING:
    from collections.abc import Mapping

MOVES: Final[Mapping[str, Mapping[str, frozenset[str]]]] = MappingProxyType(
    {
        "process_instance": {"active": frozenset({"completed", "cancelled"}), "completed": frozenset(), "cancelled": frozenset()},
        "user_task": {"created": frozenset({"created", "completed", "cancelled"}), "completed": frozenset(), "cancelled": frozenset()},
        "job": {
            "created": frozenset({"created", "completed", "failed", "error_thrown", "cancelled"}),
            "failed": frozenset({"created", "cancelled"}),
            "error_thrown": frozenset({"created", "cancelled"}),
            "completed": frozenset(),
            "cancelled": frozenset(),
        },
        "timer": {"waiting": frozenset({"waiting", "fired", "cancelled"}), "fired": frozenset(), "cancelled": frozenset()},
        "message_subscription": {
            "waiting": frozenset({"waiting", "correlated", "cancelled"}),
            "correlated": frozenset(),
            "cancelled": frozenset(),
        },
        "incident": {"active": frozenset({"active", "resolved"}), "resolved": frozenset()},
    }
)


def move(kind: str, old: str, new: str) -> str:
    """The new status if the table knows the move.

    Raises:
        IllegalMove: naming both statuses.
    """
    if new not in MOVES[kind].get(old, frozenset()):
        raise IllegalMove(kind, old, new)
    return new
