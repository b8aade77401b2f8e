"""The trail is a chain: rows that are there get their links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.migrations.sealing import link_trail

revision = "core_0016"
down_revision = "core_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "core__audit_link",
        sa.Column("number", key, autoincrement=False, nullable=False),
        sa.Column("audit_id", key, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_core__audit_link")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_core__audit_link_audit_id")),
    )
    link_trail()


def downgrade() -> None:
    op.drop_table("core__audit_link")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION core__audit_link_refuse()")
