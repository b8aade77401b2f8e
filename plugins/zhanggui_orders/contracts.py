"""What crosses the border of this plugin. Amounts are minor units of the currency beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from zhanggui.api import Choices, Money
from zhanggui_customers.contracts import AddressView

ADJUSTMENT_KINDS = ("discount", "freight", "fee", "tax")
MANUAL = "manual"  # what the staff changed by hand; no price step makes it


@dataclass(frozen=True)
class CartLine:
    """What somebody wants: a variant by its public id, how many, and what he chose for it. A price is never asked for."""

    variant_id: str
    quantity: int
    choices: Choices = field(default_factory=dict)  # {plugin: {id: value}}


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
    choices: Choices = field(default_factory=dict)
    unit_cost: int | None = None
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # {locale: {"name", "option"}}

    @property
    def subtotal(self) -> int:
        return self.unit_price * self.quantity

    @property
    def total(self) -> int:
        """What its goods cost. Freight, fees and taxes stand beside it: see :meth:`Quote.part`."""
        return self.subtotal - self.discount


@dataclass(frozen=True)
class Adjustment:
    """One change of a price: a "discount" takes off goods (``amount`` below zero), "freight", "fee" and "tax" are added.

    It is spread over ``lines`` (their places; None: all) by what they cost, or falls on them as ``parts``
    says, a place and an amount each; ``amount`` is their sum then. A discount never takes more off a line than the line
    costs, and what was added can be taken back only to zero. ``source`` says what it comes from, for programs
    ("coupon:81"). ``step`` is filled in when it is applied.
    """

    label: Any
    amount: int = 0
    kind: str = "discount"
    lines: tuple[int, ...] | None = None
    source: str = ""
    parts: Mapping[int, int] | None = None
    step: str = ""

    def __post_init__(self) -> None:
        if self.kind not in (*ADJUSTMENT_KINDS, MANUAL):
            raise ValueError(f"an adjustment is one of {', '.join(ADJUSTMENT_KINDS)}, not {self.kind!r}")
        if len(self.source) > 64:
            raise ValueError(f"a source has at most 64 characters: {self.source[:80]!r}")
        if self.kind == "discount" and any(part > 0 for part in (self.amount, *(self.parts or {}).values())):
            raise ValueError("a discount takes off: its amounts are not above zero; what is added is a fee")


@dataclass(frozen=True)
class Note:
    """What a step says about a price: an offer that applied, or why it did not, and how much is missing.

    ``reason`` is a word for programs ("below_threshold"), ``sentence`` is for people; ``amount`` and
    ``missing`` are minor units.
    """

    source: str
    applied: bool
    sentence: Any = ""
    reason: str = ""
    amount: int = 0
    missing: int = 0


@dataclass(frozen=True)
class Quote:
    """A cart with prices from the server: what price steps see, each after the ones before it.

    ``placing`` says whether this becomes an order. Adjustments stand in the order in which they were
    made, with the part of each line.
    """

    currency: str
    lines: tuple[QuoteLine, ...]
    customer_id: int | None = None
    address: AddressView | None = None
    choices: Choices = field(default_factory=dict)
    placing: bool = False
    adjustments: tuple[Adjustment, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def region(self) -> Sequence[str]:
        """Where it goes, from the largest place to the smallest; empty while nobody said."""
        return self.address.region if self.address else ()

    @property
    def goods_total(self) -> int:
        """What the goods cost before anything was taken off."""
        return sum(line.subtotal for line in self.lines)

    @property
    def discount_total(self) -> int:
        return sum(line.discount for line in self.lines)

    def added(self, kind: str) -> int:
        """What was added of a kind: "freight", "fee" or "tax"."""
        return sum(change.amount for change in self.adjustments if change.kind == kind)

    def part(self, kind: str, place: int) -> int:
        """What of a kind falls on one line."""
        return sum((change.parts or {}).get(place, 0) for change in self.adjustments if change.kind == kind)

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines) + sum(map(self.added, ADJUSTMENT_KINDS[1:]))


@dataclass(frozen=True)
class PriceStep:
    """One step of the price: ``price(db, quote, now) -> [Adjustment | Note]``.

    Steps run by ``order``: 100 activity prices, 200 member prices, 300 reductions, 400 coupons,
    500 points, 600 freight, 700 fees and taxes. Of two with the same one the plugin's place decides.
    """

    called_with: ClassVar[Mapping[str, Sequence[str]]] = {"price": ("db", "quote", "now")}

    id: str
    price: Callable[..., Sequence[Adjustment | Note]]
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
    refunded_total: int = 0


@dataclass(frozen=True)
class DayFigures:
    """A day of the shop in one currency: by what happened on it, in the instance's zone. Amounts are minor units."""

    day: date
    currency: str
    placed_count: int
    placed_amount: int
    paid_count: int
    paid_amount: int
    canceled_count: int
    refunded_amount: int


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
class LineMoney:
    """What a line cost its buyer, in minor units: its goods after discounts, and its parts of freight, fees and taxes."""

    order_line_id: int
    name: str
    option: str
    sku: str
    quantity: int
    shipped_quantity: int
    goods: int
    freight: int
    fee: int  # fees and taxes
    picture: str | None = None  # of its product, the id of a file

    @property
    def total(self) -> int:
        return self.goods + self.freight + self.fee


@dataclass(frozen=True)
class RefundView:
    """Money on its way back to the buyer, or there already; ``at`` is of the last change."""

    amount: Money
    state: str
    at: datetime


@dataclass(frozen=True)
class PastPayment:
    """Money that was taken for an order of the past."""

    order_id: int
    amount: Money
    at: datetime


@dataclass(frozen=True)
class OrderView:
    """An order as its buyer sees it."""

    facts: OrderFacts
    lines: Sequence[LineView]
    goods_total: int
    discount_total: int
    freight_total: int
    fee_total: int
    tax_total: int
    adjustments: Sequence[Adjustment]
    address: Mapping[str, Any] | None
    note: str
    paid_at: datetime | None
    shipped_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None
    cancel_reason: str
    shipments: Sequence[ShipmentView]
    refunds: Sequence[RefundView] = ()


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
