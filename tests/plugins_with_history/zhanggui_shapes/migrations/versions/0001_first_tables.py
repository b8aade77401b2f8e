"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.api import append_only_guards

revision = "shapes_0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "shapes__supplier",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("phone", sa.String(40), nullable=True),
        sa.Column("rating", sa.String(10), nullable=True),
        sa.Column("note", sa.String(80), nullable=True),
        sa.Column("old_code", sa.String(20), server_default="?", nullable=False),
        sa.Column("parent_id", KEY, nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_shapes__supplier_name")),
        sa.CheckConstraint("length(old_code) > 0", name=op.f("ck_shapes__supplier_old_code")),
        sa.ForeignKeyConstraint(["parent_id"], ["shapes__supplier.id"], name=op.f("fk_shapes__supplier_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shapes__supplier")),
        sa.UniqueConstraint("name", name=op.f("uq_shapes__supplier_name")),
        sa.UniqueConstraint("phone", name=op.f("uq_shapes__supplier_phone")),
    )
    op.create_index("ix_shapes__supplier_old_code", "shapes__supplier", ["old_code", "name"])
    only = sa.text("phone <> ''")
    op.create_index("ix_shapes__supplier_phone", "shapes__supplier", ["phone"], unique=True, sqlite_where=only, postgresql_where=only)
    op.create_index("ix_shapes__supplier_lower", "shapes__supplier", [sa.text("lower(name)")])
    op.create_table(
        "shapes__offer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("supplier_id", KEY, nullable=False),
        sa.Column("product", sa.String(40), nullable=False),
        sa.Column("brand", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["shapes__supplier.id"], name=op.f("fk_shapes__offer_supplier_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shapes__offer")),
    )
    op.create_table(
        "shapes__entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("supplier_id", KEY, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["shapes__supplier.id"], name=op.f("fk_shapes__entry_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shapes__entry")),
    )
    op.create_table("shapes__forgotten", sa.Column("id", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("id"))
    for statement in append_only_guards(op.get_bind().dialect.name, "shapes__entry", [["id"]], "the list of entries"):
        op.execute(statement)
