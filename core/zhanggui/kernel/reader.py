"""Who reads: whatever loads, finds or counts something for somebody is told for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from .actors import Actor


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever reads a page, a file or an answer: one for each request, job or export.

    ``actor`` decides which rows and columns there are, ``zone`` how clocks are written, ``locale`` (``zh_CN``) the
    language; ``now`` is the same moment for everything on the page, aware and in UTC. Days are the shop's and not the
    reader's: :func:`zhanggui.api.shop_day`.
    """

    actor: Actor
    zone: ZoneInfo
    locale: str
    now: datetime

    def may(self, permission: str, resource: str) -> bool:
        """Whether the actor holds ``can_<verb>`` on ``<plugin>.<Model>``."""
        return self.actor.may(permission, resource)
