"""regions and costs"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from zhanggui.api import Pii, regions
from zhanggui.api.migrations import batches

revision = "orders_0004"
down_revision = "orders_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    code = sa.String(6).with_variant(sa.String(6, collation="C"), "postgresql")
    op.add_column("orders__order", sa.Column("region", code, nullable=True))
    # What a line of the past had cost is not known: it stays empty.
    op.add_column("orders__order_line", sa.Column("unit_cost", sa.BigInteger(), nullable=True))
    _fill_regions()
    op.create_index(op.f("ix_orders__order_region"), "orders__order", ["region"])
    op.create_index("ix_orders__order_line_sku", "orders__order_line", ["sku", "id"])
    op.create_index("ix_orders__order_line_product", "orders__order_line", ["product_id", "id"])


def _fill_regions() -> None:
    """Where old orders went: by the address that they keep, else by what is known of their customer."""
    connection = op.get_bind()
    orders = sa.table("orders__order", sa.column("id"), sa.column("customer_id"), sa.column("region"), sa.column("address", Pii()))
    customers = sa.table("customers__customer", sa.column("id"), sa.column("region", Pii()))
    update = sa.update(orders).where(orders.c.id == sa.bindparam("_id")).values(region=sa.bindparam("_region"))
    somebody = orders.c.address.is_not(None) | orders.c.customer_id.is_not(None)
    for rows in batches(connection, orders, ["customer_id", "address"], somebody):
        buyers = {row.customer_id for row in rows if row.address is None}
        found = connection.execute(sa.select(customers.c.id, customers.c.region).where(customers.c.id.in_(buyers)))
        homes = {row.id: row.region for row in found}
        places = [(row.id, json.loads(row.address).get("region") if row.address else homes.get(row.customer_id)) for row in rows]
        known = [{"_id": order_id, "_region": code} for order_id, place in places if (code := regions.code_of(place))]
        if known:
            connection.execute(update, known)


def downgrade() -> None:
    op.drop_index("ix_orders__order_line_product", table_name="orders__order_line")
    op.drop_index("ix_orders__order_line_sku", table_name="orders__order_line")
    op.drop_index(op.f("ix_orders__order_region"), table_name="orders__order")
    op.drop_column("orders__order_line", "unit_cost")
    op.drop_column("orders__order", "region")
