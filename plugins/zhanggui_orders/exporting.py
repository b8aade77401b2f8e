"""``zhanggui export orders``: one row an order line, as the importer reads it, with what a parcel needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from zhanggui.api import Exporter, Money, _l, regions
from zhanggui_customers import facade as customers

from .models import Order, OrderLine, Shipment
from .rules import CARRIER_LABELS
from .states import STAGE_LABELS

COLUMNS = (
    "number", "placed_at", "sku", "name", "quantity", "price", "customer", "customer_name", "region", "status",
    "option", "stage", "phone", "address", "note", "carrier", "tracking_number",
)  # fmt: skip
LABELS = {
    "number": _l("Order number"), "placed_at": _l("Placed"), "sku": _l("SKU"), "name": _l("Product"), "quantity": _l("Quantity"),
    "price": _l("Unit price"), "customer": _l("Customer number"), "customer_name": _l("Buyer"), "region": _l("Region"), "status": _l("Order outcome"),
    "option": _l("Variant"), "stage": _l("Stage"), "phone": _l("Phone"), "address": _l("Address"), "note": _l("Buyer's note"),
    "carrier": _l("Carrier"), "tracking_number": _l("Tracking number"),
}  # fmt: skip
REVEAL = ("can_reveal", "customers.Customer")
RIGHTS = {"phone": REVEAL, "address": REVEAL}
STATUS_WORDS = {"open": _l("Open"), "closing": _l("Being closed"), "completed": _l("Completed"), "canceled": _l("Canceled")}
_PLACE = (OrderLine.order_id, OrderLine.id)
_o, _line = Order.__table__.c, OrderLine.__table__.c


def batch(db: Session, last: Any, limit: int) -> tuple[Sequence[Sequence[Any]], Any]:
    """Lines, order by order; ``last`` is the place of the row before. Discounts of a line are in no column."""
    after = [tuple_(*_PLACE) > last] if last else []
    found = db.execute(_selected().where(*after).order_by(*_PLACE).limit(limit)).all()
    return _rows(db, found), (found[-1].order_id, found[-1].id) if found else last


def of(db: Session, ids: Sequence[int]) -> Sequence[Sequence[Any]]:
    """The lines of some orders, in the order of these."""
    place = {order_id: n for n, order_id in enumerate(ids)}
    found = db.execute(_selected().where(_line.order_id.in_(ids)).order_by(_line.order_id, _line.position, _line.id)).all()
    return _rows(db, sorted(found, key=lambda r: place[r.order_id]))


def _selected() -> Any:
    return select(
        _line.order_id, _line.id, _o.number, _o.placed_at, _o.customer_id, _o.buyer_name, _o.region, _o.status, _o.currency, _line.sku,
        _line.name, _line.quantity, _line.unit_price, _line.option, _o.stage, _o.address, _o.note,
    ).join_from(OrderLine.__table__, Order.__table__, _line.order_id == _o.id)  # fmt: skip


def _rows(db: Session, found: Sequence[Any]) -> list[tuple[Any, ...]]:
    keys = customers.keys_by_id(db, {r.customer_id for r in found if r.customer_id is not None})
    parcels = _parcels(db, sorted({r.order_id for r in found}))
    rows = []
    for r in found:
        address = json.loads(r.address) if r.address else {}
        sent = parcels.get(r.order_id, ())
        rows.append((
            r.number, r.placed_at, r.sku, r.name, r.quantity, Money(r.unit_price, r.currency).decimal, keys.get(r.customer_id, ""),
            r.buyer_name, regions.name_of(r.region), r.status, r.option, r.stage, address.get("phone", ""),
            " ".join([*(address.get("region") or ()), address.get("detail") or ""]).strip(), r.note or "",
            ", ".join(dict.fromkeys(p.carrier for p in sent)), ", ".join(p.tracking_number for p in sent),
        ))  # fmt: skip
    return rows


def _parcels(db: Session, order_ids: Sequence[int]) -> dict[int, list[Any]]:
    c = Shipment.__table__.c
    parcels: dict[int, list[Any]] = {}
    for p in db.execute(select(c.order_id, c.carrier, c.tracking_number).where(c.order_id.in_(order_ids)).order_by(c.id)):
        parcels.setdefault(p.order_id, []).append(p)
    return parcels


ORDERS = Exporter(
    "orders", _l("Orders"), COLUMNS, batch, screen="orders.Order", of=of, labels=LABELS, rights=RIGHTS,
    words={"status": STATUS_WORDS, "stage": STAGE_LABELS, "carrier": CARRIER_LABELS},
)  # fmt: skip
