"""What holds of customers when everybody comes at once."""

from __future__ import annotations

from typing import Any

import pytest
from arena import OWNER, THREADS, Arena, name
from shop import NOON
from shoppers import Shopper, allow_demo_login
from sqlalchemy import func, select

from zhanggui.api import IllegalMove, NotFound, StaleRow, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.audit.models import AuditEntry
from zhanggui.runtime import Runtime
from zhanggui.testing.racing import at_once, refused
from zhanggui_customers import facade as customers
from zhanggui_customers.contracts import CustomerRecord, Purchases
from zhanggui_customers.models import Address, Customer
from zhanggui_customers.services import addresses, counters, history, profile
from zhanggui_orders.models import Order

pytestmark = pytest.mark.proof
BY: dict[str, Any] = {"actor": OWNER, "now": NOON}
HOME: dict[str, Any] = {"name": "Wang Wei", "phone": "13800138000", "region": ["浙江省", "杭州市", "西湖区"], "detail": "龙井路 1 号"}


def _kept(arena: Arena, who: int) -> list[Any]:
    c = Address.__table__.c
    return list(arena.ask(select(c.public_id, c.is_default).where(c.customer_id == who, c.removed_at.is_(None))))


def test_one_person_who_signs_in_everywhere_at_once_is_one_customer(arena: Arena):
    word = name("openid")
    outcomes = arena.race(
        lambda db, n: customers.find_or_create_by_identity(db, provider="demo", subject=word, name=word, now=NOON).id
    )
    assert refused(outcomes) == 0
    assert len(set(outcomes)) == 1


def test_nobody_keeps_more_addresses_than_the_shop_allows_and_one_is_the_default(arena: Arena, setting):
    setting("plugin.customers.max_addresses", 5)
    who = arena.customer()
    outcomes = arena.race(lambda db, n: addresses.add_address(db, customer_id=who, **HOME, is_default=bool(n % 2), **BY).public_id)
    assert refused(outcomes, addresses.TooManyAddresses) == arena.crowd - 5
    assert (len(_kept(arena, who)), sum(a.is_default for a in _kept(arena, who))) == (5, 1)


def test_one_address_stays_the_default_while_all_are_changed_and_removed(arena: Arena):
    who = arena.customer()
    with unit_of_work() as db:
        ids = [addresses.add_address(db, customer_id=who, **HOME, **BY).public_id for _ in range(4)]

    def act(db, n):
        if n % 2:
            addresses.update_address(db, customer_id=who, public_id=ids[n % 4], **HOME, is_default=True, **BY)
        else:
            addresses.remove_address(db, customer_id=who, public_id=ids[n % 4], **BY)

    refused(arena.race(act), NotFound)
    kept = _kept(arena, who)
    assert {a.public_id for a in kept} == {ids[1], ids[3]}
    assert sum(a.is_default for a in kept) == 1
    removed = select(func.count()).where(AuditEntry.action == "customers.address.removed", AuditEntry.target_id == str(who))
    assert arena.one(removed) == 2


def test_when_the_default_is_removed_the_newest_takes_its_place(arena: Arena):
    who = arena.customer()
    with unit_of_work() as db:
        ids = [addresses.add_address(db, customer_id=who, **HOME, **BY).public_id for _ in range(3)]
        addresses.remove_address(db, customer_id=who, public_id=ids[0], **BY)
    assert [a.public_id for a in _kept(arena, who) if a.is_default] == [ids[2]]


def test_no_purchase_is_lost_from_the_counters(arena: Arena):
    people = [arena.customer() for _ in range(3)]

    def act(db, n):
        if n % 3:
            counters.count_order(db, customer_id=people[n % 2], amount=100, sign=1, at=NOON)
        else:
            some = people if n % 2 else people[::-1]
            counters.add_purchases(db, [Purchases(who, 1, 100, NOON) for who in some])

    assert refused(arena.race(act)) == 0
    rows = arena.ask(select(Customer.order_count, Customer.spent).where(Customer.id.in_(people)))
    expected = sum(1 if n % 3 else 3 for n in range(arena.crowd))
    assert (sum(r.order_count for r in rows), sum(r.spent for r in rows)) == (expected, 100 * expected)


def test_a_customer_is_blocked_once(arena: Arena):
    who = arena.customer()
    arena.one_wins(lambda db, n: profile.block_customer(db, id=who, **BY), IllegalMove)
    arena.one_wins(lambda db, n: profile.unblock_customer(db, id=who, **BY), IllegalMove)


def test_of_those_who_save_the_same_form_one_saves(arena: Arena):
    who = arena.customer()
    arena.one_wins(lambda db, n: profile.update_customer(db, id=who, row_version=1, name=f"Name {n}", **BY), StaleRow)


def test_what_several_change_of_one_customer_is_all_kept(arena: Arena):
    who = arena.customer()

    def act(db, n):
        field: dict[str, Any] = ({"region": "Zhejiang"}, {"gender": "female"}, {"tags": "tea"}, {"phone": "13800138000"})[n % 4]
        profile.update_customer(db, id=who, row_version=None, **field, **BY)

    assert refused(arena.race(act)) == 0
    c = Customer.__table__.c
    assert tuple(arena.ask(select(c.region, c.gender, c.tags, c.phone).where(c.id == who))[0]) == (
        "Zhejiang", "female", ["tea"], "13800138000",
    )  # fmt: skip


def test_a_customer_of_two_files_is_one_customer(arena: Arena):
    source = name("file")
    records = [CustomerRecord(f"{source}/{k}", f"Customer {k}") for k in range(4)]
    outcomes = arena.race(lambda db, n: history.upsert_customers(db, records if n % 2 else records[::-1], batch_id="b", **BY))
    assert refused(outcomes) == 0
    assert len({tuple(sorted(o.items())) for o in outcomes}) == 1


def test_requests_of_one_customer_with_one_key_are_one_order_and_no_change_is_lost(instance: Runtime, site: Site, size):
    from shop import add_product

    allow_demo_login()
    count = size(THREADS, 24)
    with unit_of_work() as db:
        tea = add_product(db, OWNER, stock=50)
    token = Shopper(site).post("/session", {"code": "demo:wang"}).get_json()["token"]
    answers = at_once(count, lambda n: Shopper(site, token).order(tea, headers={"Idempotency-Key": "cart-1"}))
    assert {a.status_code for a in answers} == {201}
    assert len({a.get_data() for a in answers}) == 1
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Order)) == 1
    address = Shopper(site, token).post("/addresses", HOME).get_json()["id"]
    changes = ({"name": "Li Na"}, {"detail": "龙井路 9 号"}, {"phone": "13900139000"}, {"region": ["北京市", "朝阳区"]})
    answers = at_once(count, lambda n: Shopper(site, token).send("PATCH", f"/addresses/{address}", json=changes[n % 4]))
    assert {a.status_code for a in answers} == {200}
    kept = Shopper(site, token).get("/addresses")["items"][0]
    assert {name: kept[name] for name in HOME} == {name: value for change in changes for name, value in change.items()}
