"""partners, and which endpoints are theirs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "webhooks_0002"
down_revision = "webhooks_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "webhooks__partner",
        sa.Column("id", key, nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks__partner")),
    )
    # No foreign key: SQLite would make the table anew for one, under the deliveries that point to it. The services keep it.
    op.add_column("webhooks__endpoint", sa.Column("partner_id", key, nullable=True))
    op.create_index("ix_webhooks__endpoint_partner", "webhooks__endpoint", ["partner_id"])


def downgrade() -> None:
    op.drop_index("ix_webhooks__endpoint_partner", "webhooks__endpoint")
    op.drop_column("webhooks__endpoint", "partner_id")
    op.drop_table("webhooks__partner")
