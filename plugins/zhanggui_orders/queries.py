"""Reads of orders, as rows or dataclasses, without one query per row."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from zhanggui.api import Choice, Hit, Money, NotFound, Reader, TermIndex, _l, current_runtime, find_rows, fmt, hooks, kept_text, regions
from zhanggui_customers import facade as customers

from .contracts import MANUAL, Adjustment, DayFigures, LineMoney, LineView, OrderFacts, OrderView, RefundView, ShipmentView
from .models import Day, LineAdjustment, Order, OrderLine, OrderTerm, PriceAdjustment, Shipment
from .rules import named, sold
from .states import STAGE_LABELS, OrderStatus, Stage

_orders = Order.__table__
_days = Day.__table__
ORDER_ID = _orders.c.id
PROVINCES = tuple(Choice(code, name) for code, name in regions.PROVINCES.items())
BY_STAFF = "admin"  # the source of an order that somebody of the staff took


def kept_of_all(db: Session) -> Money:
    """What orders in the shop's currency were paid, less what was given back of them."""
    currency = current_runtime().config["instance.currency"]
    kept = db.scalar(select(func.sum(_orders.c.paid_total - _orders.c.refunded_total)).where(_orders.c.currency == currency))
    return Money(int(kept or 0), currency)


def order_for_update(db: Session, order_id: int) -> Order:
    """An order that nobody else moves until this transaction ends.

    :raises NotFound: when there is none.
    """
    order = db.scalar(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    )
    if order is None:
        raise NotFound(_l("There is no such order."))
    return order


def facts(order: Order) -> OrderFacts:
    """An order without its row."""
    return OrderFacts(
        order.id,
        order.number,
        order.customer_id,
        order.status,
        order.payment_status,
        order.fulfillment_status,
        order.stage,
        order.currency,
        order.total,
        order.paid_total or 0,
        order.placed_at,
        order.region,
        order.refunded_total or 0,
    )


def lines_of(db: Session, order_ids: Collection[int]) -> dict[int, list[OrderLine]]:
    """The lines of orders, in their order."""
    found: dict[int, list[OrderLine]] = {order_id: [] for order_id in order_ids}
    rows = db.scalars(
        select(OrderLine)
        .where(OrderLine.order_id.in_(list(order_ids)))
        .order_by(OrderLine.order_id, OrderLine.position, OrderLine.id)
        .execution_options(populate_existing=True)
    )
    for line in rows:
        found[line.order_id].append(line)
    return found


def shipments_of(db: Session, order_ids: Collection[int]) -> dict[int, list[Shipment]]:
    """The parcels of orders, the first one first."""
    found: dict[int, list[Shipment]] = {order_id: [] for order_id in order_ids}
    rows = db.scalars(select(Shipment).where(Shipment.order_id.in_(list(order_ids))).order_by(Shipment.id))
    for shipment in rows:
        found[shipment.order_id].append(shipment)
    return found


def numbers_and_customers(db: Session, order_ids: Collection[int]) -> dict[int, tuple[str, int | None]]:
    """Numbers and customers of orders."""
    c = _orders.c
    return {row.id: (row.number, row.customer_id) for row in db.execute(select(c.id, c.number, c.customer_id).where(c.id.in_(list(order_ids))))}


def lines_money(db: Session, order_id: int) -> list[LineMoney]:
    """What each line of an order cost its buyer, with its parts of freight, fees and taxes."""
    change, part = PriceAdjustment.__table__.c, LineAdjustment.__table__.c
    found: dict[int, dict[str, int]] = {}
    statement = (
        select(part.order_line_id, change.kind, func.sum(part.amount))
        .join(PriceAdjustment.__table__, change.id == part.adjustment_id)
        .where(change.order_id == order_id, change.kind != "discount", or_(change.kind != MANUAL, change.amount > 0))
        .group_by(part.order_line_id, change.kind)
    )
    for line_id, kind, amount in db.execute(statement):
        found.setdefault(line_id, {})[kind] = int(amount)
    told = []
    for line in lines_of(db, [order_id])[order_id]:
        more = found.get(line.id, {})
        told.append(
            LineMoney(
                line.id, *named(line), line.sku, line.quantity, line.shipped_quantity, line.total, more.get("freight", 0),
                more.get("fee", 0) + more.get("tax", 0) + more.get(MANUAL, 0), line.picture,
            )
        )  # fmt: skip
    return told


