"""What other plugins may ask of the stock."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from . import queries
from .contracts import Handover, Share, Stock, Wanted
from .services.counting import restock
from .services.levels import ensure_levels
from .services.orders import NotHeld, OutOfStock, ShareUsedUp, release_stock, reserve_stock, take_stock

__all__ = [
    "Handover",
    "NotHeld",
    "OutOfStock",
    "Share",
    "ShareUsedUp",
    "Stock",
    "Wanted",
    "ensure_levels",
    "release_stock",
    "reserve_stock",
    "restock",
    "stock_of",
    "take_stock",
    "variants_of_levels",
]


def stock_of(db: Session, variant_ids: Collection[int]) -> dict[int, Stock]:
    """On hand, reserved and available by variant; one without a level has none of each."""
    return queries.stock_of(db, variant_ids)


def variants_of_levels(db: Session, level_ids: Collection[int]) -> dict[int, int]:
    """The variant of stock levels, as people choose them in a form: ``{level id: variant id}``."""
    return queries.variants_of_levels(db, level_ids)
