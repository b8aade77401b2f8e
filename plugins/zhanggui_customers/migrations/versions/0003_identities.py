"""identities"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.api.migrations import batches

revision = "customers_0003"
down_revision = "customers_0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _code(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("customers__customer", sa.Column("email", sa.LargeBinary(), nullable=True))
    op.add_column("customers__customer", sa.Column("locale", sa.String(16), nullable=True))
    op.create_table(
        "customers__identity",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("provider", _code(64), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("subject_index", _code(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers__customer.id"], name=op.f("fk_customers__identity_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers__identity")),
        sa.UniqueConstraint("provider", "subject_index", name=op.f("uq_customers__identity_provider_subject_index")),
    )
    op.create_index(op.f("ix_customers__identity_customer_id"), "customers__identity", ["customer_id"])
    _move()


def _move() -> None:
    """Each ``provider:digest`` becomes a row; the subject itself is not known until its customer signs in again."""
    connection, time = op.get_bind(), sa.DateTime(timezone=True)
    customers = sa.table("customers__customer", sa.column("id"), sa.column("identity", sa.Text()), sa.column("created_at", time))
    identities = sa.table("customers__identity", *map(sa.column, ("customer_id", "provider", "subject_index")), sa.column("created_at", time))
    for rows in batches(connection, customers, ["identity", "created_at"], customers.c.identity.is_not(None)):
        known = [(row, *row.identity.rpartition(":")[::2]) for row in rows]
        values = [
            {"customer_id": row.id, "provider": provider, "subject_index": index, "created_at": row.created_at} for row, provider, index in known
        ]
        connection.execute(sa.insert(identities), values)
    connection.execute(sa.update(customers).where(customers.c.identity.is_not(None)).values(identity=None))


def downgrade() -> None:
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE customers__customer SET identity = (SELECT i.provider || ':' || i.subject_index FROM customers__identity i "
            "WHERE i.customer_id = customers__customer.id ORDER BY i.id LIMIT 1)"
        )
    )
    op.drop_table("customers__identity")
    op.drop_column("customers__customer", "locale")
    op.drop_column("customers__customer", "email")
