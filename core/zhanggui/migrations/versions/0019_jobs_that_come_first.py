"""Jobs that come before others, such as what a provider told of money, are found however many others wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0019"
down_revision = "core_0018"
branch_labels = None
depends_on = None


FIRST = sa.text("rank = 1")


def upgrade() -> None:
    op.add_column("core__job", sa.Column("rank", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_core__job_first", "core__job", ["state", "rank", "run_at", "id"], sqlite_where=FIRST, postgresql_where=FIRST)


def downgrade() -> None:
    op.drop_index("ix_core__job_first", table_name="core__job")
    op.drop_column("core__job", "rank")
