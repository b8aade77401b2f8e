"""The one place where a level changes: one conditional statement, one movement row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, exists, false, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, _l, get_setting, notify, record_audit, words
from zhanggui_products import facade as products
from zhanggui_products.contracts import SoldVariant

from ..models import Location, StockLevel, StockMovement
from ..states import MovementKind

MAIN = "main"
_levels, _movements = StockLevel.__table__, StockMovement.__table__


def main_location(db: Session) -> int:
    """The location that orders are served from; made when there is none."""
    wanted = select(Location.id).where(Location.code == MAIN)
    found = db.scalar(wanted)
    if found is not None:
        return found
    try:
        with db.begin_nested():
            location = Location(code=MAIN, name="Main")
            db.add(location)
            db.flush()
            return location.id
    except IntegrityError:  # another process made it in this moment
        return db.scalars(wanted).one()


def forget_empty_levels(db: Session, variant_ids: Collection[int]) -> None:
    """Take away the levels of variants that never had any stock."""
    moved = exists().where(_movements.c.variant_id == _levels.c.variant_id)
    db.execute(delete(_levels).where(_levels.c.variant_id.in_(list(variant_ids)), _levels.c.on_hand == 0, _levels.c.reserved == 0, ~moved))


def ensure_levels(db: Session, variant_ids: Collection[int], *, now: datetime) -> None:
    """Give variants a level of zero where they have none, and the names that the catalogue has for them."""
    wanted = products.variants_by_id(db, sorted(set(variant_ids)))
    if not wanted:
        return
    c = _levels.c
    there = {
        row.variant_id: row
        for row in db.execute(select(c.variant_id, c.sku, c.title, c.product_id, c.sellable).where(c.variant_id.in_(list(wanted))))
    }
    names: dict[int, dict[str, Any]] = {
        v.id: {"product_id": v.product_id, "sku": v.sku, "title": title_of(v), "sellable": v.sellable} for v in wanted.values()
    }
    for name in names.values():
        name["search_text"] = words.stored(str(name["title"]))
    renamed = [v for v, row in there.items() if (row.sku, row.title, row.sellable) != (names[v]["sku"], names[v]["title"], names[v]["sellable"])]
    for variant_id in sorted(renamed):  # in the order in which carts take them, or the two would wait for each other
        low = c.on_hand - c.reserved <= c.warn_level if names[variant_id]["sellable"] else false()
        db.execute(update(_levels).where(c.variant_id == variant_id).values(**names[variant_id], low=low))
    missing = [variant_id for variant_id in sorted(wanted) if variant_id not in there]
    if not missing:
        return
    location, warn = main_location(db), int(get_setting("plugin.inventory.warn_level"))
    on_dialect = insert_on_postgresql if db.get_bind().dialect.name == "postgresql" else insert_on_sqlite
    statement = on_dialect(_levels).on_conflict_do_nothing(index_elements=["variant_id", "location_id"])
    common = {"location_id": location, "warn_level": warn, "changed_at": now}
    db.execute(statement, [{"variant_id": v, **names[v], "low": names[v]["sellable"] and warn >= 0, **common} for v in missing])


def title_of(variant: SoldVariant) -> str:
    """What a person calls a variant: the product and the option."""
    return f"{variant.name} {variant.option}".strip()


def change(
    db: Session,
    *,
    variant_id: int,
    kind: MovementKind,
    on_hand: int | ColumnElement[int] = 0,
    reserved: int = 0,
    condition: ColumnElement[bool] | None = None,
    location_id: int | None = None,
    reference: str | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Row[Any] | None:
    """Change a level if ``condition`` holds, and write the movement. None, and nothing done, when it does not."""
    c = _levels.c
    location = (
        select(Location.id).where(Location.code == MAIN).scalar_subquery() if location_id is None else location_id
    )
    new_on_hand, new_reserved = c.on_hand + on_hand, c.reserved + reserved
    statement = update(_levels).where(c.variant_id == variant_id, c.location_id == location)
    if condition is not None:
        statement = statement.where(condition)
    level = db.execute(
        statement.values(
            on_hand=new_on_hand, reserved=new_reserved, low=c.sellable & (new_on_hand - new_reserved <= c.warn_level), changed_at=now
        ).returning(*c)
    ).first()
    if level is None:
        return None
    write_movement(
        db, level, kind=kind, on_hand=on_hand if isinstance(on_hand, int) else 0, reserved=reserved,
        reference=reference, reason=reason, actor=actor, now=now,
    )  # fmt: skip
    return level


def write_movement(
    db: Session,
    level: Row[Any],
    *,
    kind: MovementKind,
    on_hand: int,
    reserved: int,
    reference: str | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """The row behind a change; tells the staff when it was the one that made a variant run low."""
    db.execute(
        insert(_movements).values(
            at=now, kind=kind, variant_id=level.variant_id, location_id=level.location_id, on_hand_change=on_hand,
            reserved_change=reserved, on_hand_after=level.on_hand, reserved_after=level.reserved, reference=reference,
            reason=reason[:200] or None, actor=f"{actor.kind}:{actor.name}"[:120],
        )
    )  # fmt: skip
    available = level.on_hand - level.reserved
    was = available - on_hand + reserved
    if level.sellable and available <= level.warn_level < was:
        tell_low(db, level, available, now)


def tell_low(db: Session, level: Row[Any], available: int, now: datetime) -> None:
    """One notice when what is available falls to the warn level: none for each unit below, one a day at most."""
    notify(
        db,
        kind="inventory.low",
        title=_l("Low stock: %(name)s, %(count)s left", name=level.title, count=available),
        href=f"/stock/{level.id}",
        permission=("can_list", "inventory.StockLevel"),
        now=now,
        key=f"inventory.low:{level.variant_id}:{now.date().isoformat()}",
    )


def locked_level(db: Session, level_id: int) -> Row[Any] | None:
    """A level that nobody else changes until this transaction ends (SQLite holds its one write lock anyway)."""
    return db.execute(select(*_levels.c).where(_levels.c.id == level_id).with_for_update()).first()


def audit_level(
    db: Session, action: str, level: Row[Any], *, actor: Actor, now: datetime, before: int, after: int, reason: Any
) -> None:
    """The audit row of a change that a person made by hand."""
    record_audit(
        db, action, target=("inventory.StockLevel", level.id), label=level.sku, actor=actor, now=now,
        before={"on_hand": before}, after={"on_hand": after}, reason=reason,
    )  # fmt: skip
