"""When what is sent and tried again, and how a text is filled: arithmetic that needs no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from zhanggui.api import MessageVariable, Money, fmt

PAUSES = tuple(timedelta(seconds=s) for s in (30, 120, 600, 3600, 10800))  # before the second try, the third, ...
JITTER = 0.2
OPENS_AFTER, SHORTEST_REST, LONGEST_REST = 5, timedelta(minutes=1), timedelta(minutes=30)
WEEK = timedelta(days=7)
INBOX = "inbox"
FAULTS = ("provider_down",)  # of a Later: what speaks against the provider, and not against one message
_PLACE = re.compile(r"\{\{|\}\}|\{(\w+)(?:\|([a-z]+)(?::([0-9]{1,2}))?)?\}|[{}]")
FILTERS = {"money": ("money",), "date": ("date", "datetime"), "mask": ("text",), "first": ("text",)}  # and the types that each takes


class BadText(ValueError):
    """A text that cannot be filled: ``name`` is the variable that is none, or empty."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Values(dict[str, str]):
    """Variables as texts of whoever reads, with what they were made of: filters need that."""

    raw: Mapping[str, Any] = {}


def filters(text: str) -> list[tuple[str, str]]:
    """The filters that a text uses: ``(variable, filter)``."""
    return [(match[1], match[2]) for match in _PLACE.finditer(text) if match[2]]


def places(text: str) -> list[str]:
    """The variables that a text names.

    :raises BadText: for a brace that stands alone.
    """
    found = []
    for match in _PLACE.finditer(text):
        if match[1]:
            found.append(match[1])
        elif match[0] in "{}":
            raise BadText(match[0])
    return found


def filled(text: str, values: Mapping[str, str], *, published: bool = False) -> str:
    """A text with its variables put in; ``{{`` is a brace.

    :param published: it was checked before, so a word that is no variable any more is one of a plugin that was switched off since: it is empty.
    :raises BadText: for a word that is no variable.
    """

    def put(match: re.Match[str]) -> str:
        if match[1] is None:
            if match[0] in "{}":
                raise BadText(match[0])
            return match[0][0]
        if match[1] not in values:
            if published:
                return ""
            raise BadText(match[1])
        return _filtered(match[1], match[2], int(match[3] or 1), values) if match[2] else values[match[1]]

    return _PLACE.sub(put, text)


def _filtered(name: str, filter_: str, number: int, values: Mapping[str, str]) -> str:
    raw = getattr(values, "raw", {}).get(name, values[name])
    match filter_:
        case "money":
            return fmt.money(raw.amount, raw.currency) if isinstance(raw, Money) else values[name]
        case "date":
            return fmt.date(raw) if isinstance(raw, date) else values[name]
        case "mask":
            return masked(values[name])
        case "first":
            parts = list(raw) if isinstance(raw, list | tuple) else re.split(r"[、,，]\s*", values[name])
            return ", ".join(str(part) for part in parts[:number]) + ("…" if len(parts) > number else "")
    raise BadText(f"{name}|{filter_}")


def masked(text: str) -> str:
    """A name or a number that only its owner knows again: the first sign, and the last of a longer one."""
    return text if len(text) < 2 else f"{text[0]}*" if len(text) == 2 else f"{text[0]}{'*' * min(len(text) - 2, 6)}{text[-1]}"


def written(variables: Sequence[MessageVariable], values: Mapping[str, Any]) -> Values:
    """Values as texts of whoever reads.

    :raises BadText: for one that is required and empty.
    """
    found = Values()
    found.raw = values
    for variable in variables:
        value = values.get(variable.name)
        text = "" if value is None else _written(variable.type, value)
        if variable.required and not text.strip():
            raise BadText(variable.name)
        found[variable.name] = text
    return found


def _written(type_: str, value: Any) -> str:
    if isinstance(value, Money):
        return fmt.money(value.amount, value.currency)
    if type_ == "datetime" and isinstance(value, datetime):
        return fmt.datetime(value)
    if type_ == "date" and isinstance(value, date):
        return fmt.date(value)
    if type_ == "number" and isinstance(value, int):
        return fmt.number(value)
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)


def night_ends(now: datetime, zone: ZoneInfo, begins: int, ends: int) -> datetime | None:
    """The end of the quiet hours in which ``now`` lies; None by day, and where they begin when they end."""
    if begins == ends:
        return None
    local = now.astimezone(zone)
    quiet = begins <= local.hour < ends if begins < ends else local.hour >= begins or local.hour < ends
    if not quiet:
        return None
    day = local.date() if local.hour < ends else local.date() + timedelta(days=1)
    return datetime.combine(day, time(ends), zone).astimezone(UTC)


def next_try(tries: int, wish: timedelta, now: datetime, chance: float) -> datetime | None:
    """When a channel that was tried so often is tried again; None after the last time.

    :param chance: 0 to 1, which spreads what failed together.
    """
    if not 0 < tries <= len(PAUSES):
        return None
    return now + max(PAUSES[tries - 1] * (1 + JITTER * (2 * chance - 1)), wish)


def rest(opened: int) -> timedelta:
    """How long a channel is left alone that was left alone so often before."""
    return min(SHORTEST_REST * 2 ** min(opened, 10), LONGEST_REST)
