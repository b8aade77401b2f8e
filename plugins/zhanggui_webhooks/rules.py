"""When what is tried again, what is signed how, and which events an endpoint asked for. Standard Webhooks 1.0."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

ALL = "*"  # every event that can be told
PREFIX = "whsec_"
SCHEDULE = tuple(timedelta(seconds=s) for s in (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))  # before each try
REFUSED_SCHEDULE = tuple(timedelta(seconds=s) for s in (0, 300, 3600))  # after an answer that says no: a deployment answers 404 for minutes
PASSING = frozenset((408, 425, 429))  # of the 4xx: come again
GONE = 410
JITTER = 0.2
LONGEST_WISH = timedelta(hours=24)  # of a Retry-After
REST_AFTER = 10  # deliveries in a row of which the first try failed
DISABLE_AFTER, TELL_AFTER = timedelta(days=5), (timedelta(days=1), timedelta(days=3))
PROBE_DISABLED = timedelta(days=1)
LONGEST_PROBE = timedelta(hours=1)
MOST_WAITING = 50_000
LARGEST = 20_000  # bytes of a body


def new_secret() -> str:
    """32 random bytes, written as receivers' libraries expect it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def new_event_id() -> str:
    """The name of one event for everybody outside, in all its tries."""
    return "evt_" + secrets.token_hex(12)


def signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """What one secret makes of a message: ``v1,<base64>``."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    made = hmac.new(key, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(made).decode()


def headers(given: Sequence[str], event_id: str, now: datetime, body: bytes, own: Mapping[str, str]) -> dict[str, str]:
    """The head of one try. While a secret is exchanged there are two, and a receiver may know either."""
    timestamp = int(now.astimezone(UTC).timestamp())
    return {
        **own,
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, event_id, timestamp, body) for secret in given),
    }


def body_of(event_id: str, type_: str, at: datetime, sequence: int, data: Mapping[str, Any]) -> bytes:
    """The bytes that are sent, the same ones at each try."""
    whole = {"id": event_id, "type": type_, "timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds"), "sequence": sequence, "data": dict(data)}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def wants(patterns: Sequence[str], type_: str) -> bool:
    """Whether one of ``*``, ``orders.*`` and ``orders.order.paid@1`` means this type."""
    return any(p in (ALL, type_) or (p.endswith(".*") and type_.startswith(p[:-1])) for p in patterns)


def succeeded(status: int | None) -> bool:
    """Only 2xx: a redirect is no success."""
    return status is not None and 200 <= status < 300


def next_try(tries: int, status: int | None, wish: timedelta | None, now: datetime, chance: float) -> datetime | None:
    """When a delivery that failed ``tries`` times is tried again; None when that was the last time.

    :param chance: 0 to 1, which spreads what failed together.
    """
    refused = status is not None and 400 <= status < 500 and status not in PASSING
    schedule = REFUSED_SCHEDULE if refused else SCHEDULE
    if tries >= len(schedule) or status == GONE:
        return None
    pause = schedule[tries] * (1 + JITTER * (2 * chance - 1))
    return now + max(pause, wish or timedelta())


def wish_of(retry_after: str, now: datetime) -> timedelta | None:
    """The pause that an answer asks for, in seconds or as a date; at most a day."""
    text = retry_after.strip()
    try:
        asked = timedelta(seconds=int(text)) if text.isdigit() else parsedate_to_datetime(text) - now if text else None
    except (ValueError, TypeError, OverflowError):
        return None
    return None if asked is None else min(max(asked, timedelta()), LONGEST_WISH)


def next_probe(probes: int, now: datetime) -> datetime:
    """When an endpoint that rests is tried again: after a minute, two, four, ..., an hour."""
    return now + min(timedelta(minutes=1) * 2 ** min(probes, 10), LONGEST_PROBE)


def is_over(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint failed for so long that it is switched off."""
    return failing_since is not None and now - failing_since >= DISABLE_AFTER


def stages_told(failing_since: datetime | None, now: datetime) -> int:
    """How often staff should have been told by now that an endpoint does not answer."""
    return 0 if failing_since is None else sum(now - failing_since >= wait for wait in TELL_AFTER)
