"""What was done for the safety of the shop: each backup, sending and drill, and how it went. The copies themselves lie in a folder."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model, UTCDateTime, code_string


class Run(Model):
    """One backup, sending or drill that has ended. ``why`` is the sentence of one that failed."""

    __tablename__ = "backup__run"
    __table_args__ = (Index("ix_backup__run_kind", "kind", "state", "id"), Index("ix_backup__run_name", "name", "kind", "id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # backup | send | drill
    state: Mapped[str] = mapped_column(String(16))  # done | failed
    cause: Mapped[str] = mapped_column(String(16))  # manual | scheduled
    name: Mapped[str] = mapped_column(code_string(80), default="")  # of the copy
    target: Mapped[str] = mapped_column(String(16), default="")  # folder | store
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tables: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(BigKey, default=0)
    files: Mapped[int] = mapped_column(default=0)
    totals: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))  # of a drill: total -> [then, as brought back]
    why: Mapped[str | None] = mapped_column(Text)
