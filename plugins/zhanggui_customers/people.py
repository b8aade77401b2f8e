"""What this plugin answers about a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, PersonalData, look_up

from .models import Address, Customer, Identity
from .queries import SEARCHED
from .rules import PERSON
from .services import footprints
from .services.erasure import erase


def find(db: Session, text: str, *, actor: Actor) -> list[tuple[str, Any]]:
    """Customers of this whole name or phone."""
    c = Customer.__table__.c
    whole = {name: make for name, make in SEARCHED.items() if name != "phone_tail_index"}
    indexes = look_up(text, whole, right=("can_reveal", PERSON), actor=actor)
    if not indexes:
        return []
    matches = or_(*(c[name] == value for name, value in indexes.items()))
    return [(PERSON, number) for number in db.scalars(select(c.id).where(matches).order_by(c.id))]


def export(db: Session, person: tuple[str, Any]) -> dict[str, Any]:
    """His row, his addresses, and as whom providers know him."""
    customer = db.get(Customer, int(person[1])) if person[0] == PERSON else None
    if customer is None:
        return {}
    addresses = db.scalars(select(Address).where(Address.customer_id == customer.id).order_by(Address.id))
    identities = db.scalars(select(Identity).where(Identity.customer_id == customer.id).order_by(Identity.id))
    own = ("public_id", "name", "phone", "email", "locale", "gender", "region", "birthday", "note", "tags", "source", "source_key", "created_at", "erased_at")
    return {
        "customer": [{name: getattr(customer, name) for name in own}],
        "addresses": [{n: getattr(a, n) for n in ("name", "phone", "region", "detail", "created_at", "removed_at")} for a in addresses],
        "behaviour": footprints.exported(db, customer.id),
        "identities": [{n: getattr(i, n) for n in ("provider", "subject", "created_at", "last_used_at")} for i in identities],
    }  # fmt: skip


ANSWER = PersonalData("customers", [Customer, Identity, Address], find, export, erase)
