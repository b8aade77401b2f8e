"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "orders_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "orders__day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("placed_count", sa.Integer(), nullable=False),
        sa.Column("placed_amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_count", sa.Integer(), nullable=False),
        sa.Column("paid_amount", sa.BigInteger(), nullable=False),
        sa.Column("canceled_count", sa.Integer(), nullable=False),
        sa.Column("refunded_amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "currency", name=op.f("pk_orders__day")),
    )
    op.create_table(
        "orders__order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "external_key", sa.String(96).with_variant(sa.String(96, collation="C"), "postgresql"), nullable=True
        ),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("payment_status", sa.String(length=16), nullable=False),
        sa.Column("fulfillment_status", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("goods_total", sa.BigInteger(), nullable=False),
        sa.Column("discount_total", sa.BigInteger(), nullable=False),
        sa.Column("freight_total", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("paid_total", sa.BigInteger(), nullable=False),
        sa.Column("refunded_total", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("buyer_name", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("staff_note", sa.String(length=500), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=200), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers__customer.id"], name=op.f("fk_orders__order_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders__order")),
        sa.UniqueConstraint("external_key", name=op.f("uq_orders__order_external_key")),
        sa.UniqueConstraint("number", name=op.f("uq_orders__order_number")),
    )
    op.create_index("ix_orders__order_customer", "orders__order", ["customer_id", "placed_at", "id"], unique=False)
    op.create_index("ix_orders__order_newest", "orders__order", ["placed_at", "id"], unique=False)
    op.create_index("ix_orders__order_payment", "orders__order", ["payment_status", "placed_at", "id"], unique=False)
    op.create_index(op.f("ix_orders__order_phone_index"), "orders__order", ["phone_index"], unique=False)
    op.create_index("ix_orders__order_stage", "orders__order", ["stage", "placed_at", "id"], unique=False)
    op.create_table(
        "orders__payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(96).with_variant(sa.String(96, collation="C"), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders__order.id"], name=op.f("fk_orders__payment_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders__payment")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_orders__payment_provider_reference")),
    )
    op.create_index(op.f("ix_orders__payment_order_id"), "orders__payment", ["order_id"], unique=False)
    op.create_table(
        "orders__price_adjustment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders__order.id"], name=op.f("fk_orders__price_adjustment_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders__price_adjustment")),
    )
    op.create_index(
        op.f("ix_orders__price_adjustment_order_id"), "orders__price_adjustment", ["order_id"], unique=False
    )
    op.create_table(
        "orders__shipment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("carrier", sa.String(length=32), nullable=False),
        sa.Column(
            "tracking_number", sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders__order.id"], name=op.f("fk_orders__shipment_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders__shipment")),
    )
    op.create_index(op.f("ix_orders__shipment_order_id"), "orders__shipment", ["order_id"], unique=False)
    op.create_index(op.f("ix_orders__shipment_tracking_number"), "orders__shipment", ["tracking_number"], unique=False)
    op.create_table(
        "orders__order_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "variant_public_id", sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=True
        ),
        sa.Column("sku", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("option", sa.String(length=200), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("shipped_quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "shipped_quantity >= 0 AND (shipped_quantity <= quantity OR quantity < 0)",
            name=op.f("ck_orders__order_line_shipped_quantity"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders__order.id"], name=op.f("fk_orders__order_line_order_id")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["products__variant.id"], name=op.f("fk_orders__order_line_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders__order_line")),
    )
    op.create_index("ix_orders__order_line_order", "orders__order_line", ["order_id", "position"], unique=False)
    op.create_index(op.f("ix_orders__order_line_variant_id"), "orders__order_line", ["variant_id"], unique=False)
    op.create_table(
        "orders__shipment_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_orders__shipment_line_quantity")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["orders__order_line.id"], name=op.f("fk_orders__shipment_line_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["orders__shipment.id"], name=op.f("fk_orders__shipment_line_shipment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders__shipment_line")),
        sa.UniqueConstraint(
            "shipment_id", "order_line_id", name=op.f("uq_orders__shipment_line_shipment_id_order_line_id")
        ),
    )
    op.create_index(
        op.f("ix_orders__shipment_line_order_line_id"), "orders__shipment_line", ["order_line_id"], unique=False
    )
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_index(op.f("ix_orders__shipment_line_order_line_id"), table_name="orders__shipment_line")
    op.drop_table("orders__shipment_line")
    op.drop_index(op.f("ix_orders__order_line_variant_id"), table_name="orders__order_line")
    op.drop_index("ix_orders__order_line_order", table_name="orders__order_line")
    op.drop_table("orders__order_line")
    op.drop_index(op.f("ix_orders__shipment_tracking_number"), table_name="orders__shipment")
    op.drop_index(op.f("ix_orders__shipment_order_id"), table_name="orders__shipment")
    op.drop_table("orders__shipment")
    op.drop_index(op.f("ix_orders__price_adjustment_order_id"), table_name="orders__price_adjustment")
    op.drop_table("orders__price_adjustment")
    op.drop_index(op.f("ix_orders__payment_order_id"), table_name="orders__payment")
    op.drop_table("orders__payment")
    op.drop_index("ix_orders__order_stage", table_name="orders__order")
    op.drop_index(op.f("ix_orders__order_phone_index"), table_name="orders__order")
    op.drop_index("ix_orders__order_payment", table_name="orders__order")
    op.drop_index("ix_orders__order_newest", table_name="orders__order")
    op.drop_index("ix_orders__order_customer", table_name="orders__order")
    op.drop_table("orders__order")
    op.drop_table("orders__day")
    # ### end Alembic commands ###
