"""64-bit keys, handed out in blocks of 1,000 so that a command needs no round trip for them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BLOCK = 1000


class KeyAllocator:
    """Thread-safe. Keys of a process that ends are lost, never given twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = self._end = 0

    def take(self, session: Session) -> int:
        with self._lock:
            if self._next == self._end:
                connection = session.connection()
                self._next = connection.exec_driver_sql("select nextval('schluessel')").scalar_one()
                self._end = self._next + BLOCK
            key, self._next = self._next, self._next + 1
            return key
