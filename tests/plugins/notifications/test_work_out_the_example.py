"""The worked example: 4,000 people, each by the channel or left out for the reason that was worked out by hand, in the minutes that were; a tenth of it here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any

import pytest
from campaigning import frozen, of, r, state
from sqlalchemy import func, insert, select, update
from zhanggui_bells.plugin import Belfry

from zhanggui.api import Actor, Money, clock, reading, unit_of_work
from zhanggui_customers.models import Customer
from zhanggui_customers.rules import name_index
from zhanggui_notifications import campaign_rules
from zhanggui_notifications.models import Campaign, Preference
from zhanggui_notifications.services import campaigns, delivering, pumping

TEN_OCLOCK = datetime.fromisoformat("2026-03-02T02:00:00+00:00")  # in Shanghai
EVERY = 20  # seconds between two beats: the most for which the rate is made up
CONTROL, NO_CONSENT, BLOCKED, GRANTS, PHONES, PAID, IN_THE_LIST = "control", "no_consent", "blocked", "granted", "phone", 5, "inbox"


def worked_out(people: int) -> dict[str, int]:
    """How many become what, of so many."""
    part = people / 4000
    found = {CONTROL: round(400 * part), NO_CONSENT: round(310 * part), BLOCKED: round(45 * part), GRANTS: round(1120 * part), PHONES: round(900 * part)}
    return {**found, IN_THE_LIST: people - sum(found.values())}


def split(wanted: dict[str, int]) -> dict[str, list[int]]:
    """Numbers of customers of each sort; who is left out to compare, the first campaign decides by itself."""
    treated: Iterator[int] = (n for n in count(1) if not campaign_rules.is_control(1, n, 1000))
    control: Iterator[int] = (n for n in count(1) if campaign_rules.is_control(1, n, 1000))
    return {name: list(islice(control if name == CONTROL else treated, many)) for name, many in wanted.items()}


def fill(sorts: dict[str, list[int]]) -> None:
    everybody = [n for some in sorts.values() for n in some]
    now = clock.now()
    customer = {"name": "C", "name_index": name_index("C"), "locale": "en", "created_at": now, "source": "storefront"}
    yes = {"recipient_kind": "customer", "category": "marketing", "channel": "*", "allowed": True, "source": "storefront", "at": now}
    with unit_of_work() as db:
        db.execute(insert(Customer), [{**customer, "id": n} for n in everybody])
        db.execute(insert(Preference), [{**yes, "recipient_id": n} for n in everybody if n not in set(sorts[NO_CONSENT])])


@pytest.mark.proof
def test_every_number_comes_out_and_a_stop_of_ten_minutes_costs_ten(instance: Any, owner: Actor, tower: Any, kind: str, size: Any, keep_figures: Any):
    people = size(400, 4000)
    wanted = worked_out(people)
    sorts = split(wanted)
    fill(sorts)
    Belfry.granted = set(sorts[GRANTS])
    Belfry.phones = {*sorts[PHONES], *sorts[IN_THE_LIST]}  # more than the budget pays for; it lasts for the first in line
    budget, rate = wanted[PHONES] * PAID, people * 60 // 4000
    id = frozen(owner, channels=[GRANTS, PHONES, IN_THE_LIST], budget=Money(budget, "CNY"), holdout=10, rate_per_minute=rate, hour_from=10, hour_until=20)
    with reading() as db:
        said = db.get_one(Campaign, id).forecast
    reached = {GRANTS: wanted[GRANTS], PHONES: wanted[PHONES], IN_THE_LIST: wanted[IN_THE_LIST] + wanted[BLOCKED]}
    assert (said["people"], said["control"], said["left_out"]) == (people, wanted[CONTROL], {NO_CONSENT: wanted[NO_CONSENT]})
    assert (said["by_channel"], said["cost"]) == (reached, {PHONES: budget})
    with unit_of_work() as db:
        db.execute(update(Customer).where(Customer.id.in_(sorts[BLOCKED])).values(blocked=True))
        campaigns.begin(db, id=id, actor=owner, now=TEN_OCLOCK)
    with clock.hold(TEN_OCLOCK - timedelta(seconds=1)):
        assert pumping.run() == 0  # before ten
    minutes, most = 0.0, 0
    for beat in count():
        minutes = beat * EVERY / 60
        if 20 <= minutes < 30:
            continue  # nothing runs
        with clock.hold(TEN_OCLOCK + timedelta(minutes=minutes)):
            most = max(most, pumping.run())
            while delivering.anything_due():
                delivering.run()
        assert sum(of(id).values()) == people
        if state(id) == "finished":
            break
        assert minutes < 120, of(id)
    with reading() as db:
        became = func.coalesce(r.channel, r.reason, r.state)
        ended = dict(db.execute(select(became, func.count()).where(r.campaign_id == id).group_by(became)).tuples().all())
        spent = db.get_one(Campaign, id).spent
    assert ended == wanted and spent == budget
    assert of(id) == {"control": wanted[CONTROL], "skipped": wanted[NO_CONSENT] + wanted[BLOCKED], "sent": sum(wanted[name] for name in reached)}
    heard = Counter(said["to"] for _channel, said in tower.heard)
    assert set(heard.values()) == {1} and len(heard) == wanted[GRANTS] + wanted[PHONES]
    waited = sum(wanted[name] for name in reached) / rate  # who is left out takes nobody's place
    keep_figures(f"campaign_example_{kind}", {**wanted, "minutes": round(minutes, 1), "rate_per_minute": rate, "budget": budget})
    assert most <= rate * EVERY / 60 + 1
    assert waited + 10 - 1 <= minutes <= waited + 10 + 2
