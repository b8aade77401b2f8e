"""Staff notices, and up to which one each user has read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, Pii, SealedJson, UTCDateTime


class Notice(Model):
    """Something that staff should know. ``title`` is a msgid with its ``params``: each reads it in his language."""

    __tablename__ = "core__notice"
    __table_args__ = (Index("ix_core__notice_permission", "permission", "id"), Index("ix_core__notice_user", "user_id", "id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    kind: Mapped[str] = mapped_column(String(100), nullable=False)
    title: Mapped[str] = mapped_column(String(300), nullable=False)
    params: Mapped[Any] = mapped_column(SealedJson, nullable=True, default=dict)
    body: Mapped[str | None] = mapped_column(Pii)
    href: Mapped[str] = mapped_column(String(300), nullable=False, default="")
    permission: Mapped[str] = mapped_column(String(200), nullable=False, default="")  # "can_list orders.Order"
    user_id: Mapped[int | None] = mapped_column(Integer)
    key: Mapped[str | None] = mapped_column(String(120), unique=True)


class ReadUpTo(Model):
    """The newest notice that a user has read."""

    __tablename__ = "core__notice_read"

    user_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    notice_id: Mapped[int] = mapped_column(BigKey, nullable=False, default=0)
