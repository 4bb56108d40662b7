"""The worker process: fires due timers, delivers messages, and runs the queue of effects.

Any number of workers may run on one database. Every step is a transaction of its own in the tables, so a worker that is
killed loses nothing: its timers are still due, and its jobs are taken over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from procrastinate import PsycopgConnector
from sqlalchemy import text

from services import effekte, logs
from services.bell import Bell
from services.db.provision import libpq
from services.dokumente import rendern  # noqa: F401  registers its job: the queue finds only what this process has imported
from services.prozess import sammel  # noqa: F401  the same
from services.uhr import anmeldezeit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.bootstrap import App

log = logging.getLogger(__name__)

HEARTBEAT, STALLED, SWEEP, POLLING = 4, 12, 2, 1  # seconds; together: take-over after a killed worker in less than 20 s
HEALTH, CLEANING, TIDYING = 60, 60, 3600  # seconds
SHUTDOWN = 5.0  # seconds
CONCURRENT_EFFECTS = 4
BATCH = 50
KEEP_JOBS_DAYS, KEEP_MAILS_DAYS = 7, 90

# Nothing in the queue takes over the jobs of a dead worker. One statement, so two sweepers cannot both start a job.
TAKE_OVER = text("""
    select procrastinate_retry_job_v2(j.id, now(), null, null, null) from (
        select j.id from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id
        where j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - make_interval(secs => :stalled))
        for update of j skip locked) j
""")
FORGET_JOBS = text("""
    delete from procrastinate_jobs j where j.status in ('succeeded', 'cancelled', 'failed') and not exists (
        select from procrastinate_events e where e.job_id = j.id and e.at > now() - make_interval(days => :days))
""")


class Loop(Protocol):
    """One batch of due work."""

    __name__: str

    def __call__(self, app: App, *, limit: int) -> int:
        """Returns how many pieces were taken, at most ``limit``."""


class Worker:
    """The threads of one worker process.

    ``loops`` are functions that take at most ``limit`` pieces of due work and return how many they took; each gets a thread
    of its own. After a full batch it is called again at once, otherwise when the bell rings: what is left then is work that
    failed or that somebody else holds, and must not be tried without a pause.
    """

    def __init__(self, app: App, loops: Sequence[Loop]) -> None:
        self.app = app
        self.loops = list(loops)
        self.conninfo = libpq(app.settings.database_url)
        self.options = "-c search_path=etappe,jobs" + (f" -c role={app.settings.database_role}" if app.settings.database_role else "")
        self.bell = Bell(self.conninfo, app.clock)
        self.stopping = threading.Event()
        self.counts: dict[str, int] = {}
        self.failures = 0
        self.last_health = time.monotonic()
        self.threads: list[threading.Thread] = []
        self._effects: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None

    def start(self) -> None:
        """Start all threads and return."""
        for number, work in enumerate(self.loops):
            self._thread(f"{work.__name__}-{number}", self._loop, work, self.bell.subscribe())
        self._thread("effects", self._run_effects)
        self.bell.every(SWEEP, self.take_over)
        self.bell.every(CLEANING, self.clean)
        self.bell.every(TIDYING, self.tidy)
        self.bell.every(HEALTH, self.health)
        self.bell.start()
        log.info("worker_ready", extra={"count": len(self.threads)})

    def stop(self, patience: float = SHUTDOWN) -> bool:
        """Take no new work and wait for what runs. False if something still ran after ``patience`` seconds."""
        self.stopping.set()
        self.bell.stop()
        if self._effects is not None:
            loop, task = self._effects
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(task.cancel)
        deadline = time.monotonic() + patience
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        left = sum(thread.is_alive() for thread in self.threads)
        log.info("worker_stopped", extra={"count": left})
        return not left

    def take_over(self) -> None:
        """Give jobs of workers without a heartbeat back to the queue."""
        with self.app.engine.begin() as connection:
            count = len(connection.execute(TAKE_OVER, {"stalled": STALLED}).all())
        if count:
            log.warning("jobs_taken_over", extra={"count": count})

    def clean(self) -> None:
        """Delete what has expired: messages, sessions of people."""
        # A clock pinned to the future must not end log-ins; an expired message is never delivered, so it may stay a while.
        until = min(self.app.clock.now(), anmeldezeit(self.app))
        with self.app.engine.begin() as connection:
            connection.execute(text("select abgelaufenes_loeschen(:now)"), {"now": until})

    def tidy(self) -> None:
        """Delete finished jobs and mails that were sent long ago."""
        until = self.app.clock.now() - timedelta(days=KEEP_MAILS_DAYS)
        with self.app.engine.begin() as connection:
            connection.execute(text("select gesendetes_loeschen(:until)"), {"until": until})
            connection.execute(FORGET_JOBS, {"days": KEEP_JOBS_DAYS})

    def health(self) -> None:
        """One line for the operator: alive, how much was done since the last one, how much failed."""
        now = time.monotonic()
        done, failed = sum(self.counts.values()), self.failures
        log.info("worker_alive", extra={"seconds": round(now - self.last_health), "count": done, "failures": failed})
        self.counts.clear()
        self.failures, self.last_health = 0, now

    def _thread(self, name: str, work: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401  passed through to the thread
        thread = threading.Thread(target=work, args=arguments, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _loop(self, work: Loop, rung: threading.Event) -> None:
        while not self.stopping.is_set():
            rung.wait()
            rung.clear()
            try:
                count = BATCH
                while not self.stopping.is_set() and count >= BATCH:
                    count = work(self.app, limit=BATCH)
                    self.counts[work.__name__] = self.counts.get(work.__name__, 0) + count
                    if count >= BATCH:
                        self.bell.ring()  # there is much to do: wake the siblings too
            except Exception as error:  # noqa: BLE001  one of the two places that may: the loop must outlive every fault
                self.failures += 1
                logs.failed(log, "loop_failed", error, loop=work.__name__)
                self.stopping.wait(1)

    def _run_effects(self) -> None:
        """The queue's worker in an event loop of its own; starts anew when the database was away."""
        while not self.stopping.is_set():
            try:
                asyncio.run(self._effects_once())
            except Exception as error:  # noqa: BLE001  as above
                self.failures += 1
                logs.failed(log, "effects_failed", error)
                self.stopping.wait(1)

    async def _effects_once(self) -> None:
        connector = PsycopgConnector(conninfo=self.conninfo, kwargs={"options": self.options}, min_size=1, max_size=CONCURRENT_EFFECTS + 2)
        fetching = effekte.queue.with_connector(connector)
        async with fetching.open_async():
            task = asyncio.ensure_future(fetching.run_worker_async(
                queues=[effekte.QUEUE_NAME], concurrency=CONCURRENT_EFFECTS, fetch_job_polling_interval=POLLING,
                install_signal_handlers=False, update_heartbeat_interval=HEARTBEAT, stalled_worker_timeout=STALLED,
                additional_context={"app": self.app, "mailer": effekte.mailer(self.app.settings)}))
            self._effects = (asyncio.get_running_loop(), task)
            if self.stopping.is_set():  # asked to stop before there was anything to cancel
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
