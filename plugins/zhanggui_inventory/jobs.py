"""Entry points of the worker."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zhanggui.api import _l, clock, job, reading, shop_day, unit_of_work

from . import queries
from .services import pace
from .services.levels import ensure_levels


@job(_l("Keep a stock level for each variant"))
def keep_levels(db: Session, *, variant_ids: list[int], **_from_newer_releases: object) -> None:
    """Give a product's variants a stock level and the names that it has now."""
    ensure_levels(db, variant_ids, now=clock.now())


@job(_l("Work out how fast goods go"), max_attempts=2, timeout=3600)
def work_out_pace(**_from_newer_releases: object) -> None:
    """Every night: pieces a day of the last four weeks; each transaction is of a few hundred variants."""
    today, after = shop_day(clock.now()), 0
    while True:
        with reading() as db:
            some = queries.variants_after(db, after, pace.AT_ONCE)
        if not some:
            return
        with unit_of_work() as db:
            pace.work_out(db, some, today)
        after = some[-1]
