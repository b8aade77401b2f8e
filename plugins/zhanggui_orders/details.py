"""What the sections of an order's page show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Reader, _l, fmt, timeline, url_for_file
from zhanggui_customers import facade as customers

from . import queries
from .rules import CARRIER_LABELS

ACTS = {
    "orders.order.placed": _l("Order placed"),
    "orders.order.paid": _l("Paid"),
    "orders.order.shipped": _l("Shipped"),
    "orders.order.received": _l("Received"),
    "orders.order.closing": _l("Being closed"),
    "orders.order.canceled": _l("Canceled"),
    "orders.order.refunded": _l("Refunded"),
    "orders.order.noted": _l("Note written"),
}
METHODS = {
    "cash": _l("Cash"),
    "transfer": _l("Bank transfer"),
    "wechat": _l("WeChat transfer"),
    "alipay": _l("Alipay transfer"),
    "other": _l("Other"),
}


def lines(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """The lines of an order with their pictures."""
    return {
        "lines": [
            {
                "name": line.name, "option": line.option, "sku": line.sku, "quantity": line.quantity,
                "picture": url_for_file(line.picture) if line.picture else None,
                "href": f"/products/{line.product_id}" if line.product_id else "",
                "unit_price": fmt.money(line.unit_price, row.currency), "total": fmt.money(line.total, row.currency),
                "shipped": line.shipped_quantity,
            }
            for line in queries.lines_of(db, [row.id])[row.id]
        ]
    }  # fmt: skip


def money(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """How the total comes about."""
    rows: list[tuple[Any, str]] = [(_l("Goods total"), fmt.money(row.goods_total, row.currency))]
    for change in queries.adjustments_of(db, [row.id])[row.id]:
        rows.append((change.label, fmt.money(change.amount, row.currency)))
    if not rows[1:] and row.freight_total:
        rows.append((_l("Freight"), fmt.money(row.freight_total, row.currency)))
    return {"rows": rows, "total": fmt.money(row.total, row.currency)}


def delivery(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """Where it goes and what left already. Phone and street are whole only for who ships or may reveal them."""
    address = queries.address_of(row)
    if address and not (reader.may("can_ship", "orders.Order") or reader.may("can_reveal", "customers.Customer")):
        address = {**address, "phone": customers.masked_phone(address["phone"]), "detail": "****"}
    return {
        "address": address,
        "region": " ".join(address["region"]) if address else "",
        "shipments": [
            {
                "carrier": CARRIER_LABELS.get(s.carrier, s.carrier),
                "number": s.tracking_number,
                "at": fmt.datetime(s.shipped_at),
            }
            for s in queries.shipments_of(db, [row.id])[row.id]
        ],
    }


def history(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """What happened to the order, newest first."""
    return {
        "entries": [
            {"what": ACTS.get(e.action, e.action), "who": e.actor, "at": fmt.datetime(e.at), "reason": e.reason}
            for e in timeline(db, reader, "orders.Order", row.id)
        ]
    }
