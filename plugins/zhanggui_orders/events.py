"""What happened to orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from zhanggui.api import Code, Event, _l


@dataclass(frozen=True)
class OrderPlaced(Event, name="orders.order.placed", version=1, key="order_id", words=_l("Order placed")):
    """Somebody ordered; the stock is held."""

    order_id: int
    number: Code
    customer_id: int | None
    amount: int
    currency: Code
    at: datetime


@dataclass(frozen=True)
class OrderPaid(Event, name="orders.order.paid", version=1, key="order_id", words=_l("Order paid")):
    """The whole amount is there; the goods can be shipped."""

    order_id: int
    number: Code
    customer_id: int | None
    amount: int
    currency: Code
    at: datetime


@dataclass(frozen=True)
class OrderShipped(Event, name="orders.order.shipped", version=1, key="order_id", words=_l("Order shipped")):
    """A parcel left. ``complete`` says whether it was the last one."""

    order_id: int
    number: Code
    customer_id: int | None
    shipment_id: int
    carrier: Code
    tracking_number: Code
    complete: bool
    at: datetime


@dataclass(frozen=True)
class ShipmentCorrected(Event, name="orders.shipment.corrected", version=1, key="order_id", words=_l("Tracking number corrected")):
    """A parcel has another carrier or number than was said."""

    order_id: int
    number: Code
    customer_id: int | None
    shipment_id: int
    carrier: Code
    tracking_number: Code
    at: datetime


@dataclass(frozen=True)
class OrderRepriced(Event, name="orders.order.repriced", version=1, key="order_id", words=_l("Price of an order changed")):
    """The shop changed what an order costs that is not paid; why stands in the trail."""

    order_id: int
    number: Code
    customer_id: int | None
    before: int
    amount: int
    currency: Code
    at: datetime


@dataclass(frozen=True)
class OrderReceived(Event, name="orders.order.received", version=1, key="order_id", words=_l("Order received")):
    """The buyer has it, by his own word or because the time ran out."""

    order_id: int
    number: Code
    customer_id: int | None
    at: datetime


@dataclass(frozen=True)
class OrderCanceled(Event, name="orders.order.canceled", version=1, key="order_id", words=_l("Order canceled")):
    """The order was called off and its stock given back; ``paid`` is what the shop now owes. Why stands in the order."""

    order_id: int
    number: Code
    customer_id: int | None
    paid: int
    currency: Code
    at: datetime


@dataclass(frozen=True)
class OrderRefunded(Event, name="orders.order.refunded", version=1, key="order_id", words=_l("Order refunded")):
    """What was owed for a canceled order was given back."""

    order_id: int
    number: Code
    customer_id: int | None
    amount: int
    currency: Code
    at: datetime


@dataclass(frozen=True)
class OrdersImported(Event, name="orders.orders.imported", version=1, key="batch_id", words=_l("Past orders imported")):
    """Orders of the past were booked, none of which tells of itself; the days are the shop's.

    One for each transaction of an import: a file of many rows is booked in several, all with its ``batch_id``.
    """

    batch_id: Code
    count: int
    first_day: date
    last_day: date
