"""Long work as one row: who began it, how far it is, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, SealedJson, UTCDateTime, code_string


class Task(Model):
    """One long work. ``step`` counts what was committed: of two processes only one does the next."""

    __tablename__ = "core__task"
    __table_args__ = (Index("ix_core__task_user", "user_id", "id"), Index("ix_core__task_ends", "expires_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(code_string(120), nullable=False)  # of the job that does it, or of the command
    state: Mapped[str] = mapped_column(String(10), nullable=False)  # see states.py
    title: Mapped[Any] = mapped_column(SealedJson, nullable=True)  # texts with their parameters: see wording.py
    sentence: Mapped[Any] = mapped_column(SealedJson, nullable=True)
    done: Mapped[int] = mapped_column(BigInteger, nullable=False, default=0)
    total: Mapped[int | None] = mapped_column(BigInteger)  # None: nobody knows yet
    step: Mapped[int] = mapped_column(BigInteger, nullable=False, default=0)
    place: Mapped[Any] = mapped_column(SealedJson, nullable=True)  # where the next step begins; the last key can be a phone
    arguments: Mapped[Any] = mapped_column(SealedJson, nullable=True)
    file_id: Mapped[str | None] = mapped_column(String(24))  # of the result, while it is written and when it is there
    file_size: Mapped[int] = mapped_column(BigInteger, nullable=False, default=0)  # bytes that count: those of committed steps
    job_id: Mapped[int | None] = mapped_column(BigKey)
    user_id: Mapped[int | None] = mapped_column(Integer)
    actor_kind: Mapped[str] = mapped_column(String(16), nullable=False)
    actor: Mapped[str] = mapped_column(String(128), nullable=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when the row is forgotten; None: it is kept
