"""The embedded server survives what happens to servers on people's machines."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from services.db import embedded
from services.db.embedded import EmbeddedPostgres, EmbeddedPostgresError


@contextlib.contextmanager
def open_folder():
    made = Path(tempfile.mkdtemp(prefix="etappe-server-", dir="/var/tmp"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def folder():
    with open_folder() as made:
        yield made


@pytest.fixture(scope="module")
def server():
    with open_folder() as made:
        running = EmbeddedPostgres(made / "postgres").start()
        yield running
        running.destroy()


def sort_order(server: EmbeddedPostgres) -> list[str]:
    with psycopg.connect(server.url()) as connection:
        return [row[0] for row in connection.execute("select * from unnest(array['b', 'Ä', 'a', 'B']) order by 1")]


def test_server_is_private_speaks_utf8_and_joins(server) -> None:
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("select lower('ÄÖÜ')").fetchone() == ("äöü",)
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert connection.execute("show timezone").fetchone() == ("UTC",)
    pid = (server.cluster / "postmaster.pid").read_text()

    EmbeddedPostgres(server.place).start()

    assert (server.cluster / "postmaster.pid").read_text() == pid
    assert server.data.stat().st_mode & 0o777 == 0o700
    assert sort_order(server) == ["B", "a", "b", "Ä"]  # code points, whatever LANG says


def test_stale_pid_file_of_a_foreign_process_is_no_obstacle(server) -> None:
    server.stop()
    file = server.cluster / "postmaster.pid"
    file.write_text(f"{os.getpid()}\n{server.cluster}\n1\n5432\n\n\n")

    server.start()

    assert server.alive()


def test_interrupted_initdb_is_repeated(folder) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    server.data.mkdir()
    server.cluster.mkdir()
    (server.cluster / "postgresql.conf").write_text("half")
    if server.root:
        for path in (server.cluster, server.cluster / "postgresql.conf"):
            os.chown(path, server.uid, server.gid)

    try:
        assert server.start().alive()
    finally:
        server.destroy()


def test_foreign_files_in_the_directory_are_not_touched(folder) -> None:
    data = folder / "postgres"
    data.mkdir()
    (data / "steuererklaerung.odt").write_text("wichtig")

    with pytest.raises(EmbeddedPostgresError, match="ETAPPE_DATA_DIR"):
        EmbeddedPostgres(data).start()

    assert (data / "steuererklaerung.odt").read_text() == "wichtig"


def test_long_or_odd_path_works(folder) -> None:
    data = folder / ("langer-name-" * 8) / "mit Leerzeichen und 'Strich'" / "postgres"
    server = EmbeddedPostgres(data)

    try:
        assert server.start().alive()
        assert not str(server.socket).startswith(str(folder))
    finally:
        server.destroy()
    assert not server.socket.exists()


def test_missing_binaries_are_explained(monkeypatch) -> None:
    monkeypatch.delenv("ETAPPE_PG_BIN", raising=False)
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)

    with pytest.raises(EmbeddedPostgresError, match="make setup"):
        embedded.binaries()


@pytest.mark.parametrize("private", [False, True])
def test_home_directory_of_root_is_served_from_elsewhere(folder, private, monkeypatch) -> None:
    """As root in a directory that nobody else may enter, the files move; for everybody else nothing is special."""
    monkeypatch.setattr(embedded, "SYSTEM_HOME", folder / "system")
    (folder / "system").mkdir()
    if private:  # the binaries lie in the home directory too
        monkeypatch.setattr(embedded, "reachable", lambda path: path.is_relative_to(folder / "system"))
    home = folder / "home"
    home.mkdir(mode=0o700 if private else 0o711)
    server = EmbeddedPostgres(home / "etappe" / "postgres")

    try:
        moved = server.data.is_relative_to(folder / "system")
        if moved:
            assert server.bin.is_relative_to(folder / "system")
            assert server.start().alive()

        assert moved == (private and os.geteuid() == 0)
        assert EmbeddedPostgres(home / "etappe" / "postgres").data == server.data
        assert home.stat().st_mode & 0o777 == (0o700 if private else 0o711)
    finally:
        server.destroy()
    assert not server.data.exists()
    assert not server.place.exists()
