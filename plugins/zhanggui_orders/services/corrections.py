"""Putting right what was written down wrong: the number of a parcel, where an order goes, what it costs. Old and new stand in the trail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zhanggui.api import KEEP, Actor, Code, Invalid, Money, NotFound, StaleRow, _, _l, allocate, fmt, publish, record_audit, regions
from zhanggui_customers import facade as customers

from .. import queries
from ..contracts import MANUAL
from ..events import OrderRepriced, ShipmentCorrected
from ..models import LineAdjustment, Order, OrderLine, PriceAdjustment, Shipment
from ..rules import tracking
from . import days
from .moves import begin, move, person_of
from .payment import apply_money


def correct_shipment(
    db: Session, *, id: int, row_version: int | None, carrier: str = KEEP, tracking_number: str | None = KEEP, actor: Actor, now: datetime
) -> None:
    """Another carrier or number for a parcel that left already; what is not given stays. The stock stays as it is; the buyer sees the new one.

    :raises StaleRow: when somebody corrected it since the form was opened.
    :raises Invalid: for an unknown carrier, or a number that is missing or none.
    """
    order_id = db.scalar(select(Shipment.order_id).where(Shipment.id == id))
    if order_id is None:
        raise NotFound()
    order = queries.order_for_update(db, order_id)
    parcel = db.scalars(select(Shipment).where(Shipment.id == id).execution_options(populate_existing=True)).one()
    if row_version is not None and parcel.row_version != row_version:
        raise StaleRow(changed={"carrier": parcel.carrier, "tracking_number": parcel.tracking_number})
    was = (parcel.carrier, parcel.tracking_number)
    carrier = was[0] if carrier is KEEP else carrier
    number = tracking(carrier, was[1] if tracking_number is KEEP else tracking_number)
    if was == (carrier, number):
        return
    parcel.carrier, parcel.tracking_number = carrier, number
    db.flush()
    record_audit(
        db, "orders.order.tracking_corrected", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        before={"carrier": Code(was[0]), "tracking_number": Code(was[1])}, after={"carrier": Code(carrier), "tracking_number": Code(number)},
    )  # fmt: skip
    publish(
        db,
        ShipmentCorrected(
            order_id=order.id, number=Code(order.number), customer_id=order.customer_id, shipment_id=parcel.id, carrier=Code(carrier),
            tracking_number=Code(number), at=now,
        ),
    )  # fmt: skip


def change_address(
    db: Session, *, id: int, name: str, phone: str, region: str | Sequence[str], detail: str, actor: Actor, now: datetime,
    row_version: int | str | None = None,
) -> Order:  # fmt: skip
    """Send an order that has not left somewhere else. What it costs stays: the price is changed by itself.

    :param row_version: what the order was when its address was read; None writes over whatever others did.
    :raises IllegalMove: when something of it left already.
    :raises StaleRow: when somebody changed the order since.
    :raises Invalid: naming what is missing, or no phone number.
    """
    order = begin(db, id, "readdress", actor)
    _not_stale(order, row_version)
    parts = [part for part in (region.replace("，", " ").replace(",", " ").split() if isinstance(region, str) else region) if part]
    try:
        plain = customers.normal_phone(phone)
    except ValueError:
        raise Invalid(errors={"phone": _l("This is not a phone number.")}) from None
    before = queries.address_of(order)
    after = {"name": name.strip(), "phone": plain, "region": parts, "detail": detail.strip()}
    if before == after:
        return order
    move(
        db, order, "readdress", address=json.dumps(after, ensure_ascii=False), phone_index=customers.phone_index(plain),
        region=regions.code_of(parts),
    )  # fmt: skip
    record_audit(
        db, "orders.order.address_changed", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now,
        pii={"address": [before, after]},
    )  # fmt: skip
    return order


def change_price(
    db: Session, *, id: int, total: Money, reason: str, actor: Actor, now: datetime, row_version: int | str | None = None
) -> Order:
    """Another total for an order that nobody paid for, with its reason: an adjustment of its own kind, spread over the lines.

    :raises IllegalMove: when money came already, or it is canceled.
    :raises Invalid: when the total is none: another currency, what it costs already, or less than freight and fees.
    """
    order = begin(db, id, "reprice", actor)
    _not_stale(order, row_version)
    change, was = total.amount - order.total, order.total
    lines = queries.lines_of(db, [order.id])[order.id]
    goods = sum(line.total for line in lines)
    if total.currency != order.currency:
        raise Invalid(errors={"total": _l("This order is in %(currency)s.", currency=order.currency)})
    if not change:
        raise Invalid(errors={"total": _l("This is what it costs already.")})
    if -change > goods:
        least = fmt.money(order.total - goods, order.currency)
        raise Invalid(errors={"total": _l("At least %(amount)s: freight and fees stay.", amount=least)})
    weights = [line.total for line in lines]
    parts = allocate(change, weights if any(weights) else [line.quantity for line in lines])
    row = PriceAdjustment(
        order_id=order.id, step="orders.staff", kind=MANUAL, label=_("Price agreed with the shop"), source=f"user:{actor.id}" if actor.id else actor.kind, amount=change
    )
    db.add(row)
    db.flush()
    db.execute(insert(LineAdjustment.__table__), [{"adjustment_id": row.id, "order_line_id": line.id, "amount": part} for line, part in zip(lines, parts, strict=True) if part])
    if change < 0:  # as every discount, it stands in the lines; what is added stands beside them, as fees do
        for line, part in zip(lines, parts, strict=True):
            values = {"discount": OrderLine.discount - part, "total": OrderLine.total + part}
            db.execute(update(OrderLine).where(OrderLine.id == line.id).values(**values).execution_options(synchronize_session=False))
    sums = {"discount_total": order.discount_total - change} if change < 0 else {"fee_total": order.fee_total + change}
    move(db, order, "reprice", total=total.amount, **sums)
    record_audit(
        db, "orders.order.repriced", target=order, label=Code(order.number), subject=person_of(order), actor=actor, now=now, reason=reason.strip()[:200],
        before={"total": Money(was, order.currency)}, after={"total": total},
    )  # fmt: skip
    publish(
        db,
        OrderRepriced(
            order_id=order.id, number=Code(order.number), customer_id=order.customer_id, before=was, amount=order.total,
            currency=Code(order.currency), at=now,
        ),
    )  # fmt: skip
    days.count(db, order.placed_at, order.currency, placed_amount=change)
    if not order.total:
        nothing = Money(0, order.currency)
        return apply_money(db, order_id=order.id, paid=nothing, refunded=nothing, actor=actor, now=now)
    return order


def _not_stale(order: Order, version: int | str | None) -> None:
    if version not in (None, "") and str(version) != str(order.row_version):
        raise StaleRow()
