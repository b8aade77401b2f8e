"""From waiting rows to messages, at the rate of each campaign, and back: what became of a message ends its row.

There is no cursor: the row is the progress. A message and its row are written in one transaction, and one customer has one
message of a campaign, so a stop at any moment leaves nobody out and reaches nobody twice.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, case, exists, or_, select, update
from sqlalchemy.orm import Session

from zhanggui.api import _l, clock, notify, public_id, publish, reading, shop_zone, unit_of_work

from ..campaign_rules import LOOKED_AT, TICK, allowance, open_now, too_many_failed
from ..campaign_states import BECOMES, CampaignState, Progress
from ..events import CampaignFinished, CampaignStarted
from ..messages import CAMPAIGN, KINDS, fact_of
from ..models import Campaign, CampaignRecipient, Message
from ..states import MessageState
from . import choosing, reach
from .limits import insert_on

AT_ONCE = 500
c, r, m = Campaign.__table__.c, CampaignRecipient.__table__.c, Message.__table__.c
_QUIET = {"synchronize_session": False}


def run() -> int:
    """One beat of all campaigns; how many messages were made."""
    made = 0
    with reading() as db:
        alive = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)
        unsettled = exists().where(r.campaign_id == c.id, r.state == Progress.SENDING)
        ids = list(db.scalars(select(c.id).where(or_(c.state.in_(alive), and_(c.state == CampaignState.CANCELED, unsettled))).order_by(c.id)))
    for campaign_id in ids:
        made += beat(campaign_id)
    return made


def beat(campaign_id: int) -> int:
    """One beat of one campaign: what ended, what is due, whether it is over."""
    settle_all(campaign_id)
    with unit_of_work() as db:
        due = _tick(db, campaign_id, clock.now())
    made = 0
    while made < due:
        with unit_of_work() as db:
            some = _make(db, campaign_id, min(AT_ONCE, due - made), clock.now())
        if some is None:
            break
        made += some
    with unit_of_work() as db:
        _finish(db, campaign_id, clock.now())
    return made


def settle_all(campaign_id: int) -> None:
    """Take over what became of messages."""
    while True:
        with unit_of_work() as db:
            count = _settle(db, campaign_id)
            if count:
                _watch(db, campaign_id, clock.now())
        if count < AT_ONCE:
            return


def _settle(db: Session, campaign_id: int) -> int:
    ended = select(r.customer_id).join(Message, m.id == r.message_id).where(
        r.campaign_id == campaign_id, r.state == Progress.SENDING, m.state.in_(list(BECOMES))
    ).limit(AT_ONCE)  # fmt: skip
    moved = (
        update(CampaignRecipient)
        .where(r.campaign_id == campaign_id, r.state == Progress.SENDING, m.id == r.message_id, m.state.in_(list(BECOMES)), r.customer_id.in_(ended))
        .values(state=case({state.value: after.value for state, after in BECOMES.items()}, value=m.state), reason=m.reason, channel=m.channel, ended_at=m.done_at)
        .returning(r.customer_id)
    )
    return len(db.execute(moved.execution_options(**_QUIET)).all())


def _tick(db: Session, campaign_id: int, now: datetime) -> int:
    """How many may go now. Of two workers one gets them."""
    begins = update(Campaign).where(c.id == campaign_id, c.state == CampaignState.SCHEDULED, c.starts_at <= now)
    started = begins.values(state=CampaignState.RUNNING, started_at=now, watched_from=now).returning(c.id)
    if db.scalar(started.execution_options(**_QUIET)) is not None:
        publish(db, CampaignStarted(campaign_id))
    running = select(c.rate_per_minute, c.hour_from, c.hour_until, c.ticked_at).where(c.id == campaign_id, c.state == CampaignState.RUNNING)
    found = db.execute(running.with_for_update()).first()
    if found is None or not open_now(now.astimezone(shop_zone()).hour, found.hour_from, found.hour_until):
        return 0
    count, until = allowance(found.rate_per_minute, found.ticked_at, now)
    same = c.ticked_at.is_(None) if found.ticked_at is None else c.ticked_at == found.ticked_at
    mine = update(Campaign).where(c.id == campaign_id, c.state == CampaignState.RUNNING, same).values(ticked_at=until).returning(c.id)
    return count if db.scalar(mine.execution_options(**_QUIET)) is not None else 0


def _make(db: Session, campaign_id: int, count: int, now: datetime) -> int | None:
    """Messages for so many of those who wait; None where nobody does, and while it does not run.

    Who is left out by now needs no message, and takes nobody's place at the rate.
    """
    running = select(c.channels).where(c.id == campaign_id, c.state == CampaignState.RUNNING).with_for_update(read=True)
    if db.execute(running).first() is None:
        return None
    waiting = select(r.customer_id).where(r.campaign_id == campaign_id, r.state == Progress.WAITING).order_by(r.customer_id).limit(count)
    ids = list(db.scalars(waiting.with_for_update(skip_locked=True)))
    if not ids:
        return None
    out = reach.left_out(db, ids, choosing.chosen(db, "customer", ids), now)
    for reason in sorted(set(out.values())):
        those = update(CampaignRecipient).where(r.campaign_id == campaign_id, r.customer_id.in_([one for one, why in out.items() if why == reason]))
        db.execute(those.values(state=Progress.SKIPPED, reason=reason, ended_at=now).execution_options(**_QUIET))
    ids = [one for one in ids if one not in out]
    if not ids:
        return 0
    fact, kind = fact_of(campaign_id), KINDS[0]
    rows = [
        {
            "public_id": public_id(), "kind_id": CAMPAIGN, "category": kind.category, "recipient_kind": "customer", "recipient_id": one, "fact": fact,
            "dedupe_key": f"{CAMPAIGN}|{fact}|customer:{one}", "event_id": None, "data": {"campaign_id": campaign_id, "customer_id": one}, "passed": [],
            "state": MessageState.QUEUED, "tries": 0, "not_before": now, "expires_at": now + kind.ttl, "created_at": now,
        }
        for one in ids
    ]  # fmt: skip
    db.execute(insert_on(db, Message).on_conflict_do_nothing(index_elements=["dedupe_key"]), rows)
    mine = select(m.id).where(m.dedupe_key == f"{CAMPAIGN}|{fact}|customer:" + r.customer_id.cast(m.dedupe_key.type)).scalar_subquery()
    taken = update(CampaignRecipient).where(r.campaign_id == campaign_id, r.customer_id.in_(ids), r.state == Progress.WAITING)
    db.execute(taken.values(state=Progress.SENDING, message_id=mine).execution_options(**_QUIET))
    return len(ids)


def _watch(db: Session, campaign_id: int, now: datetime) -> None:
    """Pause it when too many of the last ones failed."""
    since = select(c.watched_from).where(c.id == campaign_id).scalar_subquery()
    ended = select(r.state).where(r.campaign_id == campaign_id, r.state.in_((Progress.SENT, Progress.FAILED)), r.ended_at >= since)
    last = [state == Progress.FAILED for state in db.scalars(ended.order_by(r.ended_at.desc(), r.customer_id.desc()).limit(LOOKED_AT))]
    if not too_many_failed(last):
        return
    paused = update(Campaign).where(c.id == campaign_id, c.state == CampaignState.RUNNING).values(state=CampaignState.PAUSED, reason="failures")
    name = db.scalar(paused.returning(c.name).execution_options(**_QUIET))
    if name is not None:
        notify(
            db, kind="notifications.campaign", title=_l("The campaign “%(name)s” was paused: too many messages are not sent.", name=name),
            href=f"/campaigns/{campaign_id}", permission=("can_pause", "notifications.Campaign"), now=now,
        )  # fmt: skip


def _finish(db: Session, campaign_id: int, now: datetime) -> None:
    open_ = exists().where(r.campaign_id == campaign_id, r.state.in_((Progress.WAITING, Progress.SENDING)))
    over = update(Campaign).where(c.id == campaign_id, c.state == CampaignState.RUNNING, ~open_).values(state=CampaignState.FINISHED, ended_at=now)
    if db.scalar(over.returning(c.id).execution_options(**_QUIET)) is not None:
        publish(db, CampaignFinished(campaign_id))


__all__ = ["TICK", "beat", "run", "settle_all"]
