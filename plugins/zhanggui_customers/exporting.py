"""``zhanggui export customers``: one row a customer, in clear, as the importer reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Exporter, _l

from .models import Customer
from .rules import file_key

COLUMNS = ("key", "name", "phone", "region", "note")
LABELS = {"key": _l("Customer number"), "name": _l("Name"), "phone": _l("Phone"), "region": _l("Region"), "note": _l("Note")}
RIGHTS = {"phone": ("can_reveal", "customers.Customer")}


def batch(db: Session, last: Any, limit: int) -> tuple[Sequence[Sequence[Any]], Any]:
    """Customers by their place in the table."""
    c = Customer.__table__.c
    found = db.execute(selected().where(c.id > (last or 0)).order_by(c.id).limit(limit)).all()
    return [row_of(r) for r in found], found[-1].id if found else last


def of(db: Session, ids: Sequence[int]) -> Sequence[Sequence[Any]]:
    """Some customers, in this order."""
    found = {r.id: row_of(r) for r in db.execute(selected().where(Customer.__table__.c.id.in_(ids)))}
    return [found[customer_id] for customer_id in ids if customer_id in found]


def selected() -> Any:
    """Customers with what a file says of them."""
    c = Customer.__table__.c
    return select(c.id, c.source_key, c.public_id, c.name, c.phone, c.region, c.note, c.row_version, c.order_count)


def row_of(r: Any) -> tuple[Any, ...]:
    """A customer as one row of a file."""
    return (file_key(r.source_key, r.public_id), r.name, r.phone, r.region or "", r.note)


CUSTOMERS = Exporter("customers", _l("Customers"), COLUMNS, batch, screen="customers.Customer", of=of, labels=LABELS, rights=RIGHTS)
