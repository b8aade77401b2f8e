"""Reads of the stock, one statement for a whole page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.orm import Session

from zhanggui.api import Reader, _, actor_names, fmt

from .contracts import Stock
from .models import StockLevel, StockMovement
from .states import MOVEMENT_CHOICES

_levels, _movements = StockLevel.__table__, StockMovement.__table__
_KINDS = {choice.value: choice.label for choice in MOVEMENT_CHOICES}


def left_in_words(row: Any) -> str:
    """What can be sold of a level."""
    return _("%(count)s to sell", count=fmt.number(row.on_hand - row.reserved))


def stands_in_words(row: Any) -> str:
    """How a level stands."""
    return _("%(hand)s on hand, %(held)s held for orders", hand=fmt.number(row.on_hand), held=fmt.number(row.reserved))


def about_level(row: Any) -> str:
    """What stands above the questions of a level: the product, and how much there is now."""
    return _("%(title)s: %(hand)s on hand, %(held)s held for orders", title=row.title, hand=fmt.number(row.on_hand), held=fmt.number(row.reserved))


def stock_of(db: Session, variant_ids: Collection[int]) -> dict[int, Stock]:
    """Stock by variant; one without a level has none."""
    c = _levels.c
    rows = db.execute(
        select(c.variant_id, func.sum(c.on_hand), func.sum(c.reserved))
        .where(c.variant_id.in_(list(variant_ids)))
        .group_by(c.variant_id)
    )
    found = {variant_id: Stock(variant_id, int(on_hand), int(reserved)) for variant_id, on_hand, reserved in rows}
    return {variant_id: found.get(variant_id) or Stock(variant_id, 0, 0) for variant_id in variant_ids}


def on_hand_of_all(db: Session) -> int:
    """Every piece that is counted, wherever it lies."""
    return int(db.scalar(select(func.sum(_levels.c.on_hand))) or 0)


def variants_of_levels(db: Session, level_ids: Collection[int]) -> dict[int, int]:
    """The variant of each level."""
    c = _levels.c
    return dict(db.execute(select(c.id, c.variant_id).where(c.id.in_(list(level_ids)))).tuples().all()) if level_ids else {}


_AVAILABLE = (
    select(_levels.c.product_id, func.sum(_levels.c.on_hand - _levels.c.reserved))
    .where(_levels.c.product_id.in_(bindparam("ids", expanding=True)))
    .group_by(_levels.c.product_id)
)


def available_by_product(db: Session, _reader: Reader, product_ids: Sequence[int]) -> dict[int, int]:
    """What can still be sold of each product, all variants together."""
    return {product_id: int(available) for product_id, available in db.execute(_AVAILABLE, {"ids": list(product_ids)})}


def runs_low(value: bool, product_columns: Any) -> ColumnElement[bool]:
    """Products of which a variant runs low, or those of which none does."""
    low = select(_levels.c.product_id).where(_levels.c.low.is_(True))
    found: ColumnElement[bool] = product_columns.id.in_(low)
    return found if value else ~found


def levels_of_product(db: Session, _reader: Reader, row: Any) -> Mapping[str, Any]:
    """The levels of a product's variants, for its page."""
    c = _levels.c
    found = db.execute(select(*c).where(c.product_id == row.id).order_by(c.sku)).all()
    return {"levels": found}


def movements_of_level(db: Session, _reader: Reader, row: Any) -> Mapping[str, Any]:
    """The newest movements of a level, for its page."""
    c = _movements.c
    found = db.execute(
        select(*c)
        .where(c.variant_id == row.variant_id, c.location_id == row.location_id)
        .order_by(c.id.desc())
        .limit(30)
    )
    return {
        "movements": [
            {
                "at": fmt.datetime(m.at), "kind": _KINDS[m.kind], "on_hand": m.on_hand_change,
                "reserved": m.reserved_change, "after": m.on_hand_after - m.reserved_after, "reason": m.reason or "",
            }
            for m in found
        ]
    }  # fmt: skip


def authors(db: Session, _reader: Reader, ids: Sequence[int]) -> dict[int, str]:
    """Who moved it, by movement; a movement holds its author as ``user:clerk``."""
    rows = db.execute(select(_movements.c.id, _movements.c.actor).where(_movements.c.id.in_(ids))).all()
    by = {number: (kind, None, name) for number, actor in rows for kind, _colon, name in [actor.partition(":")]}
    names = actor_names(db, set(by.values()))
    return {number: names[who] for number, who in by.items()}


def names_of_movements(db: Session, _reader: Reader, ids: Sequence[int]) -> dict[int, str]:
    """What was moved, by movement."""
    rows = db.execute(
        select(_movements.c.id, _levels.c.title)
        .join(
            _levels,
            (_levels.c.variant_id == _movements.c.variant_id) & (_levels.c.location_id == _movements.c.location_id),
        )
        .where(_movements.c.id.in_(ids))
    )
    return dict(rows.all())


def has_moved(db: Session, _reader: Reader) -> bool:
    """Whether anything was ever put on a shelf."""
    return bool(db.scalar(select(exists(select(StockMovement.id)))))


def variants_after(db: Session, after: int, limit: int) -> list[int]:
    """Some variants with a level, in the order of their ids."""
    c = _levels.c
    return list(db.scalars(select(c.variant_id).where(c.variant_id > after).distinct().order_by(c.variant_id).limit(limit)))
