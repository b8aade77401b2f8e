"""The outbox: facts that were committed with the business and wait to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, SealedJson, UTCDateTime


class OutboxEvent(Model):
    """One published event. ``dispatched_at`` is empty until each handler has its job."""

    __tablename__ = "core__event"
    __table_args__ = (Index("ix_core__event_waiting", "dispatched_at", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), nullable=False)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    key: Mapped[str] = mapped_column(String(64), nullable=False, default="")
    payload: Mapped[Any] = mapped_column(SealedJson, nullable=True)
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    actor_kind: Mapped[str] = mapped_column(String(16), nullable=False)
    actor_id: Mapped[int | None] = mapped_column(BigKey)
    correlation: Mapped[str] = mapped_column(String(64), nullable=False)
    causation: Mapped[str | None] = mapped_column(String(64))
    depth: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    dispatched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
