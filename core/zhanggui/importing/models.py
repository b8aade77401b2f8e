"""What was read from which file, how far, and what became of its rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, Pii, SealedJson


class Import(Model):
    """One file, read once. How far it is stands in its task: one that was killed goes on, one that is done is only reported."""

    __tablename__ = "core__import"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)  # of the file and of how it is read
    kind: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(32))
    file_name: Mapped[str | None] = mapped_column(Pii)
    digest: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)  # field: name of the column
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    currency: Mapped[str] = mapped_column(String(3))
    rows: Mapped[int] = mapped_column(BigInteger, default=0)  # of the file
    tally: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # see report.Tally
    task_id: Mapped[int | None] = mapped_column(BigKey)


class Rejection(Model):
    """A row that was not taken, why, and all that it held."""

    __tablename__ = "core__import_rejection"
    __table_args__ = (Index("ix_core__import_rejection_reason", "import_id", "reason"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("core__import.id"), primary_key=True)
    row: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(64))
    raw: Mapped[dict[str, Any]] = mapped_column(SealedJson)
    amount: Mapped[str] = mapped_column(String(64))  # exact


class Rounding(Model):
    """A row whose amount has more decimals than its currency."""

    __tablename__ = "core__import_rounding"

    import_id: Mapped[int] = mapped_column(ForeignKey("core__import.id"), primary_key=True)
    row: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    exact: Mapped[str] = mapped_column(String(64))
    stored: Mapped[str] = mapped_column(String(64))