def paid_and_refunded(db: Session, order_id: int) -> tuple[int, int]:
    """What was paid for an order and what went back."""
    c = Order.__table__.c
    row = db.execute(select(c.paid_total, c.refunded_total).where(c.id == order_id)).first()
    return (int(row.paid_total or 0), int(row.refunded_total or 0)) if row is not None else (0, 0)


def paid_ids(db: Session, after: int, limit: int) -> list[int]:
    """The next orders for which something was paid."""
    c = Order.__table__.c
    return list(db.scalars(select(c.id).where(c.id > after, c.paid_total > 0).order_by(c.id).limit(limit)))


def adjustments_of(db: Session, order_ids: Sequence[int]) -> dict[int, list[PriceAdjustment]]:
    """What price steps changed, in their order."""
    found: dict[int, list[PriceAdjustment]] = {order_id: [] for order_id in order_ids}
    for change in db.scalars(select(PriceAdjustment).where(PriceAdjustment.order_id.in_(order_ids)).order_by(PriceAdjustment.id)):
        found[change.order_id].append(change)
    return found


def _adjustment(row: PriceAdjustment) -> Adjustment:
    return Adjustment(row.label, row.amount, row.kind, source=row.source, step=row.step)


def address_of(row: Any) -> dict[str, Any] | None:
    """The address as it was at placing."""
    return json.loads(row.address) if row.address else None


# -- for other plugins -------------------------------------------------------------------------


def numbers_of(db: Session, order_ids: Collection[int]) -> dict[int, str]:
    """The numbers of orders, in one statement."""
    c = _orders.c
    rows = db.execute(select(c.id, c.number).where(c.id.in_(list(order_ids)))) if order_ids else ()
    return {row.id: row.number for row in rows}


def figures_of_days(db: Session, first: date, last: date, currency: str | None = None) -> list[DayFigures]:
    """The days from first to last on which something happened, in their order, one row a currency."""
    c = _days.c
    wanted = c.day.between(first, last) if currency is None else and_(c.day.between(first, last), c.currency == currency)
    rows = db.execute(select(*(c[f.name] for f in fields(DayFigures))).where(wanted).order_by(c.day, c.currency))
    return [DayFigures(*row) for row in rows]


# -- for buyers --------------------------------------------------------------------------------


def views(db: Session, orders: Sequence[Order]) -> list[OrderView]:
    """Orders as their buyer sees them, a few statements for a whole page."""
    ids = [order.id for order in orders]
    lines, shipments, changes, refunds = lines_of(db, ids), shipments_of(db, ids), adjustments_of(db, ids), _refunds(db, ids)
    return [
        OrderView(
            facts=facts(o),
            lines=[_line(line) for line in lines[o.id]],
            goods_total=o.goods_total, discount_total=o.discount_total, freight_total=o.freight_total,
            fee_total=o.fee_total, tax_total=o.tax_total, adjustments=[_adjustment(change) for change in changes[o.id]],
            address=address_of(o), note=o.note or "", paid_at=o.paid_at, shipped_at=o.shipped_at,
            completed_at=o.completed_at, canceled_at=o.canceled_at, cancel_reason=kept_text(o.cancel_reason),
            shipments=[ShipmentView(s.carrier, s.tracking_number, s.shipped_at) for s in shipments[o.id]],
            refunds=refunds.get(o.id, ()),
        )
        for o in orders
    ]  # fmt: skip


