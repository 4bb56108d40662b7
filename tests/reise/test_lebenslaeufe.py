"""A life of a case in each Kommune, from a case story of the sources: docs/lebenslaeufe.md."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from services import bootstrap
from services.db import provision
from services.settings import Settings
from tests import builders
from tests.reise import lebenslauf

FILES = sorted(Path(__file__).with_name("leben").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_life(path: Path, postgres, database: str, record_property) -> None:
    document = lebenslauf.lade(path)
    app = bootstrap.build(Settings(data_dir=Path("/nonexistent"), database_url=postgres.url(provision.APP, database), pool_size=5),
                          clock=builders.Uhr(lebenslauf.moment(document["beginn"])))
    begun = time.perf_counter()
    try:
        life = lebenslauf.beginne(app, document)
        lebenslauf.gehe(life, document)

        assert life.prozesse() == sorted(document["prozesse"])
    finally:
        app.close()
        seconds = time.perf_counter() - begun
        record_property("sekunden", round(seconds, 1))
        print(f"\n{path.stem}: {seconds:.1f} s, bis {app.clock.today()}")
