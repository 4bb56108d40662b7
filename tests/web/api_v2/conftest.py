"""The real server for the official client: waitress on a free port, the real worker, a database of its own, and the pinned clock.

One server serves the whole folder, so tests use process ids, job types and message names of their own (``name``).
"""

from __future__ import annotations

import itertools
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import waitress
from camunda_orchestration_sdk import CamundaAsyncClient, CamundaClient
from flask import Flask
from psycopg import sql

from services import bootstrap, uhr
from services.anmeldung import hash_password
from services.bootstrap import App
from services.db import provision
from services.db.embedded import EmbeddedPostgres
from services.prozess import messages, timers
from services.settings import Settings
from services.worker import Worker
from tests import builders
from tests.web.api_v2.rufen import PASSWORD, Caller
from web.app import create_app

NUMBERS = itertools.count(1)
MAX_BODY = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Server:
    """What runs: the application, its WSGI side, its address, and the owner's way to its database."""

    app: App
    flask: Flask
    address: str
    owner_url: str
    watch: psycopg.Connection
    counting: sql.Composed

    def client(self, login: str = "verwaltung", password: str = PASSWORD) -> CamundaClient:
        return CamundaClient(configuration=self.configuration(login, password))

    def async_client(self, login: str = "verwaltung", password: str = PASSWORD) -> CamundaAsyncClient:
        return CamundaAsyncClient(configuration=self.configuration(login, password))

    def configuration(self, login: str, password: str) -> Any:
        return {"CAMUNDA_REST_ADDRESS": self.address, "CAMUNDA_BASIC_AUTH_USERNAME": login, "CAMUNDA_BASIC_AUTH_PASSWORD": password}

    def counts(self) -> dict[str, int]:
        """Rows per table; tables that a refused request may fill (attempts to log in) left out."""
        return dict(self.watch.execute(self.counting).fetchall())


@pytest.fixture(scope="session")
def server(postgres: EmbeddedPostgres, template: str) -> Iterator[Server]:
    name = f"t_{os.getpid()}_v2"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} owner {} template {}").format(*map(sql.Identifier, (name, provision.OWNER, template))))
        try:
            yield from running(postgres, name)
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def running(postgres: EmbeddedPostgres, name: str) -> Iterator[Server]:
    owner = postgres.url(provision.OWNER, name)
    builders.seed(owner)
    with psycopg.connect(owner) as connection:
        connection.execute("update etappe.mandant set profil = 'moers'")
        connection.execute("update etappe.benutzer set passwort_hash = %s", (hash_password(PASSWORD),))
    app = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, name), testmodus=True,
                                   max_body_bytes=MAX_BODY, pool_size=8))
    flask = create_app(app)
    listening = waitress.create_server(flask, host="127.0.0.1", port=0, threads=8, clear_untrusted_proxy_headers=True)
    thread = threading.Thread(target=listening.run, daemon=True)
    thread.start()
    worker = Worker(app, [timers.fire_due, messages.deliver_pending])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.worker.CLEANING", 3600)  # rows that expire in the background would look like changes
        worker.start()
    watch = psycopg.connect(owner, autocommit=True)
    tables = [row[0] for row in watch.execute("select tablename from pg_tables where schemaname = 'etappe' and tablename <> 'anmeldeversuch'")]
    counting = sql.SQL(" union all ").join(
        sql.SQL("select {}, count(*) from etappe.{}").format(sql.Literal(table), sql.Identifier(table)) for table in tables)
    try:
        yield Server(app=app, flask=flask, address=f"http://127.0.0.1:{listening.effective_port}", owner_url=owner, watch=watch, counting=counting)
    finally:
        watch.close()
        assert worker.stop()
        listening.trigger.pull_trigger(listening.close)  # by its own thread: a socket must not go away under its select
        thread.join(5)
        app.close()


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[CamundaClient]:
    """The official client of somebody who may do everything but see cases."""
    with server.client() as made:
        yield made


@pytest.fixture
def http(server: Server) -> Caller:
    """Requests without the client, for what it would never send; in the same process, so a defect shows its traceback."""
    return Caller(server.flask)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A process id that nobody else uses."""
    return f"{re.sub(r'[^a-z0-9]+', '_', request.node.name.lower())[:40].strip('_')}_{next(NUMBERS)}"


@pytest.fixture
def running_clock(server: Server) -> Iterator[None]:
    """The clock runs again after the test, whatever it pinned."""
    yield
    uhr.pin(server.app, None)


