"""What orders add up to: facts, the figures made of them, and the pages that show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, exists, func, literal, select

from zhanggui.api import Dashboard, Dimension, Drill, Fact, Metric, Tile, _l, regions

from . import queries
from .line_screen import SEE_COST
from .models import Order, OrderLine
from .states import SOURCES

_order, _line = Order.__table__.c, OrderLine.__table__.c
GOODS = exists().where(_line.order_id == _order.id, _line.kind == "goods")  # fees and returns alone are no order
_BY_ORDER = {"source": "source", "province": "province", "customer": "customer_id"}
_BOOKED = {"orders.orders.imported@1": ("first_day", "last_day")}


def province(c: Any = _order) -> ColumnElement[str]:
    """The province of an order's address, by the first two digits of its region."""
    return func.substr(c.region, 1, 2).concat("0000")


def _orders(at: ColumnElement[Any], *more: ColumnElement[Any]) -> Select[Any]:
    sold = case((GOODS, 1), else_=0).label("orders")
    own = [_order.currency, _order.source, province().label("province"), _order.customer_id]
    return select(at.label("at"), *own, sold, *more).where(at.is_not(None))


def _placed() -> Select[Any]:
    return _orders(_order.placed_at, _order.total.label("amount"))


def _paid() -> Select[Any]:
    # What was imported has its fees as lines, and their sum beside them.
    freight = case((_order.external_key.is_(None), _order.freight_total), else_=0).label("freight")
    return _orders(_order.paid_at, freight, _order.fee_total.label("fees"), _order.tax_total.label("tax"))


def _canceled() -> Select[Any]:
    return _orders(_order.canceled_at)


def _lines() -> Select[Any]:
    """Lines of orders that were paid."""

    def of(kind: str, amount: Any) -> ColumnElement[int]:
        return case((_line.kind == kind, amount), else_=0)

    costed = of("goods", case((_line.unit_cost.is_not(None), _line.quantity * _line.unit_price - _line.discount), else_=0))
    sums = {
        "gross": of("goods", _line.quantity * _line.unit_price), "discount": of("goods", -_line.discount), "returned": of("return", _line.total),
        "fees": of("fee", _line.total), "pieces": of("goods", _line.quantity), "lines": of("goods", literal(1)),
        "cost": of("goods", func.coalesce(_line.unit_cost, 0) * _line.quantity), "costed": costed,
    }  # fmt: skip
    own = [_order.currency, _order.source, province().label("province"), _order.customer_id, _line.sku, _line.product_id]
    joined = OrderLine.__table__.join(Order.__table__, _order.id == _line.order_id)
    return select(_order.paid_at.label("at"), *own, *(e.label(name) for name, e in sums.items())).select_from(joined).where(_order.paid_at.is_not(None))


def rows_of_orders() -> Subquery:
    """See the facade."""
    return select(_order.id, _order.source, province().label("province"), _order.customer_id).subquery()


def rows_of_lines() -> Subquery:
    """See the facade."""
    return select(_line.id, _line.product_id, _line.sku).subquery()


FACTS = (
    Fact(
        "orders.placed", _l("Orders, by when they were placed"), _placed, ("orders", "amount"), _BY_ORDER, "orders.Order",
        kept=(("source", "hour"),), changed_by={"orders.order.placed@1": ("at",), **_BOOKED},
    ),
    Fact(
        "orders.paid", _l("Orders, by when they were paid"), _paid, ("orders", "freight", "fees", "tax"), _BY_ORDER, "orders.Order",
        kept=(("source", "hour"), ("province",), ("customer",)), changed_by={"orders.order.paid@1": ("at",), **_BOOKED},
    ),
    Fact(
        "orders.canceled", _l("Orders, by when they were canceled"), _canceled, ("orders",), _BY_ORDER, "orders.Order",
        kept=(("source", "hour"),), changed_by={"orders.order.canceled@1": ("at",), **_BOOKED},
    ),
    Fact(
        "orders.lines", _l("Lines of orders, by when these were paid"), _lines,
        ("gross", "discount", "returned", "fees", "pieces", "lines", "cost", "costed"),
        {**_BY_ORDER, "product": "product_id", "sku": "sku"}, "orders.OrderLine",
        kept=(("source", "hour"), ("province",), ("product", "sku"), ("customer",)), changed_by={"orders.order.paid@1": ("at",), **_BOOKED},
    ),
)  # fmt: skip

_OF_ORDER = {"source": "source", "province": "province", "customer": "customer_id"}
_OF_LINE = {"source": "source", "province": "province", "product": "product_id"}


def _listed(at: str) -> Drill:
    return Drill("orders.Order", at, "orders", {"goods": "1"}, _OF_ORDER)


