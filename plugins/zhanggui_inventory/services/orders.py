"""What an order does to the stock: hold it, let it go, hand it over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, DomainError, _l
from zhanggui_products import facade as products

from .. import queries
from ..contracts import Handover, Share, Wanted
from ..models import StockLevel, StockReservation
from ..rules import summed
from ..states import MovementKind, ReservationState
from .levels import change

_levels, _held = StockLevel.__table__, StockReservation.__table__


class OutOfStock(DomainError):
    """Less is available than was asked for; nothing was taken."""

    code = "out_of_stock"
    status = 409
    message = _l("There is not enough of %(name)s.")

    def __init__(self, variant_id: int, quantity: int, *, name: str) -> None:
        self.variant_id, self.quantity = variant_id, quantity
        super().__init__(name=name)


class ShareUsedUp(DomainError):
    """One customer would hold more of a variant in unpaid orders than the shop leaves to one customer."""

    code = "unpaid_share"
    status = 409
    message = _l("At most %(most)s of %(name)s can be in your unpaid orders. Order fewer, or pay for them first.")


class NotHeld(DomainError):
    """More would leave the shop than the order holds or than lies there."""

    code = "not_held"
    status = 409
    message = _l("The stock of %(name)s does not cover this shipment. Count it first.")


def reserve_stock(
    db: Session,
    *,
    order_id: int,
    wanted: Iterable[Wanted],
    share: Share | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Hold stock for an order, all of it or none.

    :param share: how much of each variant its buyer may hold; None: all there is.
    :raises OutOfStock: naming the variant; the caller's transaction must not go on.
    :raises ShareUsedUp: likewise.
    """
    c = _levels.c
    for want in summed(wanted):
        available = c.on_hand - c.reserved
        enough = available >= want.quantity
        held = share.held.get(want.variant_id, 0) if share else 0
        if share and held + want.quantity > share.pieces:
            enough &= (held + want.quantity) * 100 <= (available + held) * share.percent
        level = change(
            db, variant_id=want.variant_id, kind=MovementKind.RESERVE, reserved=want.quantity,
            condition=enough, reference=f"orders.Order:{order_id}",
            actor=actor, now=now,
        )  # fmt: skip
        if level is None:
            left = queries.stock_of(db, [want.variant_id])[want.variant_id].available
            if share and left >= want.quantity:
                raise ShareUsedUp(name=_name(db, want.variant_id), most=share.most(left, held))
            raise OutOfStock(want.variant_id, want.quantity, name=_name(db, want.variant_id))
        db.execute(
            insert(_held).values(
                order_id=order_id, variant_id=want.variant_id, location_id=level.location_id, quantity=want.quantity,
                state=ReservationState.HELD, held_at=now,
            )
        )  # fmt: skip


def release_stock(db: Session, *, order_id: int, actor: Actor, now: datetime) -> int:
    """Give back what an order still holds; answers how many pieces. A second call finds nothing and changes nothing."""
    released = db.execute(
        update(_held)
        .where(_held.c.order_id == order_id, _held.c.state == ReservationState.HELD)
        .values(state=ReservationState.RELEASED, ended_at=now)
        .returning(_held.c.variant_id, _held.c.location_id, _held.c.quantity)
    ).all()
    for row in sorted(released, key=lambda r: r.variant_id):
        _require(
            change(
                db, variant_id=row.variant_id, kind=MovementKind.RELEASE, reserved=-row.quantity,
                location_id=row.location_id, reference=f"orders.Order:{order_id}", actor=actor, now=now,
            ),
            row.variant_id,
        )  # fmt: skip
    return sum(row.quantity for row in released)


def take_stock(db: Session, *, order_id: int, handovers: Sequence[Handover], actor: Actor, now: datetime) -> None:
    """Goods leave the shop: on hand and reserved go down together, one movement a shipment line.

    :raises NotHeld: when the order does not hold that much, or a count found less.
    """
    c = _levels.c
    for item in sorted(handovers, key=lambda h: (h.variant_id, h.reference)):
        held = db.execute(
            update(_held)
            .where(
                _held.c.order_id == order_id, _held.c.variant_id == item.variant_id,
                _held.c.state == ReservationState.HELD, _held.c.quantity >= item.quantity,
            )
            .values(quantity=_held.c.quantity - item.quantity)
            .returning(_held.c.id, _held.c.location_id, _held.c.quantity)
        ).first()  # fmt: skip
        level = held and change(
            db, variant_id=item.variant_id, kind=MovementKind.TAKE, on_hand=-item.quantity, reserved=-item.quantity,
            condition=(c.on_hand >= item.quantity) & (c.reserved >= item.quantity), location_id=held.location_id,
            reference=item.reference, actor=actor, now=now,
        )  # fmt: skip
        if held is None or level is None:
            raise NotHeld(name=_name(db, item.variant_id))
        if held.quantity == 0:
            db.execute(update(_held).where(_held.c.id == held.id).values(state=ReservationState.TAKEN, ended_at=now))


def _name(db: Session, variant_id: int) -> str:
    variant = products.variants_by_id(db, [variant_id]).get(variant_id)
    return f"{variant.name} {variant.option}".strip() if variant else str(variant_id)


def _require(level: object, variant_id: int) -> None:
    if level is None:
        raise RuntimeError(f"stock level of variant {variant_id} is gone though an order held some of it")
