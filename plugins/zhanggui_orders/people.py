"""What this plugin answers about a person: the orders of a customer, and each order of a guest."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, PersonalData, kept_text, look_up

from .models import Order, OrderLine, Shipment
from .queries import REVEAL, SEARCHED
from .rules import CUSTOMER, GUEST
from .services.erasure import erase, of_person


def find(db: Session, text: str, *, actor: Actor) -> list[tuple[str, Any]]:
    """Whose orders go to this whole phone number."""
    c = Order.__table__.c
    indexes = look_up(text, SEARCHED, right=REVEAL, actor=actor)
    if not indexes:
        return []
    rows = db.execute(select(c.id, c.customer_id).where(or_(*(c[name] == value for name, value in indexes.items()))).order_by(c.id)).all()
    customers = dict.fromkeys(row.customer_id for row in rows if row.customer_id is not None)
    return [*((CUSTOMER, number) for number in customers), *((GUEST, row.id) for row in rows if row.customer_id is None)]


def export(db: Session, person: tuple[str, Any]) -> dict[str, Any]:
    """What was ordered, for whom and where to, and its parcels."""
    mine = of_person(person)
    if mine is None:
        return {}
    c = Order.__table__.c
    own = ("number", "placed_at", "status", "currency", "total", "buyer_name", "address", "region", "note", "staff_note", "cancel_reason")
    orders = db.execute(select(c.id, *(c[name] for name in own)).where(mine).order_by(c.id)).all()
    ids = [order.id for order in orders]
    parts: dict[int, dict[str, list[Any]]] = {number: {"lines": [], "parcels": []} for number in ids}
    for name, model, columns in (
        ("lines", OrderLine, ("sku", "name", "quantity", "total")),
        ("parcels", Shipment, ("carrier", "tracking_number", "shipped_at")),
    ):  # fmt: skip
        t: Any = model.__table__.c
        for row in db.execute(select(t.order_id, *(t[column] for column in columns)).where(t.order_id.in_(ids)).order_by(t.id)):
            parts[row.order_id][name].append({column: getattr(row, column) for column in columns})
    return {"orders": [_told(order, own, parts[order.id]) for order in orders]} if orders else {}


def _told(order: Any, own: tuple[str, ...], parts: dict[str, list[Any]]) -> dict[str, Any]:
    told = {name: getattr(order, name) for name in own}
    told["cancel_reason"] = kept_text(told["cancel_reason"]) or None
    told["address"] = json.loads(order.address) if order.address else None
    return {**told, **parts}


ANSWER = PersonalData("orders", [Order], find, export, erase)
