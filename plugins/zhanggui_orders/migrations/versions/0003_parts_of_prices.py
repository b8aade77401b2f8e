"""parts of prices"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "orders_0003"
down_revision = "orders_0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in ("fee_total", "tax_total"):
        op.add_column("orders__order", sa.Column(column, sa.BigInteger(), nullable=False, server_default="0"))
    # What stood in `step` was the kind; which step it was is not known of the past.
    op.execute("ALTER TABLE orders__price_adjustment RENAME COLUMN step TO kind")
    op.execute("ALTER TABLE orders__price_adjustment RENAME COLUMN code TO source")
    op.add_column("orders__price_adjustment", sa.Column("step", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "orders__line_adjustment",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("adjustment_id", _KEY, nullable=False),
        sa.Column("order_line_id", _KEY, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["orders__price_adjustment.id"], name=op.f("fk_orders__line_adjustment_adjustment_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["orders__order_line.id"], name=op.f("fk_orders__line_adjustment_order_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders__line_adjustment")),
        sa.UniqueConstraint("adjustment_id", "order_line_id", name=op.f("uq_orders__line_adjustment_adjustment_id_order_line_id")),
    )
    op.create_index(op.f("ix_orders__line_adjustment_order_line_id"), "orders__line_adjustment", ["order_line_id"])


def downgrade() -> None:
    op.drop_table("orders__line_adjustment")
    op.drop_column("orders__price_adjustment", "step")
    op.execute("ALTER TABLE orders__price_adjustment RENAME COLUMN source TO code")
    op.execute("ALTER TABLE orders__price_adjustment RENAME COLUMN kind TO step")
    for column in ("fee_total", "tax_total"):
        op.drop_column("orders__order", column)
