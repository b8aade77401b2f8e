"""tokens of programs and devices"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0008"
down_revision = "core_0007"
branch_labels = None
depends_on = None


def _code(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "core__token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", _code(40), nullable=False),
        sa.Column("owner", _code(120), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=True),
        sa.Column("digest", _code(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__token")),
        sa.UniqueConstraint("digest", name=op.f("uq_core__token_digest")),
    )
    op.create_index("ix_core__token_owner", "core__token", ["owner", "kind"])
    op.create_index("ix_core__token_expires", "core__token", ["expires_at"])


def downgrade() -> None:
    op.drop_table("core__token")
