"""The real application with the people and organisations of the demo and the models of Moers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services import bootstrap, demo
from services.db import provision
from services.prozess import deployments
from services.settings import Settings
from tests import builders
from tests.reise import gang
from tests.reise.haus import Haus, aufraeumen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.bootstrap import App
    from services.db.embedded import EmbeddedPostgres


@pytest.fixture
def app(postgres: EmbeddedPostgres, database: str) -> Iterator[App]:
    """A Monday morning in an installation that was loaded with the demo."""
    made = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, database), pool_size=5),
                           clock=builders.Uhr())
    demo.load(made)
    deployments.deploy_library(made, gang.people(made)["verwaltung"])
    yield made
    made.close()


@pytest.fixture(scope="session")
def haus() -> Iterator[Haus]:
    """`etappe run` with the demo and a clock that can be moved."""
    made = Haus()
    try:
        made.start(ETAPPE_TESTMODUS="1")
        made.stelle_uhr(made.zeit)
        yield made
    finally:
        aufraeumen(made)
