"""Campaigns: written, frozen, started, paused, called off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from zhanggui.api import (
    KEEP,
    Actor,
    Code,
    IllegalMove,
    Invalid,
    Money,
    NotFound,
    StaleRow,
    _l,
    get_setting,
    publish,
    record_audit,
    request_approval,
)

from .. import audiences, rules
from ..campaign_rules import ALL_OF_THEM
from ..campaign_states import CampaignState, Progress, before
from ..events import CampaignStarted
from ..messages import CAMPAIGN, KINDS, fact_of
from ..models import Campaign, CampaignRecipient, Message
from ..states import WAITING, MessageState
from ..ways import ways
from . import freezing, kinds
from .texts import wrong_text

LOCALES = ("zh_CN", "en")
APPROVAL = "notifications.start_campaign"
c, r, m = Campaign.__table__.c, CampaignRecipient.__table__.c, Message.__table__.c
_QUIET = {"synchronize_session": False}
DEFAULTS: Mapping[str, Any] = {
    "channels": None, "href": "/shop/", "rate_per_minute": 600, "hour_from": 9, "hour_until": 21, "budget": None, "holdout": 0, "starts_at": None,
    "subject_zh_CN": "", "body_zh_CN": "", "subject_en": "", "body_en": "",
}  # fmt: skip
WHO = ("audience_id", "holdout_bp")  # a change of these lets everybody out again
FORECAST = ("channels", "budget")


def campaign_for_update(db: Session, id: int) -> Campaign:
    """:raises NotFound: when there is none."""
    found = db.scalar(select(Campaign).where(c.id == id).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def create_campaign(db: Session, *, name: str, audience_id: str, actor: Actor, now: datetime, **given: Any) -> int:
    """Write one. Nobody gets it before it is frozen and started; its id.

    :raises Invalid: naming the field.
    """
    values = _checked({**DEFAULTS, "name": name, "audience_id": audience_id, **given}, {})
    campaign = Campaign(**values, state=CampaignState.DRAFT, created_at=now)
    db.add(campaign)
    db.flush()
    record_audit(db, "notifications.campaign.created", target=campaign, label=campaign.name, actor=actor, now=now, after=_shown(campaign))
    return campaign.id


def change_campaign(db: Session, *, id: int, row_version: int | None, actor: Actor, now: datetime, **given: Any) -> None:
    """Write it anew, while it is a draft. Who is meant is counted again when that changed.

    :raises StaleRow: when somebody changed it meanwhile.
    :raises IllegalMove: for one that was started.
    :raises Invalid: naming the field.
    """
    campaign = campaign_for_update(db, id)
    if row_version is not None and campaign.row_version != row_version:
        raise StaleRow()
    _draft(campaign)
    before_, values = _shown(campaign), _checked({name: value for name, value in given.items() if value is not KEEP}, campaign.texts)
    if any(name in values and values[name] != getattr(campaign, name) for name in (*WHO, *FORECAST)):
        campaign.frozen_at = campaign.forecast = None
        freezing.thaw(db, id)
    for name, value in values.items():
        setattr(campaign, name, value)
    db.flush()
    record_audit(db, "notifications.campaign.changed", target=campaign, label=campaign.name, actor=actor, now=now, before=before_, after=_shown(campaign))


def _draft(campaign: Campaign) -> None:
    if campaign.state != CampaignState.DRAFT:
        raise IllegalMove(_l("This campaign was started already: it stays as it is."))
    if campaign.freezing:
        raise IllegalMove(_l("It is being counted who is in it. Please wait a moment."))


def _checked(given: dict[str, Any], texts: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of what was given, as far as it was given."""
    errors, written = dict[str, Any](), {locale: list(pair) for locale, pair in (texts or {}).items()}
    for locale in LOCALES:
        for place, part in enumerate(("subject", "body")):
            name = f"{part}_{locale}"
            if name in given:
                written.setdefault(locale, ["", ""])[place] = str(given.pop(name) or "").strip()
    written = {locale: pair for locale, pair in written.items() if any(pair)}
    if not written:
        errors[f"subject_{LOCALES[0]}"] = _l("Write the message in at least one language.")
    for locale, pair in written.items():
        for part, text in zip(("subject", "body"), pair, strict=True):
            wrong = wrong_text(KINDS[0], text)
            if wrong:
                errors[f"{part}_{locale}"] = wrong
    values = {**given, "texts": written}
    if "audience_id" in values and values["audience_id"] not in audiences.crowds():
        errors["audience_id"] = _l("Choose who is meant.")
    if "channels" in values:
        chosen: Collection[str] = values["channels"] or (rules.INBOX,)
        values["channels"] = kinds.in_order([one for one in chosen if one in ways()], KINDS[0])
    if "holdout" in values:
        values["holdout_bp"] = int(values.pop("holdout") or 0) * ALL_OF_THEM // 100
    if "budget" in values:
        budget = values["budget"]
        values["budget"] = budget.amount if isinstance(budget, Money) else int(budget or 0)
    if "href" in values:
        values["href"] = str(values["href"] or "").strip()
        if values["href"] and (not values["href"].startswith("/") or values["href"].startswith("//") or "{" in values["href"] or "}" in values["href"]):
            errors["href"] = _l("Enter a page of this shop, which begins with /.")
    if "hour_from" in values and "hour_until" in values and not 0 <= values["hour_from"] < values["hour_until"] <= 24:
        errors["hour_until"] = _l("The last hour must be after the first one.")
    if errors:
        raise Invalid(errors=errors)
    return values


