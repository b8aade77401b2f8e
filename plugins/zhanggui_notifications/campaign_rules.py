"""Arithmetic of campaigns that needs no database."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

ALL_OF_THEM = 10_000  # basis points
TICK = timedelta(seconds=10)
LOOKED_AT, MOST_FAILED = 100, 20


def is_control(campaign_id: int, customer_id: int, holdout_bp: int) -> bool:
    """Whether a customer is left out to compare with: for one campaign always the same answer."""
    digest = hashlib.sha256(f"campaign:{campaign_id}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % ALL_OF_THEM < holdout_bp


def allowance(rate_per_minute: int, ticked_at: datetime | None, now: datetime) -> tuple[int, datetime]:
    """How many may go now, and up to when the rate is used then. What was missed by a stop is not made up for."""
    since = now - TICK if ticked_at is None or now - ticked_at > 2 * TICK else ticked_at
    count = int(rate_per_minute * max((now - since).total_seconds(), 0.0) / 60)
    return count, since + timedelta(seconds=60 * count / rate_per_minute) if count else since


def open_now(hour: int, hour_from: int, hour_until: int) -> bool:
    """Whether the hours in which a campaign sends are on."""
    return hour_from <= hour < hour_until


def too_many_failed(ended: list[bool]) -> bool:
    """Whether so many of those that ended last failed that it is better to stop. ``ended``: True for each that failed."""
    return len(ended) >= LOOKED_AT and sum(ended[:LOOKED_AT]) > MOST_FAILED
