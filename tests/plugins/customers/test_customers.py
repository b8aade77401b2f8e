"""Customers: found by what people say, shown only to who may see it."""

from __future__ import annotations

from typing import Any

import pytest
from shop import NOON, add_customer, rows
from sqlalchemy import text
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, Actor, Invalid, NotFound, StaleRow, gateway, reader_at_work
from zhanggui.host import current_host
from zhanggui.web.query import ListQuery, visible_columns
from zhanggui_customers import facade as customers
from zhanggui_customers import queries
from zhanggui_customers.contracts import CustomerRecord
from zhanggui_customers.models import Address, Customer
from zhanggui_customers.rules import masked_phone, normal_phone
from zhanggui_customers.services import profile


def found(db: Session, text: str) -> list[int]:
    screen = current_host().screens["customers.Customer"]
    return [row.id for row in gateway.page(db, screen, reader_at_work(SYSTEM), ListQuery(q=text)).rows]


@pytest.mark.parametrize(
    "typed",
    ["13800138000", "138 0013 8000", "+86 138-0013-8000", "１３８００１３８０００", "8000", "wang  WEI", "Wang Wei"],
)
def test_one_is_found_by_the_whole_phone_its_tail_or_the_whole_name(db: Session, owner: Actor, typed: str) -> None:
    wanted = add_customer(db, owner)
    add_customer(db, owner, "Li Na", "13900139001")
    assert found(db, typed) == [wanted]


@pytest.mark.parametrize("typed", ["José Müller", "jose muller", "JOSE\u0301  MU\u0308LLER", "Ｊｏｓé　Ｍüｌｌｅｒ"])
def test_a_name_is_found_however_its_letters_are_put_together(db: Session, owner: Actor, typed: str) -> None:
    wanted = add_customer(db, owner, "José Müller", "13900139001")
    assert found(db, typed) == [wanted]


@pytest.mark.parametrize("typed", ["1380013800", "800", "Wang", "0000", "%", "x' OR 1=1"])
def test_half_a_phone_or_name_finds_nothing(db: Session, owner: Actor, typed: str) -> None:
    add_customer(db, owner)
    assert found(db, typed) == []


def test_the_file_of_the_database_does_not_show_who_it_is(db: Session, owner: Actor) -> None:
    add_customer(db, owner)
    db.flush()
    row = db.execute(text("SELECT * FROM customers__customer")).one()
    for value in row:
        plain = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        assert b"Wang" not in plain
        assert b"13800138000" not in plain


def test_a_phone_is_masked_for_who_may_not_reveal_it(db: Session, owner: Actor, clerk: Actor) -> None:
    add_customer(db, owner)
    screen = current_host().screens["customers.Customer"]
    viewer = Actor("user", name="viewer", permissions=frozenset({("can_list", "customers.Customer")}))
    names = {who.name: {c.name for c in visible_columns(screen, who)} for who in (clerk, viewer)}
    assert "phone" in names["clerk"]
    assert "phone" not in names["viewer"]
    row = gateway.page(db, screen, reader_at_work(viewer), ListQuery()).rows[0]
    masked = next(c for c in screen.columns if c.name == "phone_masked")
    assert masked.value is not None
    assert masked.value(row) == "138****8000"
    assert [hit.sub for hit in queries.search(db, reader_at_work(), "8000", 5)] == ["138****8000"]


def test_an_address_is_masked_alike(db: Session, owner: Actor, outsider: Actor) -> None:
    buyer = add_customer(db, owner)
    customers.add_address(
        db,
        customer_id=buyer,
        name="Wang Wei",
        phone="13800138000",
        region=["Zhejiang"],
        detail="1 Lake Road",
        actor=owner,
        now=NOON,
    )
    row = db.get_one(Customer, buyer)
    assert queries.addresses_section(db, reader_at_work(outsider), row)["addresses"][0] | {"is_default": True} == {
        "name": "Wang Wei", "phone": "138****8000", "region": "Zhejiang", "detail": "", "is_default": True,
    }  # fmt: skip
    assert queries.addresses_section(db, reader_at_work(owner), row)["addresses"][0]["detail"] == "1 Lake Road"


