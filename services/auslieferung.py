"""Brings the shipped models and forms into every Mandant.

A file that a Mandant already has, in any version, is not deployed again: otherwise every start would put the shipped model
on top of what the Mandant's own process owners have published since.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import psycopg

from processes import bibliothek
from services.db.provision import libpq
from services.db.session import SEARCH_PATH
from services.demo_personen import FIRST

if TYPE_CHECKING:
    from services.bootstrap import App
    from services.settings import Settings

KNOWN = """
    select checksum from process_definition union select checksum from decision_definition union select checksum from form_definition
"""


def shipped() -> frozenset[bytes]:
    """Checksums of all files that are deployed."""
    return frozenset(hashlib.sha256(file.data).digest() for file in bibliothek.dateien())


def missing(settings: Settings, *, demo: bool = False) -> tuple[str, ...]:
    """The Mandanten that lack a shipped file; with ``demo`` also the first one of the demo, if it does not exist yet.

    Asks without the application, so that an ordinary start stays quick.
    """
    options = SEARCH_PATH + (f" -c role={settings.database_role}" if settings.database_role else "")
    wanted, lacking = shipped(), set()
    with psycopg.connect(libpq(settings.database_url), options=options) as connection:
        mandanten = [row[0] for row in connection.execute("select mandant from alle_mandanten()")]
        for mandant in mandanten:
            connection.execute("select set_config('app.mandant', %s, true)", (mandant,))
            if not wanted <= {bytes(row[0]) for row in connection.execute(KNOWN)}:
                lacking.add(mandant)
    return tuple(sorted(lacking | ({FIRST} - set(mandanten) if demo else set())))


def deploy_missing(app: App) -> tuple[str, ...]:
    """Deploy everything where something is missing; files that are unchanged keep their version. Returns those Mandanten."""
    from services.context import Actor  # noqa: PLC0415  `missing` needs none of this
    from services.prozess.deployments import deploy_library  # noqa: PLC0415

    mandanten = missing(app.settings)
    for mandant in mandanten:
        deploy_library(app, Actor(login="auslieferung", name="Etappe", mandant=mandant, organisation="",
                                  roles=frozenset({"prozessverantwortung"})))
    return mandanten
