"""Job queue (schema of Procrastinate) and requests for mails"""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0003_warteschlange"
down_revision = "0002_fall"
branch_labels = None
depends_on = None

APP = "etappe_app"


def upgrade() -> None:
    op.create_table(
        "mail_auftrag",
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("an", sa.Text(), nullable=False),
        sa.Column("vorlage", sa.Text(), nullable=False),
        sa.Column("daten", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'offen'"), nullable=False),
        sa.Column("versucht", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fehler", sa.Text(), nullable=True),
        sa.Column("erstellt", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("gesendet_am", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("mandant", "key", name=op.f("pk_mail_auftrag")),
        sa.CheckConstraint("status in ('offen', 'gesendet', 'gescheitert')", name=op.f("ck_mail_auftrag_status")),
        schema="etappe",
    )
    op.create_index("ix_mail_auftrag_gescheitert", "mail_auftrag", ["mandant", "erstellt"], schema="etappe",
                    postgresql_where=sa.text("status = 'gescheitert'"))
    op.create_index("ix_mail_auftrag_gesendet_am", "mail_auftrag", ["gesendet_am"], schema="etappe",
                    postgresql_where=sa.text("status = 'gesendet'"))
    op.execute("alter table etappe.mail_auftrag enable row level security")
    op.execute("create policy mandant on etappe.mail_auftrag using (mandant = current_setting('app.mandant')) "
               "with check (mandant = current_setting('app.mandant'))")
    op.execute(f"grant select, insert, update, delete on etappe.mail_auftrag to {APP}")
    # Across Mandanten: what was sent long ago goes. The figure is ours: long enough to answer "did you get our mail?".
    op.execute("""
        create function etappe.gesendetes_loeschen(bis timestamptz) returns bigint
        language plpgsql security definer set search_path = etappe, pg_temp as $$
        declare anzahl bigint;
        begin
            delete from mail_auftrag where status = 'gesendet' and gesendet_am < bis;
            get diagnostics anzahl = row_count;
            return anzahl;
        end $$""")
    op.execute("revoke all on function etappe.gesendetes_loeschen from public")
    op.execute(f"grant execute on function etappe.gesendetes_loeschen to {APP}")
    queue()


def queue() -> None:
    """Procrastinate's own objects are not schema-qualified, so they are created with a search path of their own schema."""
    op.execute("create schema jobs")
    op.execute("set local search_path = jobs")
    raw = op.get_bind().connection.driver_connection
    assert raw is not None
    raw.execute(SchemaManager.get_schema())
    op.execute("set local search_path = default")
    op.execute(f"grant usage on schema jobs to {APP}")
    op.execute(f"grant select, insert, update, delete on all tables in schema jobs to {APP}")
    op.execute(f"grant usage on all sequences in schema jobs to {APP}")
    op.execute("revoke all on all functions in schema jobs from public")
    op.execute(f"grant execute on all functions in schema jobs to {APP}")
