"""sums of orders"""

from __future__ import annotations

from alembic import op

revision = "orders_0006"
down_revision = "orders_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_orders__order_sums", "orders__order", ["currency", "payment_status", "total"])


def downgrade() -> None:
    op.drop_index("ix_orders__order_sums", table_name="orders__order")
