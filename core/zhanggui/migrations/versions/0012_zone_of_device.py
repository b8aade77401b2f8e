"""in which zone a device's clock is, as its browser says when somebody signs in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0012"
down_revision = "core_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("core__session", sa.Column("zone", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("core__session", "zone")
