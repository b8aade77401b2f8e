"""What an event has to wait for is looked up among the jobs that are not finished, however many are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0015"
down_revision = "core_0014"
branch_labels = None
depends_on = None


UNFINISHED = sa.text("state IN ('ready', 'running', 'held')")


def upgrade() -> None:
    op.drop_index("ix_core__job_order", table_name="core__job")
    op.create_index("ix_core__job_unfinished", "core__job", ["name", "key", "event_id"], sqlite_where=UNFINISHED, postgresql_where=UNFINISHED)


def downgrade() -> None:
    op.drop_index("ix_core__job_unfinished", table_name="core__job")
    op.create_index("ix_core__job_order", "core__job", ["name", "key", "id"])
