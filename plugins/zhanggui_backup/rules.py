"""When a backup and a drill are due, and when they are late."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

LATE = timedelta(hours=3)  # behind the time at which it was due
AGAIN = timedelta(hours=1)  # after one that failed
DRILL_LATE = timedelta(days=1)  # a drill that failed is tried again, one that was missed is late
NEVER = "never"


def last_due(at: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The newest moment that is not after ``now`` and has this time of day in the zone; None for never."""
    if at == NEVER:
        return None
    hour, _colon, minute = at.partition(":")
    local = now.astimezone(zone)
    today = local.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return today if today <= local else (today - timedelta(days=1)).replace(hour=int(hour), minute=int(minute))


def next_due(at: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The next such moment after ``now``."""
    last = last_due(at, now, zone)
    return last + timedelta(days=1) if last is not None else None


def next_drill(days: int, last: datetime | None, now: datetime) -> datetime | None:
    """When a drill is due, seen from the last one that passed; None for never by itself."""
    if not days:
        return None
    return last + timedelta(days=days) if last is not None else now


def is_late(due: datetime | None, done: datetime | None, now: datetime) -> bool:
    """Whether what was due is not done although enough time has gone."""
    return due is not None and (done is None or done < due) and now - due >= LATE
