"""what customers allowed to be sent to them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.api import append_only_guards

revision = "wechat_0002"
down_revision = "wechat_0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _code(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "wechat__grant",
        sa.Column("id", _ID, nullable=False),
        sa.Column("customer_id", _ID, nullable=False),
        sa.Column("template_id", _code(64), nullable=False),
        sa.Column("balance", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("state", _code(8), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_wechat__grant_balance")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_wechat__grant_reserved")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers__customer.id"], name=op.f("fk_wechat__grant_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat__grant")),
        sa.UniqueConstraint("customer_id", "template_id", name=op.f("uq_wechat__grant_customer_id_template_id")),
    )
    op.create_index("ix_wechat__grant_template", "wechat__grant", ["template_id", "balance"])
    op.create_table(
        "wechat__grant_entry",
        sa.Column("id", _ID, nullable=False),
        sa.Column("grant_id", _ID, nullable=False),
        sa.Column("kind", _code(16), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("source_key", _code(160), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["wechat__grant.id"], name=op.f("fk_wechat__grant_entry_grant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat__grant_entry")),
        sa.UniqueConstraint("source_key", name=op.f("uq_wechat__grant_entry_source_key")),
    )
    op.create_index("ix_wechat__grant_entry_grant", "wechat__grant_entry", ["grant_id", "id"])
    op.create_table(
        "wechat__grant_hold",
        sa.Column("id", _ID, nullable=False),
        sa.Column("grant_id", _ID, nullable=False),
        sa.Column("message_id", _code(120), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["wechat__grant.id"], name=op.f("fk_wechat__grant_hold_grant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat__grant_hold")),
        sa.UniqueConstraint("message_id", name=op.f("uq_wechat__grant_hold_message_id")),
    )
    op.create_index("ix_wechat__grant_hold_grant", "wechat__grant_hold", ["grant_id"])
    for statement in append_only_guards(op.get_bind().dialect.name, "wechat__grant_entry", [["id"], ["source_key"]], "the ledger of grants"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("wechat__grant_hold")
    op.drop_table("wechat__grant_entry")
    op.drop_table("wechat__grant")
