"""The kind of message that campaigns send. Its words are those of each campaign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import MessageKind, MessageVariable, Recipient, _l, get_setting
from zhanggui_customers import facade as customers

CAMPAIGN = "notifications.campaign"
VARIABLES = (
    MessageVariable("name", _l("Name of the customer"), _l("Ann"), required=False),
    MessageVariable("shop", _l("Name of the shop"), _l("Cloud Hill Tea"), required=False),
)


def fact_of(campaign_id: int) -> str:
    """What messages of a campaign are about."""
    return f"campaign:{campaign_id}"


def _nobody(db: Session, event: Mapping[str, Any]) -> list[Recipient]:
    return []  # the rows of the campaign say who: see services.pumping


def _facts(db: Session, data: Mapping[str, Any], locale: str) -> dict[str, Any]:
    return {"name": customers.contact_of(db, data["customer_id"]).name, "shop": str(get_setting("instance.name"))}


KINDS = (
    MessageKind(
        CAMPAIGN, _l("Campaign"), "notifications.campaign.started@1", _nobody, _facts, lambda event: fact_of(event["campaign_id"]), VARIABLES,
        _l("News of {shop}"), _l("There is news in the shop."), category="marketing", channels=("wechat_subscribe", "inbox"), href="/shop/", ttl=timedelta(days=2),
        help=_l("Its words are written with each campaign."),
    ),
)  # fmt: skip
