"""Effects outside the database: requested as rows of the command's transaction, delivered by the worker (decision D9).

A request is a row of ``mail_auftrag``; the queue's job carries only (mandant, key), never personal data. Delivery is at
least once: each mail has a Message-ID computed from its key, so a repetition is recognised by the receiver.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from procrastinate import App as Queue
from procrastinate import JobContext, RetryStrategy, SyncPsycopgConnector
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services import mail_vorlage
from services.adapters import DeliveryFailed, Mail
from services.adapters.mail_datei import FileMailer
from services.adapters.mail_smtp import SmtpMailer
from services.context import system_actor
from services.db.models.grundlage import Benutzer, Organisation
from services.db.models.warteschlange import MailAuftrag
from services.unit_of_work import read, transact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from services.adapters import Mailer
    from services.bootstrap import App
    from services.mail_vorlage import Wert
    from services.settings import Settings
    from services.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

ATTEMPTS = 8
RETRY = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=4)  # 4 s, 16 s, 64 s, ... the last after about 4.5 hours
QUEUE_NAME = "effekte"

# Never opened: jobs are deferred on the connection of the session that requests them, in its transaction. The worker
# process uses this same object for deferring; only its own fetching goes through an asynchronous connector.
queue = Queue(connector=SyncPsycopgConnector())


def mailer(settings: Settings) -> Mailer:
    """The door that the settings choose: a mail server, else files below the data directory."""
    return SmtpMailer(settings.smtp_url) if settings.smtp_url else FileMailer(settings.data_dir / "mail")


def defer_mail(session: Session, *, mandant: str, key: str, an: str, vorlage: str, daten: Mapping[str, Wert]) -> bool:
    """Request a mail in this transaction; nothing is sent unless it commits.

    ``key`` identifies the mail within the Mandant (for example ``<process instance>-<task>``); a second request with the
    same key changes nothing. ``an`` is a login, a function, the key of an organisation, or an address; addresses of people
    are looked up at delivery. ``daten`` fills the text, see :data:`services.mail_vorlage.FELDER`.

    Returns:
        Whether the request is new.

    Raises:
        UnknownVorlage: there is no such text, or it does not fit ``daten``.
    """
    mail_vorlage.check(vorlage, daten)
    new = session.execute(
        insert(MailAuftrag).values(mandant=mandant, key=key, an=an, vorlage=vorlage, daten=dict(daten))
        .on_conflict_do_nothing().returning(MailAuftrag.key)).first()
    if new is not None:
        _enqueue(session, mandant, key)
    return new is not None


@dataclass(frozen=True, kw_only=True)
class FailedMail:
    """A mail that could not be delivered. ``fehler`` is the kind of the last failure."""

    key: str
    an: str
    vorlage: str
    versucht: int
    fehler: str
    erstellt: datetime


def failed_mails(session: Session, *, limit: int = 200) -> tuple[FailedMail, ...]:
    """What could not be delivered in this Mandant, the oldest first: shown to those who look after disturbances."""
    rows = session.scalars(select(MailAuftrag).where(MailAuftrag.status == "gescheitert").order_by(MailAuftrag.erstellt).limit(limit))
    return tuple(FailedMail(key=row.key, an=row.an, vorlage=row.vorlage, versucht=row.versucht, fehler=row.fehler or "", erstellt=row.erstellt)
                 for row in rows)


def resend_mail(session: Session, *, mandant: str, key: str) -> bool:
    """Try a failed mail again, with its old key. False if there is no failed mail of this key."""
    found = session.execute(
        update(MailAuftrag).where(MailAuftrag.mandant == mandant, MailAuftrag.key == key, MailAuftrag.status == "gescheitert")
        .values(status="offen").returning(MailAuftrag.key)).first()
    if found is not None:
        _enqueue(session, mandant, key)
    return found is not None


def _enqueue(session: Session, mandant: str, key: str) -> None:
    raw = session.connection().connection.driver_connection
    send_mail.configure(connection=raw).defer(mandant=mandant, key=key)


@queue.task(name="mail", queue=QUEUE_NAME, retry=RETRY, pass_context=True)
def send_mail(context: JobContext, *, mandant: str, key: str) -> None:
    """The queue's job: deliver one requested mail and note the result."""
    app: App = context.additional_context["app"]
    door: Mailer = context.additional_context["mailer"]
    deliver(app, door, mandant=mandant, key=key, last=context.job.attempts + 1 >= ATTEMPTS)


def deliver(app: App, door: Mailer, *, mandant: str, key: str, last: bool) -> None:
    """Send the mail of this request if it is still open. After the ``last`` attempt it counts as failed.

    Raises:
        DeliveryFailed: to be tried again.
    """
    actor = system_actor(mandant)
    mail = read(app, actor, lambda uow: _compose(app, uow, key))
    if mail is None:
        return
    try:
        door.send(mail)  # refuses a mail without an address
    except DeliveryFailed as failure:
        final = last or failure.permanent
        reason = type(failure.__cause__ or failure).__name__ if mail.to else "ohne Adresse"
        transact(app, actor, lambda uow: _note(uow, key, "gescheitert" if final else "offen", reason))
        log.warning("mail_failed" if final else "mail_postponed", extra={"mandant": mandant, "key": key, "reason": reason})
        if not final:
            raise
    else:
        transact(app, actor, lambda uow: _note(uow, key, "gesendet", None))


def _note(uow: UnitOfWork, key: str, status: str, reason: str | None) -> None:
    sent = uow.now if status == "gesendet" else None
    # A mail that another worker sent meanwhile stays sent.
    uow.session.execute(
        update(MailAuftrag).where(MailAuftrag.mandant == uow.actor.mandant, MailAuftrag.key == key, MailAuftrag.status != "gesendet")
        .values(status=status, versucht=MailAuftrag.versucht + 1, fehler=reason, gesendet_am=sent))


def _compose(app: App, uow: UnitOfWork, key: str) -> Mail | None:
    """The mail as it goes out, or None if it is no longer open (sent by another worker, or deleted)."""
    mandant = uow.actor.mandant
    row = uow.session.get(MailAuftrag, (mandant, key))
    if row is None or row.status != "offen":
        return None
    subject, body = mail_vorlage.render(row.vorlage, {"link": app.settings.base_url, **row.daten})
    digest = hashlib.sha256(f"{mandant}\0{key}".encode()).hexdigest()[:32]
    sender = app.settings.mail_absender
    return Mail(message_id=f"<{digest}@{sender.rpartition('@')[2]}>", sender=sender, to=addresses(uow.session, row.an),
                subject=subject, text=body)


def addresses(session: Session, an: str) -> tuple[str, ...]:
    """Addresses of a login, the members of a function, or an organisation, in the session's Mandant; an address is itself."""
    if "@" in an:
        return (an,)
    people = select(Benutzer.mail).where(
        Benutzer.aktiv, Benutzer.mail.is_not(None), or_(Benutzer.login == an, func.array_position(Benutzer.funktionen, an).is_not(None)))
    organisation = select(Organisation.mail).where(Organisation.key == an, Organisation.aktiv, Organisation.mail.is_not(None))
    return tuple(sorted({mail for mail in session.scalars(people.union(organisation)) if mail}))
