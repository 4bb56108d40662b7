"""Fixtures on a real PostgreSQL: one embedded server, one migrated template, one database per test process, emptied for every test.

The server's files lie below ``ETAPPE_TEST_DATA`` (default: a directory of this user below /var/tmp) and are kept, so that the
next run needs no ``initdb``. Every test process holds a shared lock on the directory; the last one to leave stops the server.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from services.db import provision
from services.db.embedded import EmbeddedPostgres
from services.db.session import make_engine
from tests import builders, vorlagen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from sqlalchemy.engine import Engine

ROOT = Path(__file__).parents[1]


def data_dir() -> Path:
    """A short path that the user ``nobody`` may enter: as root the server runs as nobody."""
    tree = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:8]
    return Path(os.environ.get("ETAPPE_TEST_DATA") or f"/var/tmp/etappe-test-{os.getuid()}") / tree


@contextlib.contextmanager
def exclusively(file: IO[str]) -> Iterator[bool]:
    """Whether nobody else uses the server, and nobody can begin to within the block."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True


def tune(admin: psycopg.Connection) -> None:
    """A test database need not survive a power failure."""
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        admin.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(name)))
    admin.execute("select pg_reload_conf()")


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The running server."""
    data = data_dir()
    data.parent.mkdir(parents=True, exist_ok=True)
    with (data.parent / f"{data.name}.used").open("a") as users:
        with exclusively(users) as alone:
            server = EmbeddedPostgres(data)
            if alone:
                server.start()
                with psycopg.connect(server.url(), autocommit=True) as admin:
                    tune(admin)
                    vorlagen.sweep(admin)
        fcntl.flock(users, fcntl.LOCK_SH)
        server.start()
        yield server
        with exclusively(users) as alone:
            if alone:
                server.stop()


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """Name of a migrated, empty database."""
    name = vorlagen.migrated_name()
    return vorlagen.make_once(postgres, name, None, lambda: provision.migrate(postgres.url(provision.OWNER, name)))


@pytest.fixture(scope="session")
def moers_template(postgres: EmbeddedPostgres, template: str) -> str:
    """Name of a database with the demo of Moers and the whole library, deployed by its administration at ``builders.START``.

    Deploying takes seconds, a copy a fraction of one.
    """
    name = vorlagen.moers_name()
    return vorlagen.make_once(postgres, name, template, lambda: vorlagen.deploy_moers(postgres.url(provision.APP, name)))


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Name of a database without any table."""
    with vorlagen.fresh(postgres, "template0") as name:
        yield name


@pytest.fixture(scope="session")
def own_database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """Name of the migrated database of this test process."""
    with vorlagen.fresh(postgres, template) as name:
        yield name


@pytest.fixture(scope="session")
def wipe(postgres: EmbeddedPostgres, own_database: str) -> Iterator[Callable[[], None]]:
    """Empties the database of this test process."""
    wiper = vorlagen.Wiper(postgres.url(database=own_database))
    yield wiper
    wiper.close()


@pytest.fixture
def database(own_database: str, wipe: Callable[[], None]) -> str:
    """Name of a migrated database without rows. Emptying it is ten times as fast as making a new one."""
    wipe()
    return own_database


@pytest.fixture
def owner_url(postgres: EmbeddedPostgres, database: str) -> str:
    """Address of the owner of the test's database."""
    return postgres.url(provision.OWNER, database)


@pytest.fixture(scope="session")
def app_engine(postgres: EmbeddedPostgres, own_database: str) -> Iterator[Engine]:
    """Shared by all tests of this process, so that a statement is compiled once; its connections are not."""
    engine = make_engine(postgres.url(provision.APP, own_database), pool_size=5)
    yield engine
    engine.dispose()


@pytest.fixture
def app(postgres: EmbeddedPostgres, database: str, app_engine: Engine) -> Iterator[builders.FakeApp]:
    """The application on an empty database with two Mandanten (``builders.seed``) and a pinned clock."""
    builders.seed(postgres.url(provision.OWNER, database))
    yield builders.make_app(app_engine)
    app_engine.dispose()
