"""Ninety days of the tea shop's orders: the older ones as history, the last week step by step.

What happens step by step goes through the services at its own time and in the order of time, so
that stock, audit, notices and the day's figures agree as they would in a real shop.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, Actor, DemoData, reading, shop_zone, unit_of_work
from zhanggui_customers import facade as customers
from zhanggui_products import facade as products

from .contracts import CartLine, HistoricLine, HistoricOrder
from .services.cancellation import cancel_order
from .services.fulfillment import receive_order, ship_order
from .services.history import record_history
from .services.notes import write_note
from .services.payment import mark_paid_offline
from .services.placement import place_order

DAYS, LIVE_DAYS = 90, 7
TO_SHIP, UNPAID, TODAY = 16, 5, 8  # at least so many, at whatever hour the demo is made
_HOURS = (2, 1, 1, 0, 0, 1, 2, 4, 7, 11, 13, 11, 9, 8, 10, 11, 9, 8, 8, 11, 16, 17, 12, 6)
_WEEKDAYS = (0.92, 0.88, 0.9, 0.95, 1.08, 1.32, 1.25)
_CARRIERS = (("sf", "SF"), ("zto", "75"), ("yto", "YT"), ("jd", "JD"))
_NOTES = ("请用环保包装", "送礼用，请放贺卡", "麻烦周末送达", "多放一个手提袋", "茶请发新茶，谢谢")
_WHY = ("不想要了", "地址填错，重新下单", "拍错规格")
CLERK, WAREHOUSE = Actor("user", name="clerk"), Actor("user", name="warehouse")


@dataclass(frozen=True)
class Shop:
    """What can be bought, by whom; popular things and good customers stand first in a longer part of the dice."""

    variants: list[Any]
    buyers: list[tuple[int, str, str | None]]  # id, name, public id of the address
    weights: list[float]
    buyer_weights: list[float]


def fill(now: datetime, rng: random.Random) -> None:
    """Orders in every state, with the rhythm of a day and of a week, and more of them each week."""
    shop = _shop(rng)
    times = list(_times(now, rng))
    live_from = now - timedelta(days=LIVE_DAYS)
    _history(shop, [at for at in times if at < live_from], live_from, rng)
    _live(shop, [at for at in times if at >= live_from], now, rng)


def _shop(rng: random.Random) -> Shop:
    with reading() as db:
        found, after = products.shelf(db, locale="zh_CN", limit=100)
        while after is not None:
            more, after = products.shelf(db, locale="zh_CN", limit=100, after=after)
            found += more
        sold = products.variants_by_id(db, [v.id for product in found for v in product.variants])
        # A fresh shop counts its customers from one.
        names = customers.names(db, range(1, 501))
        buyers = [(i, name, next((a.public_id for a in customers.addresses_of(db, i)), None)) for i, name in sorted(names.items())]
    variants = list(sold.values())
    weights = [rng.paretovariate(1.3) * (1 if v.price < 30_000 else 0.35) for v in variants]
    return Shop(variants, buyers, [min(w, 12) for w in weights], [min(rng.paretovariate(1.2), 15) for _ in buyers])


def _times(now: datetime, rng: random.Random) -> Iterator[datetime]:
    zone = shop_zone()
    today = now.astimezone(zone).date()
    for ago in range(DAYS, -1, -1):
        day = today - timedelta(days=ago)
        wanted = 14 * (1 + 1.1 * (DAYS - ago) / DAYS) * _WEEKDAYS[day.weekday()] * rng.uniform(0.82, 1.18)
        moments = [_moment(day, zone, rng) for _ in range(round(wanted))]
        if ago == 0:
            moments = [at for at in moments if at < now - timedelta(minutes=30)]
            midnight = datetime.combine(day, time(), zone)
            moments += [now - (now - midnight) * rng.random() for _ in range(TODAY - len(moments))]
            moments += [now - timedelta(minutes=2 + 4 * n) for n in range(UNPAID)]
        yield from sorted(moments)


def _moment(day: date, zone: Any, rng: random.Random) -> datetime:
    hour = rng.choices(range(24), _HOURS)[0]
    return datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), zone)


def _basket(shop: Shop, rng: random.Random) -> list[tuple[Any, int]]:
    count = rng.choices((1, 2, 3, 4), (56, 27, 12, 5))[0]
    picked = {v.id: v for v in rng.choices(shop.variants, shop.weights, k=count)}
    return [(v, 1 if v.price > 30_000 else rng.choices((1, 2, 3, 6), (70, 21, 6, 3))[0]) for v in picked.values()]


def _history(shop: Shop, times: list[datetime], now: datetime, rng: random.Random) -> None:
    orders = []
    for number, at in enumerate(times):
        buyer = rng.choices(shop.buyers, shop.buyer_weights)[0]
        lines = [
            HistoricLine(v.sku, v.name, quantity, v.price, variant_id=v.id, product_id=v.product_id, option=v.option)
            for v, quantity in _basket(shop, rng)
        ]
        orders.append(
            HistoricOrder(
                f"demo-{number}", at, shop.variants[0].currency, lines, source="storefront", customer_id=buyer[0],
                buyer_name=buyer[1], canceled=rng.random() < 0.06,
            )
        )  # fmt: skip
    with unit_of_work() as db:
        record_history(db, orders, "demo", actor=SYSTEM, now=now)


Step = Callable[[Session, datetime], None]


class Diary:
    """Steps that wait for their time."""

    def __init__(self, until: datetime) -> None:
        self._until = until
        self._heap: list[tuple[datetime, int, Step]] = []
        self._numbers = itertools.count()

    def add(self, at: datetime, step: Step) -> None:
        """Do ``step`` at a time; what lies after ``until`` has not happened yet."""
        if at < self._until:
            heapq.heappush(self._heap, (at, next(self._numbers), step))

    def play(self, db: Session) -> None:
        """Do everything, the earliest first."""
        while self._heap:
            at, _number, step = heapq.heappop(self._heap)
            step(db, at)


def _live(shop: Shop, times: list[datetime], now: datetime, rng: random.Random) -> None:
    diary = Diary(now)
    unpaid = len(times) - UNPAID
    for place, at in enumerate(times):
        fate = "unpaid" if place >= unpaid else "waits" if place >= unpaid - TO_SHIP else _fate(place, rng)
        diary.add(at, _Story(shop, diary, fate, rng))
    with unit_of_work() as db:
        diary.play(db)


def _fate(place: int, rng: random.Random) -> str:
    """Mostly a parcel; some of the rare ends in any case."""
    if place % 40 in (3, 21):
        return "refund"
    return "owed" if place % 80 == 11 else rng.choices(("normal", "dropped", "by_hand"), (87, 7, 6))[0]


class _Story:
    """What becomes of one order, called once, when it is placed."""

    def __init__(self, shop: Shop, diary: Diary, fate: str, rng: random.Random) -> None:
        self.shop, self.diary, self.fate, self.rng = shop, diary, fate, rng

    def __call__(self, db: Session, at: datetime) -> None:
        rng, (buyer, _name, address) = self.rng, self.rng.choices(self.shop.buyers, self.shop.buyer_weights)[0]
        order = place_order(
            db, lines=[CartLine(v.public_id, quantity) for v, quantity in _basket(self.shop, rng)], customer_id=buyer,
            address_id=address, note=rng.choice(_NOTES) if rng.random() < 0.12 else "", now=at,
            source="admin" if self.fate == "by_hand" else "storefront", actor=Actor("customer", id=buyer),
        )  # fmt: skip
        self.id = order.id
        if self.fate == "dropped":
            self.diary.add(at + timedelta(minutes=30), self.drop)
        elif self.fate != "unpaid":
            # Those that wait to be shipped are paid at once: the demo may be made a minute after midnight.
            self.diary.add(at + timedelta(seconds=rng.randint(20, 400) if self.fate != "waits" else 1), self.pay)

    def pay(self, db: Session, at: datetime) -> None:
        if self.fate == "by_hand":
            mark_paid_offline(db, id=self.id, method="transfer", actor=CLERK, now=at)
        else:
            mark_paid_offline(db, id=self.id, method="wechat", reference=f"42000{self.rng.randrange(10**18):018d}", actor=SYSTEM, now=at)
        if self.fate in ("refund", "owed"):
            self.diary.add(at + timedelta(minutes=self.rng.randint(20, 300)), self.cancel)
        elif self.fate != "waits":
            self.diary.add(self._parcel_time(at), self.ship)
        elif self.rng.random() < 0.2:
            write_note(db, id=self.id, staff_note="顾客来电，请尽快发货", actor=CLERK, now=at)

    def _parcel_time(self, paid: datetime) -> datetime:
        """Parcels are fetched in the afternoon; what is paid after one o'clock goes the next day."""
        local = paid.astimezone(shop_zone())
        day = local.date() if local.hour < 13 else local.date() + timedelta(days=1)
        return datetime.combine(day, time(self.rng.randint(14, 17), self.rng.randrange(60)), local.tzinfo)

    def ship(self, db: Session, at: datetime) -> None:
        carrier, head = self.rng.choice(_CARRIERS)
        number = f"{head}{self.rng.randrange(10**12):012d}"
        ship_order(db, id=self.id, carrier=carrier, tracking_number=number, actor=WAREHOUSE, now=at)
        self.diary.add(at + timedelta(days=self.rng.uniform(1.5, 5)), self.receive)

    def receive(self, db: Session, at: datetime) -> None:
        receive_order(db, id=self.id, actor=SYSTEM, now=at)

    def drop(self, db: Session, at: datetime) -> None:
        cancel_order(db, id=self.id, reason="超时未付款", actor=SYSTEM, now=at)

    def cancel(self, db: Session, at: datetime) -> None:
        cancel_order(db, id=self.id, reason=self.rng.choice(_WHY), actor=CLERK, now=at)


DEMO = DemoData("orders", fill, order=40)
