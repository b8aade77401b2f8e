"""Orders are found by what people say of them, each way by its own index."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shop import NOON, add_customer, add_product, place
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, gateway, reader_at_work, reading, unit_of_work, words
from zhanggui.host import current_host
from zhanggui.runtime import Runtime
from zhanggui.web.query import parse
from zhanggui.web.searching import ways
from zhanggui.web.sum_bar import figures
from zhanggui_customers import facade as customers
from zhanggui_orders.contracts import HistoricLine, HistoricOrder
from zhanggui_orders.facade import record_history
from zhanggui_orders.models import Order, OrderTerm
from zhanggui_orders.services.erasure import erase

ZONE = ZoneInfo("Asia/Shanghai")


def found(actor: Actor, text: str, **args: str) -> list[str]:
    with reading() as db:
        return _found(db, actor, text, args)


def _found(db: Session, actor: Actor, text: str, args: dict[str, str]) -> list[str]:
    screen = current_host().screens["orders.Order"]
    query = parse(screen, {"q": text, **args}, actor, zone=ZONE, currency="CNY")
    page = gateway.page(db, screen, reader_at_work(actor), query)
    assert page.total == len(page.rows) or page.next
    sums = figures(db, screen, actor, query, zone=ZONE, currency="CNY")
    assert sums is not None
    assert (sums.rows or 0) == page.total
    return [row.number for row in page.rows]


@pytest.fixture
def orders(instance: Runtime, owner: Actor) -> dict[str, Any]:
    """Longjing for Wang Wei, two oolongs for Li Na."""
    with unit_of_work() as db:
        return _orders(db, owner)


def _orders(db: Session, owner: Actor) -> dict[str, Any]:
    longjing = add_product(db, owner, "TEA-250", name="Longjing tea 西湖龙井")
    oolong = add_product(db, owner, "OO-9981", name="Oolong")
    wang = add_customer(db, owner)
    home = customers.add_address(db, customer_id=wang, name="Wang Wei", phone="13800138000", region=["浙江省"], detail="1", actor=owner, now=NOON)
    li = add_customer(db, owner, "Li Na", phone="13900139000")
    made = {
        "longjing": place(db, owner, (longjing, 1), customer_id=wang, address_id=home.public_id),
        "oolong": place(db, owner, (oolong, 1), customer_id=li), "both": place(db, owner, (oolong, 2), (longjing, 1), customer_id=li),
    }  # fmt: skip
    db.flush()
    return made


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("longjing", ["both", "longjing"]), ("LONGJING Tea", ["both", "longjing"]), ("龙井", ["both", "longjing"]), ("西湖龙井", ["both", "longjing"]),
        ("oo-9981", ["both", "oolong"]), ("9981", ["both", "oolong"]), ("oolong longjing", ["both"]), ("wang wei", ["longjing"]),
        ("13800138000", ["longjing"]), ("Wang", []), ("1380", []), ("jasmine", []), ("250", ["both", "oolong", "longjing"]),
    ],
)  # fmt: skip
def test_by_words_skus_whole_names_and_phones(owner: Actor, orders: dict[str, Any], text: str, wanted: list[str]) -> None:
    assert found(owner, text) == [orders[name].number for name in wanted]


def test_by_any_four_digits_of_the_number_and_more(owner: Actor, orders: dict[str, Any]) -> None:
    number = orders["oolong"].number
    for start in range(len(number) - 4):
        assert number in found(owner, number[start : start + 4])
        assert number in found(owner, number[start : start + 5])
    assert found(owner, number[5:]) == found(owner, number) == [number]
    assert found(owner, "".join(reversed(number[-8:]))) in ([], [number])  # the same fours in another order are not it


def test_who_may_not_reveal_finds_nobody_by_name_or_phone(warehouse: Actor, orders: dict[str, Any]) -> None:
    assert found(warehouse, "wang wei") == found(warehouse, "13800138000") == []
    assert len(found(warehouse, "longjing")) == 2


def test_filters_and_pages_narrow_what_was_found(owner: Actor, orders: dict[str, Any]) -> None:
    assert found(owner, "oolong", total_from="50") == [orders["both"].number]
    assert found(owner, "oolong", stage="canceled") == []


def test_pages_of_a_search_are_those_of_the_list(db: Session, warehouse: Actor) -> None:
    line = HistoricLine("OLD-1", "Old brick", 1, 100)
    record_history(db, [HistoricOrder(f"K{n}", NOON, "CNY", [line], number=f"N{n:06d}") for n in range(60)], "batch")
    screen, seen, args = current_host().screens["orders.Order"], [], {"q": "brick"}
    while True:
        query = parse(screen, args, warehouse, zone=ZONE, currency="CNY")
        page = gateway.page(db, screen, reader_at_work(warehouse), query)
        assert page.total == 60
        seen += [row.number for row in page.rows]
        if not page.next:
            break
        args = {"q": "brick", "after": page.next}
    assert seen == [f"N{n:06d}" for n in reversed(range(60))]
    second = parse(screen, {"q": "brick", "page": "2"}, warehouse, zone=ZONE, currency="CNY")
    assert [row.number for row in gateway.page(db, screen, reader_at_work(warehouse), second).rows] == seen[25:50]


def test_an_erased_buyer_is_not_found_any_more(owner: Actor, orders: dict[str, Any]) -> None:
    assert found(owner, "wang wei") == [orders["longjing"].number]
    with unit_of_work() as db:
        erase(db, ("customers.Customer", orders["longjing"].customer_id), actor=owner, now=NOON)
    assert found(owner, "wang wei") == []
    with reading() as db:
        assert db.scalar(select(Order.name_index).where(Order.id == orders["longjing"].id)) is None


def test_a_long_order_has_its_first_words(db: Session, owner: Actor) -> None:
    lines = [HistoricLine(f"S{n}", f"word{'abcdefghij'[n % 10]}{n} thing", 1, 1) for n in range(100)]
    ids = record_history(db, [HistoricOrder("L", NOON, "CNY", lines)], "batch")
    terms = set(db.scalars(select(OrderTerm.term).where(OrderTerm.order_id == ids["L"])))
    assert len(terms) <= 200
    assert words.terms("S0") <= terms


@pytest.mark.parametrize(("text", "looked_at"), [("261", True), ("SN26", True), ("2601", False), ("26010100000777", False), ("龙井", False), ("green tea", False)])
def test_the_beginning_of_a_number_is_looked_for_only_where_its_terms_say_nothing(instance: Runtime, owner: Actor, text: str, looked_at: bool) -> None:
    screen = current_host().screens["orders.Order"]
    said = [str(way.clause) for way in ways(screen, gateway.table(screen), owner, text) if way.clause is not None and not way.terms]
    assert any("number >=" in clause or "number LIKE" in clause for clause in said) is looked_at
