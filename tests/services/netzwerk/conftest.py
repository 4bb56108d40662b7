"""The real application on a fresh database: engine, case side and built-in jobs, only the clock moves by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services import bootstrap
from services.bootstrap import App
from services.db import provision
from services.db.embedded import EmbeddedPostgres
from services.settings import Settings
from tests import builders


@pytest.fixture
def app(postgres: EmbeddedPostgres, database: str) -> Iterator[App]:
    """Both Mandanten of the builders use the profile of Moers."""
    owner = postgres.url(provision.OWNER, database)
    builders.seed(owner)
    import psycopg
    with psycopg.connect(owner) as connection:
        connection.execute("update etappe.mandant set profil = 'moers'")
    made = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, database), pool_size=5),
                           clock=builders.Uhr())
    yield made
    made.close()
