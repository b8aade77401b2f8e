"""What crosses the border of this plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wanted:
    """So many of a variant."""

    variant_id: int
    quantity: int


@dataclass(frozen=True)
class Share:
    """How much of a variant one buyer may hold: ``pieces`` in any case, more only up to ``percent`` of what there is for him.

    ``held`` is what he holds already, by variant; what is available and what he holds is what there is for him.
    """

    pieces: int
    percent: int
    held: Mapping[int, int] = field(default_factory=dict)

    def most(self, available: int, held: int) -> int:
        """How much he may hold in all."""
        return max(self.pieces, (available + held) * self.percent // 100)


@dataclass(frozen=True)
class Handover:
    """So many of a variant that leave the shop, with the line they leave for (``orders.ShipmentLine:7``)."""

    reference: str
    variant_id: int
    quantity: int


@dataclass(frozen=True)
class Stock:
    """A variant's stock over all locations."""

    variant_id: int
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """What can still be sold."""
        return self.on_hand - self.reserved
