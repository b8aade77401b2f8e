"""What people see of order lines: what was sold, one by one, and what it had cost the shop. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from zhanggui.api import Card, Choice, Column, Filter, MenuItem, Screen, Search, _l

from .models import Order, OrderLine
from .rules import named
from .states import STAGES

SEE_COST = "can_see_cost"
_KINDS = (Choice("goods", _l("Goods")), Choice("return", _l("Return")), Choice("fee", _l("Fee")))


def _of_order(name: str) -> Any:
    """A column of the line's order, in the statement that reads the line."""
    return lambda c: select(Order.__table__.c[name]).where(Order.__table__.c.id == c.order_id).scalar_subquery()


def _on_days(value: Sequence[datetime | None], c: Any) -> Any:
    """Lines of the orders that were placed in a time: from the first moment on, before the second."""
    placed, (first, end) = Order.__table__.c.placed_at, value
    limits = [*([placed >= first] if first is not None else []), *([placed < end] if end is not None else [])]
    return c.order_id.in_(select(Order.__table__.c.id).where(*limits))


def _in_stages(stages: Sequence[str], c: Any) -> Any:
    return c.order_id.in_(select(Order.__table__.c.id).where(Order.__table__.c.stage.in_(stages)))


ORDER_LINES = Screen(
    resource="orders.OrderLine",
    source=OrderLine,
    route="/order-lines",
    title=_l("Order lines"),
    singular=_l("Order line"),
    icon="list",
    label="sku",
    columns=(
        Column("placed_at", _l("Placed"), "datetime", expr=_of_order("placed_at"), order=10),
        Column("order_id", _l("Order"), "lookup", to="orders.Order", order=20),
        Column("name", _l("Product"), value=lambda row: named(row)[0], order=30),
        Column("option", _l("Option"), value=lambda row: named(row)[1], order=40),
        Column("sku", _l("SKU"), "code", order=50),
        Column("quantity", _l("Quantity"), "pieces", order=60),
        Column("unit_price", _l("Price"), "money", currency="currency", order=70),
        Column("discount", _l("Discount"), "money", currency="currency", wide=False, order=80),
        Column("total", _l("Total"), "money", currency="currency", order=90),
        Column("unit_cost", _l("Cost"), "money", currency="currency", permission=SEE_COST, order=100),
        Column("kind", _l("Kind"), "choice", choices=_KINDS, wide=False, order=110),
        Column("stage", _l("Stage"), "status", choices=STAGES, expr=_of_order("stage"), order=120),
        Column("shipped_quantity", _l("Shipped"), "int", wide=False, order=130),
        Column("currency", _l("Currency"), "code", expr=_of_order("currency"), wide=False, order=140),
        Column("region", _l("Code of the region"), "code", expr=_of_order("region"), wide=False, order=150),
    ),
    always=("name", "option", "texts"),
    card=Card(title="name", end="total", badge="stage", sub=("quantity", "placed_at")),
    filters=(
        Filter("placed_at", _l("Placed"), "date_range", clause=_on_days, order=10),
        Filter("product_id", _l("Product"), "lookup", to="products.Product", order=20),
        Filter("sku", _l("SKU"), "text", order=30),
        Filter("stage", _l("Stage"), choices=STAGES, clause=_in_stages, order=40),
        Filter("kind", _l("Kind"), choices=_KINDS, order=50),
    ),
    search=Search(prefix=("sku",), hint=_l("SKU")),
    empty=_l("Nothing was sold yet."),
)

MENU = (MenuItem("order-lines", _l("Order lines"), "list", screen="orders.OrderLine", order=25),)
