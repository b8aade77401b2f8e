"""What people see of order lines: what was sold, one by one, and what it had cost the shop. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from zhanggui.api import Card, Choice, Column, Filter, Measure, MenuItem, Screen, Search, _l

from .models import Order, OrderLine
from .queries import PROVINCES, in_provinces
from .rules import named
from .states import SOURCES, STAGES

SEE_COST = "can_see_cost"
_KINDS = (Choice("goods", _l("Goods")), Choice("return", _l("Return")), Choice("fee", _l("Fee")))


def _of_order(name: str) -> Any:
    """A column of the line's order, in the statement that reads the line."""
    return lambda c: select(Order.__table__.c[name]).where(Order.__table__.c.id == c.order_id).scalar_subquery()


def _on_days(at: str) -> Any:
    """Lines of the orders whose moment ``at`` lies in a time: from the first moment on, before the second."""
    moment = Order.__table__.c[at]

    def clause(value: Sequence[datetime | None], c: Any) -> Any:
        first, end = value
        limits = [*([moment >= first] if first is not None else []), *([moment < end] if end is not None else [])]
        return c.order_id.in_(select(Order.__table__.c.id).where(moment.is_not(None), *limits))

    return clause


def _of_orders(name: str) -> Any:
    """Lines of the orders in whose column one of the chosen values stands."""
    return lambda values, c: c.order_id.in_(select(Order.__table__.c.id).where(Order.__table__.c[name].in_(values)))


def _in_provinces(provinces: Sequence[str], c: Any) -> Any:
    return c.order_id.in_(select(Order.__table__.c.id).where(in_provinces(provinces, Order.__table__.c)))


def _of_customer(value: Any, c: Any) -> Any:
    return c.order_id.in_(select(Order.__table__.c.id).where(Order.__table__.c.customer_id == value))


def _gross(c: Any) -> Any:
    return c.quantity * c.unit_price


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
        Column("gross", _l("Before discounts"), "money", currency="currency", expr=_gross, wide=False, order=75),
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
        Filter("placed_at", _l("Placed"), "date_range", clause=_on_days("placed_at"), order=10),
        Filter("paid_at", _l("Paid at"), "date_range", clause=_on_days("paid_at"), order=15),
        Filter("product_id", _l("Product"), "lookup", to="products.Product", order=20),
        Filter("sku", _l("SKU"), "text", order=30),
        Filter("stage", _l("Stage"), choices=STAGES, clause=_of_orders("stage"), order=40),
        Filter("kind", _l("Kind"), choices=_KINDS, order=50),
        Filter("source", _l("Source"), choices=SOURCES, clause=_of_orders("source"), order=60),
        Filter("province", _l("Province"), choices=PROVINCES, clause=_in_provinces, order=70),
        Filter("customer_id", _l("Customer"), "lookup", to="customers.Customer", clause=_of_customer, order=80),
    ),
    measures=(
        Measure("lines", _l("Lines"), order=10),
        Measure("pieces", _l("Pieces"), "sum", "quantity", order=20),
        Measure("gross", _l("Before discounts"), "sum", "gross", "money", currency="currency", order=30),
        Measure("discount", _l("Discount"), "sum", "discount", "money", currency="currency", order=40),
        Measure("total", _l("Total"), "sum", "total", "money", currency="currency", order=50),
    ),
    search=Search(prefix=("sku",), hint=_l("SKU")),
    empty=_l("Nothing was sold yet."),
)

MENU = (MenuItem("order-lines", _l("Order lines"), "list", screen="orders.OrderLine", order=25),)
