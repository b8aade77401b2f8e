"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "customers_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customers__customer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "external_key", sa.String(96).with_variant(sa.String(96, collation="C"), "postgresql"), nullable=True
        ),
        sa.Column("identity", sa.String(160).with_variant(sa.String(160, collation="C"), "postgresql"), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("name_index", sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=True),
        sa.Column(
            "phone_tail_index", sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=True
        ),
        sa.Column("gender", sa.String(length=8), nullable=True),
        sa.Column("region", sa.String(length=120), nullable=False),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_count", sa.Integer(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("last_order_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers__customer")),
        sa.UniqueConstraint("external_key", name=op.f("uq_customers__customer_external_key")),
        sa.UniqueConstraint("identity", name=op.f("uq_customers__customer_identity")),
        sa.UniqueConstraint("public_id", name=op.f("uq_customers__customer_public_id")),
    )
    op.create_index("ix_customers__customer_created", "customers__customer", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_customers__customer_name_index"), "customers__customer", ["name_index"], unique=False)
    op.create_index(op.f("ix_customers__customer_phone_index"), "customers__customer", ["phone_index"], unique=False)
    op.create_index(
        op.f("ix_customers__customer_phone_tail_index"), "customers__customer", ["phone_tail_index"], unique=False
    )
    op.create_index("ix_customers__customer_spent", "customers__customer", ["spent", "id"], unique=False)
    op.create_table(
        "customers__address",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("region", sa.JSON(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers__customer.id"], name=op.f("fk_customers__address_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers__address")),
        sa.UniqueConstraint("public_id", name=op.f("uq_customers__address_public_id")),
    )
    op.create_index(op.f("ix_customers__address_customer_id"), "customers__address", ["customer_id"], unique=False)
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_index(op.f("ix_customers__address_customer_id"), table_name="customers__address")
    op.drop_table("customers__address")
    op.drop_index("ix_customers__customer_spent", table_name="customers__customer")
    op.drop_index(op.f("ix_customers__customer_phone_tail_index"), table_name="customers__customer")
    op.drop_index(op.f("ix_customers__customer_phone_index"), table_name="customers__customer")
    op.drop_index(op.f("ix_customers__customer_name_index"), table_name="customers__customer")
    op.drop_index("ix_customers__customer_created", table_name="customers__customer")
    op.drop_table("customers__customer")
    # ### end Alembic commands ###
