"""The real application with the people and organisations of the demo and the models of Moers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services import bootstrap
from services.db import provision
from services.settings import Settings
from tests import builders
from tests.reise.haus import Haus, aufraeumen
from tests.vorlagen import fresh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.bootstrap import App
    from services.db.embedded import EmbeddedPostgres


@pytest.fixture
def app(postgres: EmbeddedPostgres, moers_template: str) -> Iterator[App]:
    """A Monday morning in an installation that was loaded with the demo."""
    with fresh(postgres, moers_template) as database:
        made = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, database), pool_size=5),
                               clock=builders.Uhr())
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
