"""Twenty who give the same money back at once, answers that are lost before and after the deed, a notification that overtakes its answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from bank import METHODS, OWNER, PRICE, agree, ask_early, ordered, pay, served, unsettled
from sqlalchemy import func, select

from zhanggui.api import DomainError, ProviderError, clock, reading, unit_of_work
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.runtime import Runtime
from zhanggui.testing.racing import at_once
from zhanggui_payments.models import Attempt, Refund
from zhanggui_payments.services import asking, giving_back, refunds
from zhanggui_sandbox import Sandbox

# What the sandbox does to the first request for a refund.
FAULTS: tuple[dict[str, Any] | None, ...] = (
    None, {"kind": "timeout_before", "seconds": 0.05}, {"kind": "timeout_after", "seconds": 0.05}, {"kind": "cut"}, {"kind": "refunded_before_answer"},
)  # fmt: skip


@pytest.fixture
def listening(instance: Runtime, port: int) -> Iterator[None]:
    with served(instance, port):
        yield


def give_back(order_id: int) -> str:
    """All three phases, as the button does it."""
    try:
        with unit_of_work() as db:
            claimed = giving_back.claim_order_refund(db, id=order_id, what="all", reason="customer", actor=OWNER, now=clock.now())
    except DomainError:
        return "refused"
    try:
        said = refunds.send(**claimed)
    except ProviderError:
        return "unknown"
    with unit_of_work() as db:
        refunds.write_down(db, said, actor=OWNER, now=clock.now(), **claimed)
    return "sent"


@pytest.mark.parametrize("method", METHODS)
def test_20_at_once_give_it_back_once(instance: Runtime, listening: None, sandbox: Sandbox, method: str) -> None:
    for order_id, fault in zip(ordered(len(FAULTS)), FAULTS, strict=True):
        number = pay(order_id, method)
        sandbox.ask("POST", "/_sim/pay", {"out_trade_no": number})
        with reading() as db:
            attempt_id = db.scalars(select(Attempt.id).where(Attempt.number == number)).one()
        assert asking.ask_attempt(attempt_id) == "captured"
        if fault is not None:
            sandbox.ask("POST", "/_sim/faults", {**fault, "operation": "refund", "provider": method, "count": 1})
        outcomes = at_once(20, lambda _n, order_id=order_id: give_back(order_id))
        assert sorted(map(str, outcomes))[:19] == ["refused"] * 19, fault
        assert [o for o in outcomes if o != "refused"] == ["unknown" if fault and fault["kind"] in ("timeout_before", "timeout_after", "cut") else "sent"]
        with reading() as db:
            attempt = db.get_one(Attempt, attempt_id)
            assert 0 <= attempt.refunded <= attempt.reserved == attempt.amount == PRICE
    # What nobody heard is asked about; what never arrived is sent again under its number.
    for seconds in (120, 900, 5400):
        ask_early(seconds)
    patience = time.monotonic() + 20
    while unsettled() and time.monotonic() < patience:  # a provider takes its time with what it accepted
        time.sleep(0.3)
        ask_early(24 * 3600)
    with reading() as db:
        ids = list(db.scalars(select(Job.id).where(Job.name.like("%.take_message"), Job.state == "ready")))
    assert {runner.run(job_id) for job_id in ids} <= {"done"}
    assert unsettled() == 0
    said = agree(sandbox)
    assert (said["payments"], said["refunds"]) == (len(FAULTS), len(FAULTS))
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Refund)) == len(FAULTS)
        assert db.scalar(select(func.count(Refund.number.distinct()))) == len(FAULTS)
        assert set(db.scalars(select(Refund.state))) == {"succeeded"}
    asked = [row for row in sandbox.world.store.all("SELECT operation FROM request") if row["operation"] == "refund"]
    # Once each, and once more for the one that was cut off before anything was done.
    assert len(asked) == len(FAULTS) + 1
