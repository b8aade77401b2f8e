"""orders of one name or phone are found in the order of the list, so that the first page is a short walk"""

from __future__ import annotations

from alembic import op

revision = "orders_0011"
down_revision = "orders_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("name", "phone"):
        op.create_index(f"ix_orders__order_{name}d", "orders__order", [f"{name}_index", "placed_at", "id"])
        op.drop_index(f"ix_orders__order_{name}_index", table_name="orders__order")


def downgrade() -> None:
    for name in ("name", "phone"):
        op.create_index(f"ix_orders__order_{name}_index", "orders__order", [f"{name}_index"])
        op.drop_index(f"ix_orders__order_{name}d", table_name="orders__order")
