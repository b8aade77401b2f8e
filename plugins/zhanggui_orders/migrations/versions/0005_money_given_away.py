"""where the money of an order is follows from two sums; what is owed for a canceled order is a refund, known to payments"""

from __future__ import annotations

from alembic import op

revision = "orders_0005"
down_revision = "orders_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The rows of orders__payment are taken over, and their table is dropped, by payments_0001.
    op.execute("UPDATE orders__order SET payment_status = 'paid' WHERE payment_status = 'refund_due'")


def downgrade() -> None:
    op.execute("UPDATE orders__order SET payment_status = 'refund_due' WHERE payment_status = 'paid' AND status = 'canceled'")
