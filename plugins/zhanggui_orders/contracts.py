"""What crosses the border of this plugin. Amounts are minor units of the currency beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class CartLine:
    """What somebody wants: a variant by its public id, and how many. A price is never asked for."""

    variant_id: str
    quantity: int


@dataclass(frozen=True)
class QuoteLine:
    """A cart line with the shop's price. ``discount`` is what all steps together take off it."""

    variant_id: int
    variant_public_id: str
    product_id: int
    category_id: int | None
    sku: str
    name: str
    option: str
    picture: str | None
    weight_g: int | None
    unit_price: int
    quantity: int
    discount: int = 0
    unit_cost: int | None = None

    @property
    def subtotal(self) -> int:
        return self.unit_price * self.quantity

    @property
    def total(self) -> int:
        return self.subtotal - self.discount


@dataclass(frozen=True)
class Adjustment:
    """What a price step changes: a negative ``amount`` takes off.

    ``kind`` "discount" is spread over ``lines`` (their places; None: all) by what they cost,
    "freight" changes the freight. What is taken off never exceeds what is there.
    """

    label: Any
    amount: int
    kind: str = "discount"
    lines: tuple[int, ...] | None = None
    code: str = ""


@dataclass(frozen=True)
class Quote:
    """A cart with prices from the server."""

    currency: str
    lines: tuple[QuoteLine, ...]
    customer_id: int | None = None
    region: Sequence[str] = ()
    freight_total: int = 0
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def goods_total(self) -> int:
        return sum(line.subtotal for line in self.lines)

    @property
    def discount_total(self) -> int:
        return sum(line.discount for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines) + self.freight_total


@dataclass(frozen=True)
class PriceStep:
    """One step of the price: ``price(db, quote, now) -> [Adjustment]``.

    Steps run by ``order``: 100 activity prices, 200 member prices, 300 reductions, 400 coupons,
    500 points, 600 freight.
    """

    id: str
    price: Callable[..., Sequence[Adjustment]]
    order: int = 300


@dataclass(frozen=True)
class OrderFacts:
    """An order without its lines: what guards and other plugins decide by."""

    id: int
    number: str
    customer_id: int | None
    status: str
    payment_status: str
    fulfillment_status: str
    stage: str
    currency: str
    total: int
    paid_total: int
    placed_at: datetime
    region: str | None = None  # official code of where it goes


@dataclass(frozen=True)
class LineView:
    """A line as it was frozen at placing."""

    id: int
    variant_id: str | None  # public id
    sku: str
    name: str
    option: str
    picture: str | None
    unit_price: int
    quantity: int
    discount: int
    total: int
    shipped_quantity: int


@dataclass(frozen=True)
class ShipmentView:
    """A parcel."""

    carrier: str
    tracking_number: str
    shipped_at: datetime


@dataclass(frozen=True)
class OrderView:
    """An order as its buyer sees it."""

    facts: OrderFacts
    lines: Sequence[LineView]
    goods_total: int
    discount_total: int
    freight_total: int
    address: Mapping[str, Any] | None
    note: str
    paid_at: datetime | None
    shipped_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None
    cancel_reason: str
    shipments: Sequence[ShipmentView]


@dataclass(frozen=True)
class HistoricLine:
    """A line of the past: ``kind`` is goods, return (quantity below zero) or fee."""

    sku: str
    name: str
    quantity: int
    unit_price: int
    kind: str = "goods"
    variant_id: int | None = None
    product_id: int | None = None
    option: str = ""


@dataclass(frozen=True)
class HistoricOrder:
    """An order of the past, known by ``source`` and ``key`` when it comes again.

    It is stored as it ended: paid and received, or canceled. One that holds only returns has a
    total below zero. Of ``region`` (names, from the largest to the smallest) the official code is kept.
    """

    key: str
    placed_at: datetime
    currency: str
    lines: Sequence[HistoricLine]
    source: str = "import"
    number: str | None = None
    customer_id: int | None = None
    buyer_name: str = ""
    canceled: bool = False
    note: str = ""
    region: Sequence[str] = field(default_factory=tuple)
