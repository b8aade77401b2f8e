"""Decisions about products that need no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from zhanggui.api import Money, current_runtime, words

MAX_PRICE = 10**12


def shop_currency() -> str:
    """The currency that this shop sells in."""
    currency: str = current_runtime().config["instance.currency"]
    return currency


def minor_units(value: Money | int, currency: str) -> int:
    """A price as whole minor units of the shop's currency.

    :raises ValueError: for another currency, a negative or an absurd amount.
    """
    money = value if isinstance(value, Money) else Money(value, currency)
    if money.currency != currency:
        raise ValueError(f"prices are in {currency}, not {money.currency}")
    if not 0 <= money.amount <= MAX_PRICE:
        raise ValueError("price out of range")
    return money.amount


def search_text(name: str, variants: Iterable[Any], others: Iterable[str] = ()) -> str:
    """What the search box of products looks through."""
    codes = [code for v in variants for code in (v.sku, v.barcode) if code]
    return words.stored(name, *others, *codes)


def price_range(prices: Sequence[int]) -> tuple[int, int] | None:
    """The lowest and the highest price, or None when there is none."""
    return (min(prices), max(prices)) if prices else None
