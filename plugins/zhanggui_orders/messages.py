"""What customers and staff can be told of orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import MessageKind, MessageVariable, Money, NotFound, Recipient, _l, notice_kind

from .models import Order, Shipment
from .rules import CARRIER_LABELS
from .states import OrderStatus

_NUMBER = MessageVariable("number", _l("Order number"), "26112785921383")
_TOTAL = MessageVariable("total", _l("Total"), Money(55600, "CNY"), "money")
_GOODS = MessageVariable("goods", _l("Goods"), _l("Longjing tea and 2 more"), required=False)
_OPENS = "/shop/#/o/{number}"


def _buyer(db: Session, event: Mapping[str, Any]) -> list[Recipient]:
    return [] if event["customer_id"] is None else [Recipient("customer", event["customer_id"])]


def _staff(db: Session, event: Mapping[str, Any]) -> list[Recipient]:
    return [Recipient("staff", right=("can_list", "orders.Order"))]


def _order(db: Session, event: Mapping[str, Any]) -> Any:
    o = Order
    wanted = select(o.number, o.total, o.currency, o.summary, o.summaries, o.status, o.paid_total).where(o.id == event["order_id"])
    row = db.execute(wanted).first()
    if row is None:
        raise NotFound()
    return row


def _facts(db: Session, event: Mapping[str, Any], locale: str) -> dict[str, Any]:
    row = _order(db, event)
    goods = (row.summaries or {}).get(locale) or row.summary
    return {"number": row.number, "total": Money(row.total, row.currency), "goods": goods, "order_id": str(event["order_id"])}


def _parcel(db: Session, event: Mapping[str, Any], locale: str) -> dict[str, Any]:
    sent = db.execute(select(Shipment.carrier, Shipment.tracking_number).where(Shipment.id == event["shipment_id"])).first()
    if sent is None:
        raise NotFound()
    return {**_facts(db, event, locale), "carrier": str(CARRIER_LABELS.get(sent.carrier, sent.carrier)), "tracking": sent.tracking_number}


def _stands(db: Session, event: Mapping[str, Any]) -> bool:
    """An order that was canceled meanwhile is not announced."""
    return bool(_order(db, event).status != OrderStatus.CANCELED)


def _key(event: Mapping[str, Any]) -> str:
    return f"order:{event['order_id']}"


KINDS = (
    MessageKind(
        "orders.confirmed", _l("Paid: we get it ready"), "orders.order.paid@1", _buyer, _facts, _key, (_NUMBER, _TOTAL, _GOODS),
        _l("We have your payment"), _l("Order {number}, {total}: {goods}. We get it ready and tell you when it leaves."), href=_OPENS,
        still_true=_stands, channels=("wechat_subscribe", "inbox"),
    ),
    MessageKind(
        "orders.shipped", _l("Shipped"), "orders.order.shipped@1", _buyer, _parcel, lambda event: f"order:{event['order_id']}:shipment:{event['shipment_id']}",
        (
            _NUMBER, _GOODS, MessageVariable("carrier", _l("Carrier"), _l("SF Express"), required=False),
            MessageVariable("tracking", _l("Tracking number"), "SF1002003004005", required=False),
        ),
        _l("Your order is on its way"), _l("Order {number}: {carrier} {tracking}"), href=_OPENS, still_true=_stands,
        channels=("wechat_subscribe", "sms", "inbox"),
    ),
    MessageKind(
        "orders.received", _l("Received"), "orders.order.received@1", _buyer, _facts, _key, (_NUMBER, _GOODS),
        _l("Your order has arrived"), _l("Order {number}: {goods}. If anything is wrong with it, tell us."), href=_OPENS, channels=("inbox",),
    ),
    MessageKind(
        "orders.canceled", _l("Canceled"), "orders.order.canceled@1", _buyer, _facts, _key, (_NUMBER, _TOTAL, _GOODS),
        _l("Your order was canceled"), _l("Order {number}, {total}. If you paid already, it comes back to you the way you paid."), href=_OPENS,
    ),
    MessageKind(
        "orders.placed", _l("Somebody ordered, not paid yet"), "orders.order.placed@1", _staff, _facts, _key,
        (_NUMBER, _TOTAL, _GOODS, MessageVariable("order_id", _l("Address"), "1")),
        _l("New order {number}, {total}"), _l("{goods} – not paid yet."), category="staff", channels=(), href="/orders/{order_id}", still_true=_stands,
    ),
    notice_kind("orders.paid", _l("New paid order"), help=_l("The alert of the day: something is to be shipped.")),
)  # fmt: skip
