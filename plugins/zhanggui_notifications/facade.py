"""What other plugins may call."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from .services import delivering


def report(db: Session, *, channel: str, ref: str, state: str, reason: str = "", code: str = "", now: datetime) -> bool:
    """What a provider tells later of a message that it took under ``ref``: ``sent``, ``delivered``, ``bounced`` or ``failed``.

    False when there is no such message, or that is no news.
    """
    return delivering.report(db, channel=channel, ref=ref, state=state, reason=reason, code=code, now=now)
