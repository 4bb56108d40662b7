"""A person may leave a case: the day and the reason stay with her, everything written about her does too"""

import sqlalchemy as sa
from alembic import op

revision = "0011_person_ausgeschieden"
down_revision = "0010_rechtskreis_je_person"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rights and row-level security of the table hold for new columns too. Nobody has left a case until now, so both are null.
    op.add_column("person", sa.Column("ausgeschieden_am", sa.Date(), nullable=True), schema="etappe")
    op.add_column("person", sa.Column("ausgeschieden_grund", sa.Text(), nullable=True), schema="etappe")
    op.create_check_constraint(
        op.f("ck_person_ausgeschieden"), "person", "(ausgeschieden_am is null) = (ausgeschieden_grund is null) and not (hauptperson and ausgeschieden_am is not null)",
        schema="etappe")
