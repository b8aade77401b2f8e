"""What was told from outside, once each, sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, SealedJson, UTCDateTime


class ArrivedMessage(Model):
    """One genuine message of a webhook. ``message`` is a digest of the sender's id, which may name a person."""

    __tablename__ = "core__webhook"
    __table_args__ = (UniqueConstraint("webhook", "message"), Index("ix_core__webhook_arrived", "arrived_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    webhook: Mapped[str] = mapped_column(String(40), nullable=False)
    message: Mapped[str] = mapped_column(String(40), nullable=False)
    content: Mapped[Any] = mapped_column(SealedJson, nullable=True)
    arrived_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
