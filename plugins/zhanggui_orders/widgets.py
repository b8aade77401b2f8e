"""What home says of the orders: a few rows of figures, however many orders there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from zhanggui.api import Chart, Series, _, current_runtime, fmt

from .models import Day, Order
from .rules import shop_day
from .states import Stage

_COUNT_LIMIT = 1000
_days, _orders = Day.__table__, Order.__table__


def _currency() -> str:
    currency: str = current_runtime().config["instance.currency"]
    return currency


def _figures(db: Session, column: str, first: date, last: date) -> dict[date, int]:
    c = _days.c
    rows = db.execute(
        select(c.day, c[column]).where(c.currency == _currency(), c.day >= first, c.day <= last).order_by(c.day)
    )
    return dict(rows.all())


def _today_and_yesterday(db: Session, column: str, now: datetime) -> tuple[int, int, date]:
    today = shop_day(now)
    yesterday = today - timedelta(days=1)
    found = _figures(db, column, yesterday, today)
    return found.get(today, 0), found.get(yesterday, 0), today


def money_today(db: Session, now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """What was paid today, and yesterday."""
    value, was, _today = _today_and_yesterday(db, "paid_amount", now)
    return {
        "value": value,
        "was": was,
        "kind": "money",
        "currency": _currency(),
        "href": "/orders/?payment_status=paid",
    }


def orders_today(db: Session, now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """How many orders were placed today, and yesterday."""
    value, was, today = _today_and_yesterday(db, "placed_count", now)
    return {"value": value, "was": was, "kind": "int", "href": f"/orders/?placed_at_from={today.isoformat()}"}


# Asked on every page: made once.
_WAITING = select(func.count()).select_from(
    select(_orders.c.id).where(_orders.c.stage == bindparam("stage")).limit(_COUNT_LIMIT).subquery()
)


def waiting(db: Session, stage: Stage) -> int:
    """How many orders stand in a stage; counting stops at a thousand."""
    return int(db.scalar(_WAITING, {"stage": stage}) or 0)


def to_ship(db: Session, now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """Orders that wait for a parcel."""
    return {"count": waiting(db, Stage.TO_SHIP), "href": "/orders/?stage=to_ship", "icon": "truck-delivery"}


def to_ship_badge(db: Session) -> int:
    """The same for the menu."""
    return waiting(db, Stage.TO_SHIP)


def revenue(db: Session, now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """What was paid on each of the last thirty days."""
    today = shop_day(now)
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
