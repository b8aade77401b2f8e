"""What customers can be told of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import MessageKind, MessageVariable, NotFound, Recipient, _l, get_setting

from . import queries

FROM_THE_SHOP = ("storefront",)  # who came by himself; those of an import and of the admin are not greeted


def _newcomer(db: Session, event: Mapping[str, Any]) -> list[Recipient]:
    return [Recipient("customer", event["customer_id"])] if event["source"] in FROM_THE_SHOP else []


def _facts(db: Session, event: Mapping[str, Any], locale: str) -> dict[str, Any]:
    return {"shop": str(get_setting("instance.name"))}


def _there(db: Session, event: Mapping[str, Any]) -> bool:
    try:
        return queries.customer(db, event["customer_id"]).erased_at is None
    except NotFound:
        return False


KINDS = (
    MessageKind(
        "customers.welcome", _l("Welcome"), "customers.customer.created@1", _newcomer, _facts, lambda event: f"customer:{event['customer_id']}",
        (MessageVariable("shop", _l("Name of the shop"), _l("Cloud Hill Tea")),), _l("Welcome to {shop}"),
        _l("Nice that you are here. What concerns your orders, you find in this list."), category="care", channels=("inbox",), href="/shop/",
        still_true=_there,
    ),
)  # fmt: skip
