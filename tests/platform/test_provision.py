"""A foreign PostgreSQL with one address only: the owner migrates, the application becomes its own role at once."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from services import auslieferung
from services.db import provision
from services.db.embedded import EmbeddedPostgres
from services.db.session import make_engine
from services.settings import Settings
from web import cli


@pytest.fixture
def server():
    """A server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="etappe-fremd-", dir="/var/tmp"))
    folder.chmod(0o711)
    started = EmbeddedPostgres(folder / "postgres").start()
    yield started
    started.destroy()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def foreign(server, monkeypatch):
    """Settings as from DATABASE_URL alone, on a server that does not know our roles."""
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("create role stadt login createrole nosuperuser")
        admin.execute("create database fachverfahren owner stadt")
    monkeypatch.setenv("DATABASE_URL", server.url("stadt", "fachverfahren").replace("postgresql:", "postgresql+psycopg:"))
    monkeypatch.delenv("ETAPPE_APP_DATABASE_URL", raising=False)
    return Settings.from_environment()


def test_one_address_is_enough_and_the_application_is_not_the_owner(foreign: Settings) -> None:
    assert provision.current_revision(foreign.owner_url) is None

    assert provision.migrate(foreign.owner_url)
    assert not provision.migrate(foreign.owner_url)

    assert provision.current_revision(foreign.owner_url) == provision.newest_revision()
    engine = make_engine(foreign.database_url, role=foreign.database_role)
    with engine.connect() as connection:
        assert connection.execute(text("select current_user")).scalar_one() == provision.APP
        assert connection.execute(text("select count(*) from fall")).scalar_one() == 0
        with pytest.raises(Exception, match="must be owner"):
            connection.execute(text("alter table etappe.fall disable row level security"))
    engine.dispose()
    assert auslieferung.missing(foreign) == ()
    assert "moers" in auslieferung.missing(foreign, demo=True)


def test_embedded_settings_keep_the_two_log_ins_apart(postgres, tmp_path) -> None:
    complete = provision.embedded_settings(replace(Settings.from_environment(), data_dir=tmp_path), postgres)

    assert complete.owner_url != complete.database_url
    assert complete.database_role is None


def test_a_database_that_does_not_hold_our_texts_is_refused_with_what_to_do(server: EmbeddedPostgres, foreign: Settings) -> None:
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("create database alt owner stadt encoding 'SQL_ASCII' locale_provider 'libc' locale 'C' template template0")

    with pytest.raises(provision.DatabaseUnusable, match=r"als SQL_ASCII.*UTF8"):
        provision.wait_for(foreign.owner_url.replace("/fachverfahren", "/alt"), 1)
    provision.wait_for(foreign.owner_url, 1)


def test_a_server_that_starts_late_is_awaited(server: EmbeddedPostgres, foreign: Settings) -> None:
    server.stop()
    late = threading.Timer(1.5, server.start)
    late.start()

    begun = time.monotonic()
    provision.wait_for(foreign.owner_url, 30)

    assert 1 < time.monotonic() - begun < 25
    late.join()


def test_a_server_that_never_answers_ends_the_waiting() -> None:
    with pytest.raises(provision.DatabaseUnusable, match="antwortet seit 0 Sekunden nicht"):
        provision.wait_for("postgresql://niemand@127.0.0.1:1/etappe", 0)


def test_a_refused_log_in_is_not_awaited(foreign: Settings) -> None:
    begun = time.monotonic()
    with pytest.raises(provision.DatabaseUnusable, match="lehnt die Anmeldung ab"):
        provision.wait_for(foreign.owner_url.replace("/fachverfahren", "/gibtesnicht"), 30)
    assert time.monotonic() - begun < 10


def test_the_command_line_says_that_the_database_is_away(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://niemand@127.0.0.1:1/etappe")
    assert cli.main(["deploy"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Fehler: Die Datenbank ist nicht erreichbar (")
    assert "Traceback" not in said
