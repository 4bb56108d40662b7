"""The doors to the outside. Each real adapter has a twin that passes the same contract test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class DeliveryFailed(Exception):
    """The outside did not take the effect. ``permanent``: another attempt would fail in the same way."""

    def __init__(self, key: str, *, permanent: bool = False) -> None:
        super().__init__(f"effect {key} was not delivered")
        self.key, self.permanent = key, permanent


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A text mail. ``message_id`` (with angle brackets) is the same at every attempt, so that a receiver drops repetitions."""

    message_id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str


class Mailer(Protocol):
    """Hands a mail over; returning means that the other side has taken responsibility for it."""

    def send(self, mail: Mail) -> None:
        """Raises :class:`DeliveryFailed`."""
