"""Input of an action as JSON and back: what was asked for is what is done, kinds included."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ..kernel.ids import Code
from ..kernel.money import Money


def freeze(value: Any) -> Any:
    """:raises TypeError: for what could not be the same again, such as a row or a file."""
    if isinstance(value, Money):
        return {"$money": [value.amount, value.currency]}
    if isinstance(value, Code):
        return {"$code": str(value)}
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    if isinstance(value, date):
        return {"$on": value.isoformat()}
    if isinstance(value, Mapping):
        if any(not isinstance(key, str) or key.startswith("$") for key in value):
            raise TypeError("names of what is frozen are texts without a $")
        return {key: freeze(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [freeze(inner) for inner in value]
    if type(value) not in (str, int, float, bool, type(None)):
        raise TypeError(f"{type(value).__name__} cannot be frozen: give its id")
    return value


def thaw(value: Any) -> Any:
    """What :func:`freeze` was given; tuples come back as lists."""
    if isinstance(value, list):
        return [thaw(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"$money": [amount, currency]}:
            return Money(amount, currency)
        case {"$code": text}:
            return Code(text)
        case {"$at": text}:
            return datetime.fromisoformat(text)
        case {"$on": text}:
            return date.fromisoformat(text)
    return {key: thaw(inner) for key, inner in value.items()}
