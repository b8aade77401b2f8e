"""Sessions and hourly counts, worked out anew from the events that they are made of, however late these come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, func, insert, select, update
from sqlalchemy.orm import Session

from zhanggui.api import one_at_a_time, publish, shop_day

from ..behaviour import COUNTED_AT_ONCE, SERVER, SILENCE
from ..events import BehaviourCounted
from ..models import BehaviourEvent, Tally, Visit

_event, _visit, _tally = BehaviourEvent.__table__, Visit.__table__, Tally.__table__
_AT_ONCE, _VISITORS = 200, 20  # events, and visitors of them, that one transaction looks at: short, so that orders wait for nothing
_HOUR = timedelta(hours=1)
LOCK = "customers.visits"


@dataclass
class Stay:
    """One visitor's events without half an hour of silence between them."""

    events: list[Any]
    later: list[Any]  # what became of its order

    def row(self) -> dict[str, Any]:
        """The session as it is kept."""
        first, last = self.events[0], self.events[-1]
        came = next((e.props for e in self.events if e.name == "visit" and e.props), {})
        pages = [e for e in self.events if e.name in ("page", "view")]
        shown = [e.page for e in self.events if e.page]
        # Beside the one page only that he came is known.
        bounced = len(pages) == 1 and not self.later and all(e.name == "visit" or e is pages[0] for e in self.events)
        return {
            "visitor": first.visitor, "started_at": first.received_at, "ended_at": max(e.received_at for e in self.events), "first_tick": first.tick,
            "last_tick": last.tick, "entry": shown[0] if shown else "", "exit": shown[-1] if shown else "", "pages": len(pages), "visits": 1,
            "bounces": int(bounced), "scene": came.get("scene", ""), "campaign": came.get("campaign", ""), "code": came.get("code", ""),
            "device": first.device, "reason": first.reason,
        }  # fmt: skip


def sessions_of(events: Sequence[Any]) -> Iterator[Stay]:
    """Events of one visitor, in order, as sessions: thirty minutes of silence end one, and so does another campaign."""
    present: Stay | None = None
    for event in events:
        if event.name in SERVER:
            if present is not None:
                present.later.append(event)  # a payment an hour later is no visit
            continue
        if present is not None and event.tick - present.events[-1].tick < SILENCE and event.reason == present.events[0].reason and not _other_campaign(present, event):
            present.events.append(event)
            continue
        if present is not None:
            yield present
        present = Stay([event], [])
    if present is not None:
        yield present


def _other_campaign(present: Stay, event: Any) -> bool:
    told = (event.props or {}).get("campaign") if event.name == "visit" else None
    known = [(e.props or {}).get("campaign") for e in present.events if e.name == "visit"]
    return bool(told) and any(known) and told != next(filter(None, reversed(known)))


def build(db: Session, now: datetime) -> int:
    """Sessions and counts of some of the events that were not looked at yet; answers how many these were."""
    one_at_a_time(db, LOCK)
    e = _event.c
    waiting = db.execute(select(e.id, e.visitor, e.tick, e.received_at).where(e.visit_id.is_(None)).order_by(e.id).limit(_AT_ONCE)).fetchall()
    if not waiting:
        return 0
    some = list(dict.fromkeys(row.visitor for row in waiting))[:_VISITORS]
    waiting = [row for row in waiting if row.visitor in some]
    first: dict[str, int] = {}
    for row in waiting:
        first[row.visitor] = min(row.tick, first.get(row.visitor, row.tick))
    days = {shop_day(at) for visitor, tick in sorted(first.items()) for at in _rebuild(db, visitor, tick)}
    for hour in sorted({row.received_at.replace(minute=0, second=0, microsecond=0) for row in waiting}):
        count_hour(db, hour)
        days.add(shop_day(hour))
    if min(days) < shop_day(now):
        publish(db, BehaviourCounted(first_day=min(days), last_day=max(days)))
    return len(waiting)


def _rebuild(db: Session, visitor: str, tick: int) -> Iterable[datetime]:
    """All sessions of a visitor from the one on that an event may belong to. Answers when they began, before and after."""
    v, e = _visit.c, _event.c
    touched = select(func.min(v.first_tick)).where(v.visitor == visitor, v.last_tick > tick - SILENCE)
    start = min(db.scalar(touched) or tick, tick)
    if db.scalar(select(e.id).where(e.visitor == visitor, e.tick >= start, e.tick <= tick, e.name.not_in(SERVER)).limit(1)) is None:
        # What became of an order, long after its visit: that visit is looked at anew.
        start = db.scalar(select(func.max(v.first_tick)).where(v.visitor == visitor, v.first_tick <= tick)) or start
    old = {row.id: row.started_at for row in db.execute(select(v.id, v.started_at).where(v.visitor == visitor, v.first_tick >= start))}
    columns = (e.id, e.name, e.tick, e.received_at, e.visitor, e.page, e.props, e.device, e.reason, e.visit_id)
    events = db.execute(select(*columns).where(e.visitor == visitor, e.tick >= start).order_by(e.tick, e.id)).all()
    began, left, moved = list(old.values()), set(old), {one.id: 0 for one in events}
    for stay in sessions_of(events):
        row = stay.row()
        began.append(row["started_at"])
        # A visit that goes on stays the one that it was: what links to it leads on, and few rows are written.
        visit_id = next((one.visit_id for one in stay.events if one.visit_id in left), None)
        if visit_id is None:
            visit_id = db.execute(insert(_visit).values(row).returning(v.id)).scalar_one()
        else:
            left.discard(visit_id)
            db.execute(update(_visit).where(v.id == visit_id).values(row))
        moved |= {one.id: visit_id for one in (*stay.events, *stay.later)}
    if left:
        db.execute(delete(_visit).where(v.id.in_(left)))
    # What has no visit (a payment whose visit is pruned) was looked at too: it waits no more.
    changed = [{"_id": one.id, "_visit": moved[one.id]} for one in events if one.visit_id != moved[one.id]]
    if changed:
        db.connection().execute(update(_event).where(e.id == bindparam("_id")).values(visit_id=bindparam("_visit")), changed)
    return began


def count_hour(db: Session, hour: datetime) -> None:
    """How often each thing was done in an hour, from its events."""
    e, t = _event.c, _tally.c
    db.execute(delete(_tally).where(t.at == hour, t.reason.not_in(COUNTED_AT_ONCE)))
    product, q = func.coalesce(e.product_id, 0), func.coalesce(e.q, "")
    inner = select(e.name, product.label("product_id"), q.label("q"), e.reason, case(((e.name == "search") & (e.results == 0), 1), else_=0).label("none"))
    rows = inner.where(e.received_at >= hour, e.received_at < hour + _HOUR).subquery()
    keys = (rows.c.name, rows.c.product_id, rows.c.q, rows.c.reason)
    counted = db.execute(select(*keys, func.count().label("times"), func.sum(rows.c.none).label("empty")).group_by(*keys)).all()
    if counted:
        db.execute(insert(_tally), [{"at": hour, **row._mapping} for row in counted])
