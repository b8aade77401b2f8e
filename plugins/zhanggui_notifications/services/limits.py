"""How many in a stretch of time, taken in one statement; and channels that are left alone for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from zhanggui.api import get_setting, shop_day

from .. import rules
from ..models import Breaker, Message, Rate

r, b = Rate.__table__.c, Breaker.__table__.c


def insert_on(db: Session, model: Any) -> Any:
    """An INSERT that knows ON CONFLICT."""
    on_dialect = insert_on_postgresql if db.get_bind().dialect.name == "postgresql" else insert_on_sqlite
    return on_dialect(model.__table__)


def take(db: Session, scope: str, window: datetime, most: int, *more: Any) -> bool:
    """One of so many in a window; False when there is none left."""
    db.execute(insert_on(db, Rate).values(scope=scope, window_start=window, used=0).on_conflict_do_nothing())
    taken = update(Rate).where(r.scope == scope, r.window_start == window, r.used < most, *more).values(used=r.used + 1).returning(r.used)
    return db.scalar(taken.execution_options(synchronize_session=False)) is not None


def take_minute(db: Session, channel: str, most: int, now: datetime) -> bool:
    """A place among those that a channel takes in this minute."""
    return not most or take(db, f"channel:{channel}", now.replace(second=0, microsecond=0), most)


def take_turn(db: Session, channel: str, most: int, now: datetime) -> bool:
    """The same, spread over the minute: what comes in a burst waits for the next turn and not for the next minute."""
    minute = now.replace(second=0, microsecond=0)
    by_now = 1 + int((now - minute).total_seconds() * most / 60)
    return take(db, f"channel:{channel}", minute, min(by_now, most))


def day_of(now: datetime) -> datetime:
    """The day of the shop that a cap counts in."""
    return datetime.combine(shop_day(now), datetime.min.time(), now.tzinfo)


def take_cap(db: Session, recipient: str, now: datetime) -> datetime | None:
    """A place among the marketing messages that a person gets in a day and in seven; the day that it was taken from."""
    scope, day = f"cap:{recipient}", day_of(now)
    lately = select(func.coalesce(func.sum(r.used), 0)).where(r.scope == scope, r.window_start > day - rules.WEEK).scalar_subquery()
    week = lately < int(get_setting("plugin.notifications.marketing_week"))
    return day if take(db, scope, day, int(get_setting("plugin.notifications.marketing_day")), week) else None


def take_flood(db: Session, message: Message, now: datetime) -> bool:
    """Whether one more message of a kind may go out to a person in this hour. One that was looked at before has its place."""
    if message.subject is not None:
        return True
    scope = f"flood:{message.recipient_kind}:{message.recipient_id}:{message.kind_id}"[:80]
    return take(db, scope, now.replace(minute=0, second=0, microsecond=0), int(get_setting("plugin.notifications.service_hour")))


def give_back(db: Session, recipient: str, day: datetime) -> None:
    """Nothing left: the place is free again."""
    taken = update(Rate).where(r.scope == f"cap:{recipient}", r.window_start == day, r.used > 0)
    db.execute(taken.values(used=r.used - 1).execution_options(synchronize_session=False))


def closed_until(db: Session, channel: str, now: datetime) -> datetime | None:
    """Until when a channel is left alone; None when it may be tried. Of those that ask once its rest is over, one may."""
    row = db.execute(select(b.probe_at, b.opened).where(b.channel == channel, b.probe_at.is_not(None))).first()
    if row is None:
        return None
    following = now + rules.rest(row.opened)
    probe = update(Breaker).where(b.channel == channel, b.probe_at <= now).values(probe_at=following).returning(b.channel)
    if db.scalar(probe.execution_options(synchronize_session=False)) is not None:
        return None
    return max(row.probe_at, now + timedelta(seconds=1))


def answered(db: Session, channel: str) -> None:
    """It works."""
    fine = update(Breaker).where(b.channel == channel, or_(b.failures > 0, b.probe_at.is_not(None)))
    db.execute(fine.values(failures=0, opened=0, probe_at=None).execution_options(synchronize_session=False))


def failed(db: Session, channel: str, now: datetime) -> None:
    """The far end is not to be reached: after some times in a row it is left alone, each time for longer."""
    db.execute(insert_on(db, Breaker).values(channel=channel, failures=0, opened=0).on_conflict_do_nothing())
    counted = update(Breaker).where(b.channel == channel).values(failures=b.failures + 1).returning(b.failures, b.opened)
    row = db.execute(counted.execution_options(synchronize_session=False)).one()
    if row.failures >= rules.OPENS_AFTER:
        opens = update(Breaker).where(b.channel == channel).values(opened=row.opened + 1, probe_at=now + rules.rest(row.opened))
        db.execute(opens.execution_options(synchronize_session=False))
