"""Handing goods over: parcels with a number, and the buyer's word that they came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, Invalid, _l, publish, record_audit
from zhanggui_inventory import facade as inventory

from .. import queries
from ..events import OrderReceived, OrderShipped
from ..models import Order, OrderLine, Shipment, ShipmentLine
from ..rules import tracking
from ..states import FulfillmentStatus, OrderStatus
from .moves import begin, move, person_of


def ship_order(
    db: Session,
    *,
    id: int,
    carrier: str,
    actor: Actor,
    now: datetime,
    tracking_number: str | None = None,
    quantities: Mapping[int, int] | None = None,
) -> Order:
    """Send a parcel: the stock leaves, the tracking number is kept.

    Without ``quantities`` (``{order line id: how many}``) everything that is left goes with it.

    :raises IllegalMove: when the order is not waiting to be shipped.
    :raises Invalid: for an unknown carrier, a number that is none, or more than is left.
    :raises NotHeld: when the stock does not cover it.
    """
    number = tracking(carrier, tracking_number)
    order = begin(db, id, "ship", actor)
    lines = queries.lines_of(db, [order.id])[order.id]
    parcel = _parcel(lines, quantities)
    left = sum(line.quantity - line.shipped_quantity for line in lines) - sum(parcel.values())
    before = order.fulfillment_status
    became = FulfillmentStatus.PARTLY if left else FulfillmentStatus.FULFILLED
    move(db, order, "ship", fulfillment_status=became, shipped_at=order.shipped_at or now)
    shipment = Shipment(order_id=order.id, carrier=carrier, tracking_number=number, shipped_at=now)
    db.add(shipment)
    db.flush()
    rows = [ShipmentLine(shipment_id=shipment.id, order_line_id=line_id, quantity=q) for line_id, q in parcel.items()]
    db.add_all(rows)
    db.flush()
    variants = {line.id: line.variant_id for line in lines}
    for row in rows:
        db.execute(
            update(OrderLine)
            .where(OrderLine.id == row.order_line_id)
            .values(shipped_quantity=OrderLine.shipped_quantity + row.quantity)
            .execution_options(synchronize_session=False)
        )
    handovers = [
        inventory.Handover(f"orders.ShipmentLine:{row.id}", variant_id, row.quantity)
        for row in rows
        if (variant_id := variants[row.order_line_id]) is not None
    ]
    inventory.take_stock(db, order_id=order.id, handovers=handovers, actor=actor, now=now)
    record_audit(
        db, "orders.order.shipped", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        before={"fulfillment_status": FulfillmentStatus(before)},
        after={"fulfillment_status": became, "carrier": Code(carrier), "tracking_number": Code(number)},
    )  # fmt: skip
    publish(
        db,
        OrderShipped(
            order_id=order.id,
            number=Code(order.number),
            customer_id=order.customer_id,
            shipment_id=shipment.id,
            carrier=Code(carrier),
            tracking_number=Code(number),
            complete=not left,
            at=now,
        ),
    )
    return order


def _parcel(lines: list[OrderLine], quantities: Mapping[int, int] | None) -> dict[int, int]:
    left = {line.id: line.quantity - line.shipped_quantity for line in lines if line.kind == "goods"}
    if quantities is None:
        return {line_id: q for line_id, q in left.items() if q > 0}
    wanted = {line_id: q for line_id, q in quantities.items() if q}
    if not wanted or any(q < 0 or q > left.get(line_id, 0) for line_id, q in wanted.items()):
        raise Invalid(errors={"quantities": _l("This is more than is left to ship.")})
    return wanted


def receive_order(db: Session, *, id: int, actor: Actor, now: datetime) -> Order:
    """The buyer has everything; the order is done.

    :raises IllegalMove: when it has not been shipped as a whole.
    """
    order = begin(db, id, "receive", actor)
    move(
        db,
        order,
        "receive",
        status=OrderStatus.COMPLETED,
        fulfillment_status=FulfillmentStatus.RECEIVED,
        completed_at=now,
    )
    record_audit(
        db, "orders.order.received", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        before={"fulfillment_status": FulfillmentStatus.FULFILLED}, after={"fulfillment_status": FulfillmentStatus.RECEIVED},
    )  # fmt: skip
    publish(
        db, OrderReceived(order_id=order.id, number=Code(order.number), customer_id=order.customer_id, at=now)
    )
    return order
