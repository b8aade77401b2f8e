"""What home says of the day, from the figures that are offered; without this plugin the orders say it themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Reader, Tile, Widget, _l, metrics

from . import boards, drill
from .asks import Ask
from .catalogue import may_see, offered
from .services.asking import Answer, answer, once

_TODAY = ("sales.net", "orders.placed")
_DAYS = Tile("days", "", ("sales.net",), "line", ("day",))


def _may(reader: Reader, *ids: str) -> list[str]:
    known = metrics()
    return [id for id in ids if id in known and offered(known[id]) and may_see(reader, known[id])]


def _today(db: Session, reader: Reader, *, id: str) -> Mapping[str, Any]:
    """A figure of today beside yesterday at this time; both tiles in one question."""
    mine = _may(reader, *_TODAY)
    if id not in mine:
        return {}
    found: Answer = once(db, ("home", reader.actor, reader.now), lambda: answer(db, reader, Ask(tuple(mine), "today", compare="previous")))
    metric = metrics()[id]
    return {
        "value": int(found.totals[id] or 0), "was": int(found.totals_were[id] or 0), "kind": metric.unit, "currency": found.currency, "same_time": True,
        "href": drill.address(reader, found.ask, found.span, metric),
    }  # fmt: skip


def _month(db: Session, reader: Reader) -> Mapping[str, Any]:
    """The last thirty days, each leading to what it is made of."""
    if not _may(reader, "sales.net"):
        return {}
    return {"chart": boards.chart(db, reader, answer(db, reader, Ask(_DAYS.metrics, "last_30_days", _DAYS.by)), _DAYS.kind), "kind": "money"}


WIDGETS = (
    Widget("sales_today", _l("Net sales today"), "number", partial(_today, id="sales.net"), ("can_show", "analytics.Report"), order=10, instead_of=("money_today",)),
    Widget("placed_today", _l("Orders today"), "number", partial(_today, id="orders.placed"), ("can_show", "analytics.Report"), order=15, instead_of=("orders_today",)),
    Widget("sales_days", _l("Net sales of the last 30 days"), "chart", _month, ("can_show", "analytics.Report"), order=60, instead_of=("revenue",)),
)  # fmt: skip
