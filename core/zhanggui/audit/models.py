"""The trail: who did what to which row, and why. Rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.append_only import AppendOnly
from ..db.base import Model
from ..db.types import BigKey, UTCDateTime


class AuditEntry(AppendOnly, Model):
    """One act. ``id`` is the sequence; ``hash`` covers the row's own canonical form.

    Texts stand in ``sealed``: under the key of the person that ``subject_*`` names, so that erasing the
    person leaves the row and its hash as they were; under the instance's key when there is none. What
    ``label``, ``before`` and ``after`` hold in the open are codes, numbers and times.
    """

    __tablename__ = "core__audit"
    __table_args__ = (
        Index("ix_core__audit_target", "target_type", "target_id", "id"),
        Index("ix_core__audit_action", "action", "id"),
        Index("ix_core__audit_actor", "actor_name", "id"),
        Index("ix_core__audit_at", "at", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    action: Mapped[str] = mapped_column(String(100), nullable=False)
    target_type: Mapped[str] = mapped_column(String(100), nullable=False, default="")
    target_id: Mapped[str] = mapped_column(String(64), nullable=False, default="")
    label: Mapped[str] = mapped_column(String(200), nullable=False, default="")
    actor_kind: Mapped[str] = mapped_column(String(16), nullable=False)
    actor_id: Mapped[int | None] = mapped_column(BigKey)
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False, default="")
    ip: Mapped[str | None] = mapped_column(String(45))
    before: Mapped[Any | None] = mapped_column(JSON)
    after: Mapped[Any | None] = mapped_column(JSON)
    subject_type: Mapped[str | None] = mapped_column(String(100))
    subject_id: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    correlation: Mapped[str] = mapped_column(String(64), nullable=False)
    causation: Mapped[str | None] = mapped_column(String(64))
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), nullable=False)


class AuditLink(AppendOnly, Model):
    """The place of a row in the chain. ``number`` has no gaps; ``digest`` covers the row, its place and the digest before it."""

    __tablename__ = "core__audit_link"

    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    audit_id: Mapped[int] = mapped_column(BigKey, unique=True, nullable=False)
    digest: Mapped[str] = mapped_column(String(64), nullable=False)
