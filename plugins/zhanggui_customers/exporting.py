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


def batch(db: Session, last: Any, limit: int) -> tuple[Sequence[Sequence[Any]], Any]:
    """Customers by their place in the table."""
    c = Customer.__table__.c
    statement = select(c.id, c.source_key, c.public_id, c.name, c.phone, c.region, c.note).where(c.id > (last or 0))
    found = db.execute(statement.order_by(c.id).limit(limit)).all()
    rows = [(file_key(r.source_key, r.public_id), r.name, r.phone, r.region or "", r.note) for r in found]
    return rows, found[-1].id if found else last


CUSTOMERS = Exporter("customers", _l("Customers"), COLUMNS, batch)
