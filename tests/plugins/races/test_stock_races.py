"""What holds of the stock when everybody wants it at once."""

from __future__ import annotations

import pytest
from arena import OWNER, THREADS, Arena, name
from shop import NOON
from sqlalchemy import func, select

from zhanggui.api import SYSTEM, reading, unit_of_work
from zhanggui.notices.models import Notice
from zhanggui.runtime import Runtime
from zhanggui.testing.racing import race, refused
from zhanggui_inventory import facade as inventory
from zhanggui_inventory.contracts import Handover, Wanted
from zhanggui_inventory.models import Location, StockLevel, StockMovement
from zhanggui_inventory.services import counting
from zhanggui_products import facade as products
from zhanggui_products.services import editing

pytestmark = pytest.mark.proof


def _level_id(arena: Arena, variant):
    return arena.one(select(StockLevel.id).where(StockLevel.variant_id == variant.id))


def test_the_last_units_are_held_once(arena: Arena):
    tea = arena.variant(stock=3)
    outcomes = arena.race(
        lambda db, n: inventory.reserve_stock(db, order_id=10_000 + n, wanted=[Wanted(tea.id, 1)], actor=SYSTEM, now=NOON)
    )
    assert refused(outcomes, inventory.OutOfStock) == arena.crowd - 3
    assert arena.level(tea) == (3, 3)


def test_every_kind_of_change_leaves_one_straight_account(arena: Arena):
    tea, cup = arena.variant(stock=40), arena.variant(stock=40)
    levels = {v.id: _level_id(arena, v) for v in (tea, cup)}
    with unit_of_work() as db:
        for order_id in range(20_000, 20_000 + arena.crowd):
            inventory.reserve_stock(db, order_id=order_id, wanted=[Wanted(tea.id, 1), Wanted(cup.id, 1)], actor=SYSTEM, now=NOON)

    def act(db, n):
        by = {"actor": SYSTEM, "now": NOON}
        mine, other = (tea, cup) if n % 2 else (cup, tea)
        match n % 6:
            case 0 | 1:
                inventory.release_stock(db, order_id=20_000 + n, **by)
            case 2:
                goods = [Handover(f"{mine.sku}:{n}", mine.id, 1), Handover(f"{other.sku}:{n}", other.id, 1)]
                inventory.take_stock(db, order_id=20_000 + n, handovers=goods, **by)
            case 3:
                inventory.reserve_stock(db, order_id=30_000 + n, wanted=[Wanted(mine.id, 1), Wanted(other.id, 2)], **by)
            case 4:
                counting.adjust_stock(db, id=levels[mine.id], quantity=-1, reason="lost", **by)
            case 5:
                counting.restock_level(db, id=levels[mine.id], quantity=2, **by)

    refused(arena.race(act), inventory.OutOfStock)
    arena.balance(tea, cup)


def test_a_count_among_sales_is_what_was_counted(arena: Arena):
    tea = arena.variant(stock=500)
    level = _level_id(arena, tea)
    with unit_of_work() as db:
        inventory.reserve_stock(db, order_id=40_000, wanted=[Wanted(tea.id, 100)], actor=SYSTEM, now=NOON)

    def act(db, n):
        if n % 3 == 0:
            counting.count_stock(db, id=level, counted=300 + n, actor=SYSTEM, now=NOON)
        else:
            inventory.take_stock(db, order_id=40_000, handovers=[Handover(f"{tea.sku}:{n}", tea.id, 1)], actor=SYSTEM, now=NOON)

    refused(arena.race(act))
    arena.balance(tea)
    counted = arena.ask(select(StockMovement.on_hand_after).where(StockMovement.variant_id == tea.id, StockMovement.kind == "count"))
    assert {row.on_hand_after for row in counted} == {300 + n for n in range(0, arena.crowd, 3)}


def test_no_more_is_lost_than_lies_there(arena: Arena):
    tea = arena.variant(stock=5)
    level = _level_id(arena, tea)
    outcomes = arena.race(lambda db, n: counting.adjust_stock(db, id=level, quantity=-1, reason="lost", actor=SYSTEM, now=NOON))
    assert refused(outcomes, counting.NegativeStock) == arena.crowd - 5
    assert arena.level(tea) == (0, 0)


def test_one_delivery_is_booked_once(arena: Arena):
    tea = arena.variant(stock=0)
    reference = name("delivery")
    arena.one_wins(
        lambda db, n: inventory.restock(db, variant_id=tea.id, quantity=7, reference=reference, actor=SYSTEM, now=NOON),
        counting.BookedAlready,
    )
    assert arena.level(tea) == (7, 0)


def test_the_staff_is_told_once_that_a_variant_runs_low(arena: Arena):
    tea = arena.variant(stock=arena.crowd)
    arena.race(lambda db, n: inventory.reserve_stock(db, order_id=50_000 + n, wanted=[Wanted(tea.id, 1)], actor=SYSTEM, now=NOON))
    assert arena.one(select(func.count()).where(Notice.key == f"inventory.low:{tea.id}:{NOON.date().isoformat()}")) == 1


def test_a_variant_gets_one_level_at_the_one_location(instance: Runtime, size):
    ids: list[int] = []
    with unit_of_work() as db:
        for number in range(3):
            product = editing.create_product(db, actor=OWNER, now=NOON, name="Tea", variants=[{"sku": f"NEW-{number}", "price": 1}])
            ids += products.variants_of_product(db, [product])[product]
    outcomes = race(size(THREADS, 24), lambda db, n: inventory.ensure_levels(db, ids if n % 2 else ids[::-1], now=NOON))
    assert refused(outcomes) == 0
    with reading() as db:
        assert (db.scalar(select(func.count()).select_from(StockLevel)), db.scalar(select(func.count()).select_from(Location))) == (3, 1)
