"""Who a customer is to providers outside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from shop import NOON, add_customer, rows
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Invalid, NotFound, reading, unit_of_work
from zhanggui.runtime import Runtime
from zhanggui.testing.racing import race, refused
from zhanggui_customers import facade as customers
from zhanggui_customers.models import Customer, Identity
from zhanggui_customers.services import erasure, profile

CROWD = 24


def sign_in(db: Session, subject: str, provider: str = "wechat", **more: Any) -> Any:
    return customers.find_or_create_by_identity(db, provider=provider, subject=subject, name="Lin", now=NOON, **more)


def test_a_customer_is_reached_by_the_name_that_a_provider_gave_him(db: Session, owner: Actor) -> None:
    lin = sign_in(db, "openid-1", phone="13800138000", locale="zh_CN").id
    assert customers.subject_of(db, lin, "wechat") == "openid-1"
    assert customers.subject_of(db, lin, "alipay") is None
    profile.update_customer(db, id=lin, row_version=None, actor=owner, now=NOON, email="Lin@Example.COM")
    assert customers.contact_of(db, lin) == customers.Contact("Lin", "13800138000", "Lin@example.com", "zh_CN", ("wechat",))


def test_the_language_is_the_one_that_he_last_signed_in_with(db: Session, owner: Actor) -> None:
    lin = sign_in(db, "openid-1", locale="zh_CN").id
    version = db.get_one(Customer, lin).row_version
    sign_in(db, "openid-1")
    assert customers.contact_of(db, lin).locale == "zh_CN"
    sign_in(db, "openid-1", locale="en")
    assert customers.contact_of(db, lin).locale == "en"
    assert db.get_one(Customer, lin, populate_existing=True).row_version == version  # nobody's form is stale for that


def test_a_customer_may_have_several_identities(db: Session, owner: Actor) -> None:
    lin, other = sign_in(db, "openid-1"), sign_in(db, "2088", "alipay")
    link = {"customer_id": lin.id, "actor": owner, "now": NOON}
    customers.link_identity(db, provider="card", subject="0042", **link)
    customers.link_identity(db, provider="card", subject="0042", **link)
    customers.link_identity(db, provider="wechat", subject="openid-2", **link)
    assert sign_in(db, "0042", "card") == sign_in(db, "openid-2") == lin
    assert rows(db, Identity) == 4
    assert customers.contact_of(db, lin.id).providers == ("card", "wechat")
    with pytest.raises(customers.IdentityTaken):
        customers.link_identity(db, provider="alipay", subject="2088", **link)
    assert sign_in(db, "2088", "alipay") == other


def test_of_two_names_at_one_provider_the_one_used_last_counts(db: Session, owner: Actor) -> None:
    lin = sign_in(db, "openid-1")
    customers.link_identity(db, customer_id=lin.id, provider="wechat", subject="openid-2", actor=owner, now=NOON + timedelta(1))
    assert customers.subject_of(db, lin.id, "wechat") == "openid-2"
    customers.find_or_create_by_identity(db, provider="wechat", subject="openid-1", name="Lin", now=NOON + timedelta(2))
    assert customers.subject_of(db, lin.id, "wechat") == "openid-1"


def test_no_subject_stands_in_the_database_in_clear(db: Session) -> None:
    sign_in(db, "openid-of-lin")
    for value in db.execute(text("SELECT * FROM customers__identity")).one():
        assert b"openid-of-lin" not in (bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode())


def test_erasing_a_customer_forgets_his_identities(db: Session, owner: Actor) -> None:
    lin = sign_in(db, "openid-1", locale="en")
    profile.update_customer(db, id=lin.id, row_version=None, actor=owner, now=NOON, email="lin@example.com")
    erasure.erase_customer(db, id=lin.id, actor=owner, now=NOON)
    row = db.get_one(Customer, lin.id)
    assert (rows(db, Identity), row.email, row.locale, customers.subject_of(db, lin.id, "wechat")) == (0, None, None, None)
    with pytest.raises(NotFound):
        customers.contact_of(db, lin.id)
    with pytest.raises(NotFound):
        customers.link_identity(db, customer_id=lin.id, provider="wechat", subject="openid-1", actor=owner, now=NOON)
    assert sign_in(db, "openid-1").id != lin.id  # who comes again is somebody new


@pytest.mark.parametrize("typed", ["lin", "lin@", "@example.com", "lin@example", "l in@example.com", "a@b@c.de", "x" * 300 + "@example.com"])
def test_what_is_no_address_of_e_mail_is_refused(db: Session, owner: Actor, typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        profile.create_customer(db, actor=owner, now=NOON, name="Lin", email=typed)
    assert "email" in refusal.value.errors


def test_whoever_signs_in_everywhere_at_once_becomes_one_customer(instance: Runtime) -> None:
    outcomes = race(CROWD, lambda db, n: sign_in(db, "openid-1").id)
    assert refused(outcomes) == 0
    assert len(set(outcomes)) == 1
    with reading() as db:
        assert (rows(db, Customer), rows(db, Identity)) == (1, 1)


def test_an_identity_that_many_want_to_link_leads_to_one_of_them(instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        people = [add_customer(db, owner, phone=None) for _ in range(CROWD)]
    outcomes = race(
        CROWD,
        lambda db, n: customers.link_identity(db, customer_id=people[n], provider="card", subject="7", actor=owner, now=NOON),
    )
    assert refused(outcomes, customers.IdentityTaken) == CROWD - 1
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Identity)) == 1
