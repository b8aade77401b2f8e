"""Each search of orders costs at most three times what the plain list costs, however many orders there are."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from zhanggui.api import unit_of_work
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui_customers import facade as customers
from zhanggui_orders.models import Order

pytestmark = pytest.mark.proof
# A number of the shop, something that half of all orders have, something rare, one that hardly goes with it, and nothing.
SEARCHES = {
    "number": "26010100000777", "four digits": "0777", "six digits": "000777", "first four digits": "2601", "phone": "13800138000",
    "name": "王伟", "common word": "龙井", "rare word": "rare-sku-7", "two words": "龙井 oolong", "nothing": "zzzzzz",
}  # fmt: skip
TIMES, SLACK = 3, 0.010  # beside the ratio, so many seconds: a page of ten milliseconds on a busy machine says little


def _fill(connection: Connection, count: int) -> None:
    """Orders a minute apart: every 2nd with 龙井, every 10th with oolong, every 5,000th with a rare SKU, every 1,000th of one buyer."""
    lite = connection.dialect.name == "sqlite"

    def run(sql: str) -> None:
        connection.execute(text(sql))

    numbers = f"(WITH RECURSIVE s(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)" if lite else f"generate_series(2, {count}) AS s(n)"
    number = "'260101' || substr('00000000' || n, -8)" if lite else "'260101' || lpad(CAST(n AS text), 8, '0')"
    at = "datetime('2026-03-01', '-' || n || ' minutes') || '.000000'" if lite else "timestamptz '2026-03-01' - n * interval '1 minute'"
    copied = [c.name for c in Order.__table__.c if c.name not in ("id", "number", "placed_at", "name_index", "phone_index", "external_key")]
    some = lambda every, column: f"CASE WHEN n % {every} = 0 THEN first.{column} END"  # noqa: E731 - a word of this statement
    run(
        f"INSERT INTO orders__order (id, number, placed_at, name_index, phone_index, {', '.join(copied)}) "
        f"SELECT n, {number}, {at}, {some(1000, 'name_index')}, {some(50000, 'phone_index')}, {', '.join(f'first.{c}' for c in copied)} "
        f"FROM {numbers}, orders__order AS first WHERE first.id = 1"
    )
    parts = [f"SELECT substr(number, {k}, 4), placed_at, id FROM orders__order" for k in range(1, 12)]
    parts += [f"SELECT '{term}', placed_at, id FROM orders__order WHERE id % {every} = 0" for term, every in (("龙井", 2), ("oolong", 10), ("rare-sku-7", 5000))]
    for part in parts:
        nothing = "WHERE true" if "WHERE" not in part else ""
        run(f"INSERT INTO orders__order_term (term, placed_at, order_id) {part} {nothing} ON CONFLICT DO NOTHING")
    run("ANALYZE")


@pytest.fixture
def many(instance: Runtime, size: Callable[[int, int], int]) -> int:
    """Orders, their terms, and the figures that planners go by."""
    count = size(20_000, 1_000_000)
    from shop import NOON

    one: dict[str, Any] = {
        "id": 1, "number": "26010100000001", "status": "completed", "payment_status": "paid", "fulfillment_status": "received", "stage": "done",
        "source": "storefront", "currency": "CNY", "goods_total": 100, "discount_total": 0, "total": 100, "paid_total": 100, "refunded_total": 0, "freight_total": 0,
        "summary": "龙井 ×1", "buyer_name": "王伟", "name_index": customers.name_index("王伟"), "phone_index": customers.phone_index("13800138000"),
        "placed_at": NOON, "paid_at": NOON, "row_version": 1,
    }  # fmt: skip
    with unit_of_work() as db:
        db.execute(insert(Order.__table__), one)
        _fill(db.connection(), count)
    return count


def _median(visitor: Visitor, path: str, rounds: int) -> float:
    taken = []
    for _round in range(rounds):
        begun = time.perf_counter()
        assert visitor.get(path).status_code == 200
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def test_each_search_costs_at_most_three_times_the_plain_list(
    many: int, kind: str, visit: Callable[..., Visitor], size: Callable[[int, int], int], keep_figures: Callable[[str, Any], None]
) -> None:
    owner, rounds = visit("owner"), size(3, 15)
    plain = _median(owner, "/orders/", rounds)
    taken = {name: _median(owner, f"/orders/?q={asked}", rounds) for name, asked in SEARCHES.items()}
    keep_figures(f"search_orders_{kind}", {"orders": many, "plain_ms": round(plain * 1000, 1), **{name: round(t * 1000, 1) for name, t in taken.items()}})
    slow = {name: round(t / plain, 1) for name, t in taken.items() if t > size(8, TIMES) * plain + SLACK}
    assert not slow, slow


def test_the_walks_are_along_the_index(many: int, instance: Runtime, kind: str) -> None:
    explain = "EXPLAIN QUERY PLAN " if kind == "sqlite" else "EXPLAIN "
    walk = "SELECT t.order_id FROM orders__order_term t WHERE t.term = '龙井' ORDER BY t.placed_at DESC, t.order_id DESC LIMIT 26"
    with instance.read_bind.connect() as connection:
        found = "\n".join(str(row[-1]) for row in connection.execute(text(explain + walk)))
    assert "autoindex_orders__order_term" in found or "pk_orders__order_term" in found, found
    assert "SCAN" not in found
    assert not any(sort in found for sort in ("TEMP B-TREE", "Sort")), found
