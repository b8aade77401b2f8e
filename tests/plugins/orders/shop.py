"""Things to buy and people who buy, for the tests of the shop's four plugins."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor
from zhanggui_customers.services import profile
from zhanggui_inventory import facade as inventory
from zhanggui_orders.contracts import CartLine
from zhanggui_orders.services.placement import place_order
from zhanggui_products import facade as products
from zhanggui_products.services import editing, selling

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # noon in Shanghai, a Monday


def add_product(
    db: Session, owner: Actor, sku: str = "TEA-250", *, price: int = 1990, stock: int = 10, name: str = "Longjing tea"
) -> Any:
    """A product on sale with one variant and so many on hand; answers the variant as orders see it."""
    product_id = editing.create_product(
        db, actor=owner, now=NOON, name=name, variants=[{"sku": sku, "price": price, "option": "250 g"}]
    )
    if price == 0:
        variant_id = products.variant_ids_by_sku(db, [sku])[sku][0]
        selling.change_price(db, id=product_id, prices=[{"id": variant_id, "price": 0}], free=True, actor=owner, now=NOON)
    selling.put_on_sale(db, id=product_id, actor=owner, now=NOON)
    variant_id = products.variant_ids_by_sku(db, [sku])[sku][0]
    inventory.ensure_levels(db, [variant_id], now=NOON)
    if stock:
        inventory.restock(db, variant_id=variant_id, quantity=stock, actor=owner, now=NOON)
    return products.variants_by_id(db, [variant_id])[variant_id]


def add_customer(db: Session, owner: Actor, name: str = "Wang Wei", phone: str | None = "13800138000") -> int:
    """A customer; answers the id."""
    return profile.create_customer(db, actor=owner, now=NOON, name=name, phone=phone)


def place(db: Session, actor: Actor, *wanted: tuple[Any, int], customer_id: int | None = None, **more: Any) -> Any:
    """An order for ``(variant, quantity)`` pairs; answers its row."""
    lines = [CartLine(variant.public_id, quantity) for variant, quantity in wanted]
    return place_order(db, lines=lines, customer_id=customer_id, actor=actor, now=NOON, **more)


def stock_of(db: Session, variant: Any) -> Any:
    """On hand, reserved and available of a variant."""
    return inventory.stock_of(db, [variant.id])[variant.id]


def rows(db: Session, model: Any) -> int:
    """How many rows a table has."""
    return db.scalar(select(func.count()).select_from(model)) or 0


def plan(connection: Connection, statement: Select[Any]) -> str:
    """How the database would answer a statement."""
    dialect = connection.dialect
    sql = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN " if dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + sql))
