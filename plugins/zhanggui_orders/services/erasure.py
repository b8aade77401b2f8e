"""What orders keep of a person, erased with the person. Amounts, goods and dates stay: they are the shop's books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor

from ..models import Order
from ..rules import CUSTOMER, ERASED, GUEST

_orders = Order.__table__


def of_person(person: tuple[str, Any]) -> ColumnElement[bool] | None:
    """The orders of a customer, or the one of a guest; None for anybody else."""
    c = _orders.c
    if person[0] == CUSTOMER:
        return c.customer_id == int(person[1])
    if person[0] == GUEST:
        return (c.id == int(person[1])) & c.customer_id.is_(None)
    return None


def erase(db: Session, person: tuple[str, Any], *, actor: Actor, now: datetime) -> None:
    """Blank the name, the address and every text in the orders of a person."""
    mine = of_person(person)
    if mine is None:
        return
    c = _orders.c
    gone = {"address": None, "phone_index": None, "name_index": None, "note": None, "staff_note": None, "cancel_reason": None}
    db.execute(update(_orders).where(mine).values(buyer_name=ERASED, row_version=c.row_version + 1, **gone))
