"""Kinds of movements, states of a reservation."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from zhanggui.api import Choice, _l


class MovementKind(StrEnum):
    """Why a level changed."""

    RESERVE = "reserve"
    RELEASE = "release"
    TAKE = "take"
    RESTOCK = "restock"
    COUNT = "count"
    ADJUST = "adjust"


MOVEMENT_CHOICES = (
    Choice("reserve", _l("Reserved for an order"), "info"),
    Choice("release", _l("Released"), "neutral"),
    Choice("take", _l("Taken for shipment"), "good"),
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

_KINDS_OF_ACTORS = {"customer": _l("Customer"), "job": _l("Job"), "system": _l("System"), "token": _l("Token")}


def who(actor: str) -> str:
    """An actor as it stands in a movement (``user:clerk``), in words: the name, else what kind it is."""
    kind, _, name = actor.partition(":")
    return name or str(_KINDS_OF_ACTORS.get(kind, kind))
