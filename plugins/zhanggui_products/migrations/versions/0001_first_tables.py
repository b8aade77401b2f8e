"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "products_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "products__category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["products__category.id"], name=op.f("fk_products__category_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products__category")),
        sa.UniqueConstraint("public_id", name=op.f("uq_products__category_public_id")),
    )
    op.create_index(op.f("ix_products__category_parent_id"), "products__category", ["parent_id"], unique=False)
    op.create_index(op.f("ix_products__category_position"), "products__category", ["position"], unique=False)
    op.create_table(
        "products__product",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "external_key", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=True
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pictures", sa.JSON(), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["products__category.id"], name=op.f("fk_products__product_category_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products__product")),
        sa.UniqueConstraint("external_key", name=op.f("uq_products__product_external_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_products__product_public_id")),
    )
    op.create_index(
        "ix_products__product_category_shelf",
        "products__product",
        ["category_id", "status", "position", "id"],
        unique=False,
    )
    op.create_index("ix_products__product_shelf", "products__product", ["status", "position", "id"], unique=False)
    op.create_table(
        "products__variant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=False),
        sa.Column("option", sa.String(length=200), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("barcode", sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql"), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("cost IS NULL OR cost >= 0", name=op.f("ck_products__variant_cost")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_products__variant_price")),
        sa.ForeignKeyConstraint(["product_id"], ["products__product.id"], name=op.f("fk_products__variant_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products__variant")),
        sa.UniqueConstraint("public_id", name=op.f("uq_products__variant_public_id")),
        sa.UniqueConstraint("sku", name=op.f("uq_products__variant_sku")),
    )
    op.create_index(op.f("ix_products__variant_barcode"), "products__variant", ["barcode"], unique=False)
    op.create_index(
        "ix_products__variant_product_place", "products__variant", ["product_id", "position", "id"], unique=False
    )
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_index("ix_products__variant_product_place", table_name="products__variant")
    op.drop_index(op.f("ix_products__variant_barcode"), table_name="products__variant")
    op.drop_table("products__variant")
    op.drop_index("ix_products__product_shelf", table_name="products__product")
    op.drop_index("ix_products__product_category_shelf", table_name="products__product")
    op.drop_table("products__product")
    op.drop_index(op.f("ix_products__category_position"), table_name="products__category")
    op.drop_index(op.f("ix_products__category_parent_id"), table_name="products__category")
    op.drop_table("products__category")
    # ### end Alembic commands ###
