"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "coupons_0001"
down_revision = None
branch_labels = None
depends_on = None
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def code(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "coupons__coupon",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("code", code(32), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("least", sa.BigInteger(), nullable=False),
        sa.Column("most", sa.Integer()),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_coupons__coupon_amount")),
        sa.CheckConstraint("taken >= 0 AND (most IS NULL OR taken <= most)", name=op.f("ck_coupons__coupon_taken")),
    )
    op.create_table(
        "coupons__claim",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("coupon_id", KEY, sa.ForeignKey("coupons__coupon.id"), nullable=False, index=True),
        sa.Column("order_id", sa.BigInteger(), nullable=False, unique=True),
        sa.Column("order_number", code(32), nullable=False),
        sa.Column("customer_id", sa.BigInteger()),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True)),
    )
    op.create_index(op.f("ix_coupons__claim_customer"), "coupons__claim", ["customer_id", "id"])
    op.create_index(op.f("ix_coupons__claim_taken"), "coupons__claim", ["taken_at"])
