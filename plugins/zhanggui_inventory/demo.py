"""The tea shop's stock room: a delivery at the beginning, a stocktaking at the end."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy import select

from zhanggui.api import SYSTEM, Actor, DemoData, reading, unit_of_work
from zhanggui_products import facade as products

from . import jobs
from .models import StockLevel
from .services.counting import count_stock, restock

_LOW = 7
_STAFF = Actor("user", name="warehouse")
_levels = StockLevel.__table__


def deliver(now: datetime, rng: random.Random) -> None:
    """Every variant gets enough for a few weeks."""
    opened = now - timedelta(days=94)
    with unit_of_work() as db:
        found, after = products.shelf(db, locale="zh_CN", limit=100)
        while after is not None:
            more, after = products.shelf(db, locale="zh_CN", limit=100, after=after)
            found += more
        for variant in (variant for product in found for variant in product.variants):
            cheap = variant.price < 30_000
            quantity = rng.randint(120, 320) if cheap else rng.randint(40, 90)
            restock(db, variant_id=variant.id, quantity=quantity, actor=SYSTEM, now=opened, reason="开业进货")


def take_stock(now: datetime, rng: random.Random) -> None:
    """The warehouse counted last night: some shelves hold less than they should, one is empty."""
    with reading() as db:
        rows = db.execute(select(_levels.c.id, _levels.c.reserved).order_by(_levels.c.id)).all()
    chosen = rng.sample(rows, min(_LOW, len(rows)))
    with unit_of_work() as db:
        for place, row in enumerate(chosen):
            left = 0 if place == 0 else rng.randint(1, 4)
            count_stock(
                db, id=row.id, counted=row.reserved + left, actor=_STAFF, now=now - timedelta(minutes=50 - place), note="月度盘点"
            )


def work_out_pace(now: datetime, rng: random.Random) -> None:
    """As last night's job would have done."""
    jobs.work_out_pace.function()


DEMO = (DemoData("inventory", deliver, order=30), DemoData("inventory.count", take_stock, order=60), DemoData("inventory.pace", work_out_pace, order=70))
