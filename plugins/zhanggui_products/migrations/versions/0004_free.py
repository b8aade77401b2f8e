"""what is meant to cost nothing"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "products_0004"
down_revision = "products_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("products__variant", sa.Column("free", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE products__variant SET free = (price = 0)")  # what was given away until now goes on


def downgrade() -> None:
    op.drop_column("products__variant", "free")
