"""The trail can be added to and read, and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from zhanggui import audit
from zhanggui.audit import canonical_hash, erase_person, read_pii
from zhanggui.audit.models import AuditEntry
from zhanggui.kernel.ids import Code
from zhanggui.kernel.money import Money
from zhanggui.testing.fixtures import NOON

WANG = ("customers.Customer", 12)


def write(db, owner, **more):
    values = {"target": WANG, "label": Code("C-12"), "actor": owner, "now": NOON, "before": {"total": Money(100, "CNY")}, "after": {"名": "王"}}
    audit.record(db, "customers.customer.changed", **(values | more))
    return db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


@pytest.mark.parametrize("statement", ["UPDATE core__audit SET label = 'forged'", "DELETE FROM core__audit"])
def test_the_database_itself_refuses_to_change_it(db, owner, statement):
    entry = write(db, owner)
    with pytest.raises(DBAPIError, match="append-only"), db.begin_nested():
        db.execute(text(statement))
    db.expire_all()
    assert db.get_one(AuditEntry, entry.id).label == "C-12"


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_it_cannot_be_emptied_at_one_stroke(db, owner):
    write(db, owner)
    with pytest.raises(DBAPIError, match="append-only"), db.begin_nested():
        db.execute(text("TRUNCATE core__audit"))


def test_each_row_carries_the_hash_of_what_it_says(db, owner):
    write(db, owner, pii={"phone": "13800138000"}, subject=WANG)
    db.expire_all()
    for row in db.execute(select(AuditEntry.__table__)):
        assert canonical_hash(dict(row._mapping)) == row.hash
        assert canonical_hash(dict(row._mapping) | {"label": "forged"}) != row.hash


def test_personal_data_is_sealed_and_an_erased_person_stays_a_row(db, owner):
    entry = write(db, owner, pii={"phone": "13800138000"}, subject=WANG)
    other = write(db, owner, pii={"phone": "13900139000"}, subject=("customers.Customer", 13))
    assert b"13800138000" not in entry.sealed
    assert read_pii(db, entry) == {"phone": "13800138000"}
    hash_before = entry.hash
    assert erase_person(db, WANG) is True
    db.expire_all()
    assert read_pii(db, entry) is None
    assert (entry.label, entry.hash) == ("C-12", hash_before)
    assert read_pii(db, other) == {"phone": "13900139000"}
    assert erase_person(db, WANG) is False
    later = write(db, owner, pii={"phone": "13700137000"}, subject=WANG)  # with a key of its own: what was sealed before stays closed
    assert (read_pii(db, later), read_pii(db, entry)) == ({"phone": "13700137000"}, None)
    assert len(audit.timeline(db, *WANG)) >= 2
