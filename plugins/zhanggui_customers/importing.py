"""``zhanggui import customers``: one row a customer, known again by a key, a phone or a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from sqlalchemy.orm import Session

from zhanggui.api import Importer, ImportRow, ImportRun, Outcome, _l

from .contracts import CustomerRecord
from .rules import normal_phone
from .services.history import customer_ids, upsert_customers


def batch(db: Session, rows: Sequence[ImportRow], run: ImportRun) -> list[Outcome]:
    """New profiles, and known ones brought up to date."""
    keys = {row.number: run.key(key) if (key := _key(row)) else None for row in rows}
    known = customer_ids(db, sorted({key for key in keys.values() if key}))
    records: dict[str, CustomerRecord] = {}
    outcomes = []
    for row in rows:
        key, name = keys[row.number], row["name"]
        if name is None:
            outcomes.append(Outcome.rejected("no_name"))
        elif key is None or len(key) > 96:
            outcomes.append(Outcome.rejected("bad_key"))
        elif key in records:
            outcomes.append(Outcome.rejected("twice_in_batch"))
        else:
            records[key] = CustomerRecord(
                key, name[:120], phone=row["phone"], region=(row["region"] or "")[:120], note=row["note"], created_at=run.now,
                given=frozenset(row.values),
            )
            outcomes.append(Outcome("updated" if key in known else "new"))
    if records:
        upsert_customers(db, list(records.values()), batch_id=run.batch_id, actor=run.actor, now=run.now)
    return outcomes


def _key(row: ImportRow) -> str | None:
    """What a row is known by: its own key, else the phone, else the name."""
    if row["key"]:
        return row["key"]
    if row["phone"]:
        try:
            return normal_phone(row["phone"])
        except ValueError:
            return None
    # Who somebody is, and not how he is found: José and Jose are two rows of a file, and were so in files of the past.
    return " ".join(unicodedata.normalize("NFKC", row["name"]).casefold().split()) if row["name"] else None


CUSTOMERS = Importer(
    kind="customers",
    label=_l("Customers"),
    columns={
        "key": ("CustomerID", "Customer ID", "ID", "客户编号", "顾客编号", "会员号"),
        "name": ("Customer name", "Full name", "Customer", "姓名", "顾客", "客户", "昵称"),
        "phone": ("Phone number", "Mobile", "Tel", "电话", "手机", "手机号", "联系电话"),
        "region": ("Country", "Province", "City", "地区", "省份", "城市"),
        "note": ("Notes", "Remark", "备注"),
    },
    required=("name",),
    batch=batch,
)
