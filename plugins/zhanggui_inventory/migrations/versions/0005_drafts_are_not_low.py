"""what nobody can buy does not run low"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "inventory_0005"
down_revision = "inventory_0004"
branch_labels = None
depends_on = None

def upgrade() -> None:
    op.add_column("inventory__stock_level", sa.Column("sellable", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.execute(
        "UPDATE inventory__stock_level SET sellable = EXISTS (SELECT 1 FROM products__variant v JOIN products__product p ON p.id = v.product_id"
        " WHERE v.id = inventory__stock_level.variant_id AND v.active AND p.status = 'on_sale')"
    )
    op.execute("UPDATE inventory__stock_level SET low = (sellable AND on_hand - reserved <= warn_level)")


def downgrade() -> None:
    op.drop_column("inventory__stock_level", "sellable")
