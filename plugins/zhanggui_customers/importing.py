"""``zhanggui import customers``: one row a customer, known again by a key, a phone or a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from zhanggui.api import Importer, ImportRow, ImportRun, Made, Outcome, Present, _l

from .contracts import CustomerRecord
from .exporting import COLUMNS, LABELS, RIGHTS, row_of, selected
from .models import Customer
from .rules import normal_phone
from .services.history import customer_ids, upsert_customers
from .services.removal import IN_USE, remove_customers


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


def present(db: Session, rows: Sequence[ImportRow], run: ImportRun) -> dict[int, Present]:
    """How the customers that rows name stand in the shop, by the number of the row."""
    keys = {row.number: run.key(key) for row in rows if (key := _key(row))}
    ids = customer_ids(db, sorted(set(keys.values())))
    found: dict[int, Present] = {}
    wanted = sorted(set(ids.values()))
    for start in range(0, len(wanted), 500):
        for r in db.execute(selected().where(Customer.__table__.c.id.in_(wanted[start : start + 500]))):
            values = {name: value or None for name, value in zip(COLUMNS, row_of(r), strict=True)}
            found[r.id] = Present(r.id, r.name, values, f"{r.row_version}:{r.order_count}")
    return {number: found[ids[key]] for number, key in keys.items() if key in ids and ids[key] in found}


def remove(db: Session, rows: Sequence[Made], run: ImportRun) -> Mapping[int, str]:
    """Take away customers that an import made, and who did nothing since."""
    stayed = remove_customers(db, [made.id for made in rows], actor=run.actor, now=run.now)
    return {made.number: IN_USE if made.id in stayed else "" for made in rows}


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
        "key": ("CustomerID", "Customer ID", "ID", "客户编号", "顾客编号", "会员号", "Customer number"),
        "name": ("Customer name", "Full name", "Customer", "姓名", "顾客", "客户", "昵称", "名字", "名称"),
        "phone": ("Phone number", "Mobile", "Tel", "电话", "手机", "手机号", "联系电话"),
        "region": ("Country", "Province", "City", "地区", "省份", "城市"),
        "note": ("Notes", "Remark", "备注"),
    },
    required=("name",),
    batch=batch,
    permission=("can_import", "customers.Customer"),
    labels=LABELS,
    rights=RIGHTS,
    reasons={
        "no_name": ("name", _l("There is no name.")),
        "bad_key": ("phone", _l("“%(value)s” is no phone number, and there is no customer number.")),
        "twice_in_batch": ("name", _l("This customer stands in an earlier row as well.")),
        IN_USE: ("name", _l("There are orders or addresses of this customer.")),
    },
    present=present,
    remove=remove,
)
