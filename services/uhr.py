"""The clock of the test mode: one pinned time for every process, kept in the database (decision D13)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.errors import NotPermitted

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from services.bootstrap import App

BERLIN = ZoneInfo("Europe/Berlin")
FRESH_SECONDS = 0.05


class TestmodusClock:
    """System time, or the time pinned in ``testuhr``. Re-read at most every 50 ms, at once in the process that pins."""

    __test__ = False  # not a test class, whatever its name says

    def __init__(self, engine: Engine) -> None:
        self._engine, self._lock = engine, threading.Lock()
        self._read_at = 0.0
        self._pinned: datetime | None = None

    def now(self) -> datetime:
        with self._lock:
            if time.monotonic() - self._read_at > FRESH_SECONDS:
                with self._engine.connect() as connection:
                    self._pinned = connection.execute(text("select zeit from testuhr")).scalar_one_or_none()
                self._read_at = time.monotonic()
            return self._pinned or datetime.now(UTC)

    def today(self) -> date:
        return self.now().astimezone(BERLIN).date()

    @staticmethod
    def unpinned() -> datetime:
        """The system time, whatever is pinned."""
        return datetime.now(UTC)

    def forget(self) -> None:
        """Read again at the next question."""
        with self._lock:
            self._read_at = 0.0


def anmeldezeit(app: App) -> datetime:
    """The time by which log-ins begin and end.

    Who moves the pinned clock of the test mode wants to see what cases do, and to stay logged in: log-ins follow the system time there.
    """
    return app.clock.unpinned() if isinstance(app.clock, TestmodusClock) else app.clock.now()


def pin(app: App, zeit: datetime | None) -> None:
    """Pin the clock of the whole installation, or let it run again (None). Raises NotPermitted outside the test mode."""
    if not app.settings.testmodus or not isinstance(app.clock, TestmodusClock):
        raise NotPermitted("Die Uhr lässt sich nur im Testmodus stellen (ETAPPE_TESTMODUS=1).")
    with app.engine.begin() as connection:
        connection.execute(text("delete from testuhr"))
        if zeit is not None:
            connection.execute(text("insert into testuhr (einzige, zeit) values (true, :z)"), {"z": zeit.astimezone(UTC)})
        connection.execute(text("select pg_notify('timer', '0')"))
    app.clock.forget()
