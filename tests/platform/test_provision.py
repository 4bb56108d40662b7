"""A foreign PostgreSQL with one address only: the owner migrates, the application becomes its own role at once."""

from __future__ import annotations

import shutil
import tempfile
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


@pytest.fixture
def foreign(monkeypatch):
    """Settings as from DATABASE_URL alone, on a server that does not know our roles."""
    folder = Path(tempfile.mkdtemp(prefix="etappe-fremd-", dir="/var/tmp"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres").start()
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("create role stadt login createrole nosuperuser")
        admin.execute("create database fachverfahren owner stadt")
    monkeypatch.setenv("DATABASE_URL", server.url("stadt", "fachverfahren").replace("postgresql:", "postgresql+psycopg:"))
    monkeypatch.delenv("ETAPPE_APP_DATABASE_URL", raising=False)
    yield Settings.from_environment()
    server.destroy()
    shutil.rmtree(folder, ignore_errors=True)


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
