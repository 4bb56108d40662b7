"""Who of the threads of one process works on what: no two of them try the same piece.

Locks in the database decide between processes; without this, two threads of one worker would spend half their time on pieces that the
other has done meanwhile.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Due(NamedTuple):
    """A due timer.

    Attributes:
        key: Of the timer.
        mandant: Whose it is.
        starts: Whether it belongs to a start event: it has no instance yet.
    """

    key: int
    mandant: str
    starts: bool


class Vergabe:
    """The due timers that threads of this process have in hand."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[int] = set()

    @contextmanager
    def share(self, fetch: Callable[[int], list[Due]], limit: int) -> Iterator[list[Due]]:
        """At most ``limit`` pieces that nobody else here has; they are free again at the end of the block.

        Args:
            fetch: Reads at most so many due pieces, oldest first. It runs under the lock, so what somebody gave back is read as he left it.
            limit: How many are wanted.
        """
        with self._lock:
            mine = [piece for piece in fetch(limit + len(self._taken)) if piece.key not in self._taken][:limit]
            keys = {piece.key for piece in mine}
            self._taken |= keys
        try:
            yield mine
        finally:
            with self._lock:
                self._taken -= keys
