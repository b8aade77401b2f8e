"""What the core tells about notices, and what the far end of a message tells us."""

from __future__ import annotations

from dataclasses import dataclass

from ..events import Event
from ..i18n.texts import lazy_gettext as _l
from ..kernel.ids import Code


@dataclass(frozen=True)
class NoticeCreated(Event, name="core.notice.created", version=1, words=_l("Notice written")):
    """Staff were told something: one user, or whoever holds the permission, or everybody. ``read_notice`` says what."""

    notice_id: int
    kind: Code
    user_id: int | None
    permission: Code  # "can_list orders.Order", or empty


@dataclass(frozen=True)
class MessageReported(Event, name="core.message.reported", version=1, words=_l("Delivery of a message reported")):
    """A provider tells what became of a message that it took as ``ref``: whoever carries messages notes it.

    ``state`` is ``delivered`` or ``bounced``, ``code`` the provider's own; ``gone``: the address is none any more.
    """

    channel: Code
    ref: Code
    state: Code
    code: Code
    gone: bool = False
