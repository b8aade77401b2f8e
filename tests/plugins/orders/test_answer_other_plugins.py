"""What screens of other plugins ask of orders, without one statement for each row."""

from __future__ import annotations

from datetime import date, timedelta

from shop import NOON, add_product, place
from sqlalchemy import event
from sqlalchemy.orm import Session

from zhanggui.api import Actor
from zhanggui_orders import facade as orders
from zhanggui_orders.services.payment import mark_paid_offline


def statements(db: Session) -> list[str]:
    seen: list[str] = []
    event.listen(db.get_bind(), "before_cursor_execute", lambda _c, _cur, text, *_more: seen.append(text))
    return seen


def test_the_numbers_of_many_orders_are_one_statement(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, stock=20)
    placed = [place(db, owner, (tea, 1)) for _ in range(5)]
    seen = statements(db)
    assert orders.numbers(db, [order.id for order in placed] + [10**9]) == {order.id: order.number for order in placed}
    assert len(seen) == 1
    assert orders.numbers(db, []) == {}
    assert len(seen) == 1


def test_the_figures_of_days_stand_by_day_and_currency(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, price=1000, stock=20)
    first, second = place(db, owner, (tea, 1)), place(db, owner, (tea, 2))
    mark_paid_offline(db, id=first.id, method="cash", actor=owner, now=NOON + timedelta(days=1))
    orders.cancel_order(db, order_id=second.id, reason="", actor=owner, now=NOON + timedelta(days=1))
    db.flush()
    seen = statements(db)
    day, next_day = orders.figures_of_days(db, first=date(2026, 3, 2), last=date(2026, 3, 31))
    assert len(seen) == 1
    assert (day.day, day.currency, day.placed_count, day.placed_amount, day.paid_count) == (date(2026, 3, 2), "CNY", 2, 3000, 0)
    assert (next_day.day, next_day.paid_count, next_day.paid_amount, next_day.canceled_count) == (date(2026, 3, 3), 1, 1000, 1)
    assert orders.figures_of_days(db, first=date(2026, 3, 2), last=date(2026, 3, 31), currency="USD") == []
    assert orders.figures_of_days(db, first=date(2026, 3, 4), last=date(2026, 3, 31)) == []
