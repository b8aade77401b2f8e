"""The screen of order lines, what a line had cost, and where an order goes."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shop import NOON, add_customer, add_product, place
from sqlalchemy import update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Forbidden, gateway, reader_at_work
from zhanggui.host import current_host
from zhanggui.web import exports
from zhanggui.web.query import parse, visible_columns
from zhanggui_customers.services.addresses import add_address
from zhanggui_customers.services.erasure import erase_customer
from zhanggui_orders import exporting
from zhanggui_orders import facade as orders
from zhanggui_orders.models import Order
from zhanggui_products.models import Variant

ZONE = ZoneInfo("Asia/Shanghai")
LINES = "orders.OrderLine"
READING = frozenset({("can_list", LINES), ("can_show", LINES), ("can_export", LINES)})


def listed(db: Session, actor: Actor, resource: str = LINES, **args: str) -> list[Any]:
    screen = current_host().screens[resource]
    return list(gateway.page(db, screen, reader_at_work(actor), parse(screen, args, actor, zone=ZONE, currency="CNY")).rows)


def cost(db: Session, variant: Any, amount: int | None) -> None:
    db.execute(update(Variant).where(Variant.id == variant.id).values(cost=amount))


@pytest.fixture
def shop(db: Session, owner: Actor) -> dict[str, Any]:
    """Two products, and an order to Hangzhou that holds both."""
    tea, cup = add_product(db, owner, stock=50), add_product(db, owner, "CUP", price=500, name="Cup", stock=50)
    cost(db, tea, 700)
    buyer = add_customer(db, owner)
    home = add_address(
        db, customer_id=buyer, name="Wang Wei", phone="13800138000", region=["浙江省", "杭州市", "西湖区"], detail="1", actor=owner, now=NOON,
    )  # fmt: skip
    order = place(db, owner, (tea, 2), (cup, 1), customer_id=buyer, address_id=home.public_id)
    return {"tea": tea, "cup": cup, "buyer": buyer, "order": order}


def test_a_line_keeps_what_it_had_cost_at_placing(db: Session, owner: Actor, shop: dict[str, Any]) -> None:
    cost(db, shop["tea"], 900)
    later = place(db, owner, (shop["tea"], 1))
    rows = {(row.order_id, row.sku): row.unit_cost for row in listed(db, owner)}
    assert rows == {(shop["order"].id, "TEA-250"): 700, (shop["order"].id, "CUP"): None, (later.id, "TEA-250"): 900}


def test_what_it_had_cost_is_shown_to_who_may_see_it_and_told_to_no_buyer(db: Session, owner: Actor, clerk: Actor, shop: dict[str, Any]) -> None:
    screen = current_host().screens[LINES]
    assert "unit_cost" in {c.name for c in visible_columns(screen, owner)}
    assert "unit_cost" not in {c.name for c in visible_columns(screen, clerk)}
    assert not hasattr(listed(db, clerk)[0], "unit_cost")
    with pytest.raises(Forbidden):
        listed(db, Actor("user", name="stranger"))
    view = orders.order_of_customer(db, customer_id=shop["buyer"], number=shop["order"].number)
    assert "cost" not in str(view)


def test_lines_are_found_by_product_sku_day_stage_and_kind(db: Session, owner: Actor, shop: dict[str, Any]) -> None:
    line = orders.HistoricLine("OLD", "Old tea", -1, 100, kind="return")
    orders.record_history(db, [orders.HistoricOrder("K1", NOON - timedelta(days=30), "USD", [line])], "batch-1")

    def skus(**args: str) -> list[str]:
        return sorted(row.sku for row in listed(db, owner, **args))

    assert skus() == ["CUP", "OLD", "TEA-250"]
    assert skus(product_id=str(shop["tea"].product_id)) == ["TEA-250"]
    assert skus(sku="TEA") == skus(q="TEA-250") == ["TEA-250"]
    assert skus(placed_at_from="2026-03-02") == skus(stage="to_pay") == ["CUP", "TEA-250"]
    assert skus(placed_at_to="2026-03-01") == skus(stage="done,canceled") == skus(kind="return") == ["OLD"]
    assert {row.sku: row.currency for row in listed(db, owner)} == {"OLD": "USD", "CUP": "CNY", "TEA-250": "CNY"}


def test_lines_are_exported_with_the_currency_of_their_order(db: Session, owner: Actor, shop: dict[str, Any]) -> None:
    screen = current_host().screens[LINES]
    query = parse(screen, {"sku": "TEA"}, owner, zone=ZONE, currency="CNY")
    text = b"".join(exports.csv_rows(db, screen, reader_at_work(owner), query, currency="JPY")).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["sku"], row["total"], row["unit_cost"], row["currency"]) == ("TEA-250", "39.80", "7.00", "CNY")


def test_an_order_keeps_the_code_of_its_city_when_its_buyer_is_erased(db: Session, owner: Actor, shop: dict[str, Any]) -> None:
    order = shop["order"]
    assert (order.region, orders.facts(db, order.id).region) == ("330100", "330100")
    erase_customer(db, id=shop["buyer"], actor=owner, now=NOON)
    db.refresh(order)
    assert (order.address, order.region) == (None, "330100")


def test_orders_are_found_by_province(db: Session, owner: Actor, shop: dict[str, Any]) -> None:
    place(db, owner, (shop["cup"], 1))
    found = {code: len(listed(db, owner, "orders.Order", province=code)) for code in ("330000", "320000", "320000,330000")}
    assert found == {"330000": 1, "320000": 0, "320000,330000": 1}
    assert listed(db, owner, "orders.Order", province="330000")[0].region == "330100"


def test_the_file_of_orders_names_the_region_as_the_importer_reads_it(db: Session, owner: Actor, shop: dict[str, Any]) -> None:
    rows, _place = exporting.batch(db, None, 10)
    place_of = dict(zip(exporting.COLUMNS, rows[0], strict=True))["region"]
    ids = orders.record_history(
        db, [orders.HistoricOrder("K1", NOON, "CNY", [orders.HistoricLine("OLD", "Old", 1, 100)], region=[place_of])], "b"
    )
    assert db.get_one(Order, ids["K1"]).region == "330100"
