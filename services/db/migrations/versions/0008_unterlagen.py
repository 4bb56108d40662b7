"""Files in the forms of tasks, and answers to requests that may be repeated"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_unterlagen"
down_revision = "0007_fallsuche"
branch_labels = None
depends_on = None

APP = "etappe_app"


def upgrade() -> None:
    op.add_column("dokument_fassung", sa.Column("aufgabe", sa.BigInteger(), nullable=True), schema="etappe")
    op.create_index("ix_dokument_fassung_aufgabe", "dokument_fassung", ["aufgabe"], schema="etappe", postgresql_where=sa.text("aufgabe is not null"))
    op.create_table(
        "entwurf_datei",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("task_key", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("feld", sa.Text(), nullable=False),
        sa.Column("dateiname", sa.Text(), nullable=False),
        sa.Column("medientyp", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("groesse", sa.Integer(), nullable=False),
        sa.Column("inhalt", sa.LargeBinary(), nullable=False),
        sa.Column("ersetzt", sa.BigInteger(), nullable=True),
        sa.Column("gespeichert_am", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_entwurf_datei")),
        sa.ForeignKeyConstraint(["task_key", "login"], ["etappe.entwurf.task_key", "etappe.entwurf.login"],
                                name=op.f("fk_entwurf_datei_task_key_login"), ondelete="CASCADE"),
        sa.CheckConstraint("groesse = octet_length(inhalt)", name=op.f("ck_entwurf_datei_groesse")),
        schema="etappe",
    )
    op.create_index("ix_entwurf_datei_entwurf", "entwurf_datei", ["task_key", "login"], schema="etappe")
    op.execute("alter table etappe.entwurf_datei alter column inhalt set storage external")
    op.create_table(
        "wiederholung",
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("schluessel", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("pruefwert", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("kopf", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inhalt", sa.LargeBinary(), nullable=False),
        sa.Column("am", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mandant", "login", "schluessel", name=op.f("pk_wiederholung")),
        schema="etappe",
    )
    op.create_index("ix_wiederholung_am", "wiederholung", ["mandant", "am"], schema="etappe")
    for table in ("entwurf_datei", "wiederholung"):
        op.execute(f"alter table etappe.{table} enable row level security")
        op.execute(f"create policy mandant on etappe.{table} using (mandant = current_setting('app.mandant')) "
                   "with check (mandant = current_setting('app.mandant'))")
        op.execute(f"grant select, insert, delete on etappe.{table} to {APP}")
    # Sessions and messages end in the same function; answers are of use for a day.
    op.execute("""
        create or replace function etappe.abgelaufenes_loeschen(jetzt timestamptz) returns bigint
        language plpgsql security definer set search_path = etappe, pg_temp as $$
        declare anzahl bigint;
        begin
            delete from message where expires <= jetzt and not pending;
            get diagnostics anzahl = row_count;
            delete from sitzung where laeuft_ab <= jetzt;
            delete from wiederholung where am <= jetzt - interval '24 hours';
            return anzahl;
        end $$
    """)
