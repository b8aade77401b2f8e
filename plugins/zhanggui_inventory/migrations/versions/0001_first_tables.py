"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "inventory_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inventory__location",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory__location")),
        sa.UniqueConstraint("code", name=op.f("uq_inventory__location_code")),
    )
    op.create_table(
        "inventory__stock_level",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=False),
        sa.Column("title", sa.String(length=420), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("warn_level", sa.Integer(), nullable=False),
        sa.Column("low", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_inventory__stock_level_on_hand")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_inventory__stock_level_reserved")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["inventory__location.id"], name=op.f("fk_inventory__stock_level_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["products__variant.id"], name=op.f("fk_inventory__stock_level_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory__stock_level")),
        sa.UniqueConstraint("variant_id", "location_id", name=op.f("uq_inventory__stock_level_variant_id_location_id")),
    )
    op.create_index("ix_inventory__stock_level_low", "inventory__stock_level", ["low", "id"], unique=False)
    op.create_index(
        op.f("ix_inventory__stock_level_product_id"), "inventory__stock_level", ["product_id"], unique=False
    )
    op.create_index("ix_inventory__stock_level_sku", "inventory__stock_level", ["sku", "id"], unique=False)
    op.create_table(
        "inventory__stock_movement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_hand_change", sa.Integer(), nullable=False),
        sa.Column("reserved_change", sa.Integer(), nullable=False),
        sa.Column("on_hand_after", sa.Integer(), nullable=False),
        sa.Column("reserved_after", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["inventory__location.id"], name=op.f("fk_inventory__stock_movement_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["products__variant.id"], name=op.f("fk_inventory__stock_movement_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory__stock_movement")),
        sa.UniqueConstraint(
            "reference", "kind", "variant_id", name=op.f("uq_inventory__stock_movement_reference_kind_variant_id")
        ),
    )
    op.create_index(op.f("ix_inventory__stock_movement_at"), "inventory__stock_movement", ["at"], unique=False)
    op.create_index(
        "ix_inventory__stock_movement_variant", "inventory__stock_movement", ["variant_id", "id"], unique=False
    )
    op.create_table(
        "inventory__stock_reservation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_inventory__stock_reservation_quantity")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["inventory__location.id"], name=op.f("fk_inventory__stock_reservation_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["products__variant.id"], name=op.f("fk_inventory__stock_reservation_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory__stock_reservation")),
        sa.UniqueConstraint("order_id", "variant_id", name=op.f("uq_inventory__stock_reservation_order_id_variant_id")),
    )
    op.create_index(
        op.f("ix_inventory__stock_reservation_variant_id"), "inventory__stock_reservation", ["variant_id"], unique=False
    )
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_index(op.f("ix_inventory__stock_reservation_variant_id"), table_name="inventory__stock_reservation")
    op.drop_table("inventory__stock_reservation")
    op.drop_index("ix_inventory__stock_movement_variant", table_name="inventory__stock_movement")
    op.drop_index(op.f("ix_inventory__stock_movement_at"), table_name="inventory__stock_movement")
    op.drop_table("inventory__stock_movement")
    op.drop_index("ix_inventory__stock_level_sku", table_name="inventory__stock_level")
    op.drop_index(op.f("ix_inventory__stock_level_product_id"), table_name="inventory__stock_level")
    op.drop_index("ix_inventory__stock_level_low", table_name="inventory__stock_level")
    op.drop_table("inventory__stock_level")
    op.drop_table("inventory__location")
    # ### end Alembic commands ###
