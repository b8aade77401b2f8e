"""What is believed of an answer, and what each refusal means."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from merchant import enter, settings_of

from zhanggui.api import Money, clock
from zhanggui_payments.facade import AttemptView, Declined, Misconfigured, OutcomeUnknown, RefundRequest, Retryable
from zhanggui_sandbox import Sandbox
from zhanggui_wechatpay.provider import WECHATPAY

NUMBERS = iter(f"PDOUBTED{n:013d}" for n in range(1000))
# Done there or not: nobody knows.
UNKNOWN = [
    {"kind": "sign_wrong"}, {"kind": "sign_missing"}, {"kind": "sign_probe"}, {"kind": "sign_stale"}, {"kind": "sign_serial"}, {"kind": "garbage"},
    {"kind": "cut"}, {"kind": "cut_before"}, {"kind": "timeout_after", "seconds": 0.05}, {"kind": "timeout_before", "seconds": 0.05},
    {"kind": "status_after", "status": 500}, {"kind": "status", "status": 502},
]  # fmt: skip


@pytest.fixture
def kind() -> str:
    """A provider knows no database."""
    return "sqlite"


def attempt(**more: Any) -> AttemptView:
    now = clock.now()
    return AttemptView(next(NUMBERS), "wechatpay", more.pop("scene", "qr"), Money(1990, "CNY"), "#1", now, now + timedelta(hours=2), **more)


def test_nothing_is_read_from_an_answer_that_proves_nothing(instance: Any, sandbox: Sandbox, far_end: Any) -> None:
    for fault in UNKNOWN:
        made = attempt()
        for operation, act in (("prepay", WECHATPAY.create), ("query", WECHATPAY.query), ("close", WECHATPAY.close)):
            sandbox.ask("POST", "/_sim/faults", {**fault, "operation": operation})
            with pytest.raises(OutcomeUnknown):
                act(made)
        assert WECHATPAY.query(made).state in ("unknown", "closed")  # what was asked about is known again
    paid = attempt()
    WECHATPAY.create(paid)
    far_end.pay(paid.number)
    refund = RefundRequest("R" + paid.number, Money(500, "CNY"), paid)
    sandbox.ask("POST", "/_sim/faults", {"kind": "cut", "operation": "refund"})
    with pytest.raises(OutcomeUnknown):
        WECHATPAY.refund(refund)
    assert WECHATPAY.query_refund(refund).state == "processing"
    assert far_end.given_back(paid.number) == 500


def test_each_refusal_means_one_of_four_things(instance: Any, sandbox: Sandbox, far_end: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for fault, kind in (({"status": 429}, Retryable), ({"status": 401}, OutcomeUnknown), ({"status": 400, "code": "PARAM_ERROR"}, OutcomeUnknown)):
        sandbox.ask("POST", "/_sim/faults", {"kind": "status", **fault, "operation": "prepay"})  # which is not signed
        with pytest.raises(kind):
            WECHATPAY.create(attempt())
    with pytest.raises(Declined, match="CNY"):
        WECHATPAY.create(replace(attempt(), amount=Money(1990, "USD")))
    for setting, value, sentence in (("app_id", "wx0000000000000000", "AppID is not bound"), ("mchid", "1900009999", "does not know the merchant number")):
        before = settings_of(sandbox)[setting]
        enter({setting: value})
        with pytest.raises(Misconfigured, match=sentence):
            WECHATPAY.create(attempt())
        enter({setting: before})
    with clock.hold(clock.now() + timedelta(minutes=6)), pytest.raises(OutcomeUnknown, match="clock of this machine"):
        WECHATPAY.create(attempt())
    sandbox.stop()
    for kind in (OutcomeUnknown, Retryable):  # the connection from before is cut; a new one does not come about
        with pytest.raises(kind):
            WECHATPAY.create(attempt())
    given = sandbox.world.keys.credentials()["wechatpay"]
    for secret in (given["api_v3_key"], "".join(given["merchant_private_key"].splitlines()[2:4]), 'signature="'):
        assert secret not in caplog.text


def test_what_is_paid_or_closed_there_is_told_when_it_is_begun_again(instance: Any, sandbox: Sandbox, far_end: Any) -> None:
    paid, closed = attempt(), attempt()
    WECHATPAY.create(paid)
    far_end.pay(paid.number)
    assert WECHATPAY.create(paid).state == "captured"  # type: ignore[union-attr] # a snapshot: nothing is to be paid
    WECHATPAY.create(closed)
    assert [WECHATPAY.close(closed).state for _ in range(2)] == ["closed", "closed"]
    assert WECHATPAY.create(closed).state == "closed"  # type: ignore[union-attr]
    first = RefundRequest("RA" + paid.number, Money(500, "CNY"), paid)
    assert WECHATPAY.refund(first).state == "processing"
    with pytest.raises(Retryable):  # the second within a minute
        WECHATPAY.refund(RefundRequest("RB" + paid.number, Money(500, "CNY"), paid))
    assert far_end.given_back(paid.number) == 500
    for result, state in (("abnormal", "abnormal"), ("success", "succeeded")):
        sandbox.ask("POST", "/_sim/refund", {"out_refund_no": first.number, "result": result})
        assert WECHATPAY.query_refund(first).state == state
    sandbox.ask("POST", "/_sim/faults", {"kind": "not_enough"})
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 120})
    with pytest.raises(Declined) as refused:
        WECHATPAY.refund(RefundRequest("RC" + paid.number, Money(500, "CNY"), paid))
    assert refused.value.code == "NOT_ENOUGH"
