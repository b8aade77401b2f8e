"""What runs beside requests: taking notifications, fetching certificates."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import _l, job
from zhanggui_payments.facade import Declined, take_notification

from . import account, services
from .provider import WECHATPAY


@job(_l("Take what WeChat Pay told"), first=True)
def take_message(db: Session, *, message_id: int, **_from_newer_releases: Any) -> None:
    """What WeChat Pay told by itself."""
    take_notification(db, WECHATPAY, message_id)


@job(_l("Fetch the certificates of WeChat Pay"), lane="io")
def refresh_certificates(**_from_newer_releases: Any) -> None:
    """Fetch the certificates; nothing for a shop that is not set up, or a merchant that has the public key alone."""
    if account.missing() is not None:
        return
    try:
        services.refresh(account.read())
    except Declined:
        return
