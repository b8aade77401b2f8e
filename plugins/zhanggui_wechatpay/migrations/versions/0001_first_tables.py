"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "wechatpay_0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "wechatpay__certificate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("effective_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("fetched_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechatpay__certificate")),
        sa.UniqueConstraint("serial", name=op.f("uq_wechatpay__certificate_serial")),
    )


def downgrade() -> None:
    op.drop_table("wechatpay__certificate")
