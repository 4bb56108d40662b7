"""A whole Etappe as people start it: `etappe run` with its own data directory and port."""

from __future__ import annotations

import os
import pwd
import queue
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import psycopg

from services.db import provision
from services.db.embedded import EmbeddedPostgres, reachable

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
READY = "Etappe ist bereit: "


def free_port() -> int:
    """A port that stays ours while its server is killed and restarted.

    Below the range from which the system takes ports for connections and for servers that ask for any port: those would
    grab it in the meantime.
    """
    for port in random.sample(range(20_000, 32_000), 50):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("expected a free port between 20000 and 32000, found none")


def users() -> list[str]:
    """Who starts it: ourselves, and as root also an ordinary user where that user can read the interpreter and the source."""
    needed = (Path(sys.executable).resolve(), Path(psycopg.__file__).resolve(), ROOT / "web" / "cli.py")
    return ["self", "nobody"] if os.geteuid() == 0 and all(reachable(path) for path in needed) else ["self"]


class Installation:
    def __init__(self, user: str = "self") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="etappe-absturz-", dir="/var/tmp"))
        self.folder.chmod(0o711)  # as root the database runs as nobody, who must be able to come in
        self.data = self.folder / "daten"
        self.port = free_port()
        self.user = None if user == "self" else user
        if self.user:
            shutil.chown(self.folder, self.user)
        self.process: subprocess.Popen[str] | None = None
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.printed: list[str] = []

    def spawn(self, **environment: str) -> subprocess.Popen[str]:
        known = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "ETAPPE_APP_DATABASE_URL", "HOST"}}
        identity = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if self.user else {}
        return subprocess.Popen(
            [sys.executable, "-m", "web.cli", "run"], cwd=ROOT, text=True, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **identity,
            env={**known, "ETAPPE_DATA_DIR": str(self.data), "PORT": str(self.port), "PYTHONDONTWRITEBYTECODE": "1", **environment})

    def start(self, **environment: str) -> float:
        """Start and wait for the one line; returns the seconds it took."""
        began = time.monotonic()
        self.process = process = self.spawn(**environment)
        self.lines = lines = queue.Queue()
        self.printed = []

        def read() -> None:
            with process.stdout as output:
                for line in output:
                    lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        self.wait_for_line(READY)
        return time.monotonic() - began

    def wait_for_line(self, text: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"waited in vain for {text!r}:\n{''.join(self.printed)}{self.logs()}") from None
            if line is None:
                raise AssertionError(f"ended before {text!r}:\n{''.join(self.printed)}{self.logs()}")
            self.printed.append(line)
            if text in line:
                return line

    def logs(self) -> str:
        return "\n".join(file.read_text()[-3000:] for file in sorted((self.data / "log").glob("*.log")))

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/topology", timeout=5):
                return True
        except urllib.error.HTTPError as error:
            return error.code == 401
        except OSError:
            return False

    def until(self, condition, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not happen:\n{''.join(self.printed)}{self.logs()}"
            time.sleep(0.05)

    @property
    def server(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.data / "postgres")

    def postmaster(self) -> psutil.Process:
        return psutil.Process(int((self.server.cluster / "postmaster.pid").read_text().split("\n")[0]))

    def children(self, command: str) -> list[psutil.Process]:
        assert self.process is not None
        return [p for p in psutil.Process(self.process.pid).children() if p.status() != psutil.STATUS_ZOMBIE and p.cmdline()[-1:] == [command]]

    def child(self, command: str) -> psutil.Process:
        (only,) = self.children(command)
        return only

    def seconds_computed(self, command: str) -> float:
        """Processor time of the parent and one child: they run one after the other, so this is the shortest possible start."""
        assert self.process is not None
        times = [process.cpu_times() for process in (psutil.Process(self.process.pid), self.child(command))]
        return sum(time.user + time.system for time in times)

    def remember(self, word: str) -> None:
        with psycopg.connect(self.server.url(provision.OWNER, "etappe"), autocommit=True) as connection:
            connection.execute("create table if not exists public.gemerkt (wort text primary key)")
            connection.execute("insert into public.gemerkt values (%s)", (word,))

    def remembered(self) -> set[str]:
        with psycopg.connect(self.server.url(provision.OWNER, "etappe"), autocommit=True) as connection:
            return {row[0] for row in connection.execute("select wort from public.gemerkt")}

    def own_processes(self) -> list[psutil.Process]:
        """Everything that runs for this data directory, whoever its parent is by now."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = str(self.data) in " ".join(process.cmdline()) or process.environ().get("ETAPPE_DATA_DIR") == str(self.data)
            except (psutil.Error, OSError):
                continue
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def kill_tree(self) -> None:
        """As a power cut would: everything at once, nothing gets a say."""
        for process in self.own_processes():
            process.kill()
        self.reap()

    def stop(self, number: int = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.reap()

    def reap(self) -> int:
        assert self.process is not None
        return self.process.wait(30)

    def destroy(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill_tree()
        for process in self.own_processes():
            process.kill()
        if (self.data / "postgres").exists():
            self.server.destroy()
        shutil.rmtree(self.folder, ignore_errors=True)
