"""Hooks that notifications offer to other plugins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from zhanggui.api import Audience, Channel, Envelope, KindVariable, _l, hookspec

from .contracts import Hold


@hookspec(words=_l("Ways to reach people"))
def notifications_channels() -> Sequence[Channel]:
    """Ways to reach customers and staff, besides the customer's own list. ``send`` is called outside of any transaction.

    Example: ``return [Channel("sms", _l("Text message"), "phone", ["customer"], sms.send, sms.missing, sms.phone_of, billable=True)]``
    """
    return ()


@hookspec(words=_l("Customers to write to"))
def notifications_audiences() -> Sequence[Audience]:
    """Customers who can be written to together by a campaign: how many there are, and their ids page by page.

    Example: ``return [Audience("acme.vip", _l("Members of the club"), queries.count_vip, queries.page_of_vip)]``
    """
    return ()


@hookspec(words=_l("More words for messages"))
def notifications_variables() -> Sequence[KindVariable]:
    """Words for the texts of others' messages, found by what their event carries.

    Example: ``return [KindVariable({"orders.confirmed"}, MessageVariable("points", _l("Points"), 120, "number"), queries.points_of_order)]``
    """
    return ()


@hookspec(words=_l("Rules that hold messages back"))
def notifications_guards() -> Sequence[Callable[[Session, Envelope], Hold | None]]:
    """Each is asked before a message leaves, and answers None where it may, else a ``Hold`` with a sentence, and until when it waits.

    Example: ``return [lambda db, envelope: Hold("Too many complaints") if queries.complains(db, envelope.recipient.id) else None]``
    """
    return ()
