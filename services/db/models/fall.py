"""Tables of the case side: the case, its people, the Fallakte, who is responsible, who may see what, and who looked.

A case is known by its Aktenzeichen, unique within the Mandant; every other row points at it by (Mandant, Aktenzeichen), so
that no row can ever belong to the case of another Mandant.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, Key, Mandant, PrimaryKey, Words


def of_fall() -> ForeignKeyConstraint:
    """The row belongs to a case of the same Mandant."""
    return ForeignKeyConstraint(["mandant", "aktenzeichen"], ["etappe.fall.mandant", "etappe.fall.aktenzeichen"])


def of_person(column: str = "person") -> ForeignKeyConstraint:
    """The row belongs to a person of the same case of the same Mandant."""
    return ForeignKeyConstraint(
        ["mandant", "aktenzeichen", column], ["etappe.person.mandant", "etappe.person.aktenzeichen", "etappe.person.key"]
    )


def of_organisation(column: str) -> ForeignKeyConstraint:
    """The column names an organisation of the same Mandant."""
    return ForeignKeyConstraint(["mandant", column], ["etappe.organisation.mandant", "etappe.organisation.key"])


class FallZaehler(Base):
    """The last running number of a year, from which Aktenzeichen are made."""

    __tablename__ = "fall_zaehler"
    __table_args__ = (PrimaryKeyConstraint("mandant", "jahr"),)
    mandant: Mapped[Mandant]
    jahr: Mapped[int] = mapped_column(Integer)
    letzte: Mapped[int] = mapped_column(Integer)


class Fall(Base):
    """A case: one person or a Bedarfsgemeinschaft.

    ``organisation`` opened it, ``federfuehrend`` leads by law (§ 14 SGB II) where that is somebody else than the holder of the
    Fallverantwortung; ``prozess_key`` is the root instance of ``fallmanagement``. ``rechtskreise`` is the union over all members,
    written by ``services/fall/rechtskreise.py`` alone; ``rechtskreise_gemeinsam`` holds for every member without own ones.
    """

    __tablename__ = "fall"
    __table_args__ = (
        PrimaryKeyConstraint("mandant", "aktenzeichen"),
        of_organisation("organisation"),
        of_organisation("federfuehrend"),
        CheckConstraint("status in ('offen', 'abgeschlossen')", name="status"),
        CheckConstraint("(status = 'abgeschlossen') = (abgeschlossen_am is not null)", name="abschluss"),
        Index("ix_fall_liste", "mandant", "status", "angelegt_am"),
        Index("ix_fall_organisation", "mandant", "organisation"),
        Index("ix_fall_federfuehrend", "mandant", "federfuehrend"),
    )
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    status: Mapped[str]
    phase: Mapped[str]
    prozess_key: Mapped[int | None] = mapped_column(BigInteger)
    zugangsweg: Mapped[str | None]
    erstkontakt: Mapped[date]
    rechtskreise: Mapped[Words] = mapped_column(server_default=text("'{}'"))
    rechtskreise_gemeinsam: Mapped[Words] = mapped_column(server_default=text("'{}'"))
    organisation: Mapped[str]
    federfuehrend: Mapped[str | None]
    angelegt_am: Mapped[datetime]
    angelegt_von: Mapped[str]
    kontakt_abgebrochen_am: Mapped[datetime | None]
    abgeschlossen_am: Mapped[datetime | None]
    abschlussgrund: Mapped[str | None]


class Person(Base):
    """A member of the case. Personal data: read only through the policy, never in logs, variables or audit rows.

    ``rechtskreise`` are her own; null: those that hold for everybody in the case. An empty list is an own value: no benefits.
    ``ausgeschieden_am``: she has left the case on this day, ``ausgeschieden_grund`` (a key) says why; :data:`MITGLIED` selects the others.
    """

    __tablename__ = "person"
    __table_args__ = (
        of_fall(),
        UniqueConstraint("mandant", "aktenzeichen", "key"),
        CheckConstraint(
            "(ausgeschieden_am is null) = (ausgeschieden_grund is null) and not (hauptperson and ausgeschieden_am is not null)",
            name="ausgeschieden",
        ),
        Index("uq_person_hauptperson", "mandant", "aktenzeichen", unique=True, postgresql_where=text("hauptperson")),
        Index("ix_person_sort", "mandant", "sort_key"),
        Index("ix_person_suche", "sort_key", postgresql_using="gin", postgresql_ops={"sort_key": "gin_trgm_ops"}),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    vorname: Mapped[str]
    nachname: Mapped[str]
    geburtsdatum: Mapped[date | None]
    hauptperson: Mapped[bool] = mapped_column(Boolean)
    sort_key: Mapped[str]
    aufenthalt: Mapped[str | None]
    rechtskreise: Mapped[Words | None]
    angelegt_am: Mapped[datetime]
    ausgeschieden_am: Mapped[date | None]
    ausgeschieden_grund: Mapped[str | None]


MITGLIED = Person.ausgeschieden_am.is_(None)


class AkteAbschnitt(Base):
    """One version of one section. Never changed: a new version is a new row.

    ``organisation`` owns this line of versions (the holder of the Fallverantwortung when it was written), ``rechtskreis`` is
    the owner's. ``inhalt`` is the whole section after the write: ``{feld: wert}``.
    """

    __tablename__ = "akte_abschnitt"
    __table_args__ = (
        of_fall(),
        of_person(),
        of_organisation("organisation"),
        UniqueConstraint(
            "mandant",
            "aktenzeichen",
            "person",
            "abschnitt",
            "organisation",
            "version",
            name="uq_akte_abschnitt_version",
            postgresql_nulls_not_distinct=True,
        ),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    person: Mapped[int | None] = mapped_column(BigInteger)
    abschnitt: Mapped[str]
    organisation: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    inhalt: Mapped[dict[str, Any]] = mapped_column(JSONB)
    form_id: Mapped[str | None]
    form_version: Mapped[int | None] = mapped_column(Integer)
    rechtskreis: Mapped[str | None]
    geschrieben_von: Mapped[str]
    geschrieben_am: Mapped[datetime]


class Fallverantwortung(Base):
    """Who was responsible from when to when. The database refuses two holders at one moment, and a moment without one."""

    __tablename__ = "fallverantwortung"
    __table_args__ = (
        of_fall(),
        of_organisation("organisation"),
        CheckConstraint("bis >= von", name="reihenfolge"),
        ExcludeConstraint(
            ("mandant", "="), ("aktenzeichen", "="), (literal_column("tstzrange(von, bis)"), "&&"), name="ein_inhaber", using="gist"
        ),
        Index("uq_fallverantwortung_offen", "mandant", "aktenzeichen", unique=True, postgresql_where=text("bis is null")),
        Index("ix_fallverantwortung_organisation", "mandant", "organisation", postgresql_where=text("bis is null")),
        Index("ix_fallverantwortung_login", "mandant", "login", postgresql_where=text("bis is null")),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    organisation: Mapped[str]
    login: Mapped[str | None]
    von: Mapped[datetime]
    bis: Mapped[datetime | None]
    grund: Mapped[str]
    durch: Mapped[str]
    uebergabe: Mapped[int | None] = mapped_column(BigInteger)


class Einwilligung(Base):
    """Consent of one person: recipient x purpose x sections.

    ``besondere_abschnitte`` (special categories, Art. 9 DSGVO) are agreed to apart from ``abschnitte``. ``erteilt_von`` is the
    person who declared it, for a child one of the parents. ``sprache`` is the language in which it was explained.
    """

    __tablename__ = "einwilligung"
    __table_args__ = (
        of_fall(),
        of_person(),
        of_person("erteilt_von"),
        of_organisation("empfaenger"),
        CheckConstraint("form in ('schriftlich', 'elektronisch', 'muendlich')", name="form"),
        CheckConstraint("gueltig_bis is null or gueltig_bis >= gueltig_ab", name="dauer"),
        Index("ix_einwilligung_fall", "mandant", "aktenzeichen", "empfaenger"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    person: Mapped[Key]
    erteilt_von: Mapped[Key]
    empfaenger: Mapped[str]
    zweck: Mapped[str]
    abschnitte: Mapped[Words]
    besondere_abschnitte: Mapped[Words] = mapped_column(server_default=text("'{}'"))
    sprache: Mapped[str]
    form: Mapped[str]
    textfassung: Mapped[str]
    gueltig_ab: Mapped[date]
    gueltig_bis: Mapped[date | None]
    erfasst_am: Mapped[datetime]
    erfasst_von: Mapped[str]
    widerrufen_am: Mapped[datetime | None]
    widerruf_grund: Mapped[str | None]


class Uebergabe(Base):
    """Offers the Fallverantwortung to another organisation; it moves only after that organisation has accepted.

    Names of both sides are a snapshot: history stays true after people move. ``instance_key`` is the instance that waits for
    the answer; without one, acceptance moves the Fallverantwortung at once. Moves of ``status``: ``services/fall/status.py``.
    """

    __tablename__ = "uebergabe"
    __table_args__ = (
        of_fall(),
        of_organisation("empfaenger"),
        of_organisation("absender"),
        CheckConstraint("status in ('entworfen', 'angeboten', 'angenommen', 'abgelehnt', 'verfallen', 'widerrufen')", name="status"),
        Index(
            "uq_uebergabe_offen",
            "mandant",
            "aktenzeichen",
            unique=True,
            postgresql_where=text("status = 'angeboten' or (status = 'angenommen' and uebernommen_am is null)"),
        ),
        Index("ix_uebergabe_fall", "mandant", "aktenzeichen"),
        Index("ix_uebergabe_empfaenger", "mandant", "empfaenger", "status"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    status: Mapped[str]
    zweck: Mapped[str]
    abschnitte: Mapped[Words]
    personen: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    empfaenger: Mapped[str]
    empfaenger_name: Mapped[str]
    absender: Mapped[str]
    absender_name: Mapped[str]
    absender_person: Mapped[str]
    absender_person_name: Mapped[str]
    grund: Mapped[str]
    nachricht: Mapped[str | None]
    instance_key: Mapped[int | None] = mapped_column(BigInteger)
    erstellt_am: Mapped[datetime]
    angeboten_am: Mapped[datetime | None]
    frist: Mapped[datetime | None]
    beantwortet_am: Mapped[datetime | None]
    beantwortet_von: Mapped[str | None]
    ablehnungsgrund: Mapped[str | None]
    hinweis: Mapped[str | None]
    uebernommen_am: Mapped[datetime | None]
    beendet_am: Mapped[datetime | None]
    nachfrage_am: Mapped[datetime | None]
    nachfrage_ergebnis: Mapped[str | None]


class Verweis(Base):
    """Lends another organisation sight of named sections while it is open; never moves the Fallverantwortung."""

    __tablename__ = "verweis"
    __table_args__ = (
        of_fall(),
        of_organisation("empfaenger"),
        of_organisation("absender"),
        CheckConstraint("status in ('angeboten', 'angenommen', 'erledigt', 'abgelehnt', 'verfallen', 'widerrufen')", name="status"),
        Index("ix_verweis_fall", "mandant", "aktenzeichen"),
        Index("ix_verweis_empfaenger", "mandant", "empfaenger", "status"),
    )
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    status: Mapped[str]
    anliegen: Mapped[str]
    zweck: Mapped[str]
    abschnitte: Mapped[Words]
    personen: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    empfaenger: Mapped[str]
    empfaenger_name: Mapped[str]
    absender: Mapped[str]
    absender_person: Mapped[str]
    angeboten_am: Mapped[datetime]
    frist: Mapped[datetime | None]
    beantwortet_am: Mapped[datetime | None]
    beantwortet_von: Mapped[str | None]
    ablehnungsgrund: Mapped[str | None]
    beendet_am: Mapped[datetime | None]
    rueckmeldung: Mapped[str | None]


class Zeitleiste(Base):
    """What happened in the case, in words without personal data. Append-only.

    ``organisation`` wrote it, ``beteiligt`` is the other organisation it concerns; ``link`` is the key of the thing meant.
    """

    __tablename__ = "zeitleiste"
    __table_args__ = (of_fall(), Index("ix_zeitleiste_fall", "mandant", "aktenzeichen", "am"))
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    am: Mapped[datetime]
    art: Mapped[str]
    text: Mapped[str]
    wer: Mapped[str]
    organisation: Mapped[str]
    beteiligt: Mapped[str | None]
    link: Mapped[int | None] = mapped_column(BigInteger)


class Zugriff(Base):
    """Who read or wrote which sections, and what for. Append-only (Art. 5 Abs. 2, Art. 32 DSGVO)."""

    __tablename__ = "zugriff"
    __table_args__ = (of_fall(), Index("ix_zugriff_fall", "mandant", "aktenzeichen", "am"))
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    am: Mapped[datetime]
    login: Mapped[str]
    organisation: Mapped[str]
    art: Mapped[str]
    abschnitte: Mapped[Words]
    zweck: Mapped[str]


class Kontakt(Base):
    """A note of a contact or of an attempt; belongs to the organisation that wrote it."""

    __tablename__ = "kontakt"
    __table_args__ = (of_fall(), of_person(), of_organisation("organisation"), Index("ix_kontakt_fall", "mandant", "aktenzeichen", "am"))
    key: Mapped[PrimaryKey]
    mandant: Mapped[Mandant]
    aktenzeichen: Mapped[str]
    person: Mapped[int | None] = mapped_column(BigInteger)
    am: Mapped[datetime]
    art: Mapped[str]
    erreicht: Mapped[bool] = mapped_column(Boolean)
    notiz: Mapped[str]
    organisation: Mapped[str]
    erfasst_von: Mapped[str]
    erfasst_am: Mapped[datetime]


class Abwechslung(Base):
    """Whom a rule of alternation chose last."""

    __tablename__ = "abwechslung"
    __table_args__ = (PrimaryKeyConstraint("mandant", "regel"), of_organisation("zuletzt"))
    mandant: Mapped[Mandant]
    regel: Mapped[str]
    zuletzt: Mapped[str]
    am: Mapped[datetime]
