"""Databases that tests copy: a migrated one, and one with the demo of Moers and the whole library deployed.

A template is made once by the first test process that needs it and kept; its name changes with everything that it comes from.
Deploying the library takes seconds, a copy a fraction of one.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from services.db import provision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from services.db.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[1]
COUNTER = itertools.count()


@functools.cache
def migrated_name() -> str:
    """Of the migrated, empty template; changes with every migration, so that an outdated one is never used."""
    digest = hashlib.sha256()
    for file in sorted((ROOT / "services/db").rglob("*.py")):
        if "models" not in file.parts:
            digest.update(file.read_bytes())
    return f"vorlage_{digest.hexdigest()[:12]}"


@functools.cache
def moers_name() -> str:
    """Of the template with the library; changes with everything that the demo and the deployed library come from."""
    digest = hashlib.sha256((ROOT / "tests/builders.py").read_bytes())
    for package in ("engine", "forms", "processes", "services"):
        for file in sorted(path for path in (ROOT / package).rglob("*") if path.is_file() and path.suffix != ".pyc"):
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return f"vorlage_moers_{digest.hexdigest()[:12]}"


def make_once(postgres: EmbeddedPostgres, name: str, source: str | None, fill: Callable[[], None]) -> str:
    """Name of a template that the first test process to need it makes from ``source`` (None: with our roles) and ``fill``."""
    with (postgres.data.parent / f"{postgres.data.name}.template").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(postgres.url(), autocommit=True) as admin:
            ready = admin.execute("select 1 from pg_database where datname = %s and datistemplate", (name,)).fetchone()
            if not ready:
                drop(admin, name)
                if source is None:
                    provision.create_database(postgres.url(), name)
                else:
                    clone(admin, name, source)
                fill()
                admin.execute(sql.SQL("alter database {} with is_template true").format(sql.Identifier(name)))
    return name


def sweep(admin: psycopg.Connection) -> None:
    """Drop what a killed run left, and templates of earlier states of the library. Only for whoever is alone on the server."""
    for (name,) in admin.execute("select datname from pg_database where datname like 't\\_%' or datname like 'vorlage\\_%'").fetchall():
        if name not in {migrated_name(), moers_name()}:
            admin.execute(sql.SQL("alter database {} with is_template false").format(sql.Identifier(name)))
            drop(admin, name)


def deploy_moers(url: str) -> None:
    """The demo of Moers, and the library deployed by its administration at ``builders.START``."""
    from services import bootstrap, demo, unit_of_work
    from services.prozess import deployments
    from services.settings import Settings
    from tests import builders
    from tests.reise import gang

    app = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=url, pool_size=2), clock=builders.Uhr())
    try:
        demo.load(app)
        deployments.deploy_library(app, gang.people(app)["verwaltung"])
    finally:
        unit_of_work.give_back()
        app.close()


def clone(admin: psycopg.Connection, name: str, template: str) -> None:
    parts = map(sql.Identifier, (name, provision.OWNER, template))
    admin.execute(sql.SQL("create database {} owner {} template {}").format(*parts))


def drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@contextlib.contextmanager
def fresh(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """Name of a copy of ``template`` that is dropped at the end."""
    name = f"t_{os.getpid()}_{next(COUNTER)}"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        clone(admin, name, template)
        try:
            yield name
        finally:
            drop(admin, name)


# Without triggers and foreign keys: the order does not matter, and append-only tables are emptied as well. As a function, because a
# session plans the statements of a function once.
WIPE = """
    set session_replication_role = replica;
    create or replace function pg_temp.wipe() returns void language plpgsql as $$ begin
        perform pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
        {}
    end $$"""
TABLES = """
    select schemaname, tablename from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') and schemaname not like 'pg\\_temp%' and tablename <> 'alembic_version'"""


class Wiper:
    """Empties a database and ends whoever else is in it. Keeps its connection; a test that ends it too only makes it open another."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = self.connect()

    def connect(self) -> psycopg.Connection:
        connection = psycopg.connect(self.url, autocommit=True)
        deletions = [sql.SQL("delete from {};").format(sql.Identifier(*table)) for table in connection.execute(TABLES).fetchall()]
        connection.execute(sql.SQL(WIPE).format(sql.SQL(" ").join(deletions)))
        return connection

    def __call__(self) -> None:
        try:
            self.connection.execute("select pg_temp.wipe()")
        except psycopg.OperationalError:
            self.close()
            self.connection = self.connect()
            self.connection.execute("select pg_temp.wipe()")

    def close(self) -> None:
        self.connection.close()
