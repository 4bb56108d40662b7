"""Who of the threads of one process works on what: no two of them try the same piece, or pieces of the same family.

Locks in the database decide between processes; without this, two threads of one worker would spend half their time on pieces that the
other has done meanwhile.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator


class Due(NamedTuple):
    """A due timer.

    Attributes:
        key: Of the timer.
        mandant: Whose it is.
        starts: Whether it belongs to a start event: it has no instance yet.
        family: Root of its family; 0 for one that has none yet.
    """

    key: int
    mandant: str
    starts: bool
    family: int = 0

    @property
    def group(self) -> int:
        """What is worked on by one thread, in the order in which it is due."""
        return self.family or self.key


class Vergabe:
    """The due timers that threads of this process have in hand, with their families."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[int] = Counter()  # group -> pieces in hand

    @contextmanager
    def share(self, fetch: Callable[[int], list[Due]], limit: int, tried: Collection[int] = ()) -> Iterator[list[Due]]:
        """At most ``limit`` pieces of families that nobody else here has; they are free again at the end of the block.

        Args:
            fetch: Reads at most so many due pieces, oldest first. It runs under the lock, so what somebody gave back is read as he left it.
            limit: How many are wanted.
            tried: Keys of pieces that are not wanted again now: what cannot be done must not keep back what comes after it.
        """
        with self._lock:
            listed = fetch(limit + self._taken.total() + len(tried))
            mine = [piece for piece in listed if piece.group not in self._taken and piece.key not in tried][:limit]
            groups = Counter(piece.group for piece in mine)
            self._taken += groups
        try:
            yield mine
        finally:
            with self._lock:
                self._taken -= groups
