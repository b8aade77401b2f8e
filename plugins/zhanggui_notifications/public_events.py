"""What programs outside are told of campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import PublicEvent, _l

from .models import Campaign


def _public(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    name = db.scalar(select(Campaign.name).where(Campaign.id == payload["campaign_id"]))
    return None if name is None else {"campaign": name}


_SCHEMA, _EXAMPLE = {"campaign": {"type": "string"}}, {"campaign": "Spring tea"}
PUBLIC = (
    PublicEvent("notifications.campaign.started@1", _l("A campaign started"), _SCHEMA, _EXAMPLE, _public),
    PublicEvent("notifications.campaign.finished@1", _l("A campaign is finished"), _SCHEMA, _EXAMPLE, _public),
)
