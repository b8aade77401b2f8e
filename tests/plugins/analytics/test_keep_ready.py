"""What is kept is what the rows add up to: after any history of events, repeated, late, lost or killed half way."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from gone import past, row
from shop import add_customer, add_product, place
from sqlalchemy import delete, select, update

from zhanggui.api import Actor, DomainError, clock, facts, metrics, reading, shop_day, unit_of_work
from zhanggui.config import settings
from zhanggui.jobs.models import Job
from zhanggui.runtime import Runtime
from zhanggui.testing.racing import race, refused
from zhanggui_analytics import catalogue, commands, drill
from zhanggui_analytics.models import Bucket, Cell, Repair
from zhanggui_analytics.services import buckets, proof
from zhanggui_orders.contracts import CartLine
from zhanggui_orders.models import Order, OrderLine
from zhanggui_orders.services.cancellation import cancel_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_orders.services.placement import place_order

Ask = Callable[..., Any]
Work = Callable[[], None]
FIRST = datetime(2026, 3, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 6, 15, 4, tzinfo=UTC)
BASES = "orders.placed,orders.paid,orders.canceled,sales.gross,sales.discount,sales.fee_lines,sales.imported_returns,orders.pieces,orders.lines,cash.in,cash.out"


class Shop:
    """What may happen in one, at moments of three months."""

    def __init__(self, owner: Actor, rng: random.Random) -> None:
        self.owner, self.rng = owner, rng
        with unit_of_work() as db:
            self.goods = [add_product(db, owner, f"T-{n}", price=100 + n, stock=9_000, name=f"Tea {n}") for n in range(3)]
            self.buyers = [add_customer(db, owner, f"B{n}", None) for n in range(4)]

    def moment(self) -> datetime:
        """Some hours on a border of a day, more often than chance has it."""
        day = FIRST + timedelta(days=self.rng.randrange(90))
        return day.replace(hour=15, minute=59, second=59) if self.rng.random() < 0.2 else day + timedelta(minutes=self.rng.randrange(1440))

    def step(self) -> None:
        """One thing happens."""
        self.rng.choice([self.order, self.order, self.order, self.pay, self.pay, self.cancel, self.bring])()

    def order(self) -> None:
        with clock.hold(self.moment()) as now, unit_of_work() as db:
            buyer = self.rng.choice([*self.buyers, None])
            line = CartLine(self.rng.choice(self.goods).public_id, self.rng.randint(1, 4))
            place_order(db, lines=[line], customer_id=buyer, actor=self.owner, now=now)

    def pay(self) -> None:
        self._some(lambda db, id, now: mark_paid_offline(db, id=id, method="cash", actor=self.owner, now=now))

    def cancel(self) -> None:
        self._some(lambda db, id, now: cancel_order(db, id=id, reason="no", actor=self.owner, now=now))

    def _some(self, act: Callable[..., Any]) -> None:
        with reading() as db:
            ids = list(db.scalars(select(Order.id)))
        if ids:
            now = self.moment()
            with clock.hold(now):
                try:
                    with unit_of_work() as db:
                        act(db, self.rng.choice(ids), now)
                except DomainError:
                    return  # it was paid or canceled already

    def bring(self) -> None:
        day = f"2026-0{self.rng.randint(3, 5)}-{self.rng.randint(1, 28):02d} {self.rng.randint(0, 23):02d}:30"
        kind = self.rng.choice(["goods", "goods", "return", "fee"])
        past(row(at=day, sku=f"P{self.rng.randrange(5)}", price=self.rng.randint(1, 900), kind=kind, quantity=-1 if kind == "return" else 2, customer=self.rng.choice(self.buyers)))


def compare(ask: Ask) -> None:
    """Every sum by every kept dimension and by day, from what is kept and from the rows alone."""
    with reading() as db:
        dirty = list(db.execute(select(Bucket.fact, Bucket.day).where(Bucket.dirty_at.is_not(None), Bucket.day < date(2026, 6, 15))))
    assert dirty == []
    asked = [("", "day"), ("source", "month"), ("customer", ""), ("hour", "weekday")]
    kept = [ask(BASES.replace(",cash.in,cash.out", ""), by=",".join(filter(None, by)), period="2026-02-20..2026-06-14", limit="1000") for by in asked]
    money = ask("cash.in,cash.out", by="month,method", period="2026-02-20..2026-06-14")
    # Where nothing is kept there are fewer than a dozen days left to read: those beyond the first and the last row.
    with unit_of_work() as db:
        db.execute(update(Bucket).values(version="other"))
    rows = [ask(BASES.replace(",cash.in,cash.out", ""), by=",".join(filter(None, by)), period="2026-02-20..2026-06-14", limit="1000") for by in asked]
    assert [(one.values, one.totals) for one in kept] == [(one.values, one.totals) for one in rows]
    assert money.values == ask("cash.in,cash.out", by="month,method", period="2026-02-20..2026-06-14").values


def test_after_any_history_what_is_kept_equals_the_rows(instance: Runtime, owner: Actor, ask: Ask, work: Work, size: Any) -> None:
    rng = random.Random(size(5, 11))
    shop = Shop(owner, rng)
    with clock.hold(LATER):
        for _round in range(size(2, 20)):
            for _step in range(size(25, 250)):
                shop.step()
            with unit_of_work() as db:  # events come twice, and in another order
                for job in db.scalars(select(Job).where(Job.name == "analytics.hear", Job.state == "ready")):
                    job.run_at = LATER - timedelta(seconds=rng.randrange(100))
            work()
            if rng.random() < 0.5:
                again = rng.choice(list(facts().values()))
                with unit_of_work() as db:
                    buckets.mark(db, again, [date(2026, 3, 1) + timedelta(days=n) for n in range(90)], clock.now())
                work()
        compare(ask)


def test_a_figure_is_the_sum_of_its_list(instance: Runtime, owner: Actor, ask: Ask, work: Work, size: Any) -> None:
    """Questions at random: whatever opens a list is the figure that stands above it."""
    from zhanggui.api import Reader, shop_zone
    from zhanggui.web.questions import added_up

    rng = random.Random(4)
    shop = Shop(owner, rng)
    with clock.hold(LATER):
        for _step in range(size(60, 300)):
            shop.step()
        work()
        reader, compared = Reader(owner, shop_zone(), "en", LATER), 0
        wanted = [metric for metric in metrics().values() if metric.drill is not None and metric.drill.measure and catalogue.offered(metric)]
        for _question in range(size(40, 200)):
            metric = rng.choice(wanted)
            by = rng.choice(["", "day", "month", "week", *(name for name in metric.drill.by if name in facts()[metric.fact].by)])  # type: ignore[union-attr]
            first = date(2026, 3, 1) + timedelta(days=rng.randrange(80))
            found = ask(metric.id, by=by, period=f"{first}..{first + timedelta(days=rng.randrange(1, 60))}", currency="CNY", limit="1000")
            for key in found.rows[: size(4, 1000)]:
                asked = drill.question(metric, drill.narrowed(found.ask, found.span, key))
                if asked is None:  # a row without a value: no filter asks for nothing
                    continue
                with reading() as db:
                    above = (added_up(db, reader, asked).totals or {})[asked.measure]
                assert metric.drill.sign * (above.get("CNY") or above.get("") or 0) == found.values[key][metric.id], (metric.id, asked)
                compared += 1
        assert compared > size(60, 500)


def test_a_row_that_was_changed_without_a_word_is_found_and_told(instance: Runtime, owner: Actor, ask: Ask, work: Work) -> None:
    past(*(row(at=f"2026-04-{day:02d} 10:00", sku="A", price=100) for day in range(1, 6)))
    with clock.hold(LATER):
        work()
        assert proof.prove(proof.of_days(None, None)).differences == []
        with unit_of_work() as db:
            cell = select(Cell.id).where(Cell.kept == "orders.lines:source,hour", Cell.day == date(2026, 4, 2)).scalar_subquery()
            db.execute(delete(Cell).where(Cell.id == cell))
            db.execute(update(OrderLine).where(OrderLine.id == 4).values(unit_price=300, total=300))
        said: list[Any] = []
        with pytest.raises(commands.Differs):
            commands.prove(lambda text, data: said.append(data), None, None)
        wrong = {(d["fact"], d["day"], d["column"]) for d in said[-1]["differences"]}
        assert {("orders.lines", "2026-04-02", "gross"), ("orders.lines", "2026-04-04", "gross")} <= wrong
        commands.prove(lambda text, data: said.append(data), None, None)
        assert said[-1]["differences"] == [] and ask("sales.gross", period="2026-04").totals == {"sales.gross": 700}
        with reading() as db:
            assert {(r.fact, r.day) for r in db.scalars(select(Repair))} == {("orders.lines", date(2026, 4, 2)), ("orders.lines", date(2026, 4, 4))}


def test_in_thirty_nights_every_day_is_looked_at(instance: Runtime, work: Work) -> None:
    past(*(row(at=f"2026-04-{day:02d} 10:00", sku="A", price=100) for day in range(1, 29)))
    with clock.hold(LATER):
        work()
    seen: set[tuple[str, date]] = set()
    for night in range(10, 40):
        seen |= set(proof.tonight(LATER + timedelta(days=night)))
    assert seen == set(proof.of_days(None, None)) and len(seen) > 28


def test_a_day_is_worked_out_by_two_at_once_as_by_one(instance: Runtime, work: Work, ask: Ask) -> None:
    past(row(at="2026-04-01 10:00", sku="A", price=100), row(at="2026-04-01 11:00", sku="B", price=50))
    with clock.hold(LATER):
        work()
        fact = facts()["orders.lines"]
        done = race(4, lambda db, _n: buckets.recompute(db, fact, date(2026, 4, 1), None, LATER))
        assert refused(done) == 0
        assert ask("sales.gross", period="2026-04").totals == {"sales.gross": 150}
        assert proof.prove(proof.of_days(None, None)).differences == []


def test_a_worker_that_dies_half_way_leaves_the_old_day(instance: Runtime, work: Work, ask: Ask) -> None:
    past(row(at="2026-04-01 10:00", sku="A", price=100))
    with clock.hold(LATER):
        work()
        with pytest.raises(RuntimeError), unit_of_work() as db:
            buckets.recompute(db, facts()["orders.lines"], date(2026, 4, 1), None, LATER)
            raise RuntimeError("the plug was pulled")
        assert ask("sales.gross", period="2026-04").totals == {"sales.gross": 100}
        assert proof.prove(proof.of_days(None, None)).differences == []


def test_what_came_in_while_a_day_was_worked_out_is_worked_out_again(instance: Runtime, work: Work, ask: Ask) -> None:
    past(row(at="2026-04-01 10:00", sku="A", price=100))
    with clock.hold(LATER):
        work()
        fact = facts()["orders.lines"]
        with unit_of_work() as db:
            buckets.mark(db, fact, [date(2026, 4, 1)], LATER)
        with unit_of_work() as db:
            buckets.mark(db, fact, [date(2026, 4, 1)], LATER + timedelta(seconds=1))
            buckets.recompute(db, fact, date(2026, 4, 1), LATER, LATER)
        with reading() as db:
            assert buckets.clean_days(db, fact, date(2026, 4, 1), date(2026, 4, 1)) == set()


def test_another_zone_makes_everything_anew_and_answers_stay_right(instance: Runtime, owner: Actor, work: Work, ask: Ask) -> None:
    past(row(at="2026-04-01 03:00", sku="A", price=100), row(at="2026-04-01 23:00", sku="A", price=1))
    with clock.hold(LATER):
        work()
        with unit_of_work() as db:
            settings.set(db, "instance.time_zone", "Europe/London", actor=owner, now=clock.now())
        assert [int(v["sales.gross"] or 0) for v in ask("sales.gross", by="day", period="2026-03-31..2026-04-01").values.values()] == [100, 1]
        work()
        found = ask("sales.gross", by="day", period="2026-03-31..2026-04-01")
        assert ([int(v["sales.gross"] or 0) for v in found.values.values()], found.read_days) == ([100, 1], 0)


def test_what_happened_while_it_was_switched_off_fills_in(instance: Runtime, owner: Actor, work: Work, ask: Ask) -> None:
    from zhanggui.host import refresh, service

    past(row(at="2026-04-01 10:00", sku="A", price=100))
    with clock.hold(LATER):
        work()
        service.disable_plugin("analytics", actor=owner, now=LATER)
        refresh(instance)
        past(row(at="2026-04-01 11:00", sku="A", price=10), row(at="2026-04-09 11:00", sku="A", price=1))
        service.enable_plugin("analytics", actor=owner, now=LATER)
        refresh(instance)
        work()
        assert ask("sales.gross", period="2026-04").totals == {"sales.gross": 111}
        assert ask("sales.gross", period="2026-04").read_days <= 1 + 30 - 9


def test_an_order_of_today_is_there_at_once(instance: Runtime, owner: Actor, work: Work, ask: Ask) -> None:
    with unit_of_work() as db:
        order = place(db, owner, (add_product(db, owner, price=500), 2))
        db.execute(update(Order).values(placed_at=clock.now()))
    with unit_of_work() as db:
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=clock.now())
    assert ask("sales.net", period="today").totals == {"sales.net": 1000}
    work()
    assert (ask("sales.net", period="today").totals, shop_day(clock.now()).isoformat()) == ({"sales.net": 1000}, ask("orders.paid", period="today", by="day").rows[0][0])


def test_programs_ask_by_rest(instance: Runtime, visit: Callable[..., Any], work: Work) -> None:
    past(row(at="2026-04-01 10:00", sku="A", price=100))
    with clock.hold(LATER):
        work()
    owner = visit("owner")
    answer = owner.get("/api/v1/analytics/query/?metrics=sales.net,sales.aov&by=month&period=2026-03-01..2026-04-30").get_json()
    assert [(r["key"], r["values"]) for r in answer["rows"]] == [
        ({"month": "2026-03-01"}, {"sales.net": 0, "sales.aov": None}), ({"month": "2026-04-01"}, {"sales.net": 100, "sales.aov": 100}),
    ]  # fmt: skip
    assert answer["totals"]["values"] == {"sales.net": 100, "sales.aov": 100} and answer["currency"] == "CNY" and not answer["limited"]
    bad = owner.get("/api/v1/analytics/query/?metrics=sales.net&period=soon")
    assert (bad.status_code, bad.get_json()["code"]) == (400, "bad_request")
    assert visit().get("/api/v1/analytics/query/?metrics=sales.net").status_code == 401
    assert visit("warehouse").get("/api/v1/analytics/query/?metrics=sales.net").status_code == 403
