"""Figures of money: each is the sum of the list that it opens, for whoever may see its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from panda import Panda
from shop import add_product, place
from shoppers import Shopper
from sqlalchemy import event, false, select, update

from zhanggui.api import Actor, Money, Question, added_up, clock, reader_at_work, reading, shop_day, unit_of_work
from zhanggui.host import current_host
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui_orders.models import Order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_payments import facade, finance
from zhanggui_payments.models import Attempt, Case, Entry
from zhanggui_payments.services import asking, cases, giving_back, past


@pytest.fixture
def kind() -> str:
    """Sums by day on both databases stand in their own test; the rest is the same on each."""
    return "sqlite"


@pytest.fixture
def moved(instance: Runtime, owner: Actor, panda: Panda, tea: Any, sign_in: Callable[..., Shopper]) -> str:
    """19.90 by Panda Pay, 30.00 in cash of which 10.00 went back; answers our number of the first."""
    alice = sign_in()
    number = alice.order(tea).get_json()["number"]
    made = alice.post(f"/orders/{number}/pay", {"method": "panda", "scene": "h5"}).get_json()["payment_id"]
    panda.pay(made)
    panda.charges[made]["at"] = clock.now().isoformat()
    assert asking.ask_attempt(1) == "captured"
    with unit_of_work() as db:
        order = place(db, owner, (add_product(db, owner, "CUP", price=1000), 3))
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=clock.now())
        for refund_id in facade.request_refund(db, order.id, Money(1000, "CNY"), reason="price", actor=owner, now=clock.now()):
            giving_back.give_back_by_hand(db, id=refund_id, actor=owner, now=clock.now())
    return str(made)


def test_each_figure_is_the_sum_of_the_list_that_it_opens(moved: str, visit: Callable[..., Visitor]) -> None:
    page = visit("owner")
    text = page.get("/finance/?period=30d").text
    for name, amount in (("out", "-¥10.00"), ("in_by_method", "Cash"), ("days", "Out (below the line)"), ("fee", "not known yet")):
        assert f'id="block-{name}"' in text and amount in text
    links = set(re.findall(r'href="(/(?:ledger|payments|refunds)/\?[^"]+)"', text.replace("&amp;", "&")))
    assert len(links) >= 8
    for link in links:
        assert page.get(link).status_code == 200, link


def test_what_came_by_day_and_by_method_adds_up(moved: str, owner: Actor) -> None:
    with reading() as db:
        reader = reader_at_work(owner)
        blocks = {block.id: block for block in finance.overview(db, reader, finance.span_of("30d", shop_day(reader.now)))}
        told = {name: blocks[name].data(db, reader) for name in ("net", "in", "out", "days", "in_by_method", "out_by_method", "states")}  # type: ignore[misc]
    assert (told["in"]["value"], told["out"]["value"], told["net"]["value"]) == (4990, -1000, 3990)
    assert [sum(v for v in one.values if v) for one in told["days"].series] == [4990, -1000]
    assert sum(told["in_by_method"].series[0].values) == 4990
    assert sum(told["out_by_method"].series[0].values) == -1000
    assert all(link for one in told["days"].series for value, link in zip(one.values, one.links, strict=True) if value)
    assert told["states"]["rows"][0]["href"].startswith("/payments/?state=captured")


def test_a_method_s_figure_opens_its_entries(moved: str, owner: Actor) -> None:
    asked = Question("payments.Entry", {"flow": "in", "method": "offline:cash"})
    with reading() as db:
        assert dict(added_up(db, reader_at_work(owner), asked).totals or {})["net"] == {"CNY": 3000}


def test_a_month_is_compared_with_the_same_days_of_the_one_before() -> None:
    span = finance.span_of("month", date(2026, 3, 30))
    assert (span.first, span.last, span.before, span.running) == (date(2026, 3, 1), date(2026, 3, 30), (date(2026, 2, 1), date(2026, 2, 28)), True)
    week = finance.span_of("7d", date(2026, 3, 10))
    assert (week.before[1], week.before[0]) == (week.first - timedelta(days=1), week.first - timedelta(days=7))


@pytest.fixture
def hidden(instance: Runtime) -> Iterator[None]:
    """A rule that shows nobody anything of payments and cases."""
    screens = current_host().screens
    before = {name: screens[name] for name in ("payments.Attempt", "payments.Refund", "payments.Case", "payments.Entry")}
    screens.update({name: replace(screen, row_rule=lambda actor, columns: false()) for name, screen in before.items()})
    yield
    screens.update(before)


def test_sections_and_columns_of_others_keep_to_the_row_rules(moved: str, owner: Actor, hidden: None) -> None:
    from zhanggui_payments import details, queries

    with unit_of_work() as db:
        cases.open_case(
            db, "outside_refund", "attempt:1", provider="pandapay", amount=Money(1, "CNY"), actor=owner, now=clock.now(), order_id=1, order_number="1",
        )  # fmt: skip
    reader = reader_at_work(owner)
    with reading() as db:
        order = db.get_one(Order, 1)
        shown = details.of_order(db, reader, order)
        assert (shown["payments"], shown["refunds"], shown["cases"]) == ([], [], [])
        assert queries.open_cases(db, reader, [1]) == {}
        customer = type("Row", (), {"id": order.customer_id})
        assert details.of_customer(db, reader, customer)["payments"] == []


def test_who_may_not_see_cases_is_not_told_of_one(moved: str, owner: Actor, outsider: Actor) -> None:
    from zhanggui_payments import queries

    with unit_of_work() as db:
        cases.open_case(db, "paid_twice", "attempt:1", provider="pandapay", amount=Money(1, "CNY"), actor=owner, now=clock.now(), order_id=1, order_number="1")
    with reading() as db:
        assert queries.open_cases(db, reader_at_work(owner), [1]) == {1: "paid_twice"}
        assert queries.open_cases(db, reader_at_work(outsider), [1]) == {}


def test_an_order_of_the_past_is_adopted_once_and_can_be_given_back(instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        order = place(db, owner, (add_product(db, owner, price=1000), 2))
        db.execute(update(Order).values(paid_total=2000, payment_status="paid"))
    with reading() as db:
        assert facade.refundable(db, order.id, "CNY").amount == 2000
    with unit_of_work() as db:
        made = giving_back.claim_order_refund(db, id=order.id, what="lines", lines={1: 1}, reason="price", actor=owner, now=clock.now())
        assert len(made["refund_ids"]) == 1
    assert past.adopt_all(now=clock.now()) == 0
    with reading() as db:
        assert db.execute(select(Attempt.provider, Attempt.amount, Attempt.reserved)).all() == [("history", 2000, 1000)]
        assert [tuple(row) for row in db.execute(select(Entry.debit, Entry.amount))] == [("clearing:history", 2000)]


def counting(runtime: Runtime) -> Any:
    """Statements that are run meanwhile."""
    seen: list[str] = []
    engines = {runtime.write_bind.engine, runtime.engine}

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    return seen


def test_lists_and_methods_take_as_many_statements_however_much_there_is(
    moved: str, instance: Runtime, owner: Actor, visit: Callable[..., Visitor], sign_in: Callable[..., Shopper], monkeypatch: pytest.MonkeyPatch
) -> None:
    page, alice = visit("owner"), sign_in("bob")
    for path in ("/orders/", "/orders/1", "/finance/"):
        page.get(path)  # what is asked once a process is asked
    alice.get("/payment-methods")
    seen = counting(instance)

    def asked(act: Callable[[], Any]) -> int:
        seen.clear()
        act()
        return len([statement for statement in seen if statement.startswith("SELECT")])

    before = [asked(lambda path=path: page.get(path)) for path in ("/orders/", "/orders/1")] + [asked(lambda: alice.get("/payment-methods"))]
    with unit_of_work() as db:
        variant = add_product(db, owner, "BOWL", price=500, stock=50)
        for n in range(6):
            order = place(db, owner, (variant, 1))
            mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=clock.now())
            cases.open_case(
                db, "paid_twice", f"attempt:{100 + n}", provider="offline", amount=Money(1, "CNY"), actor=owner, now=clock.now(), order_id=order.id, order_number="1",
            )  # fmt: skip
        made = facade.request_refund(db, 1, Money(500, "CNY"), reason="price", actor=owner, now=clock.now())
        assert made
    from zhanggui_pandapay.provider import PandaPay

    from zhanggui_payments import providers

    there_were = providers.providers()
    more = [type(f"Panda{n}", (PandaPay,), {"id": f"panda{n}"})() for n in range(5)]
    present = providers.hooks.call

    def call(hook: str, **arguments: Any) -> Any:
        return [*present(hook, **arguments), ("pandapay", more)] if hook == "payments_providers" else present(hook, **arguments)

    monkeypatch.setattr(providers.hooks, "call", call)
    assert len(providers.providers()) == len(there_were) + 5
    after = [asked(lambda path=path: page.get(path)) for path in ("/orders/", "/orders/1")] + [asked(lambda: alice.get("/payment-methods"))]
    assert after == before
    with reading() as db:
        assert db.scalar(select(Case.id).limit(1)) is not None
