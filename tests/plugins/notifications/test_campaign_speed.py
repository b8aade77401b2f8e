"""How fast a campaign goes that stands in customers' lists. The whole number is a proof; tests take a part."""

from __future__ import annotations

import os
import resource
import time
from datetime import timedelta
from typing import Any

import pytest
from campaigning import begun, of, state
from sqlalchemy import insert

from zhanggui.api import Actor, clock, unit_of_work
from zhanggui_customers.models import Customer
from zhanggui_customers.rules import name_index
from zhanggui_notifications.models import Preference
from zhanggui_notifications.services import delivering, pumping


def _fill(count: int) -> None:
    now = clock.now()
    for first in range(0, count, 1000):
        with unit_of_work() as db:
            some = range(first + 1, min(first + 1000, count) + 1)
            db.execute(insert(Customer), [
                {"id": n, "name": f"Customer {n}", "name_index": name_index(f"Customer {n}"), "locale": "en", "created_at": now, "source": "storefront"} for n in some
            ])  # fmt: skip
            db.execute(insert(Preference), [
                {
                    "recipient_kind": "customer", "recipient_id": n, "category": "marketing", "channel": "*", "allowed": True, "source": "storefront", "at": now,
                }
                for n in some
            ])  # fmt: skip


def _send(owner: Actor, count: int) -> dict[str, float]:
    id = begun(owner)
    started, ticks, peak = time.monotonic(), 0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while state(id) != "finished" and ticks < 60:
        with clock.hold(clock.now() + timedelta(seconds=10 * ticks)):
            pumping.run()
            while delivering.anything_due():
                delivering.run()
            ticks += 1
            assert sum(of(id).values()) == count
    seconds = time.monotonic() - started
    assert of(id) == {"sent": count} and state(id) == "finished"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    return {"messages": count, "seconds": round(seconds, 1), "a_minute": round(count / seconds * 60), "grown_mb": round(grown / 1024, 1)}


@pytest.mark.proof
def test_a_campaign_in_customers_lists_is_fast_and_takes_no_memory(instance: Any, owner: Actor, kind: str, size: Any, keep_figures: Any):
    count = size(1000, 100_000)
    _fill(count)
    found = _send(owner, count)
    keep_figures(f"campaign_inbox_{kind}", {**found, "cores": os.cpu_count()})
    if count >= 100_000:
        assert found["a_minute"] >= 20_000 and found["grown_mb"] < 100
