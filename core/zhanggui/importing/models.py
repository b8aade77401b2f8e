"""What was read from which file, how far, and what became of its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import BigKey, Pii, SealedJson, UTCDateTime, code_string


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


class ImportFile(Model):
    """A file that somebody brought on the screen: what it holds, how it is read, how far it is. Its rows are forgotten with it."""

    __tablename__ = "core__import_file"
    __table_args__ = (Index("ix_core__import_file_ends", "expires_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str] = mapped_column(code_string(64))
    state: Mapped[str] = mapped_column(String(10))  # see states.py
    file_id: Mapped[str | None] = mapped_column(String(24))  # private; None when it was swept away
    file_name: Mapped[str | None] = mapped_column(Pii)
    heads: Mapped[Any] = mapped_column(SealedJson)  # [[head of a column, [some values]]]
    rows: Mapped[int | None] = mapped_column(BigInteger)  # None: too many to be counted while somebody waits
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # field: number of the column
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # of core__import_row, by what; "undone" and "stayed" beside
    zone: Mapped[str] = mapped_column(String(64))
    task_id: Mapped[int | None] = mapped_column(BigKey)  # that looks, writes or takes back; the last one
    import_id: Mapped[int | None] = mapped_column(BigKey)
    user_id: Mapped[int | None] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    written_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undo_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)  # its bytes and rows go then; the line itself stays for the record


class ImportFileRow(Model):
    """One row of such a file: what would become of it, then what did. Kept for as long as it can be taken back."""

    __tablename__ = "core__import_file_row"
    __table_args__ = (Index("ix_core__import_file_row_what", "file_id", "what", "row"),)

    file_id: Mapped[int] = mapped_column(ForeignKey("core__import_file.id"), primary_key=True)
    row: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    what: Mapped[str] = mapped_column(String(10))  # new | changed | same | refused
    target: Mapped[int | None] = mapped_column(BigKey)
    told: Mapped[Any] = mapped_column(SealedJson)  # label, before, after, whole, mark, said, raw: see noting.py
    reason: Mapped[str] = mapped_column(String(64), default="")
    undone: Mapped[str] = mapped_column(String(10), default="")  # "" | undone | stayed
    stayed_because: Mapped[str] = mapped_column(String(64), default="")


class ImportMatching(Model):
    """Which heads of files the shop takes for which field of a kind: what was confirmed last."""

    __tablename__ = "core__import_matching"

    kind: Mapped[str] = mapped_column(code_string(64), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)  # normal form of a head: field, "" for a column that is left out
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ExportChoice(Model):
    """Which columns somebody took last of a kind."""

    __tablename__ = "core__export_choice"

    user_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(code_string(64), primary_key=True)
    columns: Mapped[list[str]] = mapped_column(JSON)
