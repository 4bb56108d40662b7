"""Mandant, organisations, people and their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer, LargeBinary, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, Mandant, Words


class MandantRow(Base):
    """A Kommune. ``profil`` names the Kommunalprofil."""

    __tablename__ = "mandant"
    mandant: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    profil: Mapped[str]


class Organisation(Base):
    """An organisation that works in the Mandant: the Kommune itself, a Träger, the Jobcenter."""

    __tablename__ = "organisation"
    __table_args__ = (PrimaryKeyConstraint("mandant", "key"),)
    mandant: Mapped[Mandant]
    key: Mapped[str]
    name: Mapped[str]
    sort_key: Mapped[str]
    art: Mapped[str]
    rechtskreis: Mapped[str | None]
    mail: Mapped[str | None]
    angebote: Mapped[Words] = mapped_column(server_default=text("'{}'"))
    sprachen: Mapped[Words] = mapped_column(server_default=text("'{}'"))
    kapazitaet: Mapped[int | None] = mapped_column(Integer)
    aktiv: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))


class Benutzer(Base):
    """A person or machine that logs in. ``login`` is unique in the installation and never used again."""

    __tablename__ = "benutzer"
    __table_args__ = (
        PrimaryKeyConstraint("login"),
        ForeignKeyConstraint(["mandant", "organisation"], ["etappe.organisation.mandant", "etappe.organisation.key"]),
        Index("ix_benutzer_mandant", "mandant"),
    )
    login: Mapped[str]
    mandant: Mapped[Mandant]
    name: Mapped[str]
    sort_key: Mapped[str]
    mail: Mapped[str | None]
    organisation: Mapped[str]
    rollen: Mapped[Words]
    funktionen: Mapped[Words]
    passwort_hash: Mapped[str]
    aktiv: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    einstellungen: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class Sitzung(Base):
    """A log-in in a browser; only the SHA-256 of the cookie's token is stored."""

    __tablename__ = "sitzung"
    __table_args__ = (
        ForeignKeyConstraint(["login"], ["etappe.benutzer.login"], ondelete="CASCADE"),
        Index("ix_sitzung_login", "login"),
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    mandant: Mapped[Mandant]
    login: Mapped[str]
    erstellt: Mapped[datetime]
    laeuft_ab: Mapped[datetime]


class Anmeldeversuch(Base):
    """Failed log-ins of a name within the last minutes: slows guessing down."""

    __tablename__ = "anmeldeversuch"
    login: Mapped[str] = mapped_column(primary_key=True)
    fehlversuche: Mapped[int] = mapped_column(Integer)
    zuletzt: Mapped[datetime]


class Testuhr(Base):
    """The pinned time of the test mode (one row at most); every process reads it."""

    __tablename__ = "testuhr"
    einzige: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    zeit: Mapped[datetime]
