"""What would become of a campaign, before anything is sent: by the same questions that are asked at sending, for hundreds at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import get_setting
from zhanggui_customers import facade as customers

from .. import rules
from ..campaign_states import Progress
from ..messages import CAMPAIGN
from ..models import Campaign, CampaignRecipient, Rate
from ..ways import Way, ways
from . import choosing, kinds, limits

AT_ONCE = 500
rt, r = Rate.__table__.c, CampaignRecipient.__table__.c


@dataclass
class Reach:
    """How many by which channel, how many are left out and why, and what it costs."""

    people: int = 0
    control: int = 0
    by_channel: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    cost_of: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the campaign."""
        return {
            "people": self.people, "control": self.control, "by_channel": dict(self.by_channel), "left_out": dict(self.left_out), "cost": dict(self.cost_of)
        }  # fmt: skip


def of_campaign(db: Session, campaign: Campaign, now: datetime) -> Reach:
    """What would become of those who are in it now."""
    found, budget = Reach(), campaign.budget - campaign.spent
    states = select(r.state, func.count()).where(r.campaign_id == campaign.id).group_by(r.state)
    counts = dict(db.execute(states).tuples().all())
    found.people, found.control = sum(counts.values()), counts.get(Progress.CONTROL, 0)
    usable = _usable(campaign.channels)
    enabled = kinds.chosen(db, [CAMPAIGN])[CAMPAIGN].enabled
    for ids in _pages(db, campaign.id):
        if not enabled:
            found.left_out["switched_off"] += len(ids)
            continue
        budget = _page(db, found, ids, usable, budget, now)
    return found


def _pages(db: Session, campaign_id: int) -> Iterator[list[int]]:
    last = 0
    while True:
        wanted = select(r.customer_id).where(r.campaign_id == campaign_id, r.state == Progress.WAITING, r.customer_id > last)
        ids = list(db.scalars(wanted.order_by(r.customer_id).limit(AT_ONCE)))
        if not ids:
            return
        yield ids
        last = ids[-1]


def _usable(channels: Collection[str]) -> list[Way]:
    known = ways()
    found = [known[name] for name in channels if name in known and "customer" in known[name].channel.to]
    return [way for way in found if way.channel.id == rules.INBOX or way.missing() is None]


def left_out(db: Session, ids: Collection[int], said: Mapping[int, choosing.Chosen], now: datetime) -> dict[int, str]:
    """Of these customers, who gets no message of any campaign now, and why."""
    people, sated = customers.reachable(db, ids), capped(db, ids, now)
    found = dict[int, str]()
    for one in ids:
        who = people.get(one)
        if who is None or who.blocked:
            found[one] = "blocked"
        elif not choosing.wants_category("marketing", said[one]):
            found[one] = "no_consent"
        elif one in sated:
            found[one] = "capped"
    return found


def _page(db: Session, found: Reach, ids: list[int], usable: list[Way], budget: int, now: datetime) -> int:
    """Some of them; the budget that is left."""
    said = choosing.chosen(db, "customer", ids)
    out = left_out(db, ids, said, now)
    found.left_out.update(out.values())
    left = [one for one in ids if one not in out]
    for way in usable:
        wanted = [one for one in left if choosing.wants_on("marketing", way.channel.id, said[one])]
        taken, budget = _by(db, found, way, wanted, budget)
        left = [one for one in left if one not in taken]
    found.left_out["no_channel"] += len(left)
    found.left_out += Counter()  # without what is zero
    return budget


def _by(db: Session, found: Reach, way: Way, wanted: list[int], budget: int) -> tuple[set[int], int]:
    """Whom one channel reaches, and the budget that is left."""
    name = way.channel.id
    reached = wanted if name == rules.INBOX else sorted(way.reach(db, CAMPAIGN, wanted))
    if way.channel.billable:
        price = way.price()
        reached = reached[: budget // price] if price else reached if budget else []
        budget -= price * len(reached)
        found.cost_of[name] += price * len(reached)
    found.by_channel[name] += len(reached)
    return set(reached), budget


def capped(db: Session, ids: Collection[int], now: datetime) -> set[int]:
    """Who has had enough for now."""
    day = limits.day_of(now)
    scopes = {f"cap:customer:{one}": one for one in ids}
    used = select(rt.scope, rt.window_start, rt.used).where(rt.scope.in_(list(scopes)), rt.window_start > day - rules.WEEK)
    week, today = Counter[int](), Counter[int]()
    for row in db.execute(used):
        week[scopes[row.scope]] += row.used
        if row.window_start == day:
            today[scopes[row.scope]] += row.used
    most_day, most_week = int(get_setting("plugin.notifications.marketing_day")), int(get_setting("plugin.notifications.marketing_week"))
    return {one for one in week if week[one] >= most_week or today[one] >= most_day}

