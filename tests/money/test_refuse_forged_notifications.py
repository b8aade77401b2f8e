"""Notifications that no provider sent are refused and leave no trace; what a provider signed about other money moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from bank import METHODS, OWNER, checksums, ordered, pay, served
from sqlalchemy import select

from zhanggui.api import Money, clock, reading, unit_of_work
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.runtime import Runtime
from zhanggui_payments.models import Attempt, Case, Refund
from zhanggui_payments.services import giving_back, refunds
from zhanggui_sandbox import Sandbox

# Rightly signed and meant for this shop: that the amount or the number is none of its own only its books can tell.
FOR_THE_BOOKS = {
    "wechatpay": ("amount_plus_1", "amount_minus_1", "amount_zero", "amount_10x", "currency_usd", "unknown_order"),
    "alipay": ("amount_001", "currency_usd", "unknown_order", "state_closed", "state_waiting"),
}  # fmt: skip
OF_REFUNDS = {"wechatpay": ("refund_larger", "refund_of_other_order"), "alipay": ("refund_larger",)}
# What is written when a message is refused: the trail, and the count of those who guess.
WRITTEN = ("core__audit", "core__audit_link", "core__throttle")


@pytest.fixture
def listening(instance: Runtime, port: int, sandbox: Sandbox) -> Iterator[None]:
    """The shop listens; no notification comes by itself."""
    for kind in ("payment", "refund"):
        sandbox.ask("POST", "/_sim/faults", {"kind": "hold_notifications", "operation": f"{kind}_notification", "count": 0})
    with served(instance, port):
        yield


def send(sandbox: Sandbox, number: str, **more: Any) -> list[int]:
    told = sandbox.ask("POST", "/_sim/deliver", {"out_trade_no": number, **more})
    return [one["status"] for one in told["deliveries"]]


def work_off() -> None:
    with reading() as db:
        ids = list(db.scalars(select(Job.id).where(Job.name.like("%.take_message"), Job.state == "ready")))
    assert {runner.run(job_id) for job_id in ids} <= {"done"}


def states() -> dict[str, str]:
    with reading() as db:
        return dict(db.execute(select(Attempt.number, Attempt.state)).tuples().all())


def asked(sandbox: Sandbox) -> int:
    return sum(1 for row in sandbox.world.store.all("SELECT operation FROM request") if row["operation"])


@pytest.mark.parametrize("method", METHODS)
def test_a_forged_message_does_nothing(instance: Runtime, listening: None, sandbox: Sandbox, method: str) -> None:
    number = pay(ordered(1)[0], method)
    sandbox.ask("POST", "/_sim/pay", {"out_trade_no": number})  # it is paid there, and nobody told the shop
    told = sandbox.ask("GET", "/_sim/forgeries")[method]
    forged = [name for name in told["variants"] if name not in {*told["genuine"], *FOR_THE_BOOKS[method], *OF_REFUNDS[method]}]
    before, questions = checksums(instance, WRITTEN), asked(sandbox)
    answered = {name: send(sandbox, number, forge=name)[0] for name in forged}
    assert {name: status for name, status in answered.items() if not 400 <= status < 500} == {}
    assert checksums(instance, WRITTEN) == before
    assert asked(sandbox) == questions, "a forged message made the shop ask somebody"
    assert states() == {number: "pending"}
    # Had one of them been genuine it would have counted: this one is.
    assert send(sandbox, number) == [200]
    work_off()
    assert states() == {number: "captured"}
    assert [send(sandbox, number, forge=odd)[0] for odd in told["genuine"]] == [200] * len(told["genuine"])


@pytest.mark.parametrize("method", METHODS)
def test_other_money_than_the_shop_s_moves_nothing(instance: Runtime, listening: None, sandbox: Sandbox, method: str) -> None:
    (order,) = ordered(1)
    number = pay(order, method)
    sandbox.ask("POST", "/_sim/pay", {"out_trade_no": number})
    assert send(sandbox, number) == [200]
    work_off()
    with unit_of_work() as db:
        claimed = giving_back.claim_order_refund(db, id=order, what="amount", reason="price", amount=Money(500, "CNY"), actor=OWNER, now=clock.now())
    said = refunds.send(**claimed)
    with unit_of_work() as db:
        refunds.write_down(db, said, actor=OWNER, now=clock.now(), **claimed)
    with reading() as db:
        back = db.scalars(select(Refund.number)).one()
    sandbox.world.deliverer.settled(sandbox.world.store.all("SELECT id FROM refund")[0]["id"], "success")
    outside, questions = (*WRITTEN, "payments__case", "payments__entry", "payments__provider_event", "core__webhook", "core__job", "core__event", "core__notice"), asked(sandbox)
    before = checksums(instance, outside)
    answered = {name: send(sandbox, number, forge=name, new_ids=True)[0] for name in FOR_THE_BOOKS[method]}
    answered |= {name: send(sandbox, number, forge=name, kind="refund", out_refund_no=back)[0] for name in OF_REFUNDS[method]}
    assert {name: status for name, status in answered.items() if status != 200 and not 400 <= status < 500} == {}
    work_off()
    assert {name for name, digest in checksums(instance, outside).items() if digest != before[name]} <= {"payments__refund"}, answered
    assert (states(), asked(sandbox)) == ({number: "captured"}, questions)
    with reading() as db:
        assert {c.kind for c in db.scalars(select(Case))} <= {"wrong_amount", "unknown_payment", "outside_refund"}
        assert db.scalars(select(Attempt.refunded)).one() in (0, 500)
