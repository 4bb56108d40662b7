"""Engine, session and the Mandant of every transaction.

Each transaction carries its Mandant as ``app.mandant``; row-level security compares every row with it (decision D12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

if TYPE_CHECKING:
    from collections.abc import Callable

SEARCH_PATH = "-c search_path=etappe,jobs -c app.mandant= -c timezone=UTC -c lock_timeout=10000 -c statement_timeout=30000"


def make_engine(url: str, *, pool_size: int = 10, role: str | None = None) -> Engine:
    """An engine for ``postgresql://`` addresses; ``role`` is set at connect where the login is not the application role."""
    options = SEARCH_PATH + (f" -c role={role}" if role else "")
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "etappe"},
        use_insertmanyvalues=True,
    )


class MandantSession(Session):
    """A session of one Mandant; without one, a transaction is refused."""


@event.listens_for(MandantSession, "after_begin")
def set_mandant(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    """Runs for every transaction, also after a rollback within the same session."""
    opened: Callable[[Connection], None] | None = session.info.get("open")
    if opened is not None:
        opened(connection)  # reads the log-in and sets the Mandant in the same statement
        return
    mandant = session.info.get("mandant")
    if not mandant:
        raise RuntimeError("a transaction without a Mandant")
    connection.exec_driver_sql("select set_config('app.mandant', %s, true)", (mandant,))


def make_session_factory(engine: Engine) -> sessionmaker[MandantSession]:
    """Sessions that never flush by themselves and keep what they loaded after a commit."""
    return sessionmaker(engine, class_=MandantSession, expire_on_commit=False, autoflush=False)
