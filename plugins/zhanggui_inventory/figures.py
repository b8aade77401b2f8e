"""The page of the stock among the figures: as it is now, and how long it lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, cast, func, select
from sqlalchemy.orm import Session
from sqlalchemy.types import Numeric

from zhanggui.api import Block, Dashboard, Drill, Fact, Metric, Reader, Tile, _, _l, current_runtime, fmt, row_clauses
from zhanggui_products import facade as products

from .models import Pace, StockLevel, StockMovement
from .services.pace import DAYS

RESOURCE = "inventory.StockLevel"
MAY_SEE, MAY_SEE_COST = ("can_see", "analytics.Stock"), ("can_see", "analytics.Cost")
_level, _pace, _move = StockLevel.__table__.c, Pace.__table__.c, StockMovement.__table__.c
_MOST = 10


def _movements() -> Select[Any]:
    def of(*kinds: str) -> ColumnElement[int]:
        return case((_move.kind.in_(kinds), _move.on_hand_change), else_=0)

    return select(_move.at.label("at"), of("restock", "opening").label("came"), (-of("take")).label("left"), of("count", "adjust").label("corrected"))


FACTS = (
    Fact("inventory.movements", _l("Stock that moved"), _movements, ("came", "left", "corrected"), {}, "inventory.StockMovement", kept=((),)),
)


def _moved(*kinds: str, measure: str, sign: int = 1) -> Drill:
    return Drill("inventory.StockMovement", "at", measure, {"kind": ",".join(kinds)}, sign=sign)


METRICS = (
    Metric(
        "stock.came", _l("Pieces that came in"), _l("Pieces that were restocked or entered at the beginning, by when that was."), "inventory.movements", "came",
        area="stock", drill=_moved("restock", "opening", measure="pieces"), order=510,
    ),
    Metric(
        "stock.left", _l("Pieces that left"), _l("Pieces that were taken for parcels, by when that was."), "inventory.movements", "left", good="neutral",
        area="stock", drill=_moved("take", measure="pieces", sign=-1), order=520,
    ),
    Metric(
        "stock.corrected", _l("Corrections of the stock"), _l("Pieces more or fewer after counting and by adjusting, by when that was; below zero where some were missing."),
        "inventory.movements", "corrected", good="neutral", area="stock", drill=_moved("count", "adjust", measure="pieces"), order=530,
    ),
)  # fmt: skip


def _now(db: Session, reader: Reader) -> Any:
    available = _level.on_hand - _level.reserved
    sums = [func.coalesce(func.sum(one), 0) for one in (_level.on_hand, available, case((_level.sellable & (available <= 0), 1), else_=0))]
    return db.execute(select(*(one.label(name) for one, name in zip(sums, ("hand", "free", "none"), strict=True))).where(*row_clauses(reader, RESOURCE))).one()


def _value(db: Session, reader: Reader) -> Mapping[str, Any]:
    """What lies there, at what it cost: in the shop's currency, of what a cost is known."""
    costs = products.rows_of_costs()
    currency = current_runtime().config["instance.currency"]
    mine = (*row_clauses(reader, RESOURCE), costs.c.cost.is_not(None), costs.c.currency == currency)
    joined = StockLevel.__table__.join(costs, costs.c.id == _level.variant_id)
    return {"value": int(db.scalar(select(func.coalesce(func.sum(_level.on_hand * costs.c.cost), 0)).select_from(joined).where(*mine))), "kind": "money", "currency": currency}


def _cover(limit: int, reader: Reader, *, gone: bool) -> Select[Any]:
    """Levels with how long they last: those that are gone soonest, or those that were sold out on most days."""
    available = _level.on_hand - _level.reserved
    lasts = cast(available * _pace.days, Numeric(20, 4)) / func.nullif(_pace.sold, 0)
    chosen = select(_level.id, _level.title, _level.sku, available.label("left"), _pace.sold, _pace.days, _pace.sold_out, lasts.label("lasts"))
    chosen = chosen.join(Pace.__table__, _pace.variant_id == _level.variant_id).where(*row_clauses(reader, RESOURCE), _level.sellable)
    if gone:
        return chosen.where(_pace.sold_out > 0).order_by(_pace.sold_out.desc(), _level.id).limit(limit)
    return chosen.where(_pace.sold > 0, _pace.days > 0, available > 0).order_by(lasts, _level.id).limit(limit)


def cover(left: int, sold: int, days: int) -> Decimal | None:
    """For how many days there is enough; None where nothing was sold, or it could not be bought."""
    return round(Decimal(left * days) / sold, 1) if sold > 0 and days > 0 else None


def _rows(db: Session, reader: Reader, *, gone: bool) -> Mapping[str, Any]:
    rows = []
    for one in db.execute(_cover(_MOST, reader, gone=gone)):
        lasts = cover(one.left, one.sold, one.days)
        said = [one.sku, _("%(count)s left", count=fmt.number(one.left)), _("%(count)s sold in %(days)s days", count=fmt.number(one.sold), days=one.days)]
        if one.sold_out:
            said.append(_("sold out on %(days)s of %(all)s days", days=one.sold_out, all=DAYS))
        end = _("%(days)s days", days=one.sold_out) if gone else _("%(days)s days", days=fmt.decimal(lasts)) if lasts is not None else "–"
        rows.append({"title": one.title, "sub": said, "end": end, "href": f"/stock/{one.id}"})
    return {"rows": rows}


def on_board(reader: Reader, first: date, last: date) -> Sequence[Block]:
    """The stock as it is now, whatever the period."""

    def number(name: str, href: str, fewer: bool = False) -> Any:
        return lambda db, reader: {"value": int(getattr(_now(db, reader), name)), "kind": "int", "href": href, "fewer": fewer}

    def block(id: str, kind: str, title: Any, data: Any, order: int, permission: Any = MAY_SEE) -> Block:
        return Block(id, kind, title, data, permission=permission, order=order)

    return [
        block("value", "number", _("Stock at cost, now"), _value, 2, MAY_SEE_COST),
        block("free", "number", _("Pieces to sell, now"), number("free", "/stock/"), 3),
        block("none", "number", _("Sold out, now"), number("none", "/stock/?sold_out=1", True), 4),
        block("cover", "list", _("Gone soonest"), lambda db, reader: _rows(db, reader, gone=False), 201),
        block("sold_out", "list", _("Sold out while wanted"), lambda db, reader: _rows(db, reader, gone=True), 202),
    ]


BOARD = Dashboard("stock", _l("Stock"), (
    Tile("left", _l("Pieces that left"), ("stock.left",), order=10),
    Tile("came", _l("Pieces that came in"), ("stock.came",), order=20),
    Tile("corrected", _l("Corrections of the stock"), ("stock.corrected",), order=30),
    Tile("days", _l("Pieces that left, by day"), ("stock.left",), "line", ("day",), order=90),
), order=60, more=on_board)  # fmt: skip
