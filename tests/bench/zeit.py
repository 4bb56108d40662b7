"""Timers with a real worker process: lateness when idle, 1,000 due in one second, and 1,000,000 that only wait."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from services import bootstrap
from services.prozess import instances

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.bootstrap import App

ROOT = Path(__file__).parents[2]
SINGLE, CROWD, WAITING = 40, 1000, 1_000_000


@contextlib.contextmanager
def worker(bench: Any) -> Iterator[None]:
    """A worker as in operation."""
    environment = {**os.environ, "DATABASE_URL": bench.owner, "ETAPPE_APP_DATABASE_URL": bench.settings.database_url,
                   "ETAPPE_DATA_DIR": str(bench.settings.data_dir)}
    process = subprocess.Popen([sys.executable, "-m", "web.cli", "worker"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(3)
        assert process.poll() is None, "the worker did not start"
        yield
    finally:
        process.terminate()
        process.wait(15)


def begin(app: App, me: Any, due: datetime) -> int:
    return instances.start(app, me, process_id="warten", variables={"faellig": due.isoformat()}).key


def lateness(owner: str, keys: list[int], patience: float) -> list[float]:
    """Seconds between due and fired, once all have fired. Raises TimeoutError."""
    deadline = time.monotonic() + patience
    with psycopg.connect(owner, autocommit=True) as connection:
        while time.monotonic() < deadline:
            rows = connection.execute("select extract(epoch from ended - due) from etappe.timer where instance_key = any(%s) and status = 1", (keys,)).fetchall()
            if len(rows) == len(keys):
                return [float(row[0]) for row in rows]
            time.sleep(0.2)
    raise TimeoutError(f"{len(rows)} of {len(keys)} timers fired within {patience} s")


def singles(app: App, me: Any, owner: str) -> list[float]:
    """Timers a quarter of a second apart, set while nothing else happens."""
    start = datetime.now(UTC) + timedelta(seconds=4)
    keys = [begin(app, me, start + timedelta(seconds=0.25 * n)) for n in range(SINGLE)]
    return sorted(lateness(owner, keys, 60))


def crowd(app: App, me: Any, owner: str) -> float:
    """Seconds from the first due time until the last of 1,000, due within one second, has fired."""
    begun = time.monotonic()
    for _ in range(20):
        begin(app, me, datetime.now(UTC) + timedelta(days=900))
    room = (time.monotonic() - begun) / 20 * CROWD * 1.5 + 5  # all must be set before the first is due
    due = datetime.now(UTC) + timedelta(seconds=room)
    keys = [begin(app, me, due + timedelta(seconds=n / CROWD)) for n in range(CROWD)]
    assert datetime.now(UTC) < due, "the machine was too slow to set the timers in time"
    lateness(owner, keys, room + 120)
    with psycopg.connect(owner) as connection:
        row = connection.execute("select extract(epoch from max(ended) - min(due)) from etappe.timer where instance_key = any(%s)", (keys,)).fetchone()
    assert row is not None
    return float(row[0])


FILL = """
    insert into etappe.timer (key, mandant, instance_key, root_key, definition_key, task_id, element_id, due, status)
    select %(base)s + i, 'bench', %(instance)s, %(instance)s, %(definition)s, 'fill' || i, 'frist', now() + make_interval(hours => 24 + i %% 9000), 0
    from generate_series(1, %(n)s) i
"""


def measure(bench: Any, me: Any) -> dict[str, float]:
    """All three, and how the first changes with a million waiting timers."""
    app = bootstrap.build(bench.settings)
    with worker(bench):
        idle = singles(app, me, bench.owner)
        many = crowd(app, me, bench.owner)
        one = begin(app, me, datetime.now(UTC) + timedelta(days=900))
        with psycopg.connect(bench.owner, autocommit=True) as connection:
            row = connection.execute("select definition_key from etappe.process_instance where key = %s", (one,)).fetchone()
            assert row is not None
            connection.execute(FILL, {"base": 5 * 10**12, "instance": one, "definition": row[0], "n": WAITING})
            connection.execute("vacuum analyze etappe.timer")
        full = singles(app, me, bench.owner)
        crowded = crowd(app, me, bench.owner)
        with psycopg.connect(bench.owner, autocommit=True) as connection:
            connection.execute("delete from etappe.timer where key > %s", (5 * 10**12,))
    app.close()
    return {"timer_late_p50_s": statistics.median(idle), "timer_late_p99_s": idle[-1], "timer_1000_s": many,
            "timer_late_p99_million_s": full[-1], "timer_1000_million_s": crowded, "timer_million_ratio": crowded / many}
