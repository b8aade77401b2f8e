"""tokens of programs of others: who made them, from where and how often they may ask, and where they asked last"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0014"
down_revision = "core_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("core__token", sa.Column("last_ip", sa.String(length=45), nullable=True))
    op.add_column("core__token", sa.Column("prefix", sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=True))
    op.add_column("core__token", sa.Column("made_by", sa.Integer(), nullable=True))
    op.add_column("core__token", sa.Column("ip_allow", sa.JSON(), nullable=True))
    op.add_column("core__token", sa.Column("rate_per_minute", sa.Integer(), nullable=True))
    op.create_index("ix_core__token_prefix", "core__token", ["prefix"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_core__token_prefix", "core__token")
    for column in ("rate_per_minute", "ip_allow", "made_by", "prefix", "last_ip"):
        op.drop_column("core__token", column)
