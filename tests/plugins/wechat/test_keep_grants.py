"""The ledger of grants: each source counts once, a message takes one, and the entries add up to the balance whatever happens."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from zhanggui.api import SYSTEM, Later, Refused, Sent, Unknown, clock, reading, unit_of_work
from zhanggui.events.models import OutboxEvent
from zhanggui.runtime import Runtime
from zhanggui_customers import facade as customers
from zhanggui_wechat import grants
from zhanggui_wechat.jobs import recount_grants
from zhanggui_wechat.models import Grant, GrantEntry, GrantHold

TEMPLATE = "SBXshippedTemplate0000000000000000000000001"
GONE = Refused("no_grant", "43101")


def customer(phone: str = "13800000000") -> int:
    with unit_of_work() as db:
        return customers.find_or_create_by_phone(db, name="Wang Wei", phone=phone, actor=SYSTEM, now=clock.now())


@pytest.fixture
def wang(instance: Runtime) -> int:
    return customer()


def add(who: int, source: str, state: str = "accept") -> None:
    with unit_of_work() as db:
        grants.add(db, customer_id=who, template_id=TEMPLATE, state=state, source_key=source, now=clock.now())


def reserve(who: int, message: str) -> bool:
    with unit_of_work() as db:
        return grants.reserve(db, customer_id=who, template_id=TEMPLATE, message_id=message, now=clock.now())


def settle(message: str, outcome: Any) -> None:
    with unit_of_work() as db:
        grants.settle(db, message_id=message, outcome=outcome, now=clock.now())


def books() -> tuple[int, int, int, int]:
    """Balance, reserved, sum of entries, messages on their way."""
    with reading() as db:
        balance, reserved = db.execute(select(Grant.balance, Grant.reserved)).one_or_none() or (0, 0)
        return balance, reserved, db.scalar(select(func.coalesce(func.sum(GrantEntry.delta), 0))) or 0, db.scalar(select(func.count(GrantHold.id))) or 0


def test_a_source_that_is_told_three_times_counts_once(wang: int) -> None:
    for _ in range(3):
        add(wang, "push:oX:1764158400:T")
    assert books() == (1, 0, 1, 0)
    add(wang, "push:oX:1764158999:T", "reject")
    assert books() == (1, 0, 1, 0)  # a refusal takes nothing that was given before


@pytest.mark.parametrize(("outcome", "left"), [
    (Sent("1"), 1), (Unknown(), 1), (GONE, 0), (Later(30, "provider_down"), 2), (Refused("bad_value", "47003 thing1"), 2), (Refused("provider_refused", "48001"), 2),
])  # fmt: skip
def test_what_became_of_a_message_is_booked_once(wang: int, outcome: Any, left: int) -> None:
    add(wang, "a")
    add(wang, "b")
    assert reserve(wang, "m1")
    assert books()[:2] == (2, 1)
    for _ in range(3):
        settle("m1", outcome)
    assert books() == (left, 0, left, 0)


def test_one_grant_is_one_message(wang: int) -> None:
    add(wang, "a")
    assert [reserve(wang, "m1"), reserve(wang, "m1"), reserve(wang, "m2")] == [True, True, False]  # asked again it is the same one
    settle("m1", Later(30, "provider_down"))
    assert reserve(wang, "m2")
    assert not reserve(customer("13900000000"), "m3")


def test_two_workers_and_one_grant(wang: int) -> None:
    for turn in range(5):
        add(wang, f"source{turn}")
        names = [f"m{turn}-{n}" for n in range(4)]
        contexts = [copy_context() for _ in names]
        with ThreadPoolExecutor(4) as pool:
            won = list(pool.map(lambda pair: pair[0].run(reserve, wang, pair[1]), zip(contexts, names, strict=True)))
        assert won.count(True) == 1
        settle(names[won.index(True)], Sent())
        assert books() == (0, 0, 0, 0)


def test_none_left_while_another_is_on_its_way(wang: int) -> None:
    add(wang, "a")
    add(wang, "b")
    assert reserve(wang, "m1")
    assert reserve(wang, "m2")
    settle("m1", GONE)
    settle("m2", Sent())  # it slipped through: the balance stays what the entries say
    assert books() == (0, 0, 0, 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "reserve", "sent", "unknown", "later", "lost", "again"]), st.integers(0, 12)), min_size=1000, max_size=1000
)


@pytest.mark.parametrize("kind", ["sqlite"])
@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(steps=STEPS)
def test_entries_add_up_to_the_balance_after_a_thousand_steps(wang: int, steps: list[tuple[str, int]]) -> None:
    outcomes = {"sent": Sent(), "unknown": Unknown(), "later": Later(1, "x"), "lost": GONE, "again": Refused("bad_value")}
    with unit_of_work() as db:
        for at, (step, number) in enumerate(steps):
            if step == "add":
                grants.add(db, customer_id=wang, template_id=TEMPLATE, state="accept", source_key=f"s{at % 300}", now=clock.now())
            elif step == "reserve":
                grants.reserve(db, customer_id=wang, template_id=TEMPLATE, message_id=f"m{number}-{at // 100}", now=clock.now())
            else:
                grants.settle(db, message_id=f"m{number}-{at // 100}", outcome=outcomes[step], now=clock.now())
            if at % 20 and at < 990:
                continue
            balance, reserved = db.execute(select(Grant.balance, Grant.reserved)).one_or_none() or (0, 0)
            assert balance == db.scalar(select(func.coalesce(func.sum(GrantEntry.delta), 0)))
            assert reserved == db.scalar(select(func.count(GrantHold.id)))
            assert min(balance, reserved) >= 0


def test_the_database_keeps_both_rules(wang: int) -> None:
    add(wang, "a")
    for statement in (update(Grant).values(balance=-1), update(Grant).values(reserved=-1), update(GrantEntry).values(delta=9), delete(GrantEntry)):
        with pytest.raises(DBAPIError), unit_of_work() as db:
            db.execute(statement)
    with reading() as db:
        row = dict(db.execute(select(GrantEntry.__table__)).one()._mapping)
    with pytest.raises(DBAPIError), unit_of_work() as db:
        db.execute(insert(GrantEntry).values({**row, "id": row["id"] + 1}))
    assert books() == (1, 0, 1, 0)


def test_whoever_says_yes_for_ever_is_believed_so_far(wang: int) -> None:
    for n in range(grants.MOST + 5):
        add(wang, f"s{n}")
    assert books()[0] == grants.MOST


def test_a_balance_that_a_hand_changed_is_the_sum_of_its_entries_again_by_night(wang: int) -> None:
    add(wang, "a")
    add(wang, "b")
    assert reserve(wang, "m1")
    recount_grants.function()
    assert books() == (2, 1, 2, 1)  # nothing was wrong
    with unit_of_work() as db:
        db.execute(update(Grant).values(balance=9, reserved=4))
    recount_grants.function()
    assert books() == (2, 1, 2, 1)


def test_who_listens_is_told_what_a_customer_answered_and_what_was_lost_and_not_what_was_sent(wang: int) -> None:
    add(wang, "a")
    add(wang, "a")  # no news
    add(wang, "b")
    add(wang, "c", "reject")
    for message, outcome in (("m1", Sent("1")), ("m2", GONE)):
        reserve(wang, message)
        settle(message, outcome)
    with reading() as db:
        rows = db.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == "wechat.grant.changed").order_by(OutboxEvent.id))
        told = [json.loads(row) if isinstance(row, str) else row for row in rows]
    assert [(one["state"], one["balance"]) for one in told] == [("accept", 1), ("accept", 2), ("reject", 2), ("reject", 0)]
    assert told[0] == {"customer_id": wang, "template": TEMPLATE, "state": "accept", "balance": 1}
