"""Who is in a campaign: the audience, walked by key, becomes rows. After that nobody comes in any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from zhanggui.api import clock, unit_of_work

from .. import audiences
from ..campaign_rules import is_control
from ..campaign_states import CampaignState, Progress
from ..models import Campaign, CampaignRecipient
from . import reach
from .limits import insert_on

AT_ONCE = 500
c, r = Campaign.__table__.c, CampaignRecipient.__table__.c


def run(campaign_id: int) -> None:
    """Freeze a campaign that waits for it; begun again it goes on behind the last row."""
    try:
        while True:
            with unit_of_work() as db:
                if not _page(db, campaign_id):
                    break
    except audiences.AudienceFailed:
        with unit_of_work() as db:
            gave_up = update(Campaign).where(*_wanted(campaign_id)).values(freezing=False, reason="audience")
            db.execute(gave_up.execution_options(synchronize_session=False))
        return
    with unit_of_work() as db:
        found = db.scalar(select(Campaign).where(*_wanted(campaign_id)))
        forecast = None if found is None else reach.of_campaign(db, found, clock.now()).as_json()
    with unit_of_work() as db:
        _end(db, campaign_id, forecast, clock.now())


def _wanted(campaign_id: int) -> tuple[Any, ...]:
    return c.id == campaign_id, c.state == CampaignState.DRAFT, c.freezing.is_(True)


def _page(db: Session, campaign_id: int) -> bool:
    """One page of the audience; False behind its end."""
    found = db.execute(select(c.audience_id, c.holdout_bp).where(*_wanted(campaign_id)).with_for_update()).first()
    if found is None:
        return False
    last = db.scalar(select(func.coalesce(func.max(r.customer_id), 0)).where(r.campaign_id == campaign_id)) or 0
    ids = audiences.crowd(found.audience_id).page(db, last, AT_ONCE)
    rows = [
        {
            "campaign_id": campaign_id, "customer_id": one,
            "state": Progress.CONTROL if is_control(campaign_id, one, found.holdout_bp) else Progress.WAITING,
        }
        for one in ids if one > last
    ]  # fmt: skip
    if rows:
        db.execute(insert_on(db, CampaignRecipient).on_conflict_do_nothing(), rows)
    return bool(rows)


def _end(db: Session, campaign_id: int, forecast: Any, now: datetime) -> None:
    done = update(Campaign).where(*_wanted(campaign_id)).values(freezing=False, frozen_at=now, forecast=forecast, reason=None, row_version=c.row_version + 1)
    db.execute(done.execution_options(synchronize_session=False))


def thaw(db: Session, campaign_id: int) -> None:
    """Nobody is in it any more: who is meant changed."""
    db.execute(delete(CampaignRecipient).where(r.campaign_id == campaign_id).execution_options(synchronize_session=False))
