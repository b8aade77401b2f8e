"""What the core tells about notices."""

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
