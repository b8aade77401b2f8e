"""What money adds up to: the ledger by its moments, and what refunds gave back of goods, freight and fees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, case, select

from zhanggui.api import Dashboard, Dimension, Drill, Fact, Metric, Tile, _l
from zhanggui_orders import facade as orders

from . import words
from .ledger_screen import flow
from .models import Attempt, Entry, Refund, RefundLine
from .states import RefundState

_entry, _attempt, _refund, _part = Entry.__table__.c, Attempt.__table__.c, Refund.__table__.c, RefundLine.__table__.c


def _moved() -> Select[Any]:
    way = flow(_entry)
    joined = Entry.__table__.outerjoin(Attempt.__table__, _attempt.id == _entry.attempt_id)
    return select(
        _entry.at.label("at"), _entry.currency, _attempt.provider, (_attempt.provider + ":" + _attempt.method).label("method"), _entry.customer_id,
        case((way == "in", _entry.amount), else_=0).label("taken"), case((way == "out", -_entry.amount), else_=0).label("given_back"),
        case((way == "fee", -_entry.amount), else_=0).label("fees"),
    ).select_from(joined)  # fmt: skip


def _refunded() -> Select[Any]:
    """The parts of refunds that succeeded."""
    order, line = orders.rows_of_orders(), orders.rows_of_lines()
    joined = (
        RefundLine.__table__.join(Refund.__table__, _refund.id == _part.refund_id)
        .join(order, order.c.id == _refund.order_id)
        .outerjoin(line, line.c.id == _part.order_line_id)
    )
    return (
        select(
            _refund.succeeded_at.label("at"), _refund.currency, order.c.source, order.c.province, order.c.customer_id, line.c.product_id, line.c.sku,
            (-_part.goods).label("goods"), (-_part.freight).label("freight"), (-_part.fee).label("fees"), _part.quantity.label("pieces"),
        )
        .select_from(joined)
        .where(_refund.state == RefundState.SUCCEEDED, _refund.succeeded_at.is_not(None))
    )  # fmt: skip


FACTS = (
    Fact(
        "payments.moved", _l("Money that moved"), _moved, ("taken", "given_back", "fees"),
        {"provider": "provider", "method": "method", "customer": "customer_id"}, "payments.Entry", kept=(("method", "hour"), ("provider",)),
        changed_by={"payments.payment.captured@1": ("at",), "payments.refund.succeeded@1": ("at",), "orders.orders.imported@1": ("first_day", "last_day")},
    ),
    Fact(
        "payments.refunded", _l("What refunds gave back"), _refunded, ("goods", "freight", "fees", "pieces"),
        {"source": "source", "province": "province", "customer": "customer_id", "product": "product_id", "sku": "sku"}, "payments.Refund",
        kept=(("source", "hour"), ("province",), ("product", "sku"), ("customer",)),
        changed_by={"payments.refund.succeeded@1": ("at",)},
    ),
)  # fmt: skip
_BACK = {"customer": "customer_id"}


def _back(measure: str) -> Drill:
    return Drill("payments.Refund", "succeeded_at", measure, {"state": "succeeded"}, _BACK, sign=-1)


METRICS = (
    Metric(
        "sales.refunded", _l("Goods refunded"), _l("The goods part of refunds, on the day the money went back; below zero."),
        "payments.refunded", "goods", unit="money", drill=_back("goods"), order=42,
    ),
    Metric(
        "sales.freight_refunded", _l("Freight refunded"), _l("The freight part of refunds, on the day the money went back; below zero."),
        "payments.refunded", "freight", unit="money", drill=_back("freight"), order=52,
    ),
    Metric(
        "sales.fees_refunded", _l("Fees refunded"), _l("The fee part of refunds, on the day the money went back; below zero."),
        "payments.refunded", "fees", unit="money", drill=_back("fees"), order=63,
    ),
    Metric(
        "cash.in", _l("Money in"), _l("What customers paid, at the moment it was there."), "payments.moved", "taken", unit="money", area="money",
        drill=Drill("payments.Entry", "at", "net", {"flow": "in"}, _BACK), order=310,
    ),
    Metric(
        "cash.out", _l("Money out"), _l("What went back to customers, at the moment it was gone; below zero."), "payments.moved", "given_back", unit="money", good="neutral",
        area="money", drill=Drill("payments.Entry", "at", "net", {"flow": "out"}, _BACK), order=320,
    ),
    Metric(
        "cash.net", _l("Money kept"), _l("Money in less money out, before fees of the providers."), formula="cash.in + cash.out", unit="money", area="money", order=330,
    ),
)  # fmt: skip


def _methods(db: Any, reader: Any, values: Any) -> Mapping[str, Any]:
    return {value: words.method_name(*value.split(":", 1)) for value in values if ":" in value}


def _providers(db: Any, reader: Any, values: Any) -> Mapping[str, Any]:
    return {value: words.provider_name(value) for value in values}


DIMENSIONS = (Dimension("method", _l("Method"), words=_methods), Dimension("provider", _l("Provider"), words=_providers))

DASHBOARDS = (
    Dashboard("money", _l("Money"), (
        Tile("in", _l("Money in"), ("cash.in",), order=10),
        Tile("out", _l("Money out"), ("cash.out",), order=20),
        Tile("net", _l("Money kept"), ("cash.net",), order=30),
        Tile("days", _l("Money in and out by day"), ("cash.in", "cash.out"), "bars", ("day",), order=40),
        Tile("methods", _l("Money in by method"), ("cash.in",), "ranked", ("method",), order=50),
    ), order=50),
)  # fmt: skip
