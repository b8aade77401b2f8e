"""Reads of campaigns: how far each is, and what would become of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import Choice, Money, Reader, _, fmt, get_setting

from . import audiences, queries
from .campaign_states import PAUSED_BECAUSE, PROGRESS_WORDS
from .models import Campaign, CampaignRecipient
from .queries import LANGUAGES
from .states import REASONS
from .ways import ways

c, r = Campaign.__table__.c, CampaignRecipient.__table__.c


def audience_words(row: Any) -> str:
    """To whom it goes."""
    found = audiences.crowds().get(row.audience_id)
    return str(found.audience.label) if found else str(_("An audience of a plugin that is switched off"))


def channel_choices() -> list[Choice]:
    """Channels that reach customers."""
    return [Choice(name, way.channel.label) for name, way in ways().items() if "customer" in way.channel.to]


def counts(db: Session, campaign_id: int) -> dict[str, int]:
    """How many are in which state; nobody is in two."""
    grouped = select(r.state, func.count()).where(r.campaign_id == campaign_id).group_by(r.state)
    return {**dict.fromkeys(PROGRESS_WORDS, 0), **dict(db.execute(grouped).tuples().all())}


def people(db: Session, reader: Reader, ids: list[Any]) -> dict[Any, int]:
    """How many are in each, in one query."""
    grouped = select(r.campaign_id, func.count()).where(r.campaign_id.in_(ids)).group_by(r.campaign_id)
    return {**dict.fromkeys(ids, 0), **dict(db.execute(grouped).tuples().all())}


def progress(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    """How many are where, and why some were left out."""
    found = counts(db, row.id)
    whole = sum(found.values())
    why = select(r.state, r.reason, func.count().label("count")).where(r.campaign_id == row.id, r.reason.is_not(None)).group_by(r.state, r.reason)
    by = select(r.channel, func.count()).where(r.campaign_id == row.id, r.state == "sent").group_by(r.channel)
    return {
        "counting": row.freezing, "frozen": row.frozen_at is not None, "whole": fmt.number(whole), "why_paused": str(PAUSED_BECAUSE.get(row.reason or "", "")),
        "done": whole - found["waiting"] - found["sending"], "of": whole,
        "states": [(str(words), fmt.number(found[name])) for name, words in PROGRESS_WORDS.items() if found[name]],
        "reasons": [(str(REASONS.get(one.reason, one.reason)), fmt.number(one.count)) for one in db.execute(why.order_by(func.count().desc()))],
        "channels": [(queries.channel_words(name), fmt.number(count)) for name, count in db.execute(by)],
    }  # fmt: skip


def forecast(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    """What would become of it, as it was counted; nothing before."""
    found: Mapping[str, Any] | None = db.scalar(select(c.forecast).where(c.id == row.id))
    if not found:
        return {"found": False}
    currency = str(get_setting("instance.currency"))
    cost = {name: Money(amount, currency) for name, amount in found["cost"].items() if amount}
    return {
        "found": True, "people": fmt.number(found["people"]), "control": fmt.number(found["control"]) if found["control"] else "",
        "channels": [
            (queries.channel_words(name), fmt.number(count), fmt.money(cost[name].amount, currency) if name in cost else "")
            for name, count in found["by_channel"].items() if count
        ],
        "left_out": [(str(REASONS[reason]), fmt.number(count)) for reason, count in found["left_out"].items()], "at": fmt.datetime(row.frozen_at),
    }  # fmt: skip


def words(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    """What it says, in each language."""
    texts = db.scalar(select(c.texts).where(c.id == row.id)) or {}
    return {"texts": [(str(LANGUAGES.get(locale, locale)), subject, body) for locale, (subject, body) in texts.items()]}
