"""What a coupon takes off a cart, and who takes the last one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from zhanggui.api import DomainError, Reader, _l, current_runtime, fmt, shop_day, shop_zone
from zhanggui_orders.contracts import Adjustment, Note, OrderFacts, Quote

from .models import Claim, Coupon

_c, _k = Coupon.__table__.c, Claim.__table__.c


class UsedUp(DomainError):
    """Somebody else took the last one."""

    code = "coupon_used_up"
    status = 409
    message = _l("The coupon %(code)s is used up.")


def read_code(text: str) -> str:
    """A code as it is stored and asked for, however it was typed."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def currency() -> str:
    """The shop's: coupons are amounts of it."""
    return str(current_runtime().config["instance.currency"])


def take_off(db: Session, quote: Quote, now: datetime) -> Sequence[Adjustment | Note]:
    """The price step: an adjustment where the coupon applies, else why it does not."""
    typed = quote.choices.get("coupons", {}).get("code")
    if not typed:
        return []
    code = read_code(typed)
    found = db.execute(select(_c.id, _c.name, _c.amount, _c.least, _c.most, _c.taken, _c.last_day).where(_c.code == code)).first()
    source = f"coupon:{found.id}" if found else "coupon"
    if found is None or quote.currency != currency():
        return [Note(source, False, _l("There is no coupon %(code)s.", code=code), "unknown")]
    if found.last_day and found.last_day < shop_day(now):
        return [Note(source, False, _l("The coupon %(code)s is over.", code=code), "over")]
    if found.most is not None and found.taken >= found.most:
        return [Note(source, False, str(UsedUp.message) % {"code": code}, "used_up")]
    missing = found.least - quote.goods_total + quote.discount_total
    if missing > 0:
        amount = fmt.money(missing, quote.currency)
        return [Note(source, False, _l("Buy for %(amount)s more, and the coupon applies.", amount=amount), "below_threshold", missing=missing)]
    return [Adjustment(found.name, -found.amount, source=source), Note(source, True, found.name, "applied", amount=found.amount)]


def claim(db: Session, quote: Quote, order: OrderFacts, now: datetime) -> None:
    """Take the coupon that the quote counts on, in the order's transaction.

    :raises UsedUp: when the last one went to somebody else in between.
    """
    for change in quote.adjustments:
        if change.step == "coupons.code":
            coupon_id = int(change.source.removeprefix("coupon:"))
            free = update(Coupon).where(_c.id == coupon_id, or_(_c.most.is_(None), _c.taken < _c.most))
            if not db.execute(free.values(taken=_c.taken + 1)).rowcount:
                raise UsedUp(code=db.scalar(select(_c.code).where(_c.id == coupon_id)))
            row = {"coupon_id": coupon_id, "order_id": order.id, "order_number": order.number, "customer_id": order.customer_id}
            db.execute(insert(Claim).values(**row, amount=-change.amount, taken_at=now))


def give_back(db: Session, order: OrderFacts, now: datetime) -> None:
    """The order was called off: another one may have its coupon."""
    returned = update(Claim).where(_k.order_id == order.id, _k.returned_at.is_(None)).values(returned_at=now)
    coupon_id = db.scalar(returned.returning(_k.coupon_id))
    if coupon_id is not None:
        db.execute(update(Coupon).where(_c.id == coupon_id).values(taken=_c.taken - 1))


def codes_of_orders(db: Session, _reader: Reader, ids: Sequence[int]) -> Mapping[int, str]:
    """``{order id: code}`` of those that have a coupon."""
    found = select(_k.order_id, _c.code).join(Coupon, _c.id == _k.coupon_id).where(_k.order_id.in_(ids), _k.returned_at.is_(None))
    return dict(db.execute(found).tuples().all())


def of_customer(db: Session, _reader: Reader, customer: Any) -> Mapping[str, Any]:
    """The last coupons that a customer used."""
    found = select(_c.name, _k.order_number, _k.amount, _k.taken_at).join(Coupon, _c.id == _k.coupon_id)
    found = found.where(_k.customer_id == customer.id, _k.returned_at.is_(None)).order_by(_k.id.desc()).limit(5)
    return {"currency": currency(), "claims": db.execute(found).all()}


def given_today(db: Session, reader: Reader) -> Mapping[str, Any]:
    """What coupons took off today's orders."""
    midnight = reader.now.astimezone(shop_zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    given = db.scalar(select(func.sum(_k.amount)).where(_k.taken_at >= midnight, _k.returned_at.is_(None))) or 0
    return {"value": int(given), "kind": "money", "currency": currency(), "href": "/coupons/"}


def on_offer(db: Session, now: datetime) -> list[Mapping[str, Any]]:
    """Coupons that can be used now, for the storefront."""
    free = or_(_c.most.is_(None), _c.taken < _c.most)
    found = select(_c.code, _c.name, _c.amount, _c.least).where(free, or_(_c.last_day.is_(None), _c.last_day >= shop_day(now)))
    rows = db.execute(found.order_by(_c.id.desc()).limit(100)).mappings()
    return [dict(row) | {name: {"amount": row[name], "currency": currency()} for name in ("amount", "least")} for row in rows]
