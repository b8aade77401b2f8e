"""What the sections of an order's page show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Reader, _l, fmt, timeline, url_for_file
from zhanggui_customers import facade as customers

from . import queries
from .rules import CARRIER_LABELS, named

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
                "name": name, "option": option, "sku": line.sku, "quantity": line.quantity,
                "picture": url_for_file(line.picture) if line.picture else None,
                "href": f"/products/{line.product_id}" if line.product_id else "",
                "unit_price": fmt.money(line.unit_price, row.currency), "total": fmt.money(line.total, row.currency),
                "shipped": line.shipped_quantity, "many": line.quantity > 1,
            }
            for line in queries.lines_of(db, [row.id])[row.id]
            for name, option in [named(line)]
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
                "edit": f"/shipments/{s.id}/edit?next=/orders/{row.id}" if reader.may("can_edit", "orders.Shipment") else "",
                "carrier": CARRIER_LABELS.get(s.carrier, s.carrier),
                "number": s.tracking_number,
                "at": fmt.datetime(s.shipped_at),
            }
            for s in queries.shipments_of(db, [row.id])[row.id]
        ],
    }


def part_of_address(name: str) -> Callable[[Session, Any], str]:
    """A part of an order's address, as it is typed."""

    def get(_db: Session, row: Any) -> str:
        part = (queries.address_of(row) or {}).get(name, "")
        return " ".join(part) if isinstance(part, list) else part

    return get


def cancel_question(row: Any) -> Any:
    """What is canceled, and how much money that is about."""
    kept = (row.paid_total or 0) - (row.refunded_total or 0)
    if kept > 0:
        return _l("Cancel order %(number)s? %(amount)s were paid.", number=row.number, amount=fmt.money(kept, row.currency))
    return _l("Cancel order %(number)s over %(amount)s?", number=row.number, amount=fmt.money(row.total, row.currency))


def history(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """What happened to the order, newest first."""
    return {
        "entries": [
            {"what": e.what, "who": e.actor, "at": fmt.datetime(e.at), "reason": e.reason, "change": _change(e, row)}
            for e in timeline(db, reader, "orders.Order", row.id)
        ]
    }


def _change(entry: Any, row: Any) -> str:
    """What was before, and what is now, where that is what happened."""
    if entry.action == "orders.order.tracking_corrected":
        sides = [f"{CARRIER_LABELS.get(side.get('carrier', ''), '')} {side.get('tracking_number', '')}".strip() for side in (entry.before, entry.after)]
    elif entry.action == "orders.order.repriced":
        sides = [fmt.money(side["total"]["amount"], side["total"]["currency"]) for side in (entry.before, entry.after)]
    else:
        return ""
    return " → ".join(sides)