def _lined(measure: str, kind: str) -> Drill:
    return Drill("orders.OrderLine", "paid_at", measure, {"kind": kind}, _OF_LINE)


METRICS = (
    Metric(
        "sales.net", _l("Net sales"), _l("Goods of paid orders after discounts, less goods that came back. Sales count on the day of payment, returns on the day the money went back."),
        formula="sales.gross + sales.discount + sales.returns", unit="money", order=10,
    ),
    Metric(
        "sales.gross", _l("Gross sales"), _l("Price times pieces of the goods in paid orders, before discounts, on the day of payment."),
        "orders.lines", "gross", unit="money", drill=_lined("gross", "goods"), order=20,
    ),
    Metric(
        "sales.discount", _l("Discounts"), _l("What was taken off the goods of paid orders, on the day of payment; below zero."),
        "orders.lines", "discount", unit="money", good="neutral", drill=Drill("orders.OrderLine", "paid_at", "discount", {"kind": "goods"}, _OF_LINE, sign=-1), order=30,
    ),
    Metric(
        "sales.returns", _l("Returned"), _l("The goods part of refunds on the day the money went back, and returns of imported orders; below zero."),
        formula="sales.imported_returns + sales.refunded?", unit="money", order=40,
    ),
    Metric(
        "sales.imported_returns", _l("Returns that were imported"), _l("Lines of the kind return in orders of the past, on their day; below zero."),
        "orders.lines", "returned", unit="money", drill=_lined("total", "return"), order=41,
    ),
    Metric(
        "sales.freight", _l("Freight"), _l("Freight of paid orders on the day of payment, less freight that was given back."),
        formula="sales.freight_charged + sales.freight_refunded?", unit="money", order=50,
    ),
    Metric("sales.freight_charged", _l("Freight charged"), _l("Freight of paid orders, on the day of payment."), "orders.paid", "freight", unit="money", order=51),
    Metric(
        "sales.fees", _l("Fees"), _l("What was charged beside goods and freight, such as wrapping, less what was given back of it; of imported orders their lines of the kind fee."),
        formula="sales.fee_lines + sales.fees_charged + sales.fees_refunded?", unit="money", order=60,
    ),
    Metric(
        "sales.fee_lines", _l("Fees that were imported"), _l("Lines of the kind fee in orders of the past, on their day."),
        "orders.lines", "fees", unit="money", drill=_lined("total", "fee"), order=61,
    ),
    Metric("sales.fees_charged", _l("Fees charged"), _l("Fees of paid orders, on the day of payment."), "orders.paid", "fees", unit="money", order=62),
    Metric("sales.tax", _l("Tax"), _l("Tax of paid orders, on the day of payment."), "orders.paid", "tax", unit="money", good="neutral", order=65),
    Metric(
        "sales.total", _l("Sales in all"), _l("Net sales with freight, fees and tax."),
        formula="sales.net + sales.freight + sales.fees + sales.tax", unit="money", order=70,
    ),
    Metric(
        "sales.aov", _l("Average order"), _l("Goods after discounts, divided by paid orders. Without an order there is none."),
        formula="(sales.gross + sales.discount) / orders.paid", unit="money", order=80,
    ),
    Metric(
        "sales.return_share", _l("Given back, share"), _l("What came back, divided by gross sales of the same time. Without sales there is none."),
        formula="0 - sales.returns * 100 / sales.gross", unit="percent", good="down", order=85,
    ),
    Metric(
        "sales.cost", _l("Cost of goods"), _l("What the goods of paid orders had cost the shop, as far as that was known when they were sold."),
        "orders.lines", "cost", unit="money", good="neutral", area="cost", permission=SEE_COST, order=90,
    ),
    Metric(
        "sales.costed", _l("Sales with a known cost"), _l("Goods after discounts of the lines whose cost was known when they were sold."),
        "orders.lines", "costed", unit="money", area="cost", permission=SEE_COST, order=91,
    ),
    Metric(
        "sales.margin", _l("Margin"), _l("Goods after discounts less their cost, of the lines whose cost was known."),
        formula="sales.costed - sales.cost", unit="money", area="cost", permission=SEE_COST, order=92,
    ),
    Metric(
        "orders.placed", _l("Orders placed"), _l("Orders with goods, on the day they were placed, whether they were paid or not."),
        "orders.placed", "orders", drill=_listed("placed_at"), order=110,
    ),
    Metric(
        "orders.paid", _l("Orders paid"), _l("Orders with goods, on the day they were paid in full."),
        "orders.paid", "orders", drill=_listed("paid_at"), order=120,
    ),
    Metric(
        "orders.canceled", _l("Orders canceled"), _l("Orders with goods, on the day they were called off."),
        "orders.canceled", "orders", good="down", drill=_listed("canceled_at"), order=130,
    ),
    Metric(
        "orders.pieces", _l("Pieces sold"), _l("Pieces of goods in paid orders, on the day of payment."),
        "orders.lines", "pieces", drill=_lined("pieces", "goods"), order=140,
    ),
    Metric(
        "orders.lines", _l("Lines sold"), _l("Lines of goods in paid orders, on the day of payment."),
        "orders.lines", "lines", drill=_lined("lines", "goods"), order=150,
    ),
    Metric(
        "orders.pieces_per_order", _l("Pieces an order"), _l("Pieces of goods, divided by paid orders."),
        formula="orders.pieces / orders.paid", unit="decimal", order=160,
    ),
    Metric("orders.lines_per_order", _l("Lines an order"), _l("Lines of goods, divided by paid orders."), formula="orders.lines / orders.paid", unit="decimal", order=170),
    Metric(
        "customers.buyers", _l("Buyers"), _l("Different customers with a paid order; guests are not among them. Buyers of two months are not the sum of both."),
        "orders.paid", "orders", distinct="customer", area="customers", drill=Drill("orders.Order", "paid_at", "", {"goods": "1"}, _OF_ORDER), order=210,
    ),
    Metric(
        "customers.new", _l("New buyers"), _l("Buyers whose first paid order ever lies in this time."),
        "orders.paid", "orders", distinct="customer", who="new", area="customers", order=220,
    ),
    Metric(
        "customers.returning", _l("Returning buyers"), _l("Buyers who had a paid order before this time."),
        "orders.paid", "orders", distinct="customer", who="returning", area="customers", order=230,
    ),
)  # fmt: skip


