"""Log-in of people and machines: passwords (argon2id), sessions, throttling, personal settings.

A session is a random 256-bit token in a cookie; only its SHA-256 is stored. It ends after ``IDLE`` without a request, at the
latest ``ABSOLUTE`` after the log-in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services import unit_of_work
from services.context import Actor
from services.errors import InvalidInput, ServiceError
from services.uhr import anmeldezeit
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection, Row

    from services.bootstrap import App

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
RENEW_AFTER = timedelta(minutes=1)      # a session is prolonged at most this often: reading a page is not a write
VERDICT_LIFETIME = timedelta(seconds=60)
FREE_ATTEMPTS = 5                       # wrong passwords before the waiting begins
LONGEST_WAIT = timedelta(minutes=15)
MIN_PASSWORD = 12
MAX_PASSWORD = 200                      # argon2 would hash megabytes as well; nobody types them
SETTINGS: Mapping[str, tuple[str, ...]] = {"dichte": ("normal", "kompakt"), "farben": ("system", "hell", "dunkel")}

_hasher = PasswordHasher()
# Compared with where the name is unknown, so that the answer takes as long as for a known one.
_nobody = _hasher.hash(secrets.token_hex(16))


class LoginRefused(ServiceError):
    """Name or password is wrong; which of them is never told."""

    message_de = "Benutzername oder Passwort stimmen nicht. Bitte versuchen Sie es noch einmal."


class LoginThrottled(ServiceError):
    """Too many wrong passwords; ``bis`` says when the next attempt is possible."""

    message_de = "Zu viele Fehlversuche. Bitte warten Sie ein paar Minuten und versuchen Sie es dann noch einmal."


@dataclass(frozen=True, kw_only=True)
class Angemeldet:
    """A person who is logged in. ``einstellungen`` are the personal ones, see ``SETTINGS``."""

    actor: Actor
    einstellungen: Mapping[str, str] = field(default_factory=dict)


def hash_password(password: str) -> str:
    """Argon2id hash in its usual text form."""
    return _hasher.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Whether the password fits; takes some 50 ms on purpose."""
    try:
        return _hasher.verify(stored, password[:MAX_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def token_hash(token: str) -> bytes:
    """What is stored of the token of a session."""
    return hashlib.sha256(token.encode()).digest()


def _angemeldet(row: Row[Any]) -> Angemeldet:
    known = {name: value for name, value in dict(row.einstellungen or {}).items() if value in SETTINGS.get(name, ())}
    return Angemeldet(einstellungen=known, actor=Actor(
        login=row.login, name=row.name, mandant=row.mandant, organisation=row.organisation,
        roles=frozenset(row.rollen), functions=frozenset(row.funktionen)))


def _open(app: App, statement: str, values: Mapping[str, Any]) -> Row[Any] | None:
    """Run one of the two database functions that read a person and set the Mandant: one statement, nothing is written.

    The transaction stays open for the first unit of work of this request (``unit_of_work.lend``).
    """
    found: list[Row[Any] | None] = []

    def opener(connection: Connection) -> None:
        found.append(connection.execute(text(statement), dict(values)).one_or_none())

    session = app.sessions(info={"open": opener})
    try:
        session.connection()
    except DBAPIError as error:
        session.close()
        if not unit_of_work.never_began(error):
            raise
        session = app.sessions(info={"open": opener})  # the database was restarted; this time on a new connection
        session.connection()
    del session.info["open"]  # a later transaction of this session sets its Mandant the usual way
    if found[0] is None:
        session.close()
    else:
        session.info["mandant"] = found[0].mandant
        unit_of_work.lend(session)
    return found[0]


# -- people: name and password, then a cookie ------------------------------------------------------------------------------
def anmelden(app: App, *, login: str, password: str) -> tuple[Angemeldet, str]:
    """Check name and password and open a session; returns the person and the token for the cookie.

    Raises LoginThrottled after too many failures for this name, LoginRefused if name or password is wrong.
    """
    login = login.strip()
    row = _attempt(app, login)
    if not verify_password(row.passwort_hash if row is not None else _nobody, password) or row is None:
        raise LoginRefused
    angemeldet = _angemeldet(row)
    token, now = secrets.token_urlsafe(32), anmeldezeit(app)

    def work(uow: UnitOfWork) -> None:
        uow.session.execute(text("delete from anmeldeversuch where login = :l"), {"l": _attempt_key(login)})
        uow.session.execute(
            text("insert into sitzung (token_hash, mandant, login, erstellt, laeuft_ab) values (:h, :m, :l, :now, :end)"),
            {"h": token_hash(token), "m": row.mandant, "l": row.login, "now": now, "end": now + IDLE})
        uow.audit("anmeldung", f"benutzer:{row.login}", chain="verwaltung")
    transact(app, angemeldet.actor, work)
    return angemeldet, token


def _attempt_key(login: str) -> str:
    """What was typed into the name field may be a password by mistake: only its hash is kept."""
    return hashlib.sha256(login.casefold().encode()).hexdigest()


def wait_after(failures: int) -> timedelta:
    """How long the next attempt has to wait: nothing at first, then 30 seconds, doubled each time."""
    if failures < FREE_ATTEMPTS:
        return timedelta(0)
    return min(LONGEST_WAIT, timedelta(seconds=30 * (1 << min(failures - FREE_ATTEMPTS, 10))))


def _attempt(app: App, login: str) -> Row[Any] | None:
    """Count the attempt before it is checked, so that guesses in parallel do not get round the limit; returns the person's row."""
    found: list[Row[Any] | None] = []

    def opener(connection: Connection) -> None:
        found.append(connection.execute(text("select * from benutzer_oeffnen(:l)"), {"l": login}).one_or_none())

    now, key = anmeldezeit(app), _attempt_key(login)
    with app.sessions(info={"open": opener}) as session:
        session.execute(text("delete from anmeldeversuch where zuletzt < :old"), {"old": now - timedelta(days=1)})
        # One statement that finds the row locked, or makes it: between two, a log-in that fits removes it.
        tried = session.execute(
            text("insert into anmeldeversuch (login, fehlversuche, zuletzt) values (:l, 0, :now) "
                 "on conflict (login) do update set login = excluded.login returning fehlversuche, zuletzt"), {"l": key, "now": now}).one()
        until = tried.zuletzt + wait_after(tried.fehlversuche)
        if until > now:
            raise LoginThrottled(bis=until)
        session.execute(text("update anmeldeversuch set fehlversuche = fehlversuche + 1, zuletzt = :now where login = :l"),
                        {"l": key, "now": now})
        session.commit()
    return found[0]


def sitzung(app: App, *, token: str) -> Angemeldet | None:
    """The person of a session that is still open, or None. One statement, nothing is written."""
    row = _open(app, "select * from sitzung_oeffnen(:h, :now)", {"h": token_hash(token), "now": anmeldezeit(app)})
    return None if row is None else _angemeldet(row)


class Renewals:
    """Remembers in this operating-system process which session was prolonged when; forgetting costs one statement."""

    LIMIT = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[bytes, datetime] = {}

    def due(self, key: bytes, now: datetime) -> bool:
        with self._lock:
            last = self._last.get(key)
            if last is not None and abs(now - last) < RENEW_AFTER:
                return False
            if len(self._last) >= self.LIMIT:
                self._last.clear()
            self._last[key] = now
            return True


_renewals = Renewals()


def verlaengern(app: App, actor: Actor, *, token: str) -> None:
    """Move the end of an idle session on, at most once a minute and never beyond the absolute limit."""
    key, now = token_hash(token), anmeldezeit(app)
    if not _renewals.due(key, now):
        return

    def work(uow: UnitOfWork) -> None:
        uow.session.execute(text("update sitzung set laeuft_ab = least(:idle, erstellt + :absolute) where token_hash = :h"),
                            {"h": key, "idle": now + IDLE, "absolute": ABSOLUTE})
    transact(app, actor, work)


def abmelden(app: App, actor: Actor, *, token: str) -> None:
    """Close a session; drafts stay."""
    def work(uow: UnitOfWork) -> None:
        uow.session.execute(text("delete from sitzung where token_hash = :h"), {"h": token_hash(token)})
        uow.audit("abmeldung", f"benutzer:{actor.login}", chain="verwaltung")
    transact(app, actor, work)


# -- machines: basic authentication at every request -----------------------------------------------------------------------
class Verdicts:
    """Passwords that fitted within the last minute, so that argon2 does not run at every request.

    Each use renews the minute: a program at work is not locked out by somebody who guesses at its name.

    The key binds the stored hash (a changed password ends the verdict at once) and the password under a secret of this
    operating-system process; the password itself is not kept.
    """

    LIMIT = 1000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secret = secrets.token_bytes(32)
        self._until: dict[bytes, datetime] = {}

    def fits(self, stored: str, password: str, now: datetime, check: Callable[[str, str], bool] = verify_password) -> bool:
        message = stored.encode() + b"\0" + password.encode()
        key = hmac.digest(self._secret, message, "sha256")
        with self._lock:
            until = self._until.get(key)
        if not (until is not None and now < until <= now + VERDICT_LIFETIME) and not check(stored, password):
            return False
        with self._lock:
            if len(self._until) >= self.LIMIT:
                self._until.clear()
            self._until[key] = now + VERDICT_LIFETIME
        return True


_verdicts = Verdicts()


def basic(app: App, *, login: str, password: str) -> Angemeldet:
    """The person or machine of a request with basic authentication. Raises LoginRefused, LoginThrottled."""
    if "\0" in login:  # the database would refuse it; nobody has such a name
        raise LoginRefused
    row = _open(app, "select * from benutzer_oeffnen(:l)", {"l": login})
    now = anmeldezeit(app)
    if row is not None and _verdicts.fits(row.passwort_hash, password, now, check=lambda _stored, _password: False):
        return _angemeldet(row)
    _attempt(app, login)
    if row is None:
        verify_password(_nobody, password)
        raise LoginRefused
    if not _verdicts.fits(row.passwort_hash, password, now):
        raise LoginRefused
    angemeldet = _angemeldet(row)

    def forget(uow: UnitOfWork) -> None:
        uow.session.execute(text("delete from anmeldeversuch where login = :l"), {"l": _attempt_key(login)})
    transact(app, angemeldet.actor, forget)
    return angemeldet


def ohne_passwort(app: App, *, login: str) -> Angemeldet:
    """The account for which somebody else vouches (``services.bearer``). Raises LoginRefused if it does not exist or is closed."""
    row = _open(app, "select * from benutzer_oeffnen(:l)", {"l": login})
    if row is None:
        raise LoginRefused
    return _angemeldet(row)


# -- own account -----------------------------------------------------------------------------------------------------------
def passwort_aendern(app: App, actor: Actor, *, alt: str, neu: str, token: str) -> None:
    """Set a new password and close all other sessions of the person. Raises InvalidInput."""
    if len(neu) < MIN_PASSWORD:
        raise InvalidInput(errors={"neu": f"Wählen Sie ein Passwort mit mindestens {MIN_PASSWORD} Zeichen."})
    if len(neu) > MAX_PASSWORD:
        raise InvalidInput(errors={"neu": f"Wählen Sie ein Passwort mit höchstens {MAX_PASSWORD} Zeichen."})
    row = _attempt(app, actor.login)
    if row is None or not verify_password(row.passwort_hash, alt):
        raise InvalidInput(errors={"alt": "Das bisherige Passwort stimmt nicht. Bitte geben Sie es noch einmal ein."})
    stored = hash_password(neu)

    def work(uow: UnitOfWork) -> None:
        uow.session.execute(text("update benutzer set passwort_hash = :p where login = :l"), {"p": stored, "l": actor.login})
        uow.session.execute(text("delete from sitzung where login = :l and token_hash <> :h"), {"l": actor.login, "h": token_hash(token)})
        uow.session.execute(text("delete from anmeldeversuch where login = :l"), {"l": _attempt_key(actor.login)})
        uow.audit("passwort.aendern", f"benutzer:{actor.login}", chain="verwaltung")
    transact(app, actor, work)


def einstellungen_speichern(app: App, actor: Actor, *, werte: Mapping[str, str]) -> None:
    """Store personal settings; unknown names or values are refused with InvalidInput."""
    errors = {name: "Bitte wählen Sie eine der Möglichkeiten." for name, value in werte.items() if value not in SETTINGS.get(name, ())}
    if errors:
        raise InvalidInput(errors=errors)

    def work(uow: UnitOfWork) -> None:
        for name, value in werte.items():
            uow.session.execute(
                text("update benutzer set einstellungen = jsonb_set(einstellungen, array[:n], to_jsonb(cast(:v as text))) where login = :l"),
                {"n": name, "v": value, "l": actor.login})
    transact(app, actor, work)


# -- names, for pages ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Kollege:
    """A colleague as shown in lists."""

    login: str
    name: str
    organisation: str


def namen(app: App, actor: Actor, *, logins: Iterable[str | None]) -> dict[str, str]:
    """Display names of people of the own Mandant; unknown log-ins (machines, deleted accounts) are left out."""
    wanted = sorted({login for login in logins if login})
    if not wanted:
        return {}

    def work(uow: UnitOfWork) -> dict[str, str]:
        rows = uow.session.execute(text("select login, name from benutzer where login = any(:l)"), {"l": wanted})
        return {row.login: row.name for row in rows}
    return read(app, actor, work)


def kollegen(app: App, actor: Actor) -> tuple[Kollege, ...]:
    """Active people of the own organisation, by name: those to whom work can be given (nobody orders another employer's people)."""
    def work(uow: UnitOfWork) -> tuple[Kollege, ...]:
        rows = uow.session.execute(
            text("select login, name, organisation from benutzer where organisation = :o and aktiv order by sort_key, login"),
            {"o": actor.organisation})
        return tuple(Kollege(login=row.login, name=row.name, organisation=row.organisation) for row in rows)
    return read(app, actor, work)


def mandant_name(app: App, actor: Actor) -> str:
    """Name of the Kommune, as shown in the head of the pages."""
    return str(read(app, actor, lambda uow: uow.session.execute(text("select name from mandant")).scalar_one_or_none()) or "")
