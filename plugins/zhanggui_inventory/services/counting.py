"""What people do to the stock by hand: goods come in, get counted, get lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, DomainError, NotFound, _l, record_audit
from zhanggui_products import facade as products

from ..models import StockLevel
from ..states import MovementKind, reason_to_tell
from .levels import audit_level, change, ensure_levels, locked_level, main_location

_levels = StockLevel.__table__
MAX_PIECES = 1_000_000_000


class NegativeStock(DomainError):
    """Fewer than none cannot lie on a shelf."""

    code = "negative_stock"
    message = _l("There are only %(count)s on hand.")


class BookedAlready(DomainError):
    """What came in under this reference is in the stock already."""

    code = "booked_already"
    message = _l("This delivery is booked already.")


def restock(
    db: Session,
    *,
    variant_id: int,
    quantity: int,
    actor: Actor,
    now: datetime,
    reason: str = "",
    reference: str | None = None,
) -> None:
    """Goods came in for a variant. With a ``reference`` (a return, a delivery) it can happen only once.

    :raises BookedAlready: the second time; nothing was changed then.
    """
    if not 0 < quantity <= MAX_PIECES:
        raise ValueError("a delivery has at least one piece")
    ensure_levels(db, [variant_id], now=now)
    try:
        with db.begin_nested():
            level = change(
                db, variant_id=variant_id, kind=MovementKind.RESTOCK, on_hand=quantity, location_id=main_location(db),
                reference=reference, reason=reason, actor=actor, now=now,
            )  # fmt: skip
    except IntegrityError:
        if reference is None:
            raise
        raise BookedAlready() from None
    if level is None:
        raise NotFound(_l("There is no such variant."))
    audit_level(
        db, "inventory.stock.restocked", level, actor=actor, now=now,
        before=level.on_hand - quantity, after=level.on_hand, reason=reason,
    )  # fmt: skip


def enter_opening_stock(
    db: Session, *, id: int, value: Sequence[tuple[Mapping[str, Any], int]], actor: Actor, now: datetime
) -> None:
    """What lies on the shelf of a product as it is added: for each line of its form, the pieces of that SKU. Once a variant.

    :param value: ``[({"sku": "TEA-250", ...}, 12), ...]``; a line of 0 moves nothing.
    """
    wanted = {str(line["sku"]).strip(): pieces for line, pieces in value if pieces}
    if not wanted:
        return
    variants = {sku: variant for sku, (variant, product) in products.variant_ids_by_sku(db, wanted).items() if product == id}
    ensure_levels(db, variants.values(), now=now)
    location = main_location(db)
    for sku, variant_id in sorted(variants.items(), key=lambda pair: pair[1]):
        pieces = wanted[sku]
        level = change(
            db, variant_id=variant_id, kind=MovementKind.OPENING, on_hand=pieces, location_id=location,
            reference=f"products.Product:{id}", actor=actor, now=now,
        )  # fmt: skip
        if level is None:
            raise NotFound(_l("There is no such variant."))
        audit_level(db, "inventory.stock.opened", level, actor=actor, now=now, before=level.on_hand - pieces, after=level.on_hand, reason="")


def restock_level(
    db: Session, *, id: int, quantity: int, actor: Actor, now: datetime, reason: str | None = None
) -> None:
    """Goods came in for the variant of a level."""
    level = _level(db, id)
    changed = _change_by_hand(db, level, quantity, MovementKind.RESTOCK, reason or "", actor, now)
    audit_level(
        db, "inventory.stock.restocked", level, actor=actor, now=now,
        before=level.on_hand, after=changed.on_hand, reason=reason or "",
    )  # fmt: skip


def adjust_stock(
    db: Session, *, id: int, quantity: int, reason: str, actor: Actor, now: datetime, note: str | None = None
) -> None:
    """Change a level by so many, up or down, for a reason.

    :raises NegativeStock: when fewer lie there.
    """
    level = _level(db, id)
    words = f"{reason}: {note}" if note else reason
    changed = _change_by_hand(db, level, quantity, MovementKind.ADJUST, words, actor, now)
    audit_level(
        db, "inventory.stock.adjusted", level, actor=actor, now=now,
        before=level.on_hand, after=changed.on_hand, reason=reason_to_tell(reason, note),
    )  # fmt: skip


def count_stock(db: Session, *, id: int, counted: int, actor: Actor, now: datetime, note: str | None = None) -> None:
    """Say how many really lie there. What orders hold stays held, even when fewer were found."""
    if not 0 <= counted <= MAX_PIECES:
        raise ValueError("a count is zero or more")
    level = _level(db, id)
    changed = _change_by_hand(db, level, counted - level.on_hand, MovementKind.COUNT, note or "", actor, now)
    audit_level(
        db, "inventory.stock.counted", level, actor=actor, now=now,
        before=level.on_hand, after=changed.on_hand, reason=note or "",
    )  # fmt: skip


def set_warn_level(db: Session, *, id: int, warn_level: int, actor: Actor, now: datetime) -> None:
    """When to warn that a variant runs low."""
    level = _level(db, id)
    c = _levels.c
    db.execute(
        update(_levels)
        .where(c.id == id)
        .values(warn_level=warn_level, low=c.sellable & (c.on_hand - c.reserved <= warn_level), changed_at=now)
    )
    record_audit(
        db, "inventory.stock.warn_level_set", target=("inventory.StockLevel", id), label=level.sku, actor=actor,
        now=now, before={"warn_level": level.warn_level}, after={"warn_level": warn_level},
    )  # fmt: skip


def _change_by_hand(
    db: Session, level: Row[Any], by: int, kind: MovementKind, reason: str, actor: Actor, now: datetime
) -> Row[Any]:
    changed = change(
        db, variant_id=level.variant_id, kind=kind, on_hand=by, condition=(_levels.c.on_hand + by).between(0, MAX_PIECES),
        location_id=level.location_id, reason=reason, actor=actor, now=now,
    )  # fmt: skip
    if changed is None:
        raise NegativeStock(count=level.on_hand)
    return changed


def _level(db: Session, level_id: int) -> Row[Any]:
    level = locked_level(db, level_id)
    if level is None:
        raise NotFound(_l("There is no such stock level."))
    return level
