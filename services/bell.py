"""Rings when something may be due: every second, and at once when a transaction announces a timer or a message.

The truth is in the tables; a ring too many or a lost one costs at most a second (decision D9).
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]  # ships no types

from services import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.clock import Clock

log = logging.getLogger(__name__)

TICK_SECONDS = 1
SOON_SECONDS = 1.5  # what is due later is found by a tick
CHANNELS = ("timer", "nachricht")


class Bell:
    """Wakes the loops of this process. ``conninfo`` is libpq's; the connection is its own, because it waits all the time."""

    def __init__(self, conninfo: str, clock: Clock) -> None:
        self.conninfo, self.clock = conninfo, clock
        self.events: list[threading.Event] = []
        self.stopped = threading.Event()
        # Late runs are never dropped (misfire_grace_time), a stall rings once (coalesce).
        self.scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
        self.scheduler.add_job(self.ring, "interval", seconds=TICK_SECONDS)
        self.listener = threading.Thread(target=self._listen, name="bell", daemon=True)

    def subscribe(self) -> threading.Event:
        """An event that every ring sets; the loop clears it."""
        event = threading.Event()
        self.events.append(event)
        return event

    def every(self, seconds: float, work: Callable[[], None]) -> None:
        """Run ``work`` regularly; an exception is logged and the next run tries again."""
        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001  the next tick tries again
                logs.failed(log, "tick_failed", error, task=work.__name__)

        self.scheduler.add_job(guarded, "interval", seconds=seconds)

    def start(self) -> None:
        self.scheduler.start()
        self.listener.start()

    def stop(self) -> None:
        """Stop ringing by itself; a last ring lets the loops see that they are to end. May be called again."""
        if not self.stopped.is_set():
            self.stopped.set()
            self.scheduler.shutdown(wait=False)
        self.ring()

    def ring(self) -> None:
        for event in self.events:
            event.set()

    def announce(self, payload: str) -> None:
        """React to a notification: its payload is the due time in epoch seconds, or empty for "now"."""
        try:
            wait = float(payload) - self.clock.now().timestamp()
        except ValueError:
            wait = 0
        if wait <= 0:
            self.ring()
        elif wait < SOON_SECONDS:
            # The scheduler runs on real time, whatever the application's clock says.
            self.scheduler.add_job(self.ring, "date", run_date=datetime.now(UTC) + timedelta(seconds=wait))

    def _listen(self) -> None:
        pause = 0.2
        while not self.stopped.is_set():
            try:
                with psycopg.connect(self.conninfo, autocommit=True, connect_timeout=5) as connection:
                    for channel in CHANNELS:
                        connection.execute(f"listen {channel}".encode())
                    pause = 0.2
                    self.ring()  # whatever happened while nobody listened
                    while not self.stopped.is_set():
                        for note in connection.notifies(timeout=1):
                            self.announce(note.payload)
            except psycopg.Error:
                log.warning("bell_reconnects", extra={"seconds": pause})
                self.stopped.wait(pause)
                pause = min(pause * 2, 5)
