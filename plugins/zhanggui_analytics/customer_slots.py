"""What stands with a customer on his own page and in the list: the segment of what he bought up to yesterday."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, select
from sqlalchemy.orm import Session

from zhanggui.api import Audience, Choice, Column, Dimension, Filter, Reader, Section, Slot, _, _l, current_runtime, fmt

from .models import Buyer
from .segments import SEGMENTS

CUSTOMERS, SEGMENT = "customers.Customer", "analytics__segment"  # the filter, as it is called on the list of customers
MAY_SEE = ("can_see", "analytics.Customers")
_buyer = Buyer.__table__.c


def _segments(db: Session, reader: Reader, ids: Collection[int]) -> Mapping[int, str]:
    return dict(db.execute(select(_buyer.customer_id, _buyer.segment).where(_buyer.customer_id.in_(list(ids)))).tuples().all())


def _in_segment(value: Sequence[str], customers: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = customers.id.in_(select(_buyer.customer_id).where(_buyer.segment.in_(value)))
    return found


def _of_customer(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    buyer = db.execute(select(*_buyer).where(_buyer.customer_id == row.id)).first()
    if buyer is None:
        return {"buyer": None}
    choice = next(choice for choice in SEGMENTS if choice.value == buyer.segment)
    scores = [(_("How recently"), buyer.recent), (_("How often"), buyer.often), (_("How much"), buyer.much)]
    pairs = [
        (_("Last order"), fmt.date(buyer.last_day)), (_("Orders paid"), fmt.number(buyer.orders)), (_("Net sales"), fmt.money(buyer.net, current_runtime().config["instance.currency"])),
        *((label, _("%(score)s of 5", score=score)) for label, score in scores),
    ]  # fmt: skip
    return {"buyer": buyer, "segment": choice.label, "tone": choice.tone, "pairs": pairs}


def pairs_of_segments() -> Select[Any]:
    """Each buyer with his segment, as it is now."""
    return select(cast(_buyer.customer_id, String).label("key"), _buyer.segment.label("value"))


def _audience(segment: Choice) -> Audience:
    def count(db: Session) -> int:
        return db.scalar(select(func.count()).select_from(Buyer).where(_buyer.segment == segment.value)) or 0

    def page(db: Session, last: int, limit: int) -> Sequence[int]:
        mine = select(_buyer.customer_id).where(_buyer.segment == segment.value, _buyer.customer_id > last)
        return list(db.scalars(mine.order_by(_buyer.customer_id).limit(limit)))

    return Audience(f"analytics.{segment.value}", _l("Customers who are: %(segment)s", segment=segment.label), count, page)


SLOTS = (
    Slot(CUSTOMERS, Column("segment", _l("Segment"), "choice", choices=SEGMENTS, load=_segments, order=55)),
    Slot(CUSTOMERS, Filter("segment", _l("Segment"), "choice", choices=SEGMENTS, clause=_in_segment, order=15)),
    Slot(CUSTOMERS, Section("segment", _l("What is bought"), template="analytics/buyer.html", load=_of_customer, permission=MAY_SEE, aside=True, order=30)),
)
DIMENSION = Dimension("segment", _l("Segment"), choices=SEGMENTS, through="customer", pairs=pairs_of_segments, none=_l("No buyer up to yesterday"))
AUDIENCES = tuple(_audience(segment) for segment in SEGMENTS)
