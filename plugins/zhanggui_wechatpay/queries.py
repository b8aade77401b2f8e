"""Reads of the certificates."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from zhanggui.api import reading

from .models import Certificate


def certificates(now: datetime) -> dict[str, str]:
    """Those that may sign now: ``{serial number: text}``."""
    c = Certificate.__table__.c
    with reading() as db:
        rows = db.execute(select(c.serial, c.text).where(c.effective_at <= now, c.expires_at > now))
        return {row.serial: row.text for row in rows}
