"""The demo's tea shop: full shelves, orders in every state, and books that agree with each other."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from zhanggui.config.days import shop_day
from zhanggui.db.uow import reading
from zhanggui.files import path_of
from zhanggui.host import current_host
from zhanggui.i18n import content
from zhanggui.kernel import clock
from zhanggui.notices.models import Notice
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui_customers.models import Address, Customer
from zhanggui_inventory.models import StockLevel, StockMovement, StockReservation
from zhanggui_orders.models import Day, Order, OrderLine
from zhanggui_products.demo_pictures import PALETTES, SHAPES, draw
from zhanggui_products.models import Category, Product, Variant

pytestmark = pytest.mark.long


@pytest.fixture
def kind() -> str:
    """``make demo`` runs on SQLite."""
    return "sqlite"


@pytest.fixture(params=["afternoon", "a minute after midnight"])
def moment(request: pytest.FixtureRequest) -> datetime:
    """The demo is made whenever somebody wants to see it."""
    return datetime(2026, 3, 6, 7, 30, tzinfo=UTC) if request.param == "afternoon" else datetime(2026, 3, 5, 16, 1, tzinfo=UTC)


@pytest.fixture
def demo(instance: Runtime, moment: datetime) -> Iterator[datetime]:
    """A shop in which the demo was made."""
    started = time.monotonic()
    with clock.hold(moment):
        rng = random.Random(1)
        for part in current_host().every("demo"):
            part.fill(moment, rng)
        print(f"made in {time.monotonic() - started:.1f} s")
        yield moment


def counted(db: Any, statement: Any) -> dict[Any, int]:
    return dict(db.execute(statement).all())


def test_it_is_a_whole_shop_whose_books_agree(demo: datetime, visit: Callable[..., Visitor]) -> None:
    the_shelves_are_full()
    orders_are_in_every_state(demo)
    business_grows_and_weekends_are_busy(demo)
    the_books_agree(demo)
    visitor = visit("owner")
    for page in ("/", "/orders/", "/products/", "/customers/", "/stock/", "/messages/"):
        assert visitor.get(page).status_code == 200, page


def the_shelves_are_full() -> None:
    with reading() as db:
        assert counted(db, select(Product.status, func.count()).group_by(Product.status)) == {"on_sale": 60}
        assert db.scalar(select(func.count()).select_from(Category)) == 8
        assert (db.scalar(select(func.count()).select_from(Variant)) or 0) > 100
        assert db.scalar(select(func.count()).select_from(Customer)) == 300
        assert (db.scalar(select(func.count()).select_from(Address)) or 0) > 300
        ids = dict(db.execute(select(Product.id, Product.name)).all())
        english = content.texts_of(db, "products.Product", list(ids), "name", "en")
        assert len(english) == 60 and not set(english.values()) & set(ids.values())
        pictures = list(db.scalars(select(Product.picture)))
    assert len(set(pictures)) == 60
    sizes = [path_of(str(picture), "thumb").stat().st_size for picture in pictures]
    # 25 of them stand on a list page, and have 100 KB together.
    assert sum(sizes) / len(sizes) < 4000, sum(sizes) / len(sizes)


def orders_are_in_every_state(demo: datetime) -> None:
    with reading() as db:
        stages = counted(db, select(Order.stage, func.count()).group_by(Order.stage))
        assert stages["to_ship"] >= 12 and stages["to_pay"] >= 3, stages
        assert min(stages[name] for name in ("shipped", "done", "canceled")) >= 10, stages
        payments = counted(db, select(Order.payment_status, func.count()).group_by(Order.payment_status))
        assert set(payments) == {"unpaid", "paid", "overpaid", "partly_refunded", "refunded"}, payments
        today = [at for at in db.scalars(select(Order.placed_at)) if shop_day(at) == shop_day(demo)]
        assert len(today) >= 8 and max(today) < demo
        assert db.scalar(select(func.count()).select_from(StockLevel).where(StockLevel.low)) >= 5
        assert {"orders.paid", "inventory.low"} <= set(db.scalars(select(Notice.kind)))


def the_books_agree(demo: datetime) -> None:
    with reading() as db:
        moved = {
            row.variant_id: (row.on_hand, row.reserved)
            for row in db.execute(
                select(
                    StockMovement.variant_id, func.sum(StockMovement.on_hand_change).label("on_hand"),
                    func.sum(StockMovement.reserved_change).label("reserved"),
                ).group_by(StockMovement.variant_id)
            )
        }  # fmt: skip
        levels = {row.variant_id: (row.on_hand, row.reserved) for row in db.execute(select(*StockLevel.__table__.c))}
        assert moved == levels
        held = counted(
            db,
            select(StockReservation.variant_id, func.sum(StockReservation.quantity))
            .where(StockReservation.state == "held")
            .group_by(StockReservation.variant_id),
        )
        assert {v: n for v, n in held.items() if n} == {v: reserved for v, (_on_hand, reserved) in levels.items() if reserved}
        paid: dict[Any, int] = {}
        for at, total in db.execute(select(Order.paid_at, Order.paid_total).where(Order.paid_at.is_not(None))):
            paid[shop_day(at)] = paid.get(shop_day(at), 0) + total
        assert counted(db, select(Day.day, Day.paid_amount).where(Day.paid_amount != 0)) == paid
        lines = counted(db, select(OrderLine.order_id, func.sum(OrderLine.total)).group_by(OrderLine.order_id))
        assert counted(db, select(Order.id, Order.goods_total)) == lines
        times = list(db.scalars(select(StockMovement.at).where(StockMovement.kind == "take").order_by(StockMovement.id)))
        assert times == sorted(times) and all(at < demo for at in times)


def business_grows_and_weekends_are_busy(demo: datetime) -> None:
    with reading() as db:
        days = counted(db, select(Day.day, Day.placed_count))
    full = {day: count for day, count in days.items() if day < shop_day(demo)}
    first = [count for day, count in full.items() if day < shop_day(demo) - timedelta(days=60)]
    last = [count for day, count in full.items() if day >= shop_day(demo) - timedelta(days=30)]
    assert sum(last) / len(last) > 1.4 * sum(first) / len(first)
    weekend = [count for day, count in full.items() if day.weekday() >= 5]
    week = [count for day, count in full.items() if day.weekday() < 4]
    assert sum(weekend) / len(weekend) > 1.15 * sum(week) / len(week)


@pytest.mark.parametrize("shape", SHAPES)
def test_pictures_are_drawn_the_same_way_each_time(shape: str) -> None:
    first, second = (draw(shape, list(PALETTES)[len(shape) % len(PALETTES)], 7).getvalue() for _ in range(2))
    assert first == second
    picture = Image.open(draw(shape, "green", 1))
    assert picture.size == (480, 480)
    assert len(picture.convert("RGB").getcolors(1_000_000) or ()) > 8
