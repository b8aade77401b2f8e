"""Arithmetic of stock that needs no database."""

from __future__ import annotations

from collections.abc import Iterable

from .contracts import Wanted


def summed(wanted: Iterable[Wanted]) -> list[Wanted]:
    """One entry a variant, in the order of variant ids.

    Two lines of one SKU are one want: checked apart, both could pass for the last unit. One order
    for everybody: two carts holding the same two SKUs would otherwise wait for each other forever.
    """
    sums: dict[int, int] = {}
    for want in wanted:
        if want.quantity <= 0:
            raise ValueError("a quantity is above zero")
        sums[want.variant_id] = sums.get(want.variant_id, 0) + want.quantity
    return [Wanted(variant_id, sums[variant_id]) for variant_id in sorted(sums)]
