"""Roles, database and extensions, then the migrations. Runs with the owner's rights; the application never has them."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from services.db.embedded import EmbeddedPostgres
from services.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.config import Config

    from services.settings import Settings

OWNER, APP = "etappe_owner", "etappe_app"
MIGRATION_LOCK = 742018  # any number; the same for every process that migrates
MIGRATIONS = Path(__file__).parent / "migrations"
ANSWERED = ("authentication failed", "does not exist", "no pg_hba.conf entry", "not permitted")  # waiting would not change these


class DatabaseUnusable(ServiceError):
    """The server does not answer, refuses the log-in, or its database cannot hold our texts."""

    message_de = "Die Datenbank ist nicht erreichbar."


def libpq(url: str) -> str:
    """The address without SQLAlchemy's driver name, for psycopg."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def embedded(settings: Settings) -> EmbeddedPostgres:
    """The embedded server of this data directory, not started."""
    return EmbeddedPostgres(settings.data_dir / "postgres")


def embedded_settings(settings: Settings, server: EmbeddedPostgres) -> Settings:
    """The settings with the addresses of the embedded server, whose two log-ins differ."""
    return replace(settings, owner_url=server.url(OWNER, "etappe"), database_url=server.url(APP, "etappe"), database_role=None)


@contextlib.contextmanager
def provided(settings: Settings) -> Iterator[Settings]:
    """The settings with a database that runs: the one of ``DATABASE_URL``, else the embedded one, newly migrated.

    An embedded server that was not running is stopped at the end; a running one is joined.
    """
    if settings.database_url:
        yield settings
        return
    server = embedded(settings)
    joined = server.alive()
    server.start()
    try:
        complete = embedded_settings(settings, server)
        create_database(server.url(), "etappe")
        migrate(complete.owner_url)
        yield complete
    finally:
        if not joined:
            server.stop()


def create_database(admin_url: str, name: str) -> None:
    """Create the two roles and the database where they are missing. ``admin_url`` needs CREATEROLE and CREATEDB."""
    with psycopg.connect(libpq(admin_url), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        for role in (OWNER, APP):
            if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
                connection.execute(sql.SQL("create role {} login nosuperuser nobypassrls").format(sql.Identifier(role)))
        if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
            connection.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(OWNER)))


def alembic_config(owner_url: str) -> Config:
    """Alembic's configuration for this address."""
    from alembic.config import Config  # noqa: PLC0415  half a second that a start without a migration does not need

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = make_url(owner_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    return config


@cache
def newest_revision() -> str:
    """The last revision; the files are numbered and linear (house style), so it is the name of the last one."""
    return max(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current_revision(owner_url: str) -> str | None:
    """The revision of the database, or None if it was never migrated."""
    with psycopg.connect(libpq(owner_url), autocommit=True) as connection:
        try:
            row = connection.execute("select version_num from etappe.alembic_version").fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            return None
        return str(row[0]) if row else None


def wait_for(owner_url: str, seconds: float, say: Callable[[str], object] = str) -> None:
    """Return as soon as the server answers; one that starts beside us needs a moment. ``say`` is told once that we wait.

    Raises:
        DatabaseUnusable: no answer within so many seconds, a log-in that is refused, or an encoding other than UTF8.
    """
    url = make_url(owner_url)
    where = f"{url.host or 'localhost'}:{url.port or 5432}"
    end, waiting = time.monotonic() + seconds, False
    while True:
        try:
            with psycopg.connect(libpq(owner_url), autocommit=True, connect_timeout=5) as connection:
                encoding = connection.info.parameter_status("server_encoding")
            break
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            if any(sentence in reason for sentence in ANSWERED):
                raise DatabaseUnusable(f"Die Datenbank unter {where} lehnt die Anmeldung ab ({reason}). "
                                       "Bitte prüfen Sie DATABASE_URL und ob die Datenbank angelegt ist (docs/betrieb.md, Abschnitt 3).") from error
            if time.monotonic() > end:
                raise DatabaseUnusable(f"Die Datenbank unter {where} antwortet seit {seconds:.0f} Sekunden nicht ({reason}). "
                                       "Bitte starten Sie sie oder prüfen Sie DATABASE_URL.") from error
            if not waiting:
                say(f"Warte auf die Datenbank unter {where} ...")
            waiting = True
            time.sleep(min(1, seconds / 10))
    if encoding != "UTF8":
        raise DatabaseUnusable(f"Die Datenbank speichert Texte als {encoding}, Etappe braucht UTF8. "
                               "Bitte legen Sie sie neu an: create database ... encoding 'UTF8' template template0 (docs/betrieb.md, Abschnitt 3).")


def migrate(owner_url: str) -> bool:
    """Bring the schema to the newest revision; a second process waits for the first. False if there was nothing to do."""
    if current_revision(owner_url) == newest_revision():
        return False
    from alembic import command  # noqa: PLC0415  see alembic_config

    with psycopg.connect(libpq(owner_url), autocommit=True) as lock:
        lock.execute("select pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        if not lock.execute("select 1 from pg_roles where rolname = %s", (APP,)).fetchone():
            lock.execute(sql.SQL("create role {} nologin nosuperuser nobypassrls").format(sql.Identifier(APP)))
            # With one address for both, the application connects as the owner and becomes this role at once.
            lock.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(APP)))
        command.upgrade(alembic_config(owner_url), "head")
    return True
