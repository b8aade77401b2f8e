"""What crosses the border of this plugin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """So many of a variant."""

    variant_id: int
    quantity: int


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
