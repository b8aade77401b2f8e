"""terms by which orders are found"""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

from zhanggui.api import UTCDateTime, blind_index, words
from zhanggui.api.migrations import batches, index_sealed

revision = "orders_0009"
down_revision = "orders_0007"
branch_labels = None
depends_on = None

_INDEX = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("orders__order", sa.Column("name_index", _INDEX, nullable=True))
    op.create_table(
        "orders__order_term",
        sa.Column("term", _INDEX, nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders__order.id"], name=op.f("fk_orders__order_term_order_id_orders__order")),
        sa.PrimaryKeyConstraint("term", "placed_at", "order_id", name=op.f("pk_orders__order_term")),
    )
    index_sealed("orders__order", "buyer_name", "name_index", lambda name: blind_index(f"customers.name:{words.fold(name)}"))
    _fill_terms()
    op.create_index(op.f("ix_orders__order_name_index"), "orders__order", ["name_index"])
    op.create_index("ix_orders__order_paid", "orders__order", ["paid_at", "currency", "payment_status", "total"])


def _fill_terms() -> None:
    connection = op.get_bind()
    orders = sa.table("orders__order", sa.column("id"), sa.column("number"), sa.column("placed_at", UTCDateTime()))
    line = sa.table("orders__order_line", *map(sa.column, ("order_id", "position", "id", "sku", "name", "option"))).c
    terms = sa.table("orders__order_term", sa.column("term"), sa.column("placed_at", UTCDateTime()), sa.column("order_id"))
    for rows in batches(connection, orders, ["number", "placed_at"]):
        texts: dict[int, list[str]] = defaultdict(list)
        of_them = sa.select(line.order_id, line.name, line.option, line.sku).where(line.order_id.between(rows[0].id, rows[-1].id))
        for found in connection.execute(of_them.order_by(line.order_id, line.position, line.id)):
            texts[found.order_id].append(f"{found.name} {found.option} {found.sku}")
        made = [
            {"term": term, "placed_at": row.placed_at, "order_id": row.id}
            for row in rows
            for term in _terms(row.number, texts[row.id])
        ]
        connection.execute(sa.insert(terms), made)


def _terms(number: str, texts: list[str]) -> list[str]:
    found = dict.fromkeys([words.fold(number), *words.digits(number)])
    for text in dict.fromkeys(texts):
        found |= dict.fromkeys(sorted(words.terms(text)))
    return sorted(list(found)[:200])


def downgrade() -> None:
    op.drop_index("ix_orders__order_paid", table_name="orders__order")
    op.drop_index(op.f("ix_orders__order_name_index"), table_name="orders__order")
    op.drop_table("orders__order_term")
    op.drop_column("orders__order", "name_index")