def _refunds(db: Session, order_ids: Sequence[int]) -> dict[int, list[RefundView]]:
    found: dict[int, list[RefundView]] = {}
    for _plugin, given in hooks.call("orders_refunds", db=db, order_ids=order_ids) if order_ids else ():
        for order_id, some in (given or {}).items():
            found.setdefault(order_id, []).extend(some)
    return found


def _line(line: OrderLine) -> LineView:
    return LineView(
        line.id, line.variant_public_id, line.sku, line.name, line.option, line.picture, line.unit_price, line.quantity,
        line.discount, line.total, line.shipped_quantity,
    )  # fmt: skip


def order_of_customer(db: Session, customer_id: int, number: str) -> Order:
    """An order of this customer. Somebody else's answers like one that is none.

    :raises NotFound:
    """
    order = db.scalar(select(Order).where(Order.number == number, Order.customer_id == customer_id))
    if order is None:
        raise NotFound(_l("There is no such order."))
    return order


def page_of_customer(
    db: Session, customer_id: int, *, limit: int, after: tuple[datetime, int] | None, stages: Collection[str] = ()
) -> tuple[list[Order], tuple[datetime, int] | None]:
    """A customer's orders, newest first, and the place where the next page begins."""
    statement = select(Order).where(Order.customer_id == customer_id)
    if stages:
        statement = statement.where(Order.stage.in_(list(stages)))
    if after is not None:
        place = tuple_(*after, types=[_orders.c.placed_at.type, _orders.c.id.type])
        statement = statement.where(tuple_(Order.placed_at, Order.id) < place)
    orders = list(db.scalars(statement.order_by(Order.placed_at.desc(), Order.id.desc()).limit(limit + 1)))
    more, orders = len(orders) > limit, orders[:limit]
    return orders, (orders[-1].placed_at, orders[-1].id) if more else None


def unpaid_of_customer(db: Session, customer_id: int) -> int:
    """How many orders of a customer wait for their payment."""
    c = _orders.c
    return db.scalar(select(func.count()).where(c.customer_id == customer_id, c.stage == Stage.TO_PAY)) or 0


def unpaid_pieces(db: Session, customer_id: int, variant_ids: Collection[int]) -> dict[int, int]:
    """How much of some variants a customer's unpaid orders hold."""
    c, line = _orders.c, OrderLine.__table__.c
    rows = db.execute(
        select(line.variant_id, func.sum(line.quantity))
        .join(_orders, c.id == line.order_id)
        .where(c.customer_id == customer_id, c.stage == Stage.TO_PAY, line.variant_id.in_(list(variant_ids)))
        .group_by(line.variant_id)
    )
    return {variant_id: int(quantity) for variant_id, quantity in rows}


# -- for the staff -----------------------------------------------------------------------------


def searched_phone(text: str) -> str | None:
    """The index of what may be a whole phone number, else None: an order number is longer than any."""
    plain = re.sub(r"[\s-]", "", text)
    if not re.match(r"(\+[0-9]{7,15}|1[0-9]{10})\Z", plain):
        return None
    return customers.phone_index(plain)


def searched_name(text: str) -> str | None:
    """The index of what may be a whole name, else None: nobody is called by a number, and a name is no sentence."""
    plain = text.strip()
    if not 2 <= len(plain) <= 60 or any(sign.isdigit() for sign in plain):
        return None
    return customers.name_index(plain)


SEARCHED = {"phone_index": searched_phone, "name_index": searched_name}
FOUND_BY = TermIndex(OrderTerm, "order_id", ("placed_at",), ("number",))
REVEAL = ("can_reveal", "customers.Customer")


def search(db: Session, reader: Reader, text: str, limit: int) -> list[Hit]:
    """Orders as their list finds them."""
    rows = find_rows(db, reader, "orders.Order", text, limit, columns=("number", "stage", "total", "currency"), sort="-number")
    return [
        Hit(
            row.number,
            f"{STAGE_LABELS[row.stage]} · {fmt.money(row.total, row.currency)}",
            f"/orders/{row.id}",
            "receipt",
        )
        for row in rows
    ]


