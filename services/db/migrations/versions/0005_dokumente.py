"""Documents of cases and processes: lines, versions and their files"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_dokumente"
down_revision = "0004_sammelauftrag"
branch_labels = None
depends_on = None

APP = "etappe_app"


def upgrade() -> None:
    op.create_table(
        "dokument",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=True),
        sa.Column("wurzel_key", sa.BigInteger(), nullable=True),
        sa.Column("person", sa.BigInteger(), nullable=True),
        sa.Column("vorlage", sa.Text(), nullable=True),
        sa.Column("bezug", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("datei", sa.BigInteger(), nullable=True),
        sa.Column("abschnitte", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("angelegt_am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("angelegt_von", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_dokument")),
        sa.UniqueConstraint("mandant", "key", name=op.f("uq_dokument_mandant_key")),
        sa.UniqueConstraint("mandant", "aktenzeichen", "wurzel_key", "vorlage", "bezug", "person", "organisation", "datei",
                            name="uq_dokument_linie", postgresql_nulls_not_distinct=True),
        sa.ForeignKeyConstraint(["mandant", "aktenzeichen"], ["etappe.fall.mandant", "etappe.fall.aktenzeichen"], name=op.f("fk_dokument_mandant_aktenzeichen")),
        sa.ForeignKeyConstraint(["mandant", "aktenzeichen", "person"], ["etappe.person.mandant", "etappe.person.aktenzeichen", "etappe.person.key"],
                                name=op.f("fk_dokument_mandant_aktenzeichen_person")),
        sa.ForeignKeyConstraint(["mandant", "organisation"], ["etappe.organisation.mandant", "etappe.organisation.key"],
                                name=op.f("fk_dokument_mandant_organisation")),
        sa.CheckConstraint("(aktenzeichen is null) <> (wurzel_key is null)", name=op.f("ck_dokument_zugehoerigkeit")),
        sa.CheckConstraint("(vorlage is null) = (datei is not null)", name=op.f("ck_dokument_herkunft")),
        schema="etappe",
    )
    op.create_index("ix_dokument_wurzel", "dokument", ["mandant", "wurzel_key"], schema="etappe",
                    postgresql_where=sa.text("wurzel_key is not null"))
    op.create_table(
        "dokument_fassung",
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("dokument", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("titel", sa.Text(), nullable=False),
        sa.Column("dateiname", sa.Text(), nullable=False),
        sa.Column("vorlage_fassung", sa.Text(), nullable=True),
        sa.Column("daten", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("erstellt_am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erstellt_von", sa.Text(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=True),
        sa.Column("instanz_key", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'wird_erstellt'"), nullable=False),
        sa.Column("versucht", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fehler", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("mandant", "dokument", "version", name=op.f("pk_dokument_fassung")),
        sa.ForeignKeyConstraint(["mandant", "dokument"], ["etappe.dokument.mandant", "etappe.dokument.key"], name=op.f("fk_dokument_fassung_mandant_dokument")),
        sa.CheckConstraint("status in ('wird_erstellt', 'fertig', 'gescheitert')", name=op.f("ck_dokument_fassung_status")),
        sa.CheckConstraint("version > 0", name=op.f("ck_dokument_fassung_version")),
        schema="etappe",
    )
    op.create_index("ix_dokument_fassung_gescheitert", "dokument_fassung", ["mandant", "erstellt_am"], schema="etappe",
                    postgresql_where=sa.text("status = 'gescheitert'"))
    op.create_table(
        "dokument_inhalt",
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("dokument", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("medientyp", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("groesse", sa.Integer(), nullable=False),
        sa.Column("inhalt", sa.LargeBinary(), nullable=False),
        sa.Column("gespeichert_am", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mandant", "dokument", "version", name=op.f("pk_dokument_inhalt")),
        sa.ForeignKeyConstraint(["mandant", "dokument", "version"],
                                ["etappe.dokument_fassung.mandant", "etappe.dokument_fassung.dokument", "etappe.dokument_fassung.version"],
                                name=op.f("fk_dokument_inhalt_mandant_dokument_version")),
        sa.CheckConstraint("groesse = octet_length(inhalt)", name=op.f("ck_dokument_inhalt_groesse")),
        schema="etappe",
    )
    for table in ("dokument", "dokument_fassung", "dokument_inhalt"):
        op.execute(f"alter table etappe.{table} enable row level security")
        op.execute(f"create policy mandant on etappe.{table} using (mandant = current_setting('app.mandant')) "
                   "with check (mandant = current_setting('app.mandant'))")
        op.execute(f"grant select, insert on etappe.{table} to {APP}")
    # A version never changes; only how far its file is does.
    op.execute(f"grant update (status, versucht, fehler) on etappe.dokument_fassung to {APP}")
    # The file is compressed already where that is worth anything.
    op.execute("alter table etappe.dokument_inhalt alter column inhalt set storage external")
