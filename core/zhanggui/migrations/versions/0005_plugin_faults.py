"""faults of plugins while they run"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core__plugin_fault",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("screen", sa.String(length=120), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("longest_ms", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.LargeBinary(), nullable=True),
        sa.Column("detail", sa.LargeBinary(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__plugin_fault")),
    )
    op.create_index("ix_core__plugin_fault_plugin", "core__plugin_fault", ["plugin"])
    op.add_column("core__generation", sa.Column("faults", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    op.drop_column("core__generation", "faults")
    op.drop_index("ix_core__plugin_fault_plugin", table_name="core__plugin_fault")
    op.drop_table("core__plugin_fault")
