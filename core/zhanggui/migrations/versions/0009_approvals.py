"""what waits for a second person"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0009"
down_revision = "core_0008"
branch_labels = None
depends_on = None


def _code(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "core__approval",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action", _code(120), nullable=False),
        sa.Column("permission", _code(220), nullable=False),
        sa.Column("target_type", _code(100), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", _code(165), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("label", sa.LargeBinary(), nullable=True),
        sa.Column("frozen", sa.LargeBinary(), nullable=False),
        sa.Column("state", _code(16), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=False),
        sa.Column("requester", sa.String(length=128), nullable=False),
        sa.Column("requested_at", time, nullable=False),
        sa.Column("request_reason", sa.LargeBinary(), nullable=True),
        sa.Column("decider", sa.String(length=128), nullable=True),
        sa.Column("decided_at", time, nullable=True),
        sa.Column("decision_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__approval")),
    )
    op.create_index("ix_core__approval_state", "core__approval", ["state", "permission"])
    op.create_index("ix_core__approval_target", "core__approval", ["target_type", "target_id"])
    op.create_index("ix_core__approval_requester", "core__approval", ["requested_by"])
    op.create_index("ix_core__approval_subject", "core__approval", ["subject"])


def downgrade() -> None:
    op.drop_table("core__approval")
