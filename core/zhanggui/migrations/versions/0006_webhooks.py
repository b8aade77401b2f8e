"""messages that arrive at webhooks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0006"
down_revision = "core_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core__webhook",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("webhook", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__webhook")),
        sa.UniqueConstraint("webhook", "message", name=op.f("uq_core__webhook_webhook_message")),
    )
    op.create_index("ix_core__webhook_arrived", "core__webhook", ["arrived_at"])


def downgrade() -> None:
    op.drop_index("ix_core__webhook_arrived", table_name="core__webhook")
    op.drop_table("core__webhook")
