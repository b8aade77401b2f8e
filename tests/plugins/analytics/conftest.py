"""A shop with a past, and a pen to ask with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from zhanggui.api import Actor, Reader, clock, reading, shop_zone
from zhanggui.jobs import runner
from zhanggui.runtime import Runtime
from zhanggui_analytics import asks
from zhanggui_analytics.services.asking import Answer, answer

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "orders")]

Ask = Callable[..., Answer]


@pytest.fixture
def ask(instance: Runtime, owner: Actor) -> Ask:
    """``ask("sales.net", by="day", period="2026-04")``, as the owner, at a moment if one is named."""

    def do(metrics: str, *, now: datetime | None = None, actor: Actor = owner, **given: str) -> Answer:
        reader = Reader(actor, shop_zone(), "en", now or clock.now())
        with reading() as db:
            return answer(db, reader, asks.read({"metrics": metrics, **given}))

    return do


@pytest.fixture
def work(instance: Runtime) -> Callable[[], None]:
    """Work off everything that is due, and work all figures out."""
    from zhanggui_analytics import jobs

    def do() -> None:
        for _round in range(4):
            runner.drain("default")
        jobs.look.function()
        jobs.recompute.function()

    return do
