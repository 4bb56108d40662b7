"""Two real workers on one database; one is killed with -9 in the middle of a job: the other takes it over, the effect happens once.

A job is held open at the three moments that matter: before the mail server has taken the mail, after it has taken it but before
it has said so, and (mail as a file) after the file is written but before that is noted. A repetition carries the same key.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from services import effekte
from services.context import system_actor
from services.db import provision
from services.unit_of_work import transact
from services.worker import HEARTBEAT, POLLING, STALLED, SWEEP
from tests.crash.installation import PATIENCE, ROOT
from tests.platform.smtp_server import Session, SmtpServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from services.bootstrap import App
    from services.db.embedded import EmbeddedPostgres

pytestmark = pytest.mark.xdist_group("absturz")
BUDGET = 30.0  # seconds from the death of a worker to the effect (design, section 9)
MOERS = system_actor("moers")
VOR_DER_ANNAHME, NACH_DER_ANNAHME = "354", "250 taken"  # the line of the mail server that is held back


class Zoegernd(Session):
    """Holds back one line of the conversation; the first conversations get the moments of the server, later ones none."""

    def setup(self) -> None:
        super().setup()
        self.moment = self.server.momente.pop(0) if self.server.momente else None  # type: ignore[attr-defined]  # of our server

    def say(self, line: str) -> None:
        if self.moment and line.startswith(self.moment):
            self.server.angehalten.release()  # type: ignore[attr-defined]  # of our server
            self.server.released.wait(PATIENCE)
            raise ConnectionError("the worker is dead")
        super().say(line)


class Postamt(SmtpServer):
    """A mail server that lets its first callers wait."""

    def __init__(self, *momente: str) -> None:
        super().__init__()
        self.RequestHandlerClass = Zoegernd
        self.momente = list(momente)
        self.angehalten = threading.Semaphore(0)

    def message_ids(self) -> list[str]:
        return [message_from_bytes(content)["Message-ID"] for _, content in self.received]


@contextlib.contextmanager
def postamt(*momente: str) -> Iterator[Postamt]:
    with Postamt(*momente) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


class Werk:
    """Workers as operators start them, and what they leave in the database."""

    def __init__(self, postgres: EmbeddedPostgres, database: str, folder: Path) -> None:
        self.watch = psycopg.connect(postgres.url(provision.OWNER, database), autocommit=True)
        self.watch.execute("set search_path = etappe, jobs")
        self.folder = folder
        self.environment = {**{name: value for name, value in os.environ.items() if name != "HOST"}, "PYTHONDONTWRITEBYTECODE": "1",
                            "DATABASE_URL": postgres.url(provision.APP, database), "ETAPPE_DATA_DIR": str(folder)}
        self.workers: list[subprocess.Popen[bytes]] = []

    def starte_zwei(self, **environment: str) -> list[subprocess.Popen[bytes]]:
        """Two workers; returns when their queues are running."""
        for number in range(2):
            with (self.folder / f"worker-{number}.log").open("wb") as log:
                self.workers.append(subprocess.Popen([sys.executable, "-m", "web.cli", "worker"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log,
                                                     stderr=log, start_new_session=True, env={**self.environment, **environment}))
        self.bis(lambda: self.zahl("select count(*) from procrastinate_workers") == 2, "two running workers")
        return self.workers

    def zahl(self, statement: str) -> Any:
        return self.watch.execute(statement).fetchone()[0]

    def bis(self, condition: Callable[[], object], what: str) -> float:
        """Seconds until it is so."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < PATIENCE, f"{what} did not happen:\n{self.logs()}"
            time.sleep(0.05)
        return time.monotonic() - began

    def logs(self) -> str:
        return "\n".join(file.read_text()[-3000:] for file in sorted(self.folder.glob("worker-*.log")))

    def gesendet(self) -> int:
        return int(self.zahl("select count(*) from mail_auftrag where status = 'gesendet'"))

    def beende(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait(30)
        self.watch.close()


@pytest.fixture
def werk(app: App, postgres: EmbeddedPostgres, database: str, tmp_path: Path) -> Iterator[Werk]:
    made = Werk(postgres, database, tmp_path)
    try:
        yield made
    finally:
        made.beende()


def verlange(app: App, *keys: str) -> None:
    """Request mails as a process does, in one commit."""
    transact(app, MOERS, lambda uow: [effekte.defer_mail(
        uow.session, mandant="moers", key=key, an="amt@kommune.example", vorlage="hinweis", daten={"anlass": "x", "aktenzeichen": "KIM-1"})
        for key in keys])


@contextlib.contextmanager
def ruhend(worker: subprocess.Popen[bytes]) -> Iterator[None]:
    """A worker that looks away for a moment, so that it is known who gets the job."""
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)


