"""The composition root: builds one :class:`App` per process from the settings and the adapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import text

from engine.clock import SystemClock
from processes.profil import load as load_profil
from services import effekte, tueren
from services.db.session import MandantSession, make_engine, make_session_factory
from services.fall.auftraege import AUFTRAEGE
from services.fall.fakten import facts
from services.keys import KeyAllocator
from services.uhr import TestmodusClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from sqlalchemy.engine import Engine
    from sqlalchemy.orm import sessionmaker

    from engine.clock import Clock
    from processes.profil import Profil
    from services.context import Actor
    from services.prozess.handlers import Handlers
    from services.settings import Settings
    from services.unit_of_work import UnitOfWork


@dataclass(kw_only=True)
class App:
    """What every use case needs. Nothing in here changes after start-up, except caches of immutable rows."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[MandantSession]
    clock: Clock
    handlers: Handlers
    facts: Callable[[MandantSession, str], Mapping[str, Any]]  # (session, Aktenzeichen) -> routing facts `fall`, read lazily
    profil_of: Callable[[str], Profil]                          # Mandant -> Kommunalprofil
    start_process: Callable[[UnitOfWork, Actor, str, Mapping[str, object], str], int] = tueren.start_process
    publish: Callable[[UnitOfWork, str, str, Mapping[str, object]], None] = tueren.publish
    defer_mail: Callable[..., None] = effekte.defer_mail
    keys: KeyAllocator = field(default_factory=KeyAllocator)

    def close(self) -> None:
        """Return the connections."""
        self.engine.dispose()


class Profile:
    """Kommunalprofile by Mandant; which one a Mandant uses stands in its row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, Profil] = {}

    def __call__(self, mandant: str) -> Profil:
        found = self._known.get(mandant)
        if found is None:
            with self._engine.connect() as connection:
                names = dict(connection.execute(text("select mandant, profil from alle_mandanten()")).tuples().all())
            found = self._known[mandant] = load_profil(names[mandant])
        return found


def build(settings: Settings, *, clock: Clock | None = None) -> App:
    """The application for these settings. ``clock`` replaces the system's (tests)."""
    engine = make_engine(settings.database_url, pool_size=settings.pool_size, role=settings.database_role)
    if clock is None:
        clock = TestmodusClock(engine) if settings.testmodus else SystemClock()
    return App(settings=settings, engine=engine, sessions=make_session_factory(engine), clock=clock, handlers=AUFTRAEGE, facts=facts,
               profil_of=Profile(engine))
