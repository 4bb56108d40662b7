"""The composition root: builds one :class:`App` per process from the settings and the adapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from sqlalchemy import text

from engine.clock import SystemClock
from processes.profil import load as load_profil
from services import effekte, tueren
from services.db.session import MandantSession, make_engine, make_session_factory
from services.dokumente.auftraege import AUFTRAEGE as DOKUMENT_AUFTRAEGE
from services.fall import fakten
from services.fall.auftraege import AUFTRAEGE as FALL_AUFTRAEGE
from services.keys import KeyAllocator
from services.netzwerk.kennzahlen import AUFTRAEGE as KENNZAHLEN_AUFTRAEGE
from services.prozess.definitions import Library
from services.prozess.vergabe import Vergabe
from services.uhr import TestmodusClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from sqlalchemy.engine import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from engine.clock import Clock
    from processes.profil import Profil
    from services.context import Actor
    from services.mail_vorlage import Wert
    from services.prozess.handlers import Handlers
    from services.settings import Settings
    from services.unit_of_work import UnitOfWork

BUILT_IN: Handlers = {**FALL_AUFTRAEGE, **DOKUMENT_AUFTRAEGE, **KENNZAHLEN_AUFTRAEGE}  # every job type that runs inside the command


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
    library: Library = field(default_factory=Library)
    due_timers: Vergabe = field(default_factory=Vergabe)

    def start_process(self, uow: UnitOfWork, actor: Actor, process_id: str, variables: Mapping[str, object], business_id: str) -> int:
        """Start the latest version of a process for a case, in the caller's transaction; returns the key of the instance."""
        return tueren.start_process(uow, actor, process_id, variables, business_id)

    def publish(self, uow: UnitOfWork, name: str, key: str, variables: Mapping[str, object]) -> None:
        """A message to the processes: a row of the caller's commit, delivered right after it."""
        tueren.publish(uow, name, key, variables)

    def defer_mail(self, session: Session, *, mandant: str, key: str, an: str, vorlage: str, daten: Mapping[str, object]) -> None:
        """A mail that is sent after the commit, once per ``key``."""
        effekte.defer_mail(session, mandant=mandant, key=key, an=an, vorlage=vorlage, daten=cast("Mapping[str, Wert]", daten))  # checked there

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
                names = {row.mandant: row.profil for row in connection.execute(text("select mandant, profil from alle_mandanten()"))}
            found = self._known[mandant] = load_profil(names[mandant])
        return found


def build(settings: Settings, *, clock: Clock | None = None) -> App:
    """The application for these settings. ``clock`` replaces the system's (tests)."""
    engine = make_engine(settings.database_url, pool_size=settings.pool_size, role=settings.database_role)
    if clock is None:
        clock = TestmodusClock(engine) if settings.testmodus else SystemClock()
    return App(settings=settings, engine=engine, sessions=make_session_factory(engine), clock=clock, handlers=BUILT_IN,
               facts=fakten.reader(clock), profil_of=Profile(engine))
