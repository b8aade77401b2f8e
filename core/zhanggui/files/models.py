"""What is known of a stored file; its bytes lie in the instance's ``files/`` folder."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model
from ..db.types import Pii, UTCDateTime


class StoredFile(Model):
    """A picture, re-encoded by us. The random id is all that stands in a URL."""

    __tablename__ = "core__file"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), nullable=False)  # as it was called; never used as a path
    media_type: Mapped[str] = mapped_column(String(40), nullable=False)
    digest: Mapped[str] = mapped_column(String(64), nullable=False)
    size: Mapped[int] = mapped_column(Integer, nullable=False)
    width: Mapped[int] = mapped_column(Integer, nullable=False)
    height: Mapped[int] = mapped_column(Integer, nullable=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)  # of a form that was refused and not saved since


class PrivateFile(Model):
    """A file that belongs to a row or a task. Whoever may not see that row does not get it, though he knows its id."""

    __tablename__ = "core__private_file"
    __table_args__ = (Index("ix_core__private_file_row", "resource", "row_id"), Index("ix_core__private_file_ends", "expires_at"))

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    resource: Mapped[str] = mapped_column(String(64), nullable=False, default="")  # empty until it is attached
    row_id: Mapped[str] = mapped_column(String(64), nullable=False, default="")
    field: Mapped[str] = mapped_column(String(64), nullable=False, default="")  # the field rule that counts beside the row's
    name: Mapped[str | None] = mapped_column(Pii)  # as it was called, which can be a person's name; never used as a path
    media_type: Mapped[str] = mapped_column(String(100), nullable=False)
    size: Mapped[int] = mapped_column(BigInteger, nullable=False)
    digest: Mapped[str] = mapped_column(String(64), nullable=False)
    user_id: Mapped[int | None] = mapped_column(Integer)  # who brought it: until it is attached, nobody else gets it
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
