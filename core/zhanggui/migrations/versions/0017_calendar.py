"""Days that the merchant says something of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0017"
down_revision = "core_0016"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "core__calendar_day",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(8).with_variant(sa.String(8, collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__calendar_day")),
        sa.UniqueConstraint("day", name=op.f("uq_core__calendar_day_day")),
    )


def downgrade() -> None:
    op.drop_table("core__calendar_day")
