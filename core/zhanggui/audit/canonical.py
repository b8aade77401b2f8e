"""The one form of a row of the trail from which its hash is made: sorted keys, UTC times, no white space."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .models import AuditEntry

_LEFT_OUT = ("id", "hash", "previous_hash")
_PLACES = [(column.name, place) for place, column in enumerate(AuditEntry.__table__.c) if column.name not in _LEFT_OUT]
_JSON = ("before", "after")
_written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical_hash(values: Mapping[str, Any]) -> str:
    """SHA-256 over a row's canonical form."""
    plain = {k: _canonical(v) for k, v in values.items() if k not in _LEFT_OUT}
    return hashlib.sha256(_written(plain).encode()).hexdigest()


def of_row(values: Sequence[Any]) -> str:
    """The same of a row that was read: its values in the order of the table's columns, what is JSON as its text."""
    return hashlib.sha256(_written(plain_of(values)).encode()).hexdigest()


def plain_of(values: Sequence[Any]) -> dict[str, Any]:
    """What the hash of a row is made of."""
    plain = {name: values[place] for name, place in _PLACES}
    plain["at"] = plain["at"].isoformat()
    for name in _JSON:
        text = plain[name]
        plain[name] = None if text is None or text == "null" else json.loads(text)
    if plain["sealed"] is not None:
        plain["sealed"] = plain["sealed"].hex()
    return plain


def _canonical(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime) else value
