"""What home says of the orders: a few rows of figures, however many orders there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import Chart, Question, Reader, Series, _, current_runtime, fmt, shop_day

from .models import Day
from .states import PaymentStatus, Stage

_days = Day.__table__
TO_SHIP = Question("orders.Order", {"stage": Stage.TO_SHIP})


def _currency() -> str:
    currency: str = current_runtime().config["instance.currency"]
    return currency


def _figures(db: Session, column: str, first: date, last: date) -> dict[date, int]:
    c = _days.c
    rows = db.execute(
        select(c.day, c[column]).where(c.currency == _currency(), c.day >= first, c.day <= last).order_by(c.day)
    )
    return dict(rows.all())


def _today_and_yesterday(reader: Reader, found: Mapping[date, int]) -> dict[str, Any]:
    today = shop_day(reader.now)
    return {"value": found.get(today, 0), "was": found.get(today - timedelta(days=1), 0)}


def _since_yesterday(reader: Reader) -> tuple[date, date]:
    today = shop_day(reader.now)
    return today - timedelta(days=1), today


def money_today(db: Session, reader: Reader) -> Mapping[str, Any]:
    """What was paid today, and yesterday. Money, and not a number of rows: it leads to today's orders that are paid."""
    first, today = _since_yesterday(reader)
    paid = Question("orders.Order", {"payment_status": PaymentStatus.PAID, "placed_at_from": today.isoformat()})
    found = _figures(db, "paid_amount", first, today)
    return {**_today_and_yesterday(reader, found), "kind": "money", "currency": _currency(), "opens": paid}


def orders_today(db: Session, reader: Reader) -> Mapping[str, Any]:
    """How many orders were placed today, and yesterday, in whatever currency."""
    first, today = _since_yesterday(reader)
    c = _days.c
    rows = db.execute(select(c.day, func.sum(c.placed_count)).where(c.day >= first, c.day <= today).group_by(c.day))
    found = {day: int(count) for day, count in rows}
    return {**_today_and_yesterday(reader, found), "kind": "int", "opens": Question("orders.Order", {"placed_at_from": today.isoformat()})}


def revenue(db: Session, reader: Reader) -> Mapping[str, Any]:
    """What was paid on each of the last thirty days."""
    today = shop_day(reader.now)
    first = today - timedelta(days=29)
    found = _figures(db, "paid_amount", first, today)
    points = [(first + timedelta(days=n), found.get(first + timedelta(days=n), 0)) for n in range(30)]
    total = fmt.money(sum(amount for _day, amount in points), _currency())
    paid = Series(
        _("Money"), [amount for _day, amount in points], [f"/orders/?placed_at_from={day}&placed_at_to={day}" for day, _amount in points]
    )  # fmt: skip
    summary = _("%(total)s in the last 30 days", total=total)
    chart = Chart("line", [day for day, _amount in points], [paid], _("Day"), "money", _currency(), summary, running=True)
    return {"chart": chart}
