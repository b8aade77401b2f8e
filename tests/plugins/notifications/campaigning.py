"""Steps of a campaign, for tests that write to many."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from zhanggui.api import Actor, clock, reading, unit_of_work
from zhanggui_customers import facade as customers
from zhanggui_notifications import campaign_queries
from zhanggui_notifications.models import Campaign, CampaignRecipient, Message
from zhanggui_notifications.services import campaigns, choosing, delivering, freezing, pumping

TEN = datetime.fromisoformat("2026-03-02T02:00:00+00:00")  # ten in the morning in the shop
r = CampaignRecipient.__table__.c


def make(count: int, *, yes: bool = True) -> list[int]:
    """Customers, who want offers."""
    with unit_of_work() as db:
        ids = [customers.find_or_create_by_identity(db, provider="demo", subject=f"c{n}", name=f"Customer {n}", now=TEN, locale="en").id for n in range(count)]
        for one in ids if yes else ():
            choosing.choose(db, recipient_kind="customer", recipient_id=one, said=[("marketing", choosing.ALL, True)], source="storefront", now=TEN)
        return ids


def written(owner: Actor, **values: Any) -> int:
    given = {
        "name": "Spring", "audience_id": "customers.all", "subject_en": "News for {name}", "body_en": "Come and see, {name}.", "channels": ["inbox"],
        "rate_per_minute": 60_000, "hour_from": 0, "hour_until": 24,
    }  # fmt: skip
    with unit_of_work() as db:
        return campaigns.create_campaign(db, **{**given, **values}, actor=owner, now=clock.now())


def frozen(owner: Actor, **values: Any) -> int:
    id = written(owner, **values)
    with unit_of_work() as db:
        campaigns.freeze(db, id=id, actor=owner, now=clock.now())
    freezing.run(id)
    return id


def begun(owner: Actor, **values: Any) -> int:
    id = frozen(owner, **values)
    with unit_of_work() as db:
        campaigns.begin(db, id=id, actor=owner, now=clock.now())
    return id


def beats(count: int, *, every: int = 10) -> None:
    """So many beats of the pump, with the sending between them."""
    for _n in range(count):
        with clock.hold(clock.now() + timedelta(seconds=every * _n)):
            pumping.run()
            delivering.run()
    with clock.hold(clock.now() + timedelta(seconds=every * count)):
        pumping.run()


def of(id: int) -> dict[str, int]:
    with reading() as db:
        return {name: count for name, count in campaign_queries.counts(db, id).items() if count}


def state(id: int) -> str:
    with reading() as db:
        return db.scalar(select(Campaign.state).where(Campaign.id == id)) or ""


def told(id: int) -> Counter[int]:
    with reading() as db:
        return Counter(db.scalars(select(Message.recipient_id).where(Message.fact == f"campaign:{id}")))
