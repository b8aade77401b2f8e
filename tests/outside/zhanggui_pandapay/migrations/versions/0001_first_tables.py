"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "pandapay_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pandapay__charge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("order_id", sa.BigInteger(), nullable=False, unique=True),
        sa.Column("number", sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("pay_url", sa.String(400)),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True)),
    )
    op.create_index(op.f("ix_pandapay__charge_state"), "pandapay__charge", ["state", "asked_at"])
