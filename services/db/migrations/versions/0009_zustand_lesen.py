"""Filters on variables read the stored state; one that is damaged fits none of them, instead of ending the whole search"""

from alembic import op

revision = "0009_zustand_lesen"
down_revision = "0008_unterlagen"
branch_labels = None
depends_on = None

APP = "etappe_app"


def upgrade() -> None:
    # JSON knows the character 0, jsonb does not; where a backslash stands before the escape, one stands there afterwards too.
    op.execute(r"""
        create function etappe.zustand_als_json(zustand bytea) returns jsonb language plpgsql immutable parallel restricted as $$
        begin
            return replace(convert_from(zustand, 'UTF8'), '\u0000', '\ufffd')::jsonb;
        exception when data_exception then
            return null;
        end $$
    """)
    op.execute("revoke all on function etappe.zustand_als_json(bytea) from public")
    op.execute(f"grant execute on function etappe.zustand_als_json(bytea) to {APP}")
