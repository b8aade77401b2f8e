"""The page on which the money of a period adds up: in, out, net, by method, beside the period before."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import (
    Reader,
    View,
    _,
    counted,
    current_actor,
    expose,
    fmt,
    get_setting,
    has_access,
    reader_at_work,
    reading,
    shop_day,
    shop_zone,
)

from . import widgets
from .details import account_name, method_name
from .models import Attempt, Entry

DAYS = (7, 30, 90)


class FinanceView(View):
    """One page, read from the ledger."""

    route_base = "/finance"
    class_permission_name = "payments.Finance"

    @expose("/")
    @has_access
    def index(self) -> str:
        """The last days, up to now."""
        given = request.args.get("days", "")
        days = int(given) if given in map(str, DAYS) else DAYS[1]
        with reading() as db:
            values = overview(db, reader_at_work(current_actor()), days)
        return self.render("payments/finance.html", title=_("Finance"), days=days, choices=DAYS, **values)


def overview(db: Session, reader: Reader, days: int) -> dict[str, Any]:
    """What came in and went out in the last ``days`` days of the shop, today included, by currency."""
    now, today = reader.now, shop_day(reader.now)
    first = datetime.combine(today - timedelta(days=days - 1), time(), shop_zone())
    before = first - timedelta(days=days)
    moved, earlier = _moved(db, first, now), _moved(db, before, first)
    methods = _by_method(db, first, now)
    span = {"at_from": first.date().isoformat(), "at_to": today.isoformat()}
    return {
        "currencies": [
            {
                "net": fmt.money(_net(sums), currency), "net_before": fmt.money(_net(earlier.get(currency, {})), currency),
                "lines": [
                    {
                        "label": f"{account_name(debit)} ← {account_name(credit)}", "amount": fmt.money(amount if debit.startswith("clearing:") else -amount, currency),
                        "href": f"/ledger/?{urlencode({'debit': debit, 'credit': credit, **span})}",
                    }
                    for (debit, credit), amount in sorted(sums.items())
                ],
                "methods": [
                    {
                        "label": method_name(provider, method), "count": count, "amount": fmt.money(amount, currency),
                        "href": f"/payments/?{urlencode({'state': 'captured', 'provider': provider, 'method': method, 'captured_at_from': span['at_from'], 'captured_at_to': span['at_to']})}",
                    }
                    for (paid_in, provider, method), (count, amount) in methods.items() if paid_in == currency
                ],
            }
            for currency, sums in (moved or {str(get_setting("instance.currency")): {}}).items()
        ],
        "waiting": [
            {"label": _("Cases"), "count": counted(db, reader, widgets.CASES), "href": "/payment-cases/?state=open", "icon": "flag"},
            {"label": _("Refunds due"), "count": counted(db, reader, widgets.REFUNDS_DUE), "href": "/refunds/?state=requested", "icon": "receipt-refund"},
        ],
        "simulated": db.scalar(select(Entry.id).where(Entry.simulated, Entry.at >= first).limit(1)) is not None,
    }  # fmt: skip


def _moved(db: Session, first: datetime, end: datetime) -> dict[str, dict[tuple[str, str], int]]:
    """What moved between two accounts, by currency."""
    c = Entry.__table__.c
    found: dict[str, dict[tuple[str, str], int]] = {}
    rows = db.execute(
        select(c.currency, c.debit, c.credit, func.sum(c.amount).label("amount")).where(c.at >= first, c.at <= end).group_by(c.currency, c.debit, c.credit)
    )
    for row in rows:
        found.setdefault(row.currency, {})[row.debit, row.credit] = int(row.amount)
    return found


def _net(sums: dict[tuple[str, str], int]) -> int:
    return sum((amount if debit.startswith("clearing:") else 0) - (amount if credit.startswith("clearing:") else 0) for (debit, credit), amount in sums.items())


def _by_method(db: Session, first: datetime, end: datetime) -> dict[tuple[str, str, str], tuple[int, int]]:
    c = Attempt.__table__.c
    rows = db.execute(
        select(c.currency, c.provider, c.method, func.count().label("times"), func.sum(c.amount).label("amount"))
        .where(c.state == "captured", c.captured_at >= first, c.captured_at <= end)
        .group_by(c.currency, c.provider, c.method).order_by(func.sum(c.amount).desc())
    )  # fmt: skip
    return {(row.currency, row.provider, row.method): (row.times, int(row.amount)) for row in rows}
