"""Tables of campaigns: one text to an audience, and a row for each who is in it. The row is the progress."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, UTCDateTime, Versioned, code_string


class Campaign(Versioned, Model):
    """One text, told to many at a rate."""

    __tablename__ = "notifications__campaign"
    __table_args__ = (Index("ix_notifications__campaign_state", "state", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    audience_id: Mapped[str] = mapped_column(code_string(80))
    texts: Mapped[Any] = mapped_column(JSON)  # by locale: title and text
    channels: Mapped[Any] = mapped_column(JSON)  # in the order in which they are tried
    href: Mapped[str] = mapped_column(String(200), default="")
    rate_per_minute: Mapped[int] = mapped_column(default=600)
    hour_from: Mapped[int] = mapped_column(default=9)
    hour_until: Mapped[int] = mapped_column(default=21)
    budget: Mapped[int] = mapped_column(BigKey, default=0)  # minor units for all that costs; 0: nothing that costs is sent
    spent: Mapped[int] = mapped_column(BigKey, default=0)  # of it, with what is on its way
    holdout_bp: Mapped[int] = mapped_column(default=0)  # so many of ten thousand are left out, to compare with
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(16), default="draft")
    reason: Mapped[str | None] = mapped_column(String(24))  # why it pauses
    freezing: Mapped[bool] = mapped_column(default=False)
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # since when it is known who is in it
    forecast: Mapped[Any | None] = mapped_column(JSON)  # what would become of it, counted when it was frozen
    ticked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # up to when its rate is used
    watched_from: Mapped[datetime | None] = mapped_column(UTCDateTime)  # failures before this were looked at by somebody
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class CampaignRecipient(Model):
    """One of those it goes to. ``sending``: there is a message for him that has not ended yet."""

    __tablename__ = "notifications__campaign_recipient"
    __table_args__ = (
        Index("ix_notifications__campaign_recipient_state", "campaign_id", "state", "customer_id"),
        Index("ix_notifications__campaign_recipient_ended", "campaign_id", "ended_at"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("notifications__campaign.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16))  # waiting | sending | sent | skipped | failed | control
    reason: Mapped[str | None] = mapped_column(String(24))
    channel: Mapped[str | None] = mapped_column(code_string(40))
    message_id: Mapped[int | None] = mapped_column(BigKey, unique=True)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
