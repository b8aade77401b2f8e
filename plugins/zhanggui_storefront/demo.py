"""Who looked around in the tea shop: ninety days of visits, those that led to its orders among them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from zhanggui.api import DemoData, reading, unit_of_work
from zhanggui_customers import facade as customers
from zhanggui_customers.contracts import PastVisit
from zhanggui_orders import facade as orders
from zhanggui_products import facade as products

DAYS, A_DAY = 90, 45
_FOUND = ("龙井", "普洱", "大红袍", "铁观音", "白茶", "茶具")
_NOT_FOUND = ("咖啡", "抹茶", "茶叶蛋", "奶茶", "花茶礼盒", "单丛")
_CAMPAIGNS = ("", "", "", "", "spring-tea", "member-day")
_SCENES = ("", "1001", "1007", "1011", "1089")  # as WeChat numbers the ways into a mini-program
_DEVICES = ("phone", "phone", "phone", "mini", "mini", "computer", "tablet")
_HOURS = (1, 1, 1, 0, 0, 1, 2, 4, 7, 9, 11, 11, 10, 9, 9, 10, 9, 8, 8, 11, 16, 17, 12, 6)


def fill(now: datetime, rng: random.Random) -> None:
    """Most look at a few things and go; a buyer is seen looking, filling the cart and paying."""
    began = now - timedelta(days=DAYS)
    with reading() as db:
        shelf, _more = products.shelf(db, locale="zh_CN", limit=100)
        bought = orders.moments(db, since=began)
    goods = [product.id for product in shelf]
    if not goods:
        return
    visits = [*_looking(began, now, goods, rng), *_buying(bought, now, goods, rng)]
    with unit_of_work() as db:
        customers.record_past_visits(db, visits)


def _steps(at: datetime, goods: list[int], rng: random.Random, most: int) -> Iterator[tuple[str, datetime, int | None, str | None, int | None]]:
    def later(seconds: int) -> datetime:
        nonlocal at
        at += timedelta(seconds=rng.randint(3, seconds))
        return at

    yield "visit", at, None, None, None
    yield "page", later(4), None, None, None
    for _n in range(rng.randint(0, most)):
        if rng.random() < 0.15:
            missed = rng.random() < 0.3
            yield "search", later(40), None, rng.choice(_NOT_FOUND if missed else _FOUND), 0 if missed else rng.randint(1, 9)
        # What stands first on the shelf is looked at most.
        yield "view", later(90), goods[int(len(goods) * rng.random() ** 2)], None, None


def _looking(began: datetime, now: datetime, goods: list[int], rng: random.Random) -> Iterator[PastVisit]:
    for day in range(DAYS):
        for _visit in range(int(rng.gauss(A_DAY * (0.7 + 0.6 * day / DAYS), 3))):
            at = (began + timedelta(days=day)).replace(minute=0, second=0, microsecond=0)
            at += timedelta(hours=rng.choices(range(24), _HOURS)[0] - 8, seconds=rng.randrange(3600))
            steps = list(_steps(at, goods, rng, 4 if rng.random() < 0.6 else 0))
            end = steps[-1][1]
            if steps[-1][0] == "view" and rng.random() < 0.25:
                end += timedelta(seconds=20)
                steps.append(("cart_add", end, steps[-1][2], None, None))
                if rng.random() < 0.3:
                    steps.append(("checkout_start", end + timedelta(seconds=30), None, None, None))
            if steps[-1][1] < now:
                yield PastVisit(f"v{rng.randrange(DAYS * A_DAY // 2):08d}", steps, rng.choice(_DEVICES), rng.choice(_CAMPAIGNS), rng.choice(_SCENES))


def _buying(bought: list[Any], now: datetime, goods: list[int], rng: random.Random) -> Iterator[PastVisit]:
    for order_id, customer_id, placed_at, paid_at in bought:
        if customer_id is None or rng.random() < 0.15:
            continue  # a guest, or somebody who did not agree
        view = goods[int(len(goods) * rng.random() ** 2)]
        before = [placed_at - timedelta(seconds=seconds) for seconds in (300, 296, 240, 120, 60)]
        names = ("visit", "page", "view", "cart_add", "checkout_start")
        steps: list[Any] = [(name, at, view if name in ("view", "cart_add") else None, None, None) for name, at in zip(names, before, strict=True)]
        steps.append(("order_placed", placed_at, None, None, None))
        if paid_at is not None and paid_at - placed_at < timedelta(hours=24) and paid_at <= now:
            steps.append(("paid", paid_at, None, None, None))
        yield PastVisit(f"c{customer_id:08d}", steps, rng.choice(_DEVICES), rng.choice(_CAMPAIGNS), rng.choice(_SCENES), customer_id, order_id)


DEMO = DemoData("storefront.visits", fill, order=50)
