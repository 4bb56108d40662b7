"""The worker's threads: ring, take over, retry, stop."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from services import effekte, worker
from services.bell import Bell
from services.context import system_actor
from services.db.provision import libpq
from services.unit_of_work import transact
from services.worker import BATCH, Worker
from tests.platform.smtp_server import smtp_server

MOERS = system_actor("moers")
ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


def until(condition, what: str) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE, what
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def app(app, tmp_path):
    """The worker connects by itself, so it needs the address."""
    app.settings = replace(app.settings, data_dir=tmp_path, database_url=app.engine.url.render_as_string(hide_password=False))
    return app


@pytest.fixture
def run(app):
    """Starts workers and stops them at the end."""
    started = []

    def start(*loops, **settings) -> Worker:
        app.settings = replace(app.settings, **settings)
        made = Worker(app, loops)
        made.start()
        started.append(made)
        return made

    yield start
    ended = [made.stop() for made in started]
    assert all(ended)


def request(app, key: str) -> None:
    transact(app, MOERS, lambda uow: effekte.defer_mail(
        uow.session, mandant="moers", key=key, an="amt@kommune.example", vorlage="hinweis", daten={"anlass": "x", "aktenzeichen": "KIM-1"}))


def status(app, key: str) -> str:
    with app.sessions(info={"mandant": "moers"}) as session:
        return session.execute(text("select status from mail_auftrag where key = :k"), {"k": key}).scalar_one()


def test_committed_mail_is_delivered_as_a_file(app, run, tmp_path) -> None:
    run()

    request(app, "k1")

    seconds = until(lambda: status(app, "k1") == "gesendet", "delivery")
    assert seconds < 5
    (file,) = (tmp_path / "mail").glob("*.eml")
    assert b"KIM-1" in file.read_bytes()


def test_failed_delivery_is_tried_again(app, run, monkeypatch) -> None:
    monkeypatch.setattr(effekte.RETRY, "exponential_wait", 1)
    with smtp_server("busy") as server:
        run(smtp_url=server.url)
        request(app, "k1")
        with app.engine.connect() as connection:
            until(lambda: connection.execute(text("select attempts from procrastinate_jobs")).scalar_one() >= 1, "the first attempt")

        server.behaviour = "takes"

        until(lambda: status(app, "k1") == "gesendet", "the second attempt")
        assert len(server.received) == 1


def test_job_of_a_dead_worker_is_taken_over(app, run, monkeypatch) -> None:
    request(app, "k1")
    with app.engine.begin() as connection:  # what a killed worker leaves: its row, an old heartbeat, a job in progress
        dead = connection.execute(text("insert into procrastinate_workers (last_heartbeat) values (now() - interval '13 seconds') returning id")).scalar_one()
        connection.execute(text("update procrastinate_jobs set status = 'doing', worker_id = :w"), {"w": dead})

    run()

    until(lambda: status(app, "k1") == "gesendet", "the take-over")


def test_job_of_a_living_worker_is_left_alone(app) -> None:
    request(app, "k1")
    with app.engine.begin() as connection:
        alive = connection.execute(text("insert into procrastinate_workers default values returning id")).scalar_one()
        connection.execute(text("update procrastinate_jobs set status = 'doing', worker_id = :w"), {"w": alive})

    Worker(app, []).take_over()

    with app.engine.connect() as connection:
        assert connection.execute(text("select status::text from procrastinate_jobs")).scalar_one() == "doing"


def test_two_sweepers_give_a_job_back_once(app) -> None:
    request(app, "k1")
    with app.engine.begin() as connection:
        connection.execute(text("update procrastinate_jobs set status = 'doing'"))
    with app.engine.connect() as first, app.engine.connect() as second:
        taken = [len(connection.execute(worker.TAKE_OVER, {"stalled": 12}).all()) for connection in (first, second)]
        first.commit()
        second.commit()

    assert taken == [1, 0]


def test_loop_runs_again_at_once_after_a_full_batch_only(app, run) -> None:
    calls: list[int] = []
    done = threading.Event()

    def work(_app, *, limit: int) -> int:
        calls.append(limit)
        if len(calls) == 3:
            done.set()
        return BATCH if len(calls) < 3 else 1

    began = time.monotonic()
    run(work)

    assert done.wait(PATIENCE)
    assert time.monotonic() - began < 5
    time.sleep(0.3)
    assert len(calls) <= 4  # the rest waits for the bell


def test_loop_outlives_an_exception_and_logs_no_message(app, run, caplog) -> None:
    calls = []

    def work(_app, *, limit: int) -> int:
        calls.append(limit)
        if len(calls) == 1:
            raise ValueError("Frau Beispiel")
        return 0

    run(work)

    until(lambda: len(calls) >= 2, "a second call")
    record = next(r for r in caplog.records if r.msg == "loop_failed")
    from services.logs import JsonLines
    line = JsonLines().format(record)
    assert json.loads(line)["error"] == "ValueError"
    assert "Beispiel" not in line


def test_notification_rings_at_once(app) -> None:
    rings = []
    bell = Bell(libpq(app.settings.database_url), app.clock)
    event = bell.subscribe()
    bell.scheduler.remove_all_jobs()  # without the tick
    bell.start()
    try:
        assert event.wait(PATIENCE)  # it listens now
        event.clear()
        with closing(psycopg.connect(libpq(app.settings.database_url), autocommit=True)) as connection:
            connection.execute("select pg_notify('timer', %s)", (str(app.clock.now().timestamp()),))
        began = time.monotonic()
        assert event.wait(PATIENCE)
        rings.append(time.monotonic() - began)
    finally:
        bell.stop()

    assert rings[0] < 0.5


def test_listener_reconnects_after_its_connection_was_cut(app, postgres) -> None:
    bell = Bell(libpq(app.settings.database_url), app.clock)
    event = bell.subscribe()
    bell.scheduler.remove_all_jobs()
    bell.start()
    try:
        assert event.wait(PATIENCE)
        event.clear()
        with closing(psycopg.connect(postgres.url(), autocommit=True)) as admin:
            cut = admin.execute("select count(pg_terminate_backend(pid)) from pg_stat_activity where query = 'listen nachricht' and "
                                "datname = %s", (app.engine.url.database,)).fetchone()
        assert cut == (1,)
        assert event.wait(PATIENCE)  # it rings after reconnecting: something may have happened meanwhile
    finally:
        bell.stop()


def test_tidying_removes_what_is_old_and_keeps_the_rest(app) -> None:
    for key in ("alt", "neu", "offen"):
        request(app, key)
    with app.sessions(info={"mandant": "moers"}) as session, session.begin():
        session.execute(text("update mail_auftrag set status = 'gesendet', gesendet_am = :now - interval '91 days' where key = 'alt'"), {"now": app.clock.now()})
        session.execute(text("update mail_auftrag set status = 'gesendet', gesendet_am = :now - interval '89 days' where key = 'neu'"), {"now": app.clock.now()})
        session.execute(text("update procrastinate_jobs set status = 'succeeded' where args ->> 'key' in ('alt', 'neu')"))
        session.execute(text("update procrastinate_events set at = now() - interval '8 days' where job_id = (select min(id) from procrastinate_jobs)"))

    Worker(app, []).tidy()

    with app.sessions(info={"mandant": "moers"}) as session:
        assert session.execute(text("select key from mail_auftrag order by key")).scalars().all() == ["neu", "offen"]
        assert session.execute(text("select args ->> 'key' from procrastinate_jobs order by id")).scalars().all() == ["neu", "offen"]


def test_stop_with_a_stuck_loop_gives_up_in_time(app) -> None:
    release = threading.Event()

    def stuck(_app, *, limit: int) -> int:
        release.wait(PATIENCE)
        return 0

    made = Worker(app, [stuck])
    made.start()
    time.sleep(0.2)
    began = time.monotonic()

    ended = made.stop(patience=0.5)

    assert not ended
    assert time.monotonic() - began < 2
    release.set()
    assert made.stop()


def test_log_line_is_json_with_listed_facts_only() -> None:
    code = ("from services import logs; import logging; logs.configure(); "
            "logging.getLogger('services.x').info('task_completed', extra={'task_key': 7, 'vorname': 'Amal'}); "
            "logging.getLogger('fremd').warning('Wert %s abgelehnt', 'Amal'); "
            "logging.getLogger('services.x').warning('row %s', 5)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    first, second, third = [json.loads(line) for line in done.stderr.splitlines()]
    assert (first["event"], first["task_key"], first["unlisted"]) == ("task_completed", 7, ["vorname"])
    assert second["event"] == "Wert %s abgelehnt"
    assert third["event"] == "row %s"
    assert "Amal" not in done.stderr
    assert logging.getLogger("fremd") is not None
