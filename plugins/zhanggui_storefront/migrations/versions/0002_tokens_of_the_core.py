"""tokens of customers move to the table of the core"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "storefront_0002"
down_revision = "storefront_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Only digests are kept, and both tables make them alike: every device stays signed in.
    op.execute(
        "INSERT INTO core__token (kind, owner, digest, created_at, expires_at) "
        "SELECT 'storefront.session', 'customers.Customer:' || CAST(customer_id AS VARCHAR(20)), digest, created_at, expires_at "
        "FROM storefront__token WHERE revoked_at IS NULL"
    )
    op.drop_table("storefront__token")


def downgrade() -> None:
    op.create_table(
        "storefront__token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers__customer.id"], name=op.f("fk_storefront__token_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront__token")),
        sa.UniqueConstraint("digest", name=op.f("uq_storefront__token_digest")),
    )
    op.create_index(op.f("ix_storefront__token_customer_id"), "storefront__token", ["customer_id"])
    op.create_index(op.f("ix_storefront__token_expires_at"), "storefront__token", ["expires_at"])
    op.execute(
        "INSERT INTO storefront__token (digest, customer_id, created_at, expires_at) "
        "SELECT digest, CAST(REPLACE(owner, 'customers.Customer:', '') AS BIGINT), created_at, expires_at "
        "FROM core__token WHERE kind = 'storefront.session' AND revoked_at IS NULL"
    )
    op.execute("DELETE FROM core__token WHERE kind = 'storefront.session'")
