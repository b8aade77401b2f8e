"""A shop whose help is indexed, and readers of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from zhanggui.api import Actor, Reader, clock, reading, shop_zone, unit_of_work
from zhanggui.runtime import Runtime
from zhanggui_help.services import indexing, searching

Find = Callable[..., list[str]]


@pytest.fixture
def indexed(instance: Runtime) -> Runtime:
    """Everything that is bundled can be found."""
    with unit_of_work() as db:
        assert indexing.bring_up(db) > 0
    return instance


@pytest.fixture
def find(indexed: Runtime, owner: Actor) -> Find:
    """``find("退款", "zh_CN")``: the ids of what is found, the best first."""

    def do(question: str, locale: str = "en", actor: Actor = owner, audience: str = "staff", now: datetime | None = None) -> list[str]:
        with reading() as db:
            return [one.ref for one in searching.search(db, Reader(actor, shop_zone(), locale, now or clock.now()), question, audience=audience)]

    return do
