"""A person may have Rechtskreise of her own; what holds for everybody else in the case stands beside the union of all"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_rechtskreis_je_person"
down_revision = "0009_zustand_lesen"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rights and row-level security of both tables hold for new columns too: they are granted and written by table.
    op.add_column(
        "fall",
        sa.Column("rechtskreise_gemeinsam", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        schema="etappe",
    )
    # Until now all people of a case had those of the case.
    op.execute("update etappe.fall set rechtskreise_gemeinsam = rechtskreise")
    op.add_column("person", sa.Column("rechtskreise", postgresql.ARRAY(sa.Text()), nullable=True), schema="etappe")
