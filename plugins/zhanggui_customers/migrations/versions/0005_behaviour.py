"""behaviour"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "customers_0005"
down_revision = "customers_0004"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def _code(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "customers__visitor_link",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("visitor", _code(64), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers__visitor_link")),
        sa.UniqueConstraint("visitor", "since", name=op.f("uq_customers__visitor_link_visitor_since")),
    )
    op.create_index("ix_customers__visitor_link_customer", "customers__visitor_link", ["customer_id", "since"])
    op.create_table(
        "customers__event",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("key", _code(64), nullable=False),
        sa.Column("name", _code(24), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("tick", sa.BigInteger(), nullable=False),
        sa.Column("visitor", _code(64), nullable=False),
        sa.Column("session", _code(64), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("page", sa.String(200), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("q", sa.String(64), nullable=True),
        sa.Column("results", sa.Integer(), nullable=True),
        sa.Column("props", sa.JSON(), nullable=True),
        sa.Column("device", _code(16), nullable=False),
        sa.Column("reason", _code(16), nullable=False),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers__event")),
        sa.UniqueConstraint("key", name=op.f("uq_customers__event_key")),
    )
    op.create_index("ix_customers__event_received", "customers__event", ["received_at", "id"])
    op.create_index("ix_customers__event_visitor", "customers__event", ["visitor", "tick"])
    op.create_index("ix_customers__event_visit", "customers__event", ["visit_id", "tick"])
    waits = sa.text("visit_id IS NULL")
    op.create_index("ix_customers__event_waits", "customers__event", ["id"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "customers__visit",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("visitor", _code(64), nullable=True),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=False),
        sa.Column("first_tick", sa.BigInteger(), nullable=False),
        sa.Column("last_tick", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.String(200), nullable=False),
        sa.Column("exit", sa.String(200), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("scene", sa.String(32), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("device", _code(16), nullable=False),
        sa.Column("reason", _code(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers__visit")),
    )
    op.create_index("ix_customers__visit_started", "customers__visit", ["started_at", "id"])
    op.create_index("ix_customers__visit_visitor", "customers__visit", ["visitor", "first_tick"])
    op.create_table(
        "customers__tally",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("name", _code(24), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("q", sa.String(64), nullable=False),
        sa.Column("reason", _code(16), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("empty", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers__tally")),
        sa.UniqueConstraint("at", "name", "product_id", "q", "reason", name=op.f("uq_customers__tally_at_name_product_id_q_reason")),
    )
    op.create_index("ix_customers__tally_name", "customers__tally", ["name", "at"])


def downgrade() -> None:
    for name in ("tally", "visit", "event", "visitor_link"):
        op.drop_table(f"customers__{name}")
