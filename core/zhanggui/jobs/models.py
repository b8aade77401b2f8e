"""Jobs, leases and schedules as rows: the queue server only carries their ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, Pii, SealedJson, UTCDateTime

FIRST = "rank = 1"  # likewise small: what comes before all others
UNFINISHED = "state IN ('ready', 'running', 'held')"  # small however many are kept: what an event has to wait for is looked up in it


class Job(Model):
    """One piece of work. For a handler of an event it is the inbox row as well: (event, handler) is unique."""

    __tablename__ = "core__job"
    __table_args__ = (
        UniqueConstraint("event_id", "name"),
        Index("ix_core__job_due", "state", "run_at", "id"),
        Index("ix_core__job_first", "state", "rank", "run_at", "id", **{f"{dialect}_where": text(FIRST) for dialect in ("sqlite", "postgresql")}),
        Index("ix_core__job_lease", "state", "lease_until"),
        Index("ix_core__job_unfinished", "name", "key", "event_id", **{f"{dialect}_where": text(UNFINISHED) for dialect in ("sqlite", "postgresql")}),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), nullable=False)
    kwargs: Mapped[Any] = mapped_column(SealedJson, nullable=True)  # ids; what else a plugin puts in is read by nobody but its job
    state: Mapped[str] = mapped_column(String(10), nullable=False, default="ready")  # ready running done dead held
    rank: Mapped[int] = mapped_column(Integer, nullable=False, default=0, server_default="0")  # 1: before all others
    attempts: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    max_attempts: Mapped[int] = mapped_column(Integer, nullable=False, default=8)
    run_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    last_error: Mapped[str | None] = mapped_column(Pii)  # an exception names what it stumbled over
    traceback: Mapped[str | None] = mapped_column(Pii)
    event_id: Mapped[int | None] = mapped_column(BigKey)
    key: Mapped[str] = mapped_column(String(64), nullable=False, default="")
    unique_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    correlation: Mapped[str] = mapped_column(String(64), nullable=False)
    causation: Mapped[str | None] = mapped_column(String(64))
    depth: Mapped[int] = mapped_column(Integer, nullable=False, default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    nudged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # not used any more; workers of the release before write it
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Lease(Model):
    """Who leads: one row per office, taken over when it runs out."""

    __tablename__ = "core__lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64), nullable=False)
    until: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)


class ScheduleState(Model):
    """When a schedule runs next."""

    __tablename__ = "core__schedule"

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    next_run_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)


class SetAside(Model):
    """A row that a job could not handle, and when it is tried again; see ``aside``."""

    __tablename__ = "core__set_aside"
    __table_args__ = (UniqueConstraint("queue", "row_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    queue: Mapped[str] = mapped_column(String(64), nullable=False)
    row_id: Mapped[int] = mapped_column(BigKey, nullable=False)
    tries: Mapped[int] = mapped_column(Integer, nullable=False, default=1)
    until: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    reason: Mapped[str] = mapped_column(Pii, nullable=False)  # a sentence can name what it is about
