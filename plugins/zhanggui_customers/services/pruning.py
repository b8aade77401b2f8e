"""Letting go of what is kept for some time only: events, then sessions, whose counts stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, insert, literal, null, select
from sqlalchemy.orm import Session

from zhanggui.api import one_at_a_time, shop_day

from ..behaviour import BACK
from ..models import BehaviourEvent, Visit, VisitorLink
from .intake import midnight
from .visits import LOCK

_event, _visit, _link = BehaviourEvent.__table__, Visit.__table__, VisitorLink.__table__
_AT_ONCE = 500


def forget_events(db: Session, before: datetime) -> int:
    """Some of the events that came before a moment, oldest first; answers how many went."""
    e = _event.c
    ids = list(db.scalars(select(e.id).where(e.received_at < before, e.visit_id.is_not(None)).order_by(e.received_at, e.id).limit(_AT_ONCE)))
    if ids:
        db.execute(delete(_event).where(e.id.in_(ids)))
    return len(ids)


def forget_links(db: Session, before: datetime) -> None:
    """Whose device it was leads to nothing once the events are gone."""
    gone = ~exists().where(_event.c.visitor == _link.c.visitor)
    db.execute(delete(_link).where((_link.c.until < before) | ((_link.c.since < before - BACK) & gone)))


def fold_a_day(db: Session, before: datetime) -> bool:
    """The oldest day of sessions that began before a moment becomes one row for each device and origin, without visitors; whether there was one."""
    one_at_a_time(db, LOCK)
    v = _visit.c
    oldest = db.scalar(select(func.min(v.started_at)).where(v.visitor.is_not(None)))
    if oldest is None or oldest >= before:
        return False
    began = midnight(oldest)
    end = midnight(began + timedelta(hours=30))
    if shop_day(end) > shop_day(before):
        return False
    inside = (v.started_at >= began, v.started_at < end, v.visitor.is_not(None))
    keys = (v.scene, v.campaign, v.code, v.device, v.reason)
    sums = [func.sum(v[name]).label(name) for name in ("pages", "visits", "bounces")]
    ends = [func.min(v.started_at).label("started_at"), func.max(v.ended_at).label("ended_at"), func.min(v.first_tick).label("first_tick"), func.max(v.last_tick).label("last_tick")]
    last = db.scalar(select(func.max(v.id))) or 0
    folded = select(null().label("visitor"), *ends, literal("").label("entry"), literal("").label("exit"), *sums, *keys).where(*inside).group_by(*keys)
    names = ["visitor", "started_at", "ended_at", "first_tick", "last_tick", "entry", "exit", "pages", "visits", "bounces", "scene", "campaign", "code", "device", "reason"]
    db.execute(insert(_visit).from_select(names, folded))
    db.execute(delete(_visit).where(*inside, v.id <= last))
    return True
