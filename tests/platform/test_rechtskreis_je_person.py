"""Migration of a database with cases: what held for a case holds for all its people; nobody's rights change."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from alembic import command

from services.db import provision
from services.db.embedded import EmbeddedPostgres

FALL = (
    "insert into etappe.fall (mandant, aktenzeichen, status, phase, erstkontakt, organisation, angelegt_am, angelegt_von, rechtskreise) "
    "values ('m', %s, 'offen', 'zugang', '2026-01-01', 'o', now(), 'x', %s)"
)
HOLDER = (
    "insert into etappe.fallverantwortung (key, mandant, aktenzeichen, organisation, von, grund, durch) "
    "select %s, 'm', %s, 'o', now(), 'angelegt', 'x'"
)
PERSON = (
    "insert into etappe.person (key, mandant, aktenzeichen, vorname, nachname, hauptperson, sort_key, angelegt_am) "
    "values (%s, 'm', %s, 'A', 'B', true, 'b', now())"
)


@pytest.fixture
def owner_url():
    """The database of a release without own Rechtskreise of a person."""
    folder = Path(tempfile.mkdtemp(prefix="etappe-alt-", dir="/var/tmp"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres").start()
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("create role stadt login createrole nosuperuser")
        admin.execute("create database fachverfahren owner stadt encoding 'UTF8' template template0")
    yield server.url("stadt", "fachverfahren").replace("postgresql:", "postgresql+psycopg:")
    server.destroy()
    shutil.rmtree(folder, ignore_errors=True)


def test_cases_keep_what_held_for_them(owner_url: str) -> None:
    with psycopg.connect(provision.libpq(owner_url), autocommit=True) as sql:
        sql.execute(f"create role {provision.APP} nologin nosuperuser nobypassrls")
        sql.execute(f"grant {provision.APP} to current_user")
        command.upgrade(provision.alembic_config(owner_url), "0009_zustand_lesen")
        sql.execute("insert into etappe.mandant (mandant, name, profil) values ('m', 'M', 'moers')")
        sql.execute("insert into etappe.organisation (mandant, key, name, sort_key, art) values ('m', 'o', 'O', 'o', 'kommune')")
        for number, (akte, werte) in enumerate((("M-1", ["asylblg", "sgb2"]), ("M-2", []))):
            with sql.transaction():
                sql.execute(FALL, (akte, werte))
                sql.execute(HOLDER, (number, akte))
                sql.execute(PERSON, (number, akte))

        assert provision.migrate(owner_url)

        assert sql.execute("select rechtskreise, rechtskreise_gemeinsam from etappe.fall order by aktenzeichen").fetchall() == [
            (["asylblg", "sgb2"], ["asylblg", "sgb2"]), ([], [])]
        assert sql.execute("select distinct rechtskreise from etappe.person").fetchall() == [(None,)]
        for table, column in (("fall", "rechtskreise_gemeinsam"), ("person", "rechtskreise")):
            rights = f"select has_column_privilege('{provision.APP}', 'etappe.{table}', '{column}', 'select, insert, update')"
            assert sql.execute(rights).fetchone() == (True,)
            assert sql.execute("select relrowsecurity from pg_class where oid = %s::regclass", (f"etappe.{table}",)).fetchone() == (True,)