def _provinces(db: Any, reader: Any, values: Any) -> Mapping[str, Any]:
    return {value: regions.PROVINCES[value] for value in values if value in regions.PROVINCES}


DIMENSIONS = (
    Dimension("source", _l("Source"), choices=SOURCES),
    Dimension("province", _l("Province"), words=_provinces, choices=queries.PROVINCES, none=_l("No address in a province")),
    Dimension("sku", _l("SKU")),
)

DASHBOARDS = (
    Dashboard("sales", _l("Sales"), (
        Tile("net", _l("Net sales"), ("sales.net",), order=10),
        Tile("paid", _l("Orders paid"), ("orders.paid",), order=20),
        Tile("aov", _l("Average order"), ("sales.aov",), order=30),
        Tile("share", _l("Given back, share"), ("sales.return_share",), order=40),
        Tile("days", _l("Net sales by day"), ("sales.net",), "line", ("day",), order=50),
        Tile("sources", _l("Where orders come from"), ("sales.net",), "ranked", ("source",), order=60),
        Tile("provinces", _l("Where orders go"), ("sales.net",), "ranked", ("province",), order=70),
    ), order=20),
    Dashboard("products", _l("Products"), (
        Tile("pieces", _l("Pieces sold"), ("orders.pieces",), order=10),
        Tile("lines", _l("Lines an order"), ("orders.lines_per_order",), order=20),
        Tile("margin", _l("Margin"), ("sales.margin",), order=30),
        Tile("best", _l("Best sellers"), ("sales.net",), "ranked", ("product",), order=40),
        Tile("categories", _l("Categories"), ("sales.net",), "ranked", ("category",), order=50),
        Tile("skus", _l("SKUs by pieces"), ("orders.pieces",), "ranked", ("sku",), order=60),
    ), order=30),
    Dashboard("customers", _l("Customers"), (
        Tile("buyers", _l("Buyers"), ("customers.buyers",), order=10),
        Tile("new", _l("New buyers"), ("customers.new",), order=20),
        Tile("returning", _l("Returning buyers"), ("customers.returning",), order=30),
        Tile("kinds", _l("Net sales of new and returning buyers"), ("sales.net",), "ranked", ("buyer_kind",), order=40),
        Tile("segments", _l("Net sales by segment"), ("sales.net",), "ranked", ("segment",), order=45),
        Tile("months", _l("New buyers by week"), ("customers.new", "customers.returning"), "bars", ("week",), order=50),
        Tile("cohorts", _l("Who comes again"), ("customers.buyers",), "heat", ("first_month", "month"), order=55),
        Tile("best", _l("Best customers"), ("sales.net",), "ranked", ("customer",), order=60),
    ), order=40),
    Dashboard("season", _l("Season"), (
        Tile("hours", _l("Orders by weekday and hour"), ("orders.paid",), "heat", ("weekday", "hour"), order=10),
        Tile("weekdays", _l("Net sales by weekday"), ("sales.net",), "bars", ("weekday",), order=20),
        Tile("days", _l("Net sales by day"), ("sales.net",), "line", ("day",), order=25),
        Tile("months", _l("Net sales by month"), ("sales.net",), "bars", ("month",), order=30),
    ), order=80),
)  # fmt: skip
