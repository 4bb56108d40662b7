"""``etappe run``: database, migrations, models, demo data, web and worker under one parent (decision D10: for one machine).

The parent owns the embedded database: it alone starts, watches and stops it. A child that ends by itself is started again
with a growing pause. Children hold the reading end of a pipe; when the parent is killed they see its end and stop too, so
that nothing is left to disturb the next start.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, TextIO

from services import auslieferung
from services.db import provision
from services.db.embedded import EmbeddedPostgresError

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from services.db.embedded import EmbeddedPostgres
    from services.settings import Settings

LIFELINE = "ETAPPE_LIFELINE"  # number of the file descriptor whose end means: the parent is gone
STOP_PATIENCE = 8.0  # seconds; the worker needs at most 5
SOUND_AFTER = 30.0  # seconds; a child that lived longer starts again without a pause
DATABASE_CHECK = 2.0  # seconds
PORT_PATIENCE = 6.0  # seconds; a killed predecessor's web process needs a moment to notice
HOPELESS = 3  # ends of a child before the service was ever ready
LOG_BYTES = 5_000_000  # a longer log is set aside at the next start
DEMO_LOGINS = "fallmanagement, koordination, prozessverantwortung, partner, datenschutz, verwaltung"


class StartFailed(Exception):
    """The service cannot start; the message is a sentence for the person at the terminal."""


@dataclass(kw_only=True)
class Child:
    """A process that must run: started again when it ends."""

    name: str
    arguments: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = field(default=0.0)

    def pause(self, now: float) -> float:
        """Seconds to wait before the next start: none after a long life, then 0.5, 1, 2, ... up to 30."""
        self.failures = 0 if now - self.started > SOUND_AFTER else self.failures + 1
        return min(0.5 * 2 ** (self.failures - 1), 30.0) if self.failures else 0.0


def guard_lifeline() -> None:
    """In a child: end this process when the parent is gone. Does nothing where there is no parent."""
    number = os.environ.pop(LIFELINE, "")
    if not number:
        return

    def wait() -> None:
        with contextlib.suppress(OSError):
            os.read(int(number), 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_PATIENCE)
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


class Supervisor:
    """Runs the whole service until a signal comes. ``demo``: load demo data and name the log-ins."""

    def __init__(self, settings: Settings, *, demo: bool = True) -> None:
        self.settings = settings
        self.demo = demo
        self.stopping = threading.Event()
        self.server: EmbeddedPostgres | None = None
        self.children = [Child(name="web", arguments=("serve",)), Child(name="worker", arguments=("worker",))]
        self.preparation: subprocess.Popen[bytes] | None = None
        self.complete = settings  # with the addresses of the database, once it runs
        self.environment: dict[str, str] = {}
        self.lifeline, self.own_end = os.pipe()
        self.lock: TextIO | None = None

    def run(self) -> int:
        """Start everything, wait, stop everything. Returns the exit status.

        Raises:
            StartFailed: nothing runs any more.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._signalled)
        self._take_lock()
        try:
            self._await_port()
            self._prepare_database()
            for child in self.children:
                self._start(child)
            # Models and demo data go in while web and worker start; the service counts as ready after both.
            if auslieferung.missing(self.complete, demo=self.demo):
                self.preparation = self._spawn(("deploy", *(("--demo",) if self.demo else ())))
            self._watch()
        except EmbeddedPostgresError as error:
            raise StartFailed(str(error)) from error
        finally:
            self._stop_all()
        return 0

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()

    def _take_lock(self) -> None:
        """One supervisor for one data directory; the lock ends with the process, however it ends."""
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.lock = (self.settings.data_dir / "run.lock").open("a+")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartFailed(f"Etappe läuft schon mit dem Datenverzeichnis {self.settings.data_dir}. Beenden Sie es dort mit Strg+C, "
                              "oder wählen Sie mit ETAPPE_DATA_DIR ein anderes Verzeichnis.") from None

    def _await_port(self) -> None:
        """Wait until the port is free; what still holds it after the patience is another program."""
        host, port = self.settings.host or "0.0.0.0", self.settings.port  # noqa: S104  the same as waitress makes of an empty HOST
        give_up = time.monotonic() + PORT_PATIENCE
        while True:
            try:
                family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
                with socket.socket(family, kind, protocol) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(place)
            except OSError as error:
                if self.stopping.wait(0.1) or time.monotonic() > give_up or error.errno != errno.EADDRINUSE:
                    raise StartFailed(f"Die Adresse {host}, Port {port} kann nicht verwendet werden ({error.strerror}). "
                                      f"Wählen Sie eine andere, zum Beispiel: PORT={port + 1} make run") from error
            else:
                return

    def _prepare_database(self) -> None:
        if self.settings.database_url:
            complete = self.settings
        else:
            self.server = provision.embedded(self.settings).start()
            provision.create_database(self.server.url(), "etappe")
            complete = provision.embedded_settings(self.settings, self.server)
        self.complete = complete
        provision.migrate(complete.owner_url)
        # The children get the application's address only. With one address for both they need it to change the role.
        self.environment = {**os.environ, "ETAPPE_DATA_DIR": str(self.settings.data_dir), "ETAPPE_SECRET": self._secret(),
                            "PYTHONUNBUFFERED": "1", LIFELINE: str(self.lifeline)}
        if complete.database_role:
            self.environment["DATABASE_URL"] = complete.database_url
        else:
            self.environment.pop("DATABASE_URL", None)
            self.environment["ETAPPE_APP_DATABASE_URL"] = complete.database_url

    def _secret(self) -> str:
        """The secret of the sessions: from the environment, else one of our own that survives a restart."""
        if self.settings.secret:
            return self.settings.secret
        file = self.settings.data_dir / "secret"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(32))
        return file.read_text()

    def _spawn(self, arguments: tuple[str, ...], log: BinaryIO | None = None) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches the parent only, which then stops everything in order.
        return subprocess.Popen(  # noqa: S603  our own commands
            [sys.executable, "-m", "web.cli", *arguments], env=self.environment, pass_fds=(self.lifeline,), stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True)

    def log_of(self, child: Child) -> Path:
        """Where the child's log lines go: the terminal stays free for the one line that people need."""
        return self.settings.data_dir / "log" / f"{child.name}.log"

    def _log_end(self, child: Child) -> str:
        with contextlib.suppress(OSError):
            return self.log_of(child).read_text(errors="replace")[-1500:]
        return ""

    def _start(self, child: Child) -> None:
        file = self.log_of(child)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        if file.exists() and file.stat().st_size > LOG_BYTES:
            file.replace(file.with_suffix(".log.1"))
        with file.open("ab") as log:
            child.process = self._spawn(child.arguments, log)
        child.started = time.monotonic()

    def _watch(self) -> None:
        """Until a signal: start ended children again, keep the database up, say once that the service is ready."""
        ready = False
        prepared = self.preparation is None
        next_check = time.monotonic() + DATABASE_CHECK
        while not self.stopping.wait(0.1 if not ready else 0.5):
            now = time.monotonic()
            if self.server is not None and now >= next_check:
                next_check = now + DATABASE_CHECK
                if not self.server.alive():
                    say("Die Datenbank antwortet nicht und wird neu gestartet.")
                    self.server.start()
            for child in self.children:
                self._revive(child, now)
                if not ready and child.failures >= HOPELESS:
                    raise StartFailed(f"{child.name} startet nicht. Das Ende von {self.log_of(child)}:\n{self._log_end(child)}")
            if not prepared and self.preparation is not None and (status := self.preparation.poll()) is not None:
                if status:
                    raise StartFailed("Die Modelle oder die Demodaten konnten nicht geladen werden. Der Grund steht oben.")
                prepared = True
            if prepared and not ready and self._answers():
                ready = True
                say(self._greeting())

    def _revive(self, child: Child, now: float) -> None:
        if child.process is not None and (status := child.process.poll()) is not None:
            child.process = None
            pause = child.pause(now)
            child.not_before = now + pause
            say(f"{child.name} hat sich beendet (Status {status}) und startet in {pause:.1f} s neu. Näheres: {self.log_of(child)}")
        if child.process is None and now >= child.not_before:
            self._start(child)

    def address(self) -> str:
        """Where a browser on this machine finds the service."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(self.settings.host, self.settings.host)  # noqa: S104  translated, not bound
        return f"http://{host}:{self.settings.port}"

    def _answers(self) -> bool:
        """Whether /v2/topology answers: with 200 for the demo log-in, or by asking for another one."""
        request = urllib.request.Request(f"{self.address()}/v2/topology")  # noqa: S310  always http, to ourselves
        request.add_header("Authorization", "Basic " + base64.b64encode(b"verwaltung:demo").decode())
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=2) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            return error.code == 401
        except OSError:
            return False

    def _greeting(self) -> str:
        line = f"Etappe ist bereit: {self.address()}"
        if self.demo:
            line += f" – Anmeldung: {DEMO_LOGINS}, Passwort: demo (verwaltung auch für /v2 mit HTTP Basic)"
        if self.settings.testmodus:
            line += " – Testmodus: Uhr stellbar"
        return line

    def _stop_all(self) -> None:
        """Stop web, worker and preparation, then the database. Safe to call in every state."""
        processes = [p for p in (*(child.process for child in self.children), self.preparation) if p is not None and p.poll() is None]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + STOP_PATIENCE
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.server is not None:
            self.server.stop()
        for end in (self.lifeline, self.own_end):
            with contextlib.suppress(OSError):
                os.close(end)
        if self.lock is not None:
            self.lock.close()


def say(sentence: str) -> None:
    """A line for the person at the terminal."""
    print(sentence, flush=True)  # noqa: T201  this is the terminal's output
