"""stock movements are never altered: the database says so too"""

from __future__ import annotations

from alembic import op

from zhanggui.api import append_only_guards

revision = "inventory_0003"
down_revision = "inventory_0002"
branch_labels = None
depends_on = None

KEYS = [["id"], ["reference", "kind", "variant_id"]]


def upgrade() -> None:
    for statement in append_only_guards(op.get_bind().dialect.name, "inventory__stock_movement", KEYS, "the list of stock movements"):
        op.execute(statement)
