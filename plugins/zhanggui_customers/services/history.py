"""Customers in bulk, as an import brings them: few statements, one audit row a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, one_at_a_time, record_audit, write_rows

from ..contracts import CustomerRecord
from ..models import Customer
from ..rules import key_index, name_index, normal_phone, phone_index, tail_index

_CHUNK = 500
_customers = Customer.__table__


def upsert_customers(
    db: Session, records: Sequence[CustomerRecord], *, batch_id: str, actor: Actor, now: datetime
) -> dict[str, int]:
    """Store customers by their key: new ones are made, known ones brought up to date. ``{key: customer id}``."""
    one_at_a_time(db, "customers.import")  # two files that bring the same customer make one
    by_key = {record.key: record for record in records}
    known = customer_ids(db, list(by_key))
    old = [r for key, r in by_key.items() if key in known]
    new = [r for key, r in by_key.items() if key not in known]
    if new:
        rows = [{**_row(r), "external_key": key_index(r.key), "source_key": r.key, "source": r.source, "created_at": r.created_at or now} for r in new]
        made = db.execute(insert(_customers).returning(_customers.c.id, _customers.c.external_key), rows)
        keys = {key_index(r.key): r.key for r in new}
        known |= {keys[row.external_key]: row.id for row in made}
    write_rows(db, _customers, [(known[r.key], _given(r)) for r in old])
    if records:
        record_audit(
            db,
            "customers.customer.imported",
            target=("customers.Batch", batch_id),
            label=Code(batch_id),
            actor=actor,
            now=now,
            after={"new": len(new), "updated": len(old)},
        )
    db.expire_all()
    return known


_FIELDS = {"region": "region", "note": "note", "phone": "phone", "phone_index": "phone", "phone_tail_index": "phone"}


def _given(record: CustomerRecord) -> dict[str, Any]:
    """What the file gives of a customer that is there."""
    row = _row(record)
    return row if record.given is None else {name: value for name, value in row.items() if _FIELDS.get(name, "name") in record.given}


def _row(record: CustomerRecord) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": record.name, "name_index": name_index(record.name), "region": record.region or None, "note": record.note,
        "phone": None, "phone_index": None, "phone_tail_index": None,
    }  # fmt: skip
    if record.phone:
        try:
            row["phone"] = normal_phone(record.phone)
        except ValueError:  # an old list holds what it holds: kept as it stands, found by nothing
            row["phone"] = record.phone
        else:
            row["phone_index"], row["phone_tail_index"] = phone_index(record.phone), tail_index(record.phone)
    return row


def customer_ids(db: Session, keys: Sequence[str]) -> dict[str, int]:
    """``{key: customer id}`` of those that there are."""
    found: dict[str, int] = {}
    for start in range(0, len(keys), _CHUNK):
        digests = {key_index(key): key for key in keys[start : start + _CHUNK]}
        c = _customers.c
        rows = db.execute(select(c.external_key, c.id).where(c.external_key.in_(list(digests))))
        found |= {digests[row.external_key]: row.id for row in rows}
        # An export of this shop names its own customers by their public ids.
        ours = {key.rpartition("/")[2]: key for key in keys[start : start + _CHUNK] if key not in found}
        rows = db.execute(select(_customers.c.public_id, _customers.c.id).where(_customers.c.public_id.in_(list(ours))))
        found |= {ours[row.public_id]: row.id for row in rows}
    return found