def test_a_form_without_the_phone_does_not_erase_it(db: Session, owner: Actor) -> None:
    buyer = add_customer(db, owner)
    profile.update_customer(
        db, id=buyer, row_version=None, actor=owner, now=NOON, name="Wang Wei", tags="vip, tea，vip"
    )
    customer = db.get_one(Customer, buyer)
    assert (customer.phone, customer.tags) == ("13800138000", ["vip", "tea"])
    profile.update_customer(db, id=buyer, row_version=None, actor=owner, now=NOON, name="Wang Wei", phone=None)
    assert (customer.phone, customer.phone_index, customer.tags) == (None, None, ["vip", "tea"])


def test_a_stale_save_is_refused(db: Session, owner: Actor) -> None:
    buyer = add_customer(db, owner)
    profile.update_customer(db, id=buyer, row_version=1, actor=owner, now=NOON, name="First")
    with pytest.raises(StaleRow):
        profile.update_customer(db, id=buyer, row_version=1, actor=owner, now=NOON, name="Second")


@pytest.mark.parametrize("phone", ["abc", "12", "1" * 20, "138001380oo", "+"])
def test_what_is_no_phone_is_refused(db: Session, owner: Actor, phone: str) -> None:
    with pytest.raises(Invalid) as refusal:
        add_customer(db, owner, phone=phone)
    assert "phone" in refusal.value.errors


def test_phones_have_one_normal_form() -> None:
    assert {normal_phone(p) for p in ("13800138000", "+86 138 0013 8000", "0086-13800138000")} == {"13800138000"}
    assert normal_phone("+44 20 7946 0958") == "+442079460958"
    assert [masked_phone(p) for p in ("13800138000", "12345", None)] == ["138****8000", "****45", ""]


def test_an_identity_makes_one_customer(db: Session, owner: Actor) -> None:
    first = customers.find_or_create_by_identity(db, provider="demo", subject="lin", name="Lin", now=NOON)
    again = customers.find_or_create_by_identity(db, provider="demo", subject="lin", name="Lin the second", now=NOON)
    other = customers.find_or_create_by_identity(db, provider="wechat", subject="lin", name="Lin", now=NOON)
    assert first == again
    assert other.id != first.id
    profile.block_customer(db, id=first.id, actor=owner, now=NOON)
    with pytest.raises(customers.CustomerIsBlocked):
        customers.find_or_create_by_identity(db, provider="demo", subject="lin", name="Lin", now=NOON)


def test_addresses_belong_to_one_customer(db: Session, owner: Actor) -> None:
    mine, other = add_customer(db, owner), add_customer(db, owner, "Li Na")
    details: dict[str, Any] = {
        "name": "A",
        "phone": "13800138000",
        "region": ["Zhejiang"],
        "detail": "x",
        "actor": owner,
        "now": NOON,
    }
    first = customers.add_address(db, customer_id=mine, **details)
    second = customers.add_address(db, customer_id=mine, is_default=True, **details)
    assert [(a.public_id, a.is_default) for a in customers.addresses_of(db, mine)] == [
        (second.public_id, True),
        (first.public_id, False),
    ]
    for attempt in (
        lambda: customers.address_of(db, customer_id=other, address_id=first.public_id),
        lambda: customers.update_address(db, customer_id=other, address_id=first.public_id, **details),
        lambda: customers.remove_address(db, customer_id=other, address_id=first.public_id, actor=owner, now=NOON),
    ):
        with pytest.raises(NotFound):
            attempt()
    customers.remove_address(db, customer_id=mine, address_id=second.public_id, actor=owner, now=NOON)
    assert [a.public_id for a in customers.addresses_of(db, mine)] == [first.public_id]
    assert rows(db, Address) == 2


def test_an_address_names_what_is_missing(db: Session, owner: Actor) -> None:
    with pytest.raises(Invalid) as refusal:
        customers.add_address(
            db, customer_id=add_customer(db, owner), name=" ", phone="x", region=[], detail="", actor=owner, now=NOON
        )
    assert set(refusal.value.errors) == {"name", "phone", "detail"}


def test_an_import_twice_gives_the_same_rows(db: Session, owner: Actor) -> None:
    records = [
        CustomerRecord(f"K{n}", f"Name {n}", phone="13800138000" if n else "none", region="UK") for n in range(20)
    ]
    first = customers.upsert_customers(db, records, batch_id="b")
    assert customers.upsert_customers(db, records, batch_id="b") == first
    assert rows(db, Customer) == 20
    assert len(found(db, "Name 7")) == 1
    assert db.get_one(Customer, first["K0"]).phone == "none"
