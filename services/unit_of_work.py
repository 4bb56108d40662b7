"""The only place that commits: one use case, one unit of work, one commit (decision D8)."""

from __future__ import annotations

import logging
import random
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Self, TypeVar

from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services import audit
from services.db.stapel import Stapel
from services.errors import ServiceError, StaleVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Any

    from sqlalchemy import Connection, CursorResult, Executable
    from sqlalchemy.engine.interfaces import _CoreAnyExecuteParams

    from services.bootstrap import App
    from services.context import Actor
    from services.db.session import MandantSession

T = TypeVar("T")
log = logging.getLogger("etappe.commit")
RACES = (pg.SerializationFailure, pg.DeadlockDetected, pg.LockNotAvailable, pg.UniqueViolation)
ATTEMPTS = 6
FIRST_STATEMENTS = ("set_config('app.mandant'", "sitzung_oeffnen", "benutzer_oeffnen")  # each sets the Mandant of its transaction


# The transaction in which a request was authenticated: the first unit of work of the same actor goes on in it. That saves
# a request one statement and two round trips; nothing has been written in it yet.
_authenticated: ContextVar[MandantSession | None] = ContextVar("authenticated", default=None)


# The unit of work that surrounds others: what they do becomes part of its commit.
_surrounding: ContextVar[UnitOfWork | None] = ContextVar("surrounding", default=None)
SAVEPOINT, ROLLBACK, RELEASE = (text(f"{word} etappe_innen") for word in ("savepoint", "rollback to savepoint", "release savepoint"))


def lend(session: MandantSession) -> None:
    """Offer a transaction whose Mandant is set. Whoever lends must call :func:`give_back` at the end of the request."""
    give_back()
    _authenticated.set(session)


def give_back() -> None:
    """End a lent transaction that nobody has used."""
    session = _authenticated.get()
    if session is not None:
        _authenticated.set(None)
        session.close()


def _borrow(app: App, actor: Actor) -> MandantSession | None:
    session = _authenticated.get()
    if session is None or session.bind is not app.engine or session.info.get("mandant") != actor.mandant:
        return None
    _authenticated.set(None)
    return session


class UnitOfWork:
    """A transaction of one actor. Leaving the block without :meth:`commit` rolls everything back.

    ``after_commit`` collects what may run once the commit is through (delivery of messages to other families); it is
    an acceleration only: everything listed there is also found in the tables by the worker.
    """

    def __init__(self, app: App, actor: Actor, *, inside: UnitOfWork | None = None) -> None:
        self.app, self.actor = app, actor
        self.session: MandantSession = inside.session if inside else _borrow(app, actor) or app.sessions(info={"mandant": actor.mandant})
        self.now = app.clock.now()
        self._connection: Connection | None = None  # one transaction, one connection
        self.batch = Stapel(self.session)  # statements of a command that are sent together
        self.after_commit: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.session.rollback()
        self.session.close()

    def key(self) -> int:
        """A new 64-bit key."""
        return self.app.keys.take(self.session)

    def execute(self, statement: Executable, parameters: _CoreAnyExecuteParams | None = None) -> CursorResult[Any]:
        """A Core statement, past the machinery for mapped objects: this is the hot path of every command."""
        if self._connection is None:
            self._connection = self.session.connection()
        return self._connection.execute(statement, parameters)

    def audit(self, command: str, subject: str, *, chain: str, reason: str | None = None, detail: Mapping[str, Any] | None = None) -> None:
        audit.record(self, self.actor, chain=chain, command=command, subject=subject, at=self.now, reason=reason, detail=detail)

    def audit_in_batch(self, command: str, subject: str, *, chain: str, reason: str | None = None, detail: Mapping[str, Any] | None = None) -> None:
        """The same, sent with the batch."""
        audit.add(self.batch, self.actor, chain=chain, command=command, subject=subject, at=self.now, reason=reason, detail=detail)

    def commit(self) -> None:
        self.session.commit()


def finish(pending: list[Callable[[], None]]) -> None:
    """Run what a commit has asked for. A failure is the worker's to repeat, never the caller's: his command is done."""
    for action in pending:
        try:
            action()
        except Exception:
            log.exception("after_commit_failed")


@contextmanager
def within(uow: UnitOfWork) -> Iterator[None]:
    """Let every unit of work of the same Mandant that runs in this block, on this thread, become part of ``uow``: one commit for all."""
    token = _surrounding.set(uow)
    try:
        yield
    finally:
        _surrounding.reset(token)


def _outer(app: App, actor: Actor) -> UnitOfWork | None:
    outer = _surrounding.get()
    return outer if outer is not None and outer.app.engine is app.engine and outer.actor.mandant == actor.mandant else None


def _inside(outer: UnitOfWork, app: App, actor: Actor, work: Callable[[UnitOfWork], T]) -> T:
    """Run ``work`` in the transaction of ``outer``; what fails leaves nothing there. A lost race is for ``outer`` to repeat."""
    inner = UnitOfWork(app, actor, inside=outer)
    outer.session.execute(SAVEPOINT)
    try:
        result = work(inner)
    except ServiceError:
        outer.session.execute(ROLLBACK)
        outer.session.expire_all()
        raise
    outer.session.execute(RELEASE)
    outer.after_commit += inner.after_commit
    return result


def transact(app: App, actor: Actor, work: Callable[[UnitOfWork], T]) -> T:
    """Run ``work`` and commit. A lost race (compare-and-swap, deadlock, unique number) is repeated from a fresh read.

    Raises what ``work`` raises; :class:`StaleVersion` only after several lost races in a row.
    """
    outer = _outer(app, actor)
    if outer is not None:
        return _inside(outer, app, actor, work)
    for attempt in range(ATTEMPTS):
        try:
            with UnitOfWork(app, actor) as uow:
                result = work(uow)
                uow.commit()
                pending = uow.after_commit
            finish(pending)
        except StaleVersion:
            if attempt == ATTEMPTS - 1:
                raise
        except (DBAPIError, pg.Error) as error:
            if isinstance(error, DBAPIError) and never_began(error):
                continue
            if not isinstance(error.orig if isinstance(error, DBAPIError) else error, RACES):
                raise
            if attempt == ATTEMPTS - 1:
                raise StaleVersion from error
        else:
            return result
        time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  jitter, not a secret
    raise AssertionError("unreachable")


def read(app: App, actor: Actor, work: Callable[[UnitOfWork], T]) -> T:
    """Run a reading ``work`` in one transaction that is never committed; repeated once if the database was restarted meanwhile."""
    outer = _outer(app, actor)
    if outer is not None:
        return work(UnitOfWork(app, actor, inside=outer))
    try:
        with UnitOfWork(app, actor) as uow:
            return work(uow)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    with UnitOfWork(app, actor) as uow:
        return work(uow)


def never_began(error: DBAPIError) -> bool:
    """Whether a pooled connection turned out dead at the first statement of a transaction: nothing can have happened.

    The pool throws all its old connections away then, so the next attempt gets a new one.
    """
    return error.connection_invalidated and error.statement is not None and any(first in error.statement for first in FIRST_STATEMENTS)
