"""Mail over SMTP.

Addresses: ``smtp://[user:password@]host[:port]`` (STARTTLS where offered), ``smtps://`` (TLS from the start), or
``smtp+starttls://`` (refuses to go on without TLS).
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from services.adapters import DeliveryFailed
from services.adapters.mail_nachricht import message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.adapters import Mail

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class SmtpMailer:
    """Hands mails to one mail server. ``seconds`` limits a whole delivery, however slowly the server speaks."""

    def __init__(self, url: str, *, seconds: float = 20) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"expected ETAPPE_SMTP_URL as {', '.join(f'{scheme}://host' for scheme in PORTS)}, found another form")
        self.scheme, self.host = parts.scheme, parts.hostname
        self.port = parts.port or PORTS[parts.scheme]
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.seconds = seconds

    def send(self, mail: Mail) -> None:
        content = message(mail)
        try:
            with self._connection() as smtp:
                refused = smtp.send_message(content, from_addr=mail.sender, to_addrs=list(mail.to))
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
            codes = ([code for code, _ in error.recipients.values()] if isinstance(error, smtplib.SMTPRecipientsRefused)
                     else [error.smtp_code])
            raise DeliveryFailed(mail.message_id, permanent=all(code >= 500 for code in codes)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(mail.message_id) from error
        if refused:
            # Some addresses were taken: repeating would send those again, so the rest counts as failed for good.
            raise DeliveryFailed(mail.message_id, permanent=True)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context()
        smtp: smtplib.SMTP = (smtplib.SMTP_SSL(timeout=self.seconds, context=context) if self.scheme == "smtps"
                              else smtplib.SMTP(timeout=self.seconds))
        # Connected here and not by the constructor, so that the deadline covers the greeting; TLS needs the name it then lacks.
        smtp._host = self.host  # type: ignore[attr-defined]  # set by the constructor only
        with self._deadline(smtp), smtp:
            smtp.connect(self.host, self.port)
            smtp.ehlo_or_helo_if_needed()
            if self.scheme != "smtps" and (smtp.has_extn("starttls") or self.scheme == "smtp+starttls"):
                smtp.starttls(context=context)
            if self.user:
                smtp.login(self.user, self.password)
            yield smtp

    @contextlib.contextmanager
    def _deadline(self, smtp: smtplib.SMTP) -> Iterator[None]:
        """Cut the connection when time is up: the socket's own timeout starts anew with every byte."""
        def cut() -> None:
            if smtp.sock is not None:
                with contextlib.suppress(OSError):
                    smtp.sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
