"""What home says of the orders: a few rows of figures, however many orders there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Chart, Question, Reader, Series, _, current_runtime, fmt, shop_day

from .models import Day
from .states import Stage

_days = Day.__table__
TO_SHIP = Question("orders.Order", {"stage": Stage.TO_SHIP})
MONEY_TODAY = Question("orders.Order", {"paid_at": "today"}, "total")
ORDERS_TODAY = Question("orders.Order", {"placed_at": "today"}, "orders")


def _currency() -> str:
    currency: str = current_runtime().config["instance.currency"]
    return currency


def _figures(db: Session, column: str, first: date, last: date) -> dict[date, int]:
    c = _days.c
    rows = db.execute(
        select(c.day, c[column]).where(c.currency == _currency(), c.day >= first, c.day <= last).order_by(c.day)
    )
    return dict(rows.all())


def revenue(db: Session, reader: Reader) -> Mapping[str, Any]:
    """What was paid on each of the last thirty days."""
    today = shop_day(reader.now)
    first = today - timedelta(days=29)
    found = _figures(db, "paid_amount", first, today)
    points = [(first + timedelta(days=n), found.get(first + timedelta(days=n), 0)) for n in range(30)]
    total = fmt.money(sum(amount for _day, amount in points), _currency())
    paid = Series(
        _("Money"), [amount for _day, amount in points], [f"/orders/?paid_at_from={day}&paid_at_to={day}" for day, _amount in points]
    )  # fmt: skip
    summary = _("%(total)s in the last 30 days", total=total)
    chart = Chart("line", [day for day, _amount in points], [paid], _("Day"), "money", _currency(), summary, running=True)
    return {"chart": chart}
