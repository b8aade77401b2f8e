"""Views of lists, by screen and user."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, SealedJson, UTCDateTime


class ListView(Model):
    """A question to a list under a name. Without a name it is how its user wants the list."""

    __tablename__ = "core__list_view"
    __table_args__ = (UniqueConstraint("screen", "user_id", "name"), Index("ix_core__list_view_shared", "screen", "shared"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    screen: Mapped[str] = mapped_column(String(100), nullable=False)  # resource
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False)
    name: Mapped[str] = mapped_column(String(60), nullable=False)
    shared: Mapped[bool] = mapped_column(nullable=False, default=False)
    arguments: Mapped[Any] = mapped_column(SealedJson, nullable=True)  # somebody may have searched for a person
    columns: Mapped[Any] = mapped_column(JSON, nullable=True)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
