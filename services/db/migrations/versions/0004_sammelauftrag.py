"""Batch operations: one order for many process instances"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_sammelauftrag"
down_revision = "0003_warteschlange"
branch_labels = None
depends_on = None

APP = "etappe_app"
TABLES = ("batch_operation", "batch_operation_item")


def upgrade() -> None:
    op.create_table(
        "batch_operation",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'CREATED'"), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_batch_operation")),
        sa.CheckConstraint("status in ('CREATED', 'ACTIVE', 'SUSPENDED', 'COMPLETED', 'CANCELED')", name=op.f("ck_batch_operation_status")),
        schema="etappe",
    )
    op.create_index("ix_batch_operation_mandant_key", "batch_operation", ["mandant", "key"], schema="etappe")
    op.create_table(
        "batch_operation_item",
        sa.Column("operation_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("root_key", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'ACTIVE'"), nullable=False),
        sa.Column("processed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("operation_key", "item_key", name=op.f("pk_batch_operation_item")),
        sa.ForeignKeyConstraint(["operation_key"], ["etappe.batch_operation.key"], name=op.f("fk_batch_operation_item_operation_key")),
        sa.CheckConstraint("status in ('ACTIVE', 'COMPLETED', 'FAILED', 'CANCELED')", name=op.f("ck_batch_operation_item_status")),
        schema="etappe",
    )
    op.create_index("ix_batch_operation_item_offen", "batch_operation_item", ["operation_key", "item_key"], schema="etappe",
                    postgresql_where=sa.text("status = 'ACTIVE'"))
    for table in TABLES:
        op.execute(f"alter table etappe.{table} enable row level security")
        op.execute(f"create policy mandant on etappe.{table} using (mandant = current_setting('app.mandant')) "
                   "with check (mandant = current_setting('app.mandant'))")
        op.execute(f"grant select, insert, update on etappe.{table} to {APP}")
