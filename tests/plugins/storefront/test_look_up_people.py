"""Who may not reveal a phone does not find its owner by asking, at whatever door."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest
from shop import NOON, add_customer, add_product, place
from sqlalchemy import func, select

from zhanggui.api import SYSTEM, Actor, BlindIndex, Looked, clock, look_up, unit_of_work
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service
from zhanggui.auth.lookups import TooManyLookUps
from zhanggui.config import settings
from zhanggui.db.base import metadata
from zhanggui.db.uow import reading
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui_customers import facade as customers
from zhanggui_customers.models import Customer
from zhanggui_orders.models import Order

THERE, AWAY = "13800138000", "13800138999"
READING = ("list", "show", "export")
DOORS = [
    f"/{screen}{door}"
    for screen in ("customers", "orders")
    for door in ("/?q=", "/lookup?q=", "/export.csv?q=", "/?sort=&size=50&q=")
] + ["/search?q=", "/api/v1/customers/customers/?q=", "/api/v1/orders/orders/?q="]  # fmt: skip


@pytest.fixture
def shop(instance: Runtime, owner: Actor) -> int:
    """A customer with a phone, and an order that goes to it."""
    with unit_of_work() as db:
        tea, buyer = add_product(db, owner), add_customer(db, owner, "Wang Wei", THERE)
        address = customers.add_address(
            db, customer_id=buyer, name="Wang Wei", phone=THERE, region=["Zhejiang"], detail="1 Lake Road", actor=owner, now=NOON
        )
        place(db, owner, (tea, 1), customer_id=buyer, address_id=address.public_id)
        return buyer


@pytest.fixture
def reader(shop: int, visit: Callable[..., Visitor]) -> Visitor:
    """Somebody who may list and export everything, and reveal nothing."""
    with unit_of_work() as db:
        grants = {(f"can_{verb}", resource) for verb in READING for resource in ("customers.Customer", "orders.Order")}
        service.create_role(db, name="reader", grants=grants, actor=SYSTEM, now=clock.now())
    return visit("reader")


def answer(visitor: Visitor, door: str, text: str, accept: str = "text/html") -> tuple[int, str]:
    """What stands behind a door, without what was asked for and what is another at each page."""
    got = visitor.client.get(door + text, headers={"Accept": accept, "Accept-Language": "en"})
    body = got.get_data(as_text=True).replace(text, "…").replace(quote_plus(text), "…")
    return got.status_code, re.sub(r'nonce="[^"]*"|name="csrf[^>]*>|csrf[^>]*content="[^"]*"|"correlation": ?"[^"]*"', "", body)


def test_at_no_door_is_there_a_difference_for_who_lacks_the_right(reader: Visitor) -> None:
    for door, accept in [*((door, "text/html") for door in DOORS), ("/search?q=", "application/json")]:
        there, away = answer(reader, door, THERE, accept), answer(reader, door, AWAY, accept)
        assert there == away, door
        assert there[0] == 200, door
        assert "Wang" not in there[1]
    for text, other in (("8000", "8999"), ("Wang Wei", "Wong Wei")):
        assert answer(reader, "/customers/?q=", text) == answer(reader, "/customers/?q=", other)


def test_at_every_door_it_is_found_by_who_holds_it(shop: int, visit: Callable[..., Visitor]) -> None:
    clerk, owner = visit("clerk"), visit("owner")
    with reading() as db:
        number = db.scalars(select(Order.number)).one()
    for door in DOORS:
        visitor = owner if "export" in door else clerk
        (status, there), (_, away) = answer(visitor, door, THERE), answer(visitor, door, AWAY)
        assert status == 200, door
        known = "Wang Wei" if "order" not in door or "search" in door else number
        assert (known in there, known in away) == (True, False), door
    assert clerk.get("/customers/lookup?q=8000").get_json()["items"] == [{"id": str(shop), "label": "Wang Wei"}]


def test_each_is_counted_once_recorded_without_whom_and_limited(shop: int, visit: Callable[..., Visitor]) -> None:
    clerk = visit("clerk")
    with unit_of_work() as db:
        settings.set(db, "auth.look_ups", 3, actor=SYSTEM, now=clock.now())
    for _ in range(3):  # the same question at three doors is one
        assert {clerk.get(door + THERE).status_code for door in ("/customers/?q=", "/search?q=", "/orders/lookup?q=")} == {200}
    assert [clerk.get(f"/customers/?q=1390000000{n}").status_code for n in range(4)] == [200, 200, 429, 429]
    assert clerk.get(f"/customers/?q={THERE}").status_code == 200
    assert clerk.get("/customers/").status_code == 200
    assert clerk.client.get("/api/v1/customers/customers/?q=13900000009").status_code == 429
    refused = clerk.client.get("/search?q=13900000009", headers={"Accept": "application/json", "Accept-Language": "en"})
    assert (refused.status_code, refused.get_json()["detail"]) == (429, "Too many people were looked up. Please wait a few minutes.")
    with reading() as db:
        entries = db.execute(select(*AuditEntry.__table__.c).where(AuditEntry.action == "core.person.looked_up")).all()
    assert [(e.actor_name, e.target_type, e.after, e.sealed) for e in entries] == [
        ("clerk", "customers.Customer", {"look_ups": n}, None) for n in (1, 2, 3)
    ]


def test_jobs_and_commands_have_no_limit(shop: int) -> None:
    with unit_of_work() as db:
        settings.set(db, "auth.look_ups", 1, actor=SYSTEM, now=clock.now())
    right = ("can_reveal", "customers.Customer")
    for n in range(3):
        assert look_up(f"139{n}", {"x": lambda text: text}, right=right, actor=SYSTEM) == {"x": f"139{n}"}
    user = Actor("user", id=99, name="u", everything=True)
    look_up("1", {"x": lambda text: text}, right=right, actor=user)
    with pytest.raises(TooManyLookUps):
        look_up("2", {"x": lambda text: text}, right=right, actor=user)
    with reading() as db:
        assert db.scalar(select(func.count()).where(AuditEntry.action == "core.person.looked_up")) == 1


def test_a_blind_index_is_compared_with_nothing_else() -> None:
    index = Customer.__table__.c.phone_index
    for value in ("a digest", ["a digest"], 7):
        with pytest.raises(TypeError, match="look_up"):
            index.in_(value) if isinstance(value, list) else index == value
    assert (index == Looked("a digest")) is not None
    assert (index.is_(None)) is not None


def test_every_digest_of_personal_data_is_a_blind_index(instance: Runtime) -> None:
    found = {f"{table.name}.{c.name}" for table in metadata.tables.values() for c in table.c if c.name.endswith("_index")}
    blind = {f"{table.name}.{c.name}" for table in metadata.tables.values() for c in table.c if isinstance(c.type, BlindIndex)}
    assert len(blind) == 5
    # Compared by the database alone, which keeps it unique; and with what a provider says of who signs in, not with what is typed.
    assert found - blind == {"payments__attempt.reference_index", "customers__identity.subject_index"}
