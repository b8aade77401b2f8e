"""sealed texts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.api import Pii
from zhanggui.api.migrations import batches, index_column, leave_nothing_behind, seal_column, seal_trail
from zhanggui_customers.rules import key_index

revision = "customers_0002"
down_revision = "customers_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers__customer", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    seal_column("customers__customer", "region")
    seal_column("customers__customer", "tags", json=True)
    seal_column("customers__address", "region", json=True)
    _seal_keys()
    seal_trail(target_type="customers.Customer", subject_of=lambda _connection, ids: {i: ("customers.Customer", i) for i in ids})


def _seal_keys() -> None:
    """The key of an import sealed, and its digest in the column that knows it again."""
    leave_nothing_behind()
    connection = op.get_bind()
    op.add_column("customers__customer", sa.Column("source_key", sa.LargeBinary(), nullable=True))
    table = sa.table("customers__customer", sa.column("id"), sa.column("external_key", sa.Text()), sa.column("source_key", Pii()))
    update = sa.update(table).where(table.c.id == sa.bindparam("_id")).values(source_key=sa.bindparam("_new", type_=Pii()))
    for rows in batches(connection, table, ["external_key"], table.c.external_key.is_not(None)):
        connection.execute(update, [{"_id": row.id, "_new": row.external_key} for row in rows])
    index_column("customers__customer", "external_key", key_index)


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not put back in clear; restore the copy made before the upgrade")
