"""Settings that were changed at run time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db.base import Model


class StoredSetting(Model):
    """One changed setting. A secret's value is sealed and kept as base64 text."""

    __tablename__ = "core__setting"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON, nullable=True)
