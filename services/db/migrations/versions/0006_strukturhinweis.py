"""Strukturhinweise collected across cases"""

import sqlalchemy as sa
from alembic import op

revision = "0006_strukturhinweis"
down_revision = "0005_dokumente"
branch_labels = None
depends_on = None

APP = "etappe_app"


def upgrade() -> None:
    op.create_table(
        "strukturhinweis",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=True),
        sa.Column("gemeldet_am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gemeldet_von", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("art", sa.Text(), nullable=False),
        sa.Column("bereich", sa.Text(), nullable=False),
        sa.Column("ebene", sa.Text(), nullable=False),
        sa.Column("prioritaet", sa.Text(), nullable=False),
        sa.Column("haeufigkeit", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("entscheidung", sa.Text(), nullable=True),
        sa.Column("antwort", sa.Text(), nullable=True),
        sa.Column("beantwortet_am", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('gemeldet', 'in_bearbeitung', 'beantwortet')", name=op.f("ck_strukturhinweis_status")),
        sa.CheckConstraint("(status = 'beantwortet') = (beantwortet_am is not null)", name=op.f("ck_strukturhinweis_beantwortet")),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"],
            ["etappe.fall.mandant", "etappe.fall.aktenzeichen"],
            name=op.f("fk_strukturhinweis_mandant_aktenzeichen"),
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "organisation"],
            ["etappe.organisation.mandant", "etappe.organisation.key"],
            name=op.f("fk_strukturhinweis_mandant_organisation"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_strukturhinweis")),
        schema="etappe",
    )
    op.create_index("ix_strukturhinweis_status", "strukturhinweis", ["mandant", "status", "key"], schema="etappe")
    op.create_index("ix_strukturhinweis_fall", "strukturhinweis", ["mandant", "aktenzeichen"], schema="etappe")
    op.execute("alter table etappe.strukturhinweis enable row level security")
    op.execute(
        "create policy mandant on etappe.strukturhinweis using (mandant = current_setting('app.mandant')) "
        "with check (mandant = current_setting('app.mandant'))"
    )
    # What was reported stays as it was; only its answer is added.
    op.execute(f"grant select, insert, update (status, entscheidung, antwort, beantwortet_am) on etappe.strukturhinweis to {APP}")
