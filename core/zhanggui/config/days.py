"""The shop's days: its midnight parts them, wherever whoever looks at them is."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ..kernel import clock
from ..kernel.actors import Actor, current_actor
from ..kernel.reader import Reader
from ..runtime import current_runtime
from . import settings


def shop_zone() -> ZoneInfo:
    """The zone of the instance."""
    return ZoneInfo(settings.get("instance.time_zone"))


def shop_day(moment: datetime) -> date:
    """The shop's day of a moment."""
    return moment.astimezone(shop_zone()).date()


def reader_at_work(actor: Actor | None = None) -> Reader:
    """The reader of a job, a command or a file that is written for somebody: with the clocks and the language of the shop.

    :param actor: by whose rights is read; the present one, unless another is named.
    """
    return Reader(actor or current_actor(), shop_zone(), current_runtime().config["i18n.default_locale"], clock.now())
