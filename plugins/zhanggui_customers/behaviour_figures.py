"""What visits add up to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from zhanggui.api import Dashboard, Dimension, Drill, Fact, Metric, Tile, _l

from . import funnel_pages
from .behaviour import DEVICES, REASONS
from .models import Tally, Visit

_visit, _tally = Visit.__table__.c, Tally.__table__.c
_CHANGED = {"customers.behaviour.counted@1": ("first_day", "last_day")}


def _visits() -> Select[Any]:
    return select(
        _visit.started_at.label("at"), _visit.visits, _visit.pages, _visit.bounces, _visit.device, _visit.visitor,
        func.nullif(_visit.campaign, "").label("campaign"), func.nullif(_visit.scene, "").label("scene"),
    ).where(_visit.reason == "")  # fmt: skip


def _acts() -> Select[Any]:
    def of(name: str, amount: Any = _tally.times) -> ColumnElement[int]:
        return case((_tally.name == name, amount), else_=0)

    sums = {"views": of("view"), "carted": of("cart_add"), "searches": of("search"), "empty": of("search", _tally.empty), "shares": of("share"), "favourites": of("favourite")}
    own = (func.nullif(_tally.product_id, 0).label("product"), func.nullif(_tally.q, "").label("q"))
    return select(_tally.at.label("at"), *own, *(e.label(name) for name, e in sums.items())).where(_tally.reason == "")


def _left_out() -> Select[Any]:
    return select(_tally.at.label("at"), _tally.reason.label("reason"), _tally.times).where(_tally.reason != "")


FACTS = (
    Fact(
        "customers.visits", _l("Visits, by when they began"), _visits, ("visits", "pages", "bounces"),
        {"visitor": "visitor", "device": "device", "campaign": "campaign", "scene": "scene"}, "customers.Visit", kept=(("device", "hour"), ("campaign", "scene")), changed_by=_CHANGED,
    ),
    Fact(
        "customers.acts", _l("What visitors did, by the hour"), _acts, ("views", "carted", "searches", "empty", "shares", "favourites"),
        {"product": "product", "searched": "q"}, "customers.Tally", kept=(("hour",), ("product",), ("searched",)), changed_by=_CHANGED,
    ),
    Fact("customers.left_out", _l("What is not counted"), _left_out, ("times",), {"left_out_because": "reason"}, "customers.Tally", kept=(("left_out_because",),), changed_by=_CHANGED),
)  # fmt: skip


def _of_visits(measure: str) -> Drill:
    return Drill("customers.Visit", "started_at", measure, {"counted": "1"}, {"device": "device"})


def _of_acts(name: str, measure: str = "times") -> Drill:
    return Drill("customers.Tally", "at", measure, {"name": name, "counted": "1"}, {"product": "product_id", "searched": "searched"})


METRICS = (
    Metric(
        "visits.visits", _l("Visits"), _l("Sessions by the day they began; half an hour of silence ends one. Crawlers, staff, tests and who did not agree are not among them."),
        "customers.visits", "visits", area="behaviour", drill=_of_visits("visits"), order=310,
    ),
    Metric(
        "visits.visitors", _l("Visitors"), _l("Different devices with a visit. Those of two days are not the sum of both; known for as long as sessions are kept."),
        "customers.visits", "visits", distinct="visitor", area="behaviour", drill=Drill("customers.Visit", "started_at", "", {"counted": "1"}, {"device": "device"}), order=320,
    ),
    Metric(
        "visits.pages", _l("Pages seen"), _l("Pages and products that were looked at in visits."),
        "customers.visits", "pages", area="behaviour", drill=_of_visits("pages"), order=330,
    ),
    Metric("visits.pages_per_visit", _l("Pages a visit"), _l("Pages seen, divided by visits."), formula="visits.pages / visits.visits", unit="decimal", area="behaviour", order=340),
    Metric(
        "visits.bounced", _l("Left after one page"), _l("Visits with one page and nothing else."),
        "customers.visits", "bounces", good="down", area="behaviour", drill=_of_visits("bounces"), order=350,
    ),
    Metric(
        "visits.bounce", _l("Left at once, share"), _l("Visits with one page and nothing else, of a hundred visits. Without a visit there is none."),
        formula="visits.bounced * 100 / visits.visits", unit="percent", good="down", area="behaviour", order=360,
    ),
    Metric("products.views", _l("Products viewed"), _l("How often products were looked at."), "customers.acts", "views", area="behaviour", drill=_of_acts("view"), order=370),
    Metric("products.cart_adds", _l("Into the cart"), _l("How often something was put into a cart."), "customers.acts", "carted", area="behaviour", drill=_of_acts("cart_add"), order=380),
    Metric("visits.searches", _l("Searches"), _l("How often somebody searched."), "customers.acts", "searches", area="behaviour", drill=_of_acts("search"), order=390),
    Metric(
        "visits.searches_empty", _l("Searches that found nothing"), _l("How often somebody searched and nothing was found. What looks like a phone or an address is counted without its words."),
        "customers.acts", "empty", good="down", area="behaviour", drill=_of_acts("search", "empty"), order=400,
    ),
    Metric(
        "visits.left_out", _l("Not counted"), _l("What was sent by crawlers, devices of staff and tests, by who did not agree to be counted, and beyond 2,000 a day of one visitor."),
        "customers.left_out", "times", good="neutral", area="behaviour", drill=Drill("customers.Tally", "at", "times", {"counted": "0"}, {"left_out_because": "reason"}), order=410,
    ),
)  # fmt: skip

DIMENSIONS = (
    Dimension("device", _l("Device"), choices=DEVICES),
    Dimension("visitor", _l("Visitor")),
    Dimension("scene", _l("Scene"), none=_l("Unknown")),
    Dimension("campaign", _l("Campaign"), none=_l("Without a campaign")),
    Dimension("searched", _l("Searched for"), none=_l("Without its words")),
    Dimension("left_out_because", _l("Not counted because"), choices=REASONS),
)

BOARD = Dashboard("behaviour", _l("Behaviour"), (
    Tile("visits", _l("Visits"), ("visits.visits",), order=10),
    Tile("visitors", _l("Visitors"), ("visits.visitors",), order=20),
    Tile("pages", _l("Pages a visit"), ("visits.pages_per_visit",), order=30),
    Tile("bounce", _l("Left at once, share"), ("visits.bounce",), order=40),
    Tile("days", _l("Visits by day"), ("visits.visits",), "line", ("day",), order=50),
    Tile("viewed", _l("Products viewed most"), ("products.views",), "ranked", ("product",), order=70),
    Tile("carted", _l("Put into the cart most"), ("products.cart_adds",), "ranked", ("product",), order=75),
    Tile("empty", _l("Searches that found nothing"), ("visits.searches_empty",), "ranked", ("searched",), order=80),
    Tile("devices", _l("Visits by device"), ("visits.visits",), "ranked", ("device",), order=90),
    Tile("campaigns", _l("Visits by campaign"), ("visits.visits",), "ranked", ("campaign",), order=95),
    Tile("left_out", _l("Not counted"), ("visits.left_out",), "ranked", ("left_out_because",), order=100),
), order=70, more=funnel_pages.on_board)  # fmt: skip
