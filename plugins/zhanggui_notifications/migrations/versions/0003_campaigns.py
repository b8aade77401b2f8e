"""campaigns, and those who are in them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "notifications_0003"
down_revision = "notifications_0002"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _code(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "notifications__campaign",
        sa.Column("id", _big(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("audience_id", _code(80), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("href", sa.String(200), nullable=False),
        sa.Column("rate_per_minute", sa.Integer(), nullable=False),
        sa.Column("hour_from", sa.Integer(), nullable=False),
        sa.Column("hour_until", sa.Integer(), nullable=False),
        sa.Column("budget", _big(), nullable=False),
        sa.Column("spent", _big(), nullable=False),
        sa.Column("holdout_bp", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(24)),
        sa.Column("freezing", sa.Boolean(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True)),
        sa.Column("forecast", sa.JSON()),
        sa.Column("ticked_at", sa.DateTime(timezone=True)),
        sa.Column("watched_from", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications__campaign")),
    )
    op.create_index("ix_notifications__campaign_state", "notifications__campaign", ["state", "id"])
    op.create_table(
        "notifications__campaign_recipient",
        sa.Column("campaign_id", _big(), nullable=False),
        sa.Column("customer_id", _big(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(24)),
        sa.Column("channel", _code(40)),
        sa.Column("message_id", _big()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("campaign_id", "customer_id", name=op.f("pk_notifications__campaign_recipient")),
        sa.ForeignKeyConstraint(["campaign_id"], ["notifications__campaign.id"], name=op.f("fk_notifications__campaign_recipient_campaign_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notifications__campaign_recipient_message_id")),
    )
    op.create_index("ix_notifications__campaign_recipient_state", "notifications__campaign_recipient", ["campaign_id", "state", "customer_id"])
    op.create_index("ix_notifications__campaign_recipient_ended", "notifications__campaign_recipient", ["campaign_id", "ended_at"])


def downgrade() -> None:
    op.drop_table("notifications__campaign_recipient")
    op.drop_table("notifications__campaign")
