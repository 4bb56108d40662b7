"""Requests for effects outside the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, Mandant


class MailAuftrag(Base):
    """A mail that was asked for.

    ``an`` is a login, a function, the key of an organisation or an address; ``daten`` holds what the template needs.
    ``fehler`` is the kind of the last failure, never its text.
    """

    __tablename__ = "mail_auftrag"
    __table_args__ = (
        PrimaryKeyConstraint("mandant", "key"),
        CheckConstraint("status in ('offen', 'gesendet', 'gescheitert')", name="status"),
        Index("ix_mail_auftrag_gescheitert", "mandant", "erstellt", postgresql_where=text("status = 'gescheitert'")),
        Index("ix_mail_auftrag_gesendet_am", "gesendet_am", postgresql_where=text("status = 'gesendet'")),
    )
    mandant: Mapped[Mandant]
    key: Mapped[str]
    an: Mapped[str]
    vorlage: Mapped[str]
    daten: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(server_default=text("'offen'"))
    versucht: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    fehler: Mapped[str | None]
    erstellt: Mapped[datetime] = mapped_column(server_default=text("now()"))
    gesendet_am: Mapped[datetime | None]
