"""what was sold, in every language of the shop: staff read theirs, the buyer reads the order's; orders that are there keep what they have"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "orders_0010"
down_revision = "orders_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders__order", sa.Column("summaries", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("orders__order_line", sa.Column("texts", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("orders__order_line", "texts")
    op.drop_column("orders__order", "summaries")
