"""How many came, and who bought."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from zhanggui.api import Dimension, Drill, Fact, Metric, Reader, _l, row_labels

from .models import Customer

_customer = Customer.__table__.c


def _names(db: Session, reader: Reader, values: Collection[str]) -> Mapping[str, str]:
    found = row_labels(db, reader, "customers.Customer", [int(value) for value in values if value.isdecimal()])
    return {str(id): label for id, label in found.items()}


def _created() -> Select[Any]:
    return select(_customer.created_at.label("at"), _customer.source.label("origin"), literal(1).label("customers"))


FACTS = (
    Fact(
        "customers.created", _l("Customers, by when they came"), _created, ("customers",), {"origin": "origin"}, "customers.Customer",
        kept=(("origin", "hour"),), changed_by={"customers.customer.created@1": ()},
    ),
)  # fmt: skip

METRICS = (
    Metric(
        "customers.registered", _l("Customers who came"), _l("Customers by the day they were entered, bought or not."), "customers.created", "customers",
        area="customers", drill=Drill("customers.Customer", "created_at", "customers"), order=240,
    ),
)  # fmt: skip

DIMENSIONS = (
    Dimension("customer", _l("Customer"), words=_names, none=_l("Guests")),
    Dimension("origin", _l("Where a customer came from")),
)
