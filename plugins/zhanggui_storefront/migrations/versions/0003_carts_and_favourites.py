"""carts that follow their customer, and favourites"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "storefront_0003"
down_revision = "storefront_0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "storefront__cart_line",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("variant_id", _KEY, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_storefront__cart_line_quantity")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers__customer.id"], name=op.f("fk_storefront__cart_line_customer_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["products__variant.id"], name=op.f("fk_storefront__cart_line_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront__cart_line")),
        sa.UniqueConstraint("customer_id", "variant_id", name=op.f("uq_storefront__cart_line_customer_id_variant_id")),
    )
    op.create_index(op.f("ix_storefront__cart_line_variant_id"), "storefront__cart_line", ["variant_id"])
    op.create_table(
        "storefront__favourite",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("product_id", _KEY, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers__customer.id"], name=op.f("fk_storefront__favourite_customer_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products__product.id"], name=op.f("fk_storefront__favourite_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront__favourite")),
        sa.UniqueConstraint("customer_id", "product_id", name=op.f("uq_storefront__favourite_customer_id_product_id")),
    )
    op.create_index(op.f("ix_storefront__favourite_product_id"), "storefront__favourite", ["product_id"])
    op.create_index("ix_storefront__favourite_newest", "storefront__favourite", ["customer_id", "added_at", "id"])


def downgrade() -> None:
    op.drop_table("storefront__favourite")
    op.drop_table("storefront__cart_line")
