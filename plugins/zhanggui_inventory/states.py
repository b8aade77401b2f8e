"""Kinds of movements, states of a reservation."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from zhanggui.api import Choice, _l


class MovementKind(StrEnum):
    """Why a level changed."""

    RESERVE = "reserve"
    RELEASE = "release"
    TAKE = "take"
    OPENING = "opening"
    RESTOCK = "restock"
    COUNT = "count"
    ADJUST = "adjust"


MOVEMENT_CHOICES = (
    Choice("reserve", _l("Reserved for an order"), "info"),
    Choice("release", _l("Released"), "neutral"),
    Choice("take", _l("Taken for shipment"), "good"),
    Choice("opening", _l("Opening stock"), "good"),
    Choice("restock", _l("Restocked"), "good"),
    Choice("count", _l("Counted"), "warn"),
    Choice("adjust", _l("Adjusted"), "warn"),
)


class ReservationState(StrEnum):
    """A hold is let go or shipped, once."""

    HELD = "held"
    RELEASED = "released"
    TAKEN = "taken"


MOVES: Mapping[ReservationState, frozenset[ReservationState]] = {
    ReservationState.HELD: frozenset({ReservationState.RELEASED, ReservationState.TAKEN}),
    ReservationState.RELEASED: frozenset(),
    ReservationState.TAKEN: frozenset(),
}

ADJUST_REASONS = (
    Choice("damaged", _l("Damaged")),
    Choice("lost", _l("Lost")),
    Choice("found", _l("Found")),
    Choice("gift", _l("Given away")),
    Choice("other", _l("Other")),
)

_REASONS = {choice.value: choice.label for choice in ADJUST_REASONS}


def reason_words(kept: str | None) -> str:
    """Why a level was adjusted, as a movement keeps it (``damaged: wet``), in words; what was typed otherwise, as it is."""
    code, colon, note = (kept or "").partition(": ")
    return f"{_REASONS[code]}{colon}{note}" if code in _REASONS else kept or ""


def reason_to_tell(reason: str, note: str | None) -> Any:
    """The same for the trail, where each reader gets his own words."""
    label = _REASONS.get(reason, reason)
    return _l("%(reason)s: %(note)s", reason=label, note=note) if note else label


KIND_LABELS = {choice.value: choice.label for choice in MOVEMENT_CHOICES}