def in_provinces(codes: Sequence[str], c: Any) -> Any:
    """The orders that went to some provinces, or to a city there."""
    return or_(*(c.region.between(code, f"{code[:2]}9999") for code in codes))


def with_goods(wanted: bool, c: Any) -> Any:
    """The orders with a line of goods, or those of the past that hold returns and fees alone."""
    line = OrderLine.__table__.c
    found = exists().where(line.order_id == c.id, line.kind == "goods")
    return found if wanted else ~found


def first_pictures(db: Session, reader: Reader, order_ids: Sequence[int]) -> dict[int, str]:
    """The picture of the first line that has one, of a page of orders, in one statement."""
    line = OrderLine.__table__.c
    rows = db.execute(
        select(line.order_id, line.picture).where(line.order_id.in_(list(order_ids)), line.picture.is_not(None)).order_by(line.order_id, line.position.desc(), line.id.desc())
    )
    return {row.order_id: row.picture for row in rows}


def usual_carrier(db: Session, row: Any) -> str | None:
    """The carrier of the last parcel: most shops use one."""
    return db.scalar(select(Shipment.carrier).order_by(Shipment.id.desc()).limit(1))


def due_for_closing(db: Session, before: datetime, limit: int, clause: Any) -> list[int]:
    """Unpaid orders of buyers placed before a moment, the oldest first; ``clause`` narrows them further."""
    return _due_for_closing(db, before, limit, and_(_orders.c.source != BY_STAFF, clause))


def staff_due_for_closing(db: Session, before: datetime, limit: int, clause: Any) -> list[int]:
    """The same of orders that the staff took."""
    return _due_for_closing(db, before, limit, and_(_orders.c.source == BY_STAFF, clause))


def _due_for_closing(db: Session, before: datetime, limit: int, clause: Any) -> list[int]:
    c = _orders.c
    wanted = and_(c.stage == Stage.TO_PAY, c.status == OrderStatus.OPEN, c.placed_at <= before, clause)
    return list(db.scalars(select(c.id).where(wanted).order_by(c.placed_at, c.id).limit(limit)))


def due_for_receiving(db: Session, before: datetime, limit: int, clause: Any) -> list[int]:
    """Orders of which the first parcel left before a moment, the oldest first; ``clause`` narrows them further."""
    c = _orders.c
    wanted = and_(c.stage == Stage.SHIPPED, c.shipped_at <= before, clause)
    return list(db.scalars(select(c.id).where(wanted).order_by(c.placed_at, c.id).limit(limit)))


def of_customer(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """A customer's newest orders, for his page."""
    c = _orders.c
    found = db.execute(
        select(c.id, c.number, c.summary, c.summaries, c.stage, c.total, c.currency, c.placed_at)
        .where(c.customer_id == row.id)
        .order_by(c.placed_at.desc(), c.id.desc())
        .limit(10)
    ).all()
    shown = [{**order._mapping, "summary": str(sold(order))} for order in found]
    return {"orders": shown, "customer_id": row.id, "labels": STAGE_LABELS}


def customer_name(db: Session, customer_id: int | None) -> str | None:
    """What the customer of an order is called."""
    return customers.names(db, [customer_id]).get(customer_id) if customer_id else None


def has_orders(db: Session, _reader: Reader) -> bool:
    """Whether the shop has an order."""
    return bool(db.scalar(select(exists(select(Order.id)))))


def moments(db: Session, since: datetime) -> list[tuple[int, int | None, datetime, datetime | None]]:
    """When orders were placed and paid, and by whom."""
    o = Order.__table__.c
    return list(db.execute(select(o.id, o.customer_id, o.placed_at, o.paid_at).where(o.placed_at >= since).order_by(o.placed_at, o.id)).tuples())
