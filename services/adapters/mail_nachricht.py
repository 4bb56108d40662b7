"""The message that both mail adapters hand over."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from services.adapters import DeliveryFailed

if TYPE_CHECKING:
    from services.adapters import Mail

ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]\\]+@[^\s<>@,;:\"()\[\]\\]+", re.ASCII)


def message(mail: Mail) -> EmailMessage:
    """An RFC 5322 message. Line breaks in a header and anything that is not one plain address are refused for good."""
    if not mail.to or not all(ADDRESS.fullmatch(address) for address in (mail.sender, *mail.to)):
        raise DeliveryFailed(mail.message_id, permanent=True)
    done = EmailMessage(policy=SMTP)
    try:
        done["Message-ID"] = mail.message_id
        done["From"] = mail.sender
        done["To"] = ", ".join(mail.to)
        done["Subject"] = mail.subject
        done["Auto-Submitted"] = "auto-generated"
    except ValueError as error:  # the policy refuses line breaks
        raise DeliveryFailed(mail.message_id, permanent=True) from error
    done.set_content(mail.text)
    return done
