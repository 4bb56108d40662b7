"""Tables of the network level."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from services.db.models.base import Base, Mandant, PrimaryKey
from services.db.models.fall import of_fall, of_organisation


class Strukturhinweis(Base):
    """A gap or a success seen in a case. ``text`` holds nobody's data.

    ``aktenzeichen``, ``gemeldet_von`` and ``organisation`` lead the answer back and are never handed to a committee; they are
    empty where a hint comes from no case, or where nobody held the case. ``status``: ``gemeldet``, ``in_bearbeitung``, ``beantwortet``.
    """

    __tablename__ = "strukturhinweis"
    __table_args__ = (
        of_fall(),
        of_organisation("organisation"),
        CheckConstraint("status in ('gemeldet', 'in_bearbeitung', 'beantwortet')", name="status"),
        CheckConstraint("(status = 'beantwortet') = (beantwortet_am is not null)", name="beantwortet"),
        Index("ix_strukturhinweis_status", "mandant", "status", "key"),
        Index("ix_strukturhinweis_fall", "mandant", "aktenzeichen"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str | None]
    gemeldet_am: Mapped[datetime]
    gemeldet_von: Mapped[str | None]
    organisation: Mapped[str | None]
    status: Mapped[str]
    art: Mapped[str]
    bereich: Mapped[str]
    ebene: Mapped[str]
    prioritaet: Mapped[str]
    haeufigkeit: Mapped[str]
    text: Mapped[str]
    entscheidung: Mapped[str | None]
    antwort: Mapped[str | None]
    beantwortet_am: Mapped[datetime | None]
