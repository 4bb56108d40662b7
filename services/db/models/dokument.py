"""Documents of a case or of a process without a case: lines of versions that are never changed.

A version is what was asked for (``dokument_fassung``, with everything that its text is made of) and its file
(``dokument_inhalt``), which for a produced document comes a moment later, once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, Mandant, PrimaryKey, Words
from services.db.models.fall import of_fall, of_organisation, of_person


class Dokument(Base):
    """A line of versions. It belongs to a case, or to the root instance of a process without a case.

    ``vorlage`` is the template of a produced document, null for an uploaded file. ``bezug`` tells lines of one template
    apart (for example by recipient). ``abschnitte`` are the sections of the Fallakte whose content the document shows: who
    may not see one of them, may not see the document. ``organisation`` owns the line, as it owns a line of the Fallakte.
    """

    __tablename__ = "dokument"
    __table_args__ = (
        of_fall(),
        of_person(),
        of_organisation("organisation"),
        UniqueConstraint("mandant", "key"),
        UniqueConstraint(
            "mandant", "aktenzeichen", "wurzel_key", "vorlage", "bezug", "person", "organisation", "datei",
            name="uq_dokument_linie", postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("(aktenzeichen is null) <> (wurzel_key is null)", name="zugehoerigkeit"),
        CheckConstraint("(vorlage is null) = (datei is not null)", name="herkunft"),
        Index("ix_dokument_wurzel", "mandant", "wurzel_key", postgresql_where=text("wurzel_key is not null")),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str | None]
    wurzel_key: Mapped[int | None] = mapped_column(BigInteger)
    person: Mapped[int | None] = mapped_column(BigInteger)
    vorlage: Mapped[str | None]
    bezug: Mapped[str] = mapped_column(server_default=text("''"))
    datei: Mapped[int | None] = mapped_column(BigInteger)  # key of its own for a line of uploads: two uploads are two lines
    abschnitte: Mapped[Words] = mapped_column(server_default=text("'{}'"))
    organisation: Mapped[str]
    angelegt_am: Mapped[datetime]
    angelegt_von: Mapped[str]


class DokumentFassung(Base):
    """A version that was asked for. ``daten`` is all that the template sees, as it was at that moment; empty for an upload.

    ``aufgabe`` is the key of the task in whose form the file was handed in; null for every other version.

    Only ``status``, ``versucht`` and ``fehler`` (kind of the last failure) may change: the file is being made, is there, or cannot be made.
    """

    __tablename__ = "dokument_fassung"
    __table_args__ = (
        PrimaryKeyConstraint("mandant", "dokument", "version"),
        ForeignKeyConstraint(["mandant", "dokument"], ["etappe.dokument.mandant", "etappe.dokument.key"]),
        CheckConstraint("status in ('wird_erstellt', 'fertig', 'gescheitert')", name="status"),
        CheckConstraint("version > 0", name="version"),
        Index("ix_dokument_fassung_gescheitert", "mandant", "erstellt_am", postgresql_where=text("status = 'gescheitert'")),
        Index("ix_dokument_fassung_aufgabe", "aufgabe", postgresql_where=text("aufgabe is not null")),
    )
    mandant: Mapped[Mandant]
    dokument: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    titel: Mapped[str]
    dateiname: Mapped[str]
    vorlage_fassung: Mapped[str | None]
    daten: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    erstellt_am: Mapped[datetime]
    erstellt_von: Mapped[str]
    element_id: Mapped[str | None]
    instanz_key: Mapped[int | None] = mapped_column(BigInteger)
    aufgabe: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(server_default=text("'wird_erstellt'"))
    versucht: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    fehler: Mapped[str | None]


class DokumentInhalt(Base):
    """The file of a version: written once, never changed. ``sha256`` in hex digits, ``groesse`` in bytes."""

    __tablename__ = "dokument_inhalt"
    __table_args__ = (
        PrimaryKeyConstraint("mandant", "dokument", "version"),
        ForeignKeyConstraint(
            ["mandant", "dokument", "version"],
            ["etappe.dokument_fassung.mandant", "etappe.dokument_fassung.dokument", "etappe.dokument_fassung.version"],
        ),
        CheckConstraint("groesse = octet_length(inhalt)", name="groesse"),
    )
    mandant: Mapped[Mandant]
    dokument: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    medientyp: Mapped[str]
    sha256: Mapped[str]
    groesse: Mapped[int] = mapped_column(Integer)
    inhalt: Mapped[bytes] = mapped_column(LargeBinary)
    gespeichert_am: Mapped[datetime]


class EntwurfDatei(Base):
    """A file that somebody put into the form of an open task: part of the draft, gone with it.

    When the task is completed, the files that the answers still name become documents, under the same key; ``ersetzt`` is the
    document whose next version the file is. ``feld`` is the path of the field with ``*`` for the number of a row.
    """

    __tablename__ = "entwurf_datei"
    __table_args__ = (
        ForeignKeyConstraint(["task_key", "login"], ["etappe.entwurf.task_key", "etappe.entwurf.login"], ondelete="CASCADE"),
        CheckConstraint("groesse = octet_length(inhalt)", name="groesse"),
        Index("ix_entwurf_datei_entwurf", "task_key", "login"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    task_key: Mapped[int] = mapped_column(BigInteger)
    login: Mapped[str]
    feld: Mapped[str]
    dateiname: Mapped[str]
    medientyp: Mapped[str]
    sha256: Mapped[str]
    groesse: Mapped[int] = mapped_column(Integer)
    inhalt: Mapped[bytes] = mapped_column(LargeBinary)
    ersetzt: Mapped[int | None] = mapped_column(BigInteger)
    gespeichert_am: Mapped[datetime]


class Wiederholung(Base):
    """The answer to a request with an ``Idempotency-Key``, kept for a day in the commit of what the request has done.

    ``operation`` and ``pruefwert`` (SHA-256 in hex digits) say to which request it belongs; ``kopf`` holds the headers of the answer.
    """

    __tablename__ = "wiederholung"
    __table_args__ = (PrimaryKeyConstraint("mandant", "login", "schluessel"), Index("ix_wiederholung_am", "mandant", "am"))
    mandant: Mapped[Mandant]
    login: Mapped[str]
    schluessel: Mapped[str]
    operation: Mapped[str]
    pruefwert: Mapped[str]
    status: Mapped[int] = mapped_column(Integer)
    kopf: Mapped[dict[str, Any]] = mapped_column(JSONB)
    inhalt: Mapped[bytes] = mapped_column(LargeBinary)
    am: Mapped[datetime]
