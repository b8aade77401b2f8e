"""Stock that people change by hand, and the warning when it runs low."""

from __future__ import annotations

from typing import Any

import pytest
from shop import NOON, add_product, place, stock_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import (
    SYSTEM,
    Actor,
    Invalid,
    Question,
    change_row,
    counted,
    create_row,
    gateway,
    reader_at_work,
    reading,
    timeline,
    unit_of_work,
)
from zhanggui.host import current_host
from zhanggui.web.query import ListQuery
from zhanggui_inventory import facade as inventory
from zhanggui_inventory import jobs
from zhanggui_inventory.models import StockLevel, StockMovement
from zhanggui_inventory.services import counting, levels
from zhanggui_products.services import editing


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every notice, which still goes its way."""
    notices: list[dict[str, Any]] = []
    passed_on = levels.notify

    def listen(db: Session, **notice: Any) -> None:
        notices.append(notice)
        passed_on(db, **notice)

    monkeypatch.setattr(levels, "notify", listen)
    return notices


def level_of(db: Session, variant: Any) -> StockLevel:
    return db.scalars(
        select(StockLevel).where(StockLevel.variant_id == variant.id).execution_options(populate_existing=True)
    ).one()


def test_a_count_sets_what_lies_there_and_keeps_what_is_held(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=10)
    place(db, owner, (tea, 4))
    counting.count_stock(db, id=level_of(db, tea).id, counted=3, note="shelf B", actor=owner, now=NOON)
    assert (stock_of(db, tea).on_hand, stock_of(db, tea).reserved, stock_of(db, tea).available) == (3, 4, -1)
    entry = timeline(db, reader_at_work(owner), "inventory.StockLevel", level_of(db, tea).id)[0]
    assert (entry.before, entry.after, entry.reason) == ({"on_hand": 10}, {"on_hand": 3}, "shelf B")


def test_an_adjustment_has_a_reason_and_does_not_go_below_zero(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=2)
    where = level_of(db, tea).id
    counting.adjust_stock(db, id=where, quantity=-1, reason="damaged", actor=owner, now=NOON)
    with pytest.raises(counting.NegativeStock):
        counting.adjust_stock(db, id=where, quantity=-2, reason="lost", actor=owner, now=NOON)
    assert stock_of(db, tea).on_hand == 1
    moved = db.scalars(select(StockMovement).where(StockMovement.kind == "adjust")).one()
    assert (moved.on_hand_change, moved.on_hand_after, moved.reason) == (-1, 1, "damaged")


def test_the_staff_is_told_once_when_it_falls_to_the_warn_level(db: Session, owner: Actor, told: list[Any]) -> None:
    tea = add_product(db, owner, stock=8)  # warns at 5
    for _ in range(2):
        place(db, owner, (tea, 1))
    assert told == []
    for _ in range(3):
        place(db, owner, (tea, 1))
    assert [n["key"] for n in told] == [f"inventory.low:{tea.id}:2026-03-02"]
    assert "Longjing tea" in str(told[0]["title"])
    assert counted(db, reader_at_work(SYSTEM), Question("inventory.StockLevel", {"low": "1"})) == 1


def test_it_is_told_again_after_it_was_filled_up(db: Session, owner: Actor, told: list[Any]) -> None:
    tea = add_product(db, owner, stock=6)
    place(db, owner, (tea, 1))
    inventory.restock(db, variant_id=tea.id, quantity=10, actor=owner, now=NOON)
    assert not level_of(db, tea).low
    place(db, owner, (tea, 10))
    assert len(told) == 2


def test_the_warn_level_decides_what_runs_low(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=10)
    assert not level_of(db, tea).low
    counting.set_warn_level(db, id=level_of(db, tea).id, warn_level=10, actor=owner, now=NOON)
    assert level_of(db, tea).low


def test_a_delivery_with_a_reference_comes_in_once(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=0)
    inventory.restock(db, variant_id=tea.id, quantity=2, reference="delivery:1", actor=owner, now=NOON)
    with pytest.raises(counting.BookedAlready):
        inventory.restock(db, variant_id=tea.id, quantity=2, reference="delivery:1", actor=owner, now=NOON)
    assert stock_of(db, tea).on_hand == 2


def test_a_saved_product_gets_levels_and_its_new_name(db: Session, owner: Actor) -> None:
    variants = [{"sku": "A", "price": 1}, {"sku": "B", "price": 2}]
    product_id = editing.create_product(db, actor=owner, now=NOON, name="Tea", variants=variants)
    ids = [variant.id for variant in db.get_one(editing.Product, product_id).variants]
    for _ in range(2):
        jobs.keep_levels.function(db, variant_ids=ids, product_id=product_id)
    assert sorted(db.scalars(select(StockLevel.title))) == ["Tea", "Tea"]
    editing.update_product(
        db, id=product_id, row_version=None, actor=owner, now=NOON, name="Green tea", variants=variants
    )
    jobs.keep_levels.function(db, variant_ids=ids)
    assert set(db.scalars(select(StockLevel.title))) == {"Green tea"}


def test_the_list_of_products_says_what_is_available(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=7)
    cup = add_product(db, owner, "CUP", stock=2)
    place(db, owner, (tea, 1))
    screen = current_host().screens["products.Product"]
    found = gateway.page(db, screen, reader_at_work(SYSTEM), ListQuery())
    assert found.extra["inventory__available"] == {tea.product_id: 6, cup.product_id: 2}
    low = gateway.page(db, screen, reader_at_work(SYSTEM), ListQuery(filters={"inventory__low_stock": True}))
    assert [row.id for row in low.rows] == [cup.product_id]


def opened(variants: list[dict[str, Any]], actor: Actor) -> Any:
    with unit_of_work() as db:
        return create_row(db, resource="products.Product", values={"name": "Longjing tea", "variants": variants}, actor=actor, now=NOON)


def test_a_new_product_brings_its_opening_stock(instance: Any, owner: Actor) -> None:
    product = opened([
        {"sku": "TEA-250", "price": 1990, "inventory__opening": 12}, {"sku": "TEA-500", "price": 3500, "inventory__opening": 0}, {"sku": "TEA-1000", "price": 6000},
    ], owner)  # fmt: skip
    with reading() as db:
        moved = db.scalars(select(StockMovement)).all()
        assert [(one.kind, one.on_hand_change, one.on_hand_after, one.reference) for one in moved] == [("opening", 12, 12, f"products.Product:{product}")]
        level = db.scalars(select(StockLevel)).one()
        assert (level.sku, level.on_hand) == ("TEA-250", 12)
        assert timeline(db, reader_at_work(owner), "inventory.StockLevel", level.id)[0].action == "inventory.stock.opened"


def test_opening_stock_is_asked_only_of_who_may_restock_and_only_once(instance: Any, owner: Actor, clerk: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        opened([{"sku": "TEA-250", "price": 1990, "inventory__opening": 12}], clerk)
    assert list(refused.value.errors) == ["variants-0-inventory__opening"]
    product = opened([{"sku": "TEA-250", "price": 1990}], clerk)
    screen = current_host().screens["products.Product"]
    for actor, new, there in ((owner, True, True), (owner, False, False), (clerk, True, False)):
        lines = next(f for f in gateway.form(screen, actor, new=new).fields if f.name == "variants")
        assert any(part.name == "inventory__opening" for part in lines.rows) is there
    with pytest.raises(Invalid), unit_of_work() as db:
        line = {"sku": "TEA-250", "price": 1990, "inventory__opening": 12}
        change_row(db, resource="products.Product", id=product, values={"variants": [line]}, row_version=None, actor=owner, now=NOON)


def test_a_product_that_is_refused_brings_no_stock(instance: Any, owner: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        opened([{"sku": "TEA-250", "price": 1990, "inventory__opening": -1}], owner)
    assert list(refused.value.errors) == ["variants-0-inventory__opening"]
    with pytest.raises(Invalid):
        opened([{"sku": "TEA-250", "price": 1990, "inventory__opening": 3}, {"sku": "TEA-250", "price": 1, "inventory__opening": 4}], owner)
    with reading() as db:
        assert db.scalars(select(StockMovement)).all() == []
