"""The proof: what is kept is what the rows add up to. A day that is not is worked out anew, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from zhanggui.api import _l, clock, facts, notify, reading, shop_day, unit_of_work

from ..models import Bucket, Repair
from . import buckets

_bucket, _repair = Bucket.__table__.c, Repair.__table__.c
_PARTS = 30  # nights after which every day was looked at
_LATELY = timedelta(days=3)


@dataclass
class Report:
    """What a proof came to."""

    days: int = 0
    differences: list[buckets.Difference] = field(default_factory=list)


def tonight(now: datetime) -> list[tuple[str, date]]:
    """What is worked out lately, and a thirtieth of the rest."""
    night = shop_day(now).toordinal() % _PARTS
    with reading() as db:
        rows = db.execute(select(_bucket.fact, _bucket.day, _bucket.computed_at).where(_bucket.dirty_at.is_(None), _bucket.version != "")).all()
    return [(row.fact, row.day) for row in rows if row.day.toordinal() % _PARTS == night or (row.computed_at is not None and row.computed_at > now - _LATELY)]


def of_days(first: date | None, last: date | None) -> list[tuple[str, date]]:
    """Every day that is kept, between two days."""
    wanted = select(_bucket.fact, _bucket.day).where(_bucket.dirty_at.is_(None), _bucket.version != "")
    wanted = wanted.where(_bucket.day >= first) if first is not None else wanted
    wanted = wanted.where(_bucket.day <= last) if last is not None else wanted
    with reading() as db:
        return [(row.fact, row.day) for row in db.execute(wanted.order_by(_bucket.day, _bucket.fact))]


def prove(days: Iterable[tuple[str, date]], progress: Callable[[int], None] | None = None) -> Report:
    """Compare these days with their rows, and put right what differs: each day in a transaction of its own."""
    report, known = Report(), facts()
    for fact_id, day in days:
        fact = known.get(fact_id)
        if fact is None:
            continue
        with reading() as db:
            found = buckets.differences(db, fact, day)
        if found:
            with unit_of_work() as db:
                # Between the two looks somebody may have written and told: then it is no repair.
                if db.scalar(select(_bucket.dirty_at).where(_bucket.fact == fact_id, _bucket.day == day)) is None:
                    buckets.note_repair(db, found, clock.now())
                    report.differences += found
                buckets.recompute(db, fact, day, None, clock.now())
        report.days += 1
        if progress is not None:
            progress(report.days)
    if report.differences:
        with unit_of_work() as db:
            _tell(db, report)
    return report


def _tell(db: Session, report: Report) -> None:
    """Once it may be an accident; twice in a week somebody writes facts and tells nobody."""
    week = clock.now() - timedelta(days=7)
    nights = db.scalar(select(func.count(func.distinct(_repair.at))).where(_repair.at >= week)) or 0
    if nights > 1:
        said = _l("%(count)s sums were not those of their rows, the first of %(day)s. Something changes rows without saying so.", count=len(report.differences), day=report.differences[0].day.isoformat())
        notify(db, kind="analytics.repaired", title=_l("Figures had to be put right again"), body=said, permission=("can_show", "analytics.Report"), now=clock.now())


def forget(db: Session, before: datetime) -> None:
    """Drop repairs of long ago."""
    db.execute(delete(Repair).where(_repair.at < before))
