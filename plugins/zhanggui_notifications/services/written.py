"""Campaigns as kinds of their own, for messages of theirs that are looked at: the words, channels and budget of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zhanggui.api import Channel, current_runtime

from ..campaign_states import CampaignState
from ..messages import CAMPAIGN, fact_of
from ..models import Campaign
from .kinds import ALL, Chosen, Words

c = Campaign.__table__.c


@dataclass(frozen=True)
class Told:
    """A campaign as its messages are told."""

    id: int
    state: str
    chosen: Chosen


def campaign_id_of(fact: str) -> int:
    """The campaign that a message is about."""
    return int(fact.rpartition(":")[2])


def told(db: Session, facts: Collection[str], base: Chosen | None) -> Mapping[str, Told]:
    """The campaigns that messages are about, in one query."""
    if base is None or not facts:
        return {}
    rows = db.execute(select(c.id, c.state, c.texts, c.channels, c.href).where(c.id.in_([campaign_id_of(one) for one in facts])))
    return {fact_of(row.id): Told(row.id, row.state, _chosen(base, row.texts, row.channels, row.href)) for row in rows}


def _chosen(base: Chosen, texts: Mapping[str, Collection[str]], channels: Collection[str], href: str) -> Chosen:
    own = {locale: Words(str(subject), str(body), None) for locale, (subject, body) in texts.items()}
    first = own.get(str(current_runtime().config["i18n.default_locale"])) or next(iter(own.values()))
    words = {(ALL, locale): one for locale, one in own.items()}
    return replace(base, kind=replace(base.kind, subject=first.subject, body=first.body, href=href), channels=tuple(channels), texts=words)


def stopped(told_: Told) -> bool:
    """Whether what waits of it waits on."""
    return told_.state == CampaignState.PAUSED


def take_budget(db: Session, kind_id: str, fact: str, channel: Channel, price: int) -> bool:
    """Whether this message may cost what the channel costs: it is taken from the budget of its campaign."""
    if kind_id != CAMPAIGN or not channel.billable:
        return True
    left = (c.budget > 0) & (c.spent + price <= c.budget)
    taken = update(Campaign).where(c.id == campaign_id_of(fact), left).values(spent=c.spent + price).returning(c.id)
    return db.scalar(taken.execution_options(synchronize_session=False)) is not None


def give_back(db: Session, kind_id: str, fact: str, channel: Channel, price: int) -> None:
    """It did not leave."""
    if kind_id == CAMPAIGN and channel.billable and price:
        back = update(Campaign).where(c.id == campaign_id_of(fact), c.spent >= price).values(spent=c.spent - price)
        db.execute(back.execution_options(synchronize_session=False))
