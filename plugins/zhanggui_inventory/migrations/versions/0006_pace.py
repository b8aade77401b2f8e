"""pace"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "inventory_0006"
down_revision = "inventory_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inventory__pace",
        sa.Column("variant_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("sold_out", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_inventory__pace")),
    )


def downgrade() -> None:
    op.drop_table("inventory__pace")