def toete(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    assert worker.wait(10) == -signal.SIGKILL


def test_design_leaves_room_below_the_budget() -> None:
    assert HEARTBEAT < STALLED
    assert STALLED + HEARTBEAT + SWEEP + POLLING < BUDGET


def test_mails_of_a_killed_worker_are_sent_by_the_other_under_the_same_key(app: App, werk: Werk, record_property: Any) -> None:
    with postamt(VOR_DER_ANNAHME, NACH_DER_ANNAHME) as post:
        first, other = werk.starte_zwei(ETAPPE_SMTP_URL=post.url)
        with ruhend(other):
            verlange(app, "k1", "k2")
            assert all(post.angehalten.acquire(timeout=PATIENCE) for _ in range(2)), werk.logs()
        assert werk.zahl("select count(*) from procrastinate_jobs where status = 'doing'") == 2
        assert len(post.received) == 1  # one is taken, but the worker does not know

        toete(first)

        seconds = werk.bis(lambda: werk.gesendet() == 2, "the take-over")
        record_property("sekunden_bis_zur_uebernahme", round(seconds, 1))
        assert seconds < BUDGET
        assert other.poll() is None
        numbers = post.message_ids()
        assert len(set(numbers)) == 2
        assert len(numbers) == 3  # the one that was taken came twice, and its number says that it is the same
        werk.bis(lambda: werk.zahl("select count(*) from procrastinate_jobs where status <> 'succeeded'") == 0, "the end of the jobs")
        assert len(post.message_ids()) == 3  # and nobody sends again
    print(f"take-over after {seconds:.1f} s")


def test_mail_that_a_killed_worker_had_written_stays_one_file(app: App, werk: Werk, postgres: EmbeddedPostgres, database: str, record_property: Any) -> None:
    first, other = werk.starte_zwei()
    files = werk.folder / "mail"
    with psycopg.connect(postgres.url(provision.OWNER, database)) as lock:  # whoever notes that the mail is sent has to wait
        with ruhend(other), ruhend(first):
            verlange(app, "k1")
            lock.execute("select from etappe.mail_auftrag where key = 'k1' for update")
            first.send_signal(signal.SIGCONT)
            werk.bis(lambda: list(files.glob("*.eml")), "the file")
        (written,) = files.glob("*.eml")
        before = written.stat().st_mtime_ns
        assert werk.zahl("select status::text from procrastinate_jobs") == "doing"

        toete(first)
        died = time.monotonic()
        lock.rollback()

    assert werk.gesendet() == 0  # the dead worker's note is lost with it
    werk.bis(lambda: werk.gesendet() == 1, "the take-over")
    seconds = time.monotonic() - died
    record_property("sekunden_bis_zur_uebernahme", round(seconds, 1))
    assert seconds < BUDGET
    assert list(files.glob("*.eml")) == [written]
    assert written.stat().st_mtime_ns > before  # the other one has done it again, into the same file
    assert list(files.glob(".*")) == []
    werk.bis(lambda: werk.zahl("select count(*) from procrastinate_jobs where status <> 'succeeded'") == 0, "the end of the job")
    print(f"take-over after {seconds:.1f} s")
