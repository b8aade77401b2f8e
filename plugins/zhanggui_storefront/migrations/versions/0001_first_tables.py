"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "storefront_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "storefront__token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers__customer.id"], name=op.f("fk_storefront__token_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront__token")),
        sa.UniqueConstraint("digest", name=op.f("uq_storefront__token_digest")),
    )
    op.create_index(op.f("ix_storefront__token_customer_id"), "storefront__token", ["customer_id"], unique=False)
    op.create_index(op.f("ix_storefront__token_expires_at"), "storefront__token", ["expires_at"], unique=False)
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_index(op.f("ix_storefront__token_expires_at"), table_name="storefront__token")
    op.drop_index(op.f("ix_storefront__token_customer_id"), table_name="storefront__token")
    op.drop_table("storefront__token")
    # ### end Alembic commands ###
