"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "wechat_0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "wechat__token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("app_id", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("refresh_at", _TIME, nullable=True),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("claimed_until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat__token")),
        sa.UniqueConstraint("app_id", name=op.f("uq_wechat__token_app_id")),
    )


def downgrade() -> None:
    op.drop_table("wechat__token")
