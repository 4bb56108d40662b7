"""Mail kept in memory: the twin for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.adapters.mail_nachricht import message

if TYPE_CHECKING:
    from services.adapters import Mail


class MemoryMailer:
    """Keeps what was sent by Message-ID; a repetition replaces its predecessor, as with a receiver that knows it."""

    def __init__(self) -> None:
        self.sent: dict[str, Mail] = {}

    def send(self, mail: Mail) -> None:
        message(mail)  # refuses what the real adapters refuse
        self.sent[mail.message_id] = mail
