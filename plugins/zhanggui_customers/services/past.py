"""Visits of the past, as another system or an example tells of them: booked at once, with their sessions and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from zhanggui.api import one_at_a_time, public_id

from .. import behaviour
from ..contracts import PastVisit
from ..models import BehaviourEvent, Tally, Visit, VisitorLink
from .visits import LOCK, Stay, sessions_of

_event, _visit, _tally, _link = BehaviourEvent.__table__, Visit.__table__, Tally.__table__, VisitorLink.__table__
_AT_ONCE = 2000


class _Row(dict[str, Any]):
    """A row to be written, that is read like one of the database."""

    __getattr__ = dict.__getitem__


def record_past(db: Session, visits: Iterable[PastVisit]) -> int:
    """Book visits whose visitors agreed to be counted; answers how many events they have. Counts of hours that are there already must be counted anew by whoever calls."""
    one_at_a_time(db, LOCK)
    stays: list[Stay] = []
    for visit in visits:
        events = [_row(visit, step) for step in visit.steps]
        stays += sessions_of(sorted(events, key=lambda one: one["tick"]))
    for start in range(0, len(stays), _AT_ONCE):
        some = stays[start : start + _AT_ONCE]
        made = db.scalars(insert(_visit).returning(_visit.c.id, sort_by_parameter_order=True), [stay.row() for stay in some])
        for visit_id, stay in zip(made, some, strict=True):
            for event in (*stay.events, *stay.later):
                event["visit_id"] = visit_id
    events = [event for stay in stays for event in (*stay.events, *stay.later)]
    _write(db, _event, events)
    links = {(visit.visitor, visit.customer_id): min(step[1] for step in visit.steps) for visit in reversed(list(visits)) if visit.customer_id is not None}
    _write(db, _link, [{"visitor": visitor, "customer_id": customer_id, "since": since, "until": None} for (visitor, customer_id), since in links.items()])
    _count(db, events)
    return len(events)


def _row(visit: PastVisit, step: Sequence[Any]) -> _Row:
    name, at, product_id, q, results = step
    props = {"campaign": visit.campaign, "scene": visit.scene} if name == "visit" and (visit.campaign or visit.scene) else None
    return _Row(
        key=visit.order_key(name) if name in behaviour.SERVER else public_id() + public_id(), name=name, at=at, received_at=at, tick=behaviour.ticks(at), visitor=visit.visitor,
        session=visit.visitor, page="/p" if name == "view" else "/", product_id=product_id, q=behaviour.kept_search(q), results=results, props=props, device=visit.device,
        reason="", personal=visit.customer_id is not None, visit_id=None,
    )  # fmt: skip


def _write(db: Session, table: Any, rows: Sequence[Any]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        db.execute(insert(table), [dict(row) for row in rows[start : start + _AT_ONCE]])


def _count(db: Session, events: Sequence[_Row]) -> None:
    counted: Counter[tuple[Any, ...]] = Counter()
    empty: Counter[tuple[Any, ...]] = Counter()
    for e in events:
        key = (e.received_at.replace(minute=0, second=0, microsecond=0), e.name, e.product_id or 0, e.q or "", e.reason)
        counted[key] += 1
        empty[key] += e.name == "search" and e.results == 0
    names = ("at", "name", "product_id", "q", "reason")
    _write(db, _tally, [{**dict(zip(names, key, strict=True)), "times": times, "empty": empty[key]} for key, times in counted.items()])
