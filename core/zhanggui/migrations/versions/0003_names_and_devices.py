"""names that look alike are one, known devices, a version of a role's rights"""

from __future__ import annotations

import logging

import sqlalchemy as sa
from alembic import op

from zhanggui.kernel.names import alike

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None

log = logging.getLogger(__name__)


def upgrade() -> None:
    op.create_table(
        "core__name",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("folded", sa.String(length=400), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "folded", name=op.f("pk_core__name")),
    )
    op.create_index("ix_core__name_row", "core__name", ["kind", "row_id"], unique=False)
    op.add_column("core__session", sa.Column("known_as", sa.String(length=64), nullable=True))
    op.create_index("ix_core__session_known", "core__session", ["known_as", "user_id"], unique=False)
    op.create_index("ix_core__session_place", "core__session", ["user_id", "ip"], unique=False)
    op.add_column("ab_role", sa.Column("row_version", sa.Integer(), server_default="1", nullable=False))
    for kind, table, column in (("user", "ab_user", "username"), ("role", "ab_role", "name")):
        _fold_old(kind, sa.table(table, sa.column("id"), sa.column(column)), column)


def _fold_old(kind: str, table: sa.TableClause, column: str) -> None:
    """Take the names that are there. Of two that look alike the older one is found by it, the later by its exact spelling."""
    names = sa.table("core__name", sa.column("kind"), sa.column("folded"), sa.column("row_id"))
    taken: dict[str, str] = {}
    rows = []
    for row_id, name in op.get_bind().execute(sa.select(table.c.id, table.c[column]).order_by(table.c.id)).tuples():
        for folded in sorted(alike(name)):
            if folded in taken:
                log.warning("%s %r looks like %r; both stay, and no further one is made", kind, name, taken[folded])
                folded = f"{folded} #{row_id}"
            else:
                taken[folded] = name
            rows.append({"kind": kind, "folded": folded[:400], "row_id": row_id})
    if rows:
        op.get_bind().execute(names.insert(), rows)


def downgrade() -> None:
    op.drop_column("ab_role", "row_version")
    op.drop_index("ix_core__session_place", table_name="core__session")
    op.drop_index("ix_core__session_known", table_name="core__session")
    op.drop_column("core__session", "known_as")
    op.drop_index("ix_core__name_row", table_name="core__name")
    op.drop_table("core__name")
