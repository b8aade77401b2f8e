"""Hooks that notifications offer to other plugins."""

from __future__ import annotations

from collections.abc import Sequence

from zhanggui.api import Channel, _l, hookspec


@hookspec(words=_l("Ways to reach people"))
def notifications_channels() -> Sequence[Channel]:
    """Ways to reach customers and staff, besides the customer's own list. ``send`` is called outside of any transaction.

    Example: ``return [Channel("sms", _l("Text message"), "phone", ["customer"], sms.send, sms.missing, sms.phone_of, billable=True)]``
    """
    return ()
