"""versions of parcels"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "orders_0007"
down_revision = "orders_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders__shipment", sa.Column("row_version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    op.drop_column("orders__shipment", "row_version")
