"""Each shape of a change in plain operations, in steps: a test may stop between two of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STOP = None  # the shape that fails half way


def rename():
    op.alter_column("shapes__supplier", "note", new_column_name="remark")
    yield
    op.execute("UPDATE shapes__supplier SET remark = upper(remark)")


def nullability():
    op.execute("UPDATE shapes__supplier SET phone = '' WHERE phone IS NULL AND id > 1")
    yield
    op.alter_column("shapes__supplier", "phone", existing_type=sa.String(40), nullable=False, server_default="")


def type_():
    op.execute("UPDATE shapes__supplier SET rating = NULL WHERE rating = ''")
    yield
    op.alter_column("shapes__supplier", "rating", existing_type=sa.String(10), type_=sa.Integer(), postgresql_using="rating::integer")
    op.alter_column("shapes__supplier", "remark", existing_type=sa.String(80), type_=sa.Text())


def check():
    op.create_check_constraint(op.f("ck_shapes__supplier_rating"), "shapes__supplier", "rating >= 0 AND rating IN (0, 1, 2, 3, 4, 5)")
    yield
    op.execute("UPDATE shapes__supplier SET rating = 0 WHERE rating IS NULL")


def unique():
    op.create_unique_constraint(op.f("uq_shapes__offer_supplier_id_product"), "shapes__offer", ["supplier_id", "product"])
    yield
    op.drop_constraint(op.f("uq_shapes__supplier_phone"), "shapes__supplier", type_="unique")


def drop():
    op.drop_column("shapes__supplier", "old_code")  # with its index and its check, on both databases
    yield
    op.drop_table("shapes__forgotten")


def foreign_key():
    op.create_table(
        "shapes__brand",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shapes__brand")),
        sa.UniqueConstraint("name", name=op.f("uq_shapes__brand_name")),
    )
    op.add_column("shapes__offer", sa.Column("brand_id", KEY, nullable=True))
    yield
    op.create_foreign_key(op.f("fk_shapes__offer_brand_id"), "shapes__offer", "shapes__brand", ["brand_id"], ["id"])
    op.create_index(op.f("ix_shapes__offer_brand_id"), "shapes__offer", ["brand_id"])


def data_move():
    op.execute("INSERT INTO shapes__brand (name) SELECT DISTINCT brand FROM shapes__offer ORDER BY brand")
    op.execute("UPDATE shapes__offer SET brand_id = (SELECT id FROM shapes__brand WHERE name = brand)")
    yield
    op.drop_column("shapes__offer", "brand")


def closed_table():
    op.alter_column("shapes__entry", "amount", existing_type=sa.BigInteger(), nullable=False)
    yield
    op.add_column("shapes__entry", sa.Column("again", sa.Integer(), sa.ForeignKey("shapes__entry.id")))
    op.drop_column("shapes__entry", "again")


SHAPES = {step.__name__: step for step in (rename, nullability, type_, check, unique, drop, foreign_key, data_move, closed_table)}


def run():
    """All of them, or until half way of the one that a test names."""
    for name, shape in SHAPES.items():
        for _ in shape():
            if name == STOP:
                raise RuntimeError("half way")
