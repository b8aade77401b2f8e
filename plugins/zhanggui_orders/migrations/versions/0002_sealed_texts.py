"""sealed texts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.api import Pii, SealedJson, blind_index
from zhanggui.api.migrations import batches, index_column, leave_nothing_behind, seal_column, seal_trail

revision = "orders_0002"
down_revision = "orders_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    seal_column("orders__order", "staff_note")
    seal_column("orders__order", "cancel_reason")
    _seal_references()
    seal_trail(target_type="orders.Order", subject_of=_people)
    _take_reasons_out_of_events()


def _seal_references() -> None:
    """The text of a reference sealed; its digest stays in the old column, which is unique with the provider."""
    leave_nothing_behind()
    connection = op.get_bind()
    op.add_column("orders__payment", sa.Column("sealed_reference", sa.LargeBinary(), nullable=True))
    table = sa.table("orders__payment", sa.column("id"), sa.column("reference", sa.Text()), sa.column("sealed_reference", Pii()))
    update = sa.update(table).where(table.c.id == sa.bindparam("_id")).values(sealed_reference=sa.bindparam("_new", type_=Pii()))
    for rows in batches(connection, table, ["reference"], table.c.reference.is_not(None)):
        connection.execute(update, [{"_id": row.id, "_new": row.reference} for row in rows])
    index_column("orders__payment", "reference", lambda reference: blind_index(f"orders.reference:{reference}"))
    op.execute("ALTER TABLE orders__payment RENAME COLUMN reference TO reference_index")
    op.execute("ALTER TABLE orders__payment RENAME COLUMN sealed_reference TO reference")


def _people(connection, order_ids):
    """Whom orders are about: their customer; a guest's order is its own person."""
    orders = sa.table("orders__order", sa.column("id"), sa.column("customer_id"))
    wanted = [int(order_id) for order_id in order_ids if order_id.isdigit()]
    rows = connection.execute(sa.select(orders.c.id, orders.c.customer_id).where(orders.c.id.in_(wanted)))
    return {str(row.id): ("customers.Customer", row.customer_id) if row.customer_id else ("orders.Order", row.id) for row in rows}


def _take_reasons_out_of_events() -> None:
    """Why an order was canceled stands in the order; events and jobs of the past forget it."""
    connection = op.get_bind()
    events = sa.table("core__event", sa.column("id"), sa.column("name"), sa.column("payload", SealedJson()))
    jobs = sa.table("core__job", sa.column("id"), sa.column("event_id"), sa.column("kwargs", SealedJson()))
    mine = events.c.name == "orders.order.canceled"
    for table, column, where in (
        (events, "payload", mine), (jobs, "kwargs", jobs.c.event_id.in_(sa.select(events.c.id).where(mine))),
    ):  # fmt: skip
        update = sa.update(table).where(table.c.id == sa.bindparam("_id")).values({column: sa.bindparam("_new", type_=SealedJson())})
        for rows in batches(connection, table, [column], where):
            kept = [{"_id": row.id, "_new": {k: v for k, v in row._mapping[column].items() if k != "reason"}} for row in rows]
            connection.execute(update, kept)


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not put back in clear; restore the copy made before the upgrade")
