"""Pieces a day over the days on which they could be bought, and how long what is there lasts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from shop import NOON, add_product
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Reader, clock, facts, reading, shop_zone, unit_of_work
from zhanggui.runtime import Runtime
from zhanggui_inventory import facade as inventory
from zhanggui_inventory import figures, jobs
from zhanggui_inventory.models import Pace, StockLevel, StockMovement
from zhanggui_inventory.services.counting import count_stock
from zhanggui_inventory.services.pace import pace_of

TODAY = date(2026, 3, 2)
FIRST = TODAY - timedelta(days=28)


def move(days_ago: float, left: int, kind: str = "restock", reserved: int = 0, location: int = 1) -> Any:
    return SimpleNamespace(at=NOON - timedelta(days=days_ago), kind=kind, left=left, reserved_change=reserved, location_id=location)


@pytest.mark.parametrize(("moves", "sold", "days", "gone"), [
    ([move(40, 10)], 0, 28, 0),  # there all the time
    ([move(40, 0)], 0, 0, 28),
    ([move(10, 10)], 0, 10, 0),  # before it came it was not sold out: it was not there
    ([move(40, 5), move(10, 0, "reserve", 5)], 5, 19, 9),  # the day on which the last one went is a day on which it could be bought
    ([move(40, 5), move(10, 0, "reserve", 5), move(9, 5, "release", -5)], 0, 28, 0),
    ([move(40, 5), move(10, 0, "reserve", 5), move(7, 5, "release", -5)], 0, 26, 2),
    ([move(40, 0), move(40, 3, location=2)], 0, 28, 0),  # two places are one stock
    ([move(0.1, 10)], 0, 0, 0),  # today is not over
])  # fmt: skip
def test_days_are_told_apart(instance: Runtime, moves: list[Any], sold: int, days: int, gone: int) -> None:
    past = [one for one in moves if one.at < datetime.combine(TODAY, datetime.min.time(), shop_zone())]
    assert pace_of(past, FIRST, TODAY) == {"sold": sold, "days": days, "sold_out": gone}


def test_what_is_there_lasts_as_long_as_it_went(db: Session) -> None:
    assert figures.cover(10, 4, 20) == Decimal("50.0")
    assert figures.cover(10, 0, 28) is None and figures.cover(10, 3, 0) is None


def test_the_page_says_what_is_there_and_how_long_it_lasts(instance: Runtime, owner: Actor) -> None:
    early = NOON - timedelta(days=20)
    with unit_of_work() as db:
        tea, _sold_out = (add_product(db, owner, sku, stock=0, name=name) for sku, name in (("TEA", "Tea"), ("CUP", "Cup")))
        inventory.restock(db, variant_id=tea.id, quantity=30, actor=owner, now=early)
        inventory.reserve_stock(db, order_id=1, wanted=[inventory.Wanted(tea.id, 6)], actor=owner, now=NOON - timedelta(days=2))
    with clock.hold(NOON):
        jobs.work_out_pace.function()
        jobs.work_out_pace.function()
        reader = Reader(owner, shop_zone(), "en", NOON)
        with reading() as db:
            assert db.execute(select(Pace.variant_id, Pace.sold, Pace.days, Pace.sold_out).order_by(Pace.variant_id)).all() == [(tea.id, 6, 20, 0)]
            (row,) = figures._rows(db, reader, gone=False)["rows"]
            assert row["end"] == "80 days" and "6 sold in 20 days" in map(str, row["sub"])
            now = figures._now(db, reader)
            assert (int(now.hand), int(now.free), int(now.none)) == (30, 24, 1)
            assert figures._value(db, reader)["value"] == 0  # nobody said what it costs


def test_figures_of_movements_are_their_list(instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        tea = add_product(db, owner, stock=10)
    with reading() as db:
        rows = facts()["inventory.movements"].rows().subquery()
        listed = db.scalar(select(func.sum(StockMovement.on_hand_change)).where(StockMovement.kind.in_(("restock", "opening"))))
        assert db.execute(select(func.sum(rows.c.came), func.sum(rows.c.left), func.sum(rows.c.corrected))).one() == (listed, 0, 0) == (10, 0, 0)
    with unit_of_work() as db:
        count_stock(db, id=db.scalars(select(StockLevel.id).where(StockLevel.variant_id == tea.id)).one(), counted=7, actor=owner, now=NOON, note=None)
    with reading() as db:
        assert db.scalar(select(func.sum(rows.c.corrected))) == -3