def _shown(campaign: Campaign) -> dict[str, Any]:
    return {
        "audience_id": Code(campaign.audience_id), "channels": [Code(one) for one in campaign.channels], "rate_per_minute": campaign.rate_per_minute,
        "holdout_bp": campaign.holdout_bp, "budget": campaign.budget, "state": Code(campaign.state),
    }  # fmt: skip


def freeze(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Count who is in it from now on; a job does it. What was counted before is forgotten."""
    campaign = campaign_for_update(db, id)
    _draft(campaign)
    audiences.crowd(campaign.audience_id)
    freezing.thaw(db, id)
    campaign.freezing, campaign.frozen_at, campaign.forecast, campaign.reason = True, None, None, None
    db.flush()
    _record(db, "notifications.campaign.frozen", campaign, actor, now)


def start(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Send it from now on, or from its time on. Above so many people a second person decides.

    :raises IllegalMove: before it is frozen, and for one that was started.
    """
    campaign = _startable(db, id)
    people = db.scalar(select(func.count()).select_from(CampaignRecipient).where(r.campaign_id == id, r.state == Progress.WAITING)) or 0
    if not people:
        raise IllegalMove(_l("There is nobody in this campaign."))
    if people > int(get_setting("plugin.notifications.second_person_above")):
        request_approval(db, APPROVAL, id=id, values={"people": people}, label=campaign.name, actor=actor, now=now)
        return
    begin(db, id=id, actor=actor, now=now)


def begin(db: Session, *, id: int, actor: Actor, now: datetime, people: int = 0) -> None:
    """Send it, as a second person decided or nobody has to."""
    campaign = _startable(db, id)
    waits = campaign.starts_at is not None and campaign.starts_at > now
    campaign.state = CampaignState.SCHEDULED if waits else CampaignState.RUNNING
    if not waits:
        campaign.started_at = campaign.watched_from = now
        publish(db, CampaignStarted(id))
    db.flush()
    _record(db, "notifications.campaign.started", campaign, actor, now)


def _startable(db: Session, id: int) -> Campaign:
    campaign = campaign_for_update(db, id)
    _draft(campaign)
    if campaign.frozen_at is None:
        raise IllegalMove(_l("Count first who is in it, and look at what would become of it."))
    return campaign


def pause(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """No message more, from now on."""
    _move(db, id, CampaignState.PAUSED, "notifications.campaign.paused", actor, now, reason="by_hand")


def resume(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Go on where it stopped: with those who wait."""
    _move(db, id, CampaignState.RUNNING, "notifications.campaign.resumed", actor, now, only=(CampaignState.PAUSED,), reason=None, watched_from=now)
    db.execute(update(Campaign).where(c.id == id, c.started_at.is_(None)).values(started_at=now).execution_options(**_QUIET))


def cancel(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Call it off: who waits gets nothing; what left has left."""
    _move(db, id, CampaignState.CANCELED, "notifications.campaign.canceled", actor, now, reason=None, ended_at=now)
    over = {"state": MessageState.CANCELED, "reason": "by_hand", "done_at": now}
    db.execute(update(Message).where(m.fact == fact_of(id), m.kind_id == CAMPAIGN, m.state.in_(WAITING)).values(over).execution_options(**_QUIET))
    skipped = update(CampaignRecipient).where(r.campaign_id == id, r.state == Progress.WAITING)
    db.execute(skipped.values(state=Progress.SKIPPED, reason="by_hand", ended_at=now).execution_options(**_QUIET))


def _move(
    db: Session, id: int, after: CampaignState, act: str, actor: Actor, now: datetime, only: Collection[CampaignState] = (), **values: Any
) -> None:  # fmt: skip
    campaign = campaign_for_update(db, id)
    if campaign.state not in (only or before(after)):
        raise IllegalMove(_l("This campaign is not in a state in which that can be done."))
    campaign.state = after
    for name, value in values.items():
        setattr(campaign, name, value)
    db.flush()
    _record(db, act, campaign, actor, now)


def _record(db: Session, act: str, campaign: Campaign, actor: Actor, now: datetime) -> None:
    record_audit(db, act, target=campaign, label=campaign.name, actor=actor, now=now, after={"state": Code(campaign.state)})
