"""The composition root: builds one :class:`App` per process from the settings and the adapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.db.session import MandantSession, make_engine, make_session_factory
from services.keys import KeyAllocator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from sqlalchemy.engine import Engine
    from sqlalchemy.orm import sessionmaker

    from engine.clock import Clock
    from processes.profil import Profil
    from services.prozess.handlers import Handlers
    from services.settings import Settings


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
    keys: KeyAllocator = field(default_factory=KeyAllocator)


def connect(settings: Settings) -> tuple[Engine, sessionmaker[MandantSession]]:
    """Engine and session factory for the application role."""
    engine = make_engine(settings.database_url, pool_size=settings.pool_size, role=settings.database_role)
    return engine, make_session_factory(engine)
