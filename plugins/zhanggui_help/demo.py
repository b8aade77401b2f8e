"""A demo shop can be searched from its first minute, and has questions that nobody answered."""

from __future__ import annotations

import random
from datetime import datetime

from zhanggui.api import DemoData, unit_of_work

from .services import asking, indexing

_IN_VAIN = (("发票抬头", "zh_CN", 3), ("怎么打印面单", "zh_CN", 2), ("gift card", "en", 1))


def fill(now: datetime, rng: random.Random) -> None:
    """The index, and three questions."""
    with unit_of_work() as db:
        indexing.bring_up(db)
        for text, locale, times in _IN_VAIN:
            for _time in range(times):
                asking.note_question(db, text, locale=locale, found=0, now=now)


DEMO = DemoData("help", fill, order=900)
