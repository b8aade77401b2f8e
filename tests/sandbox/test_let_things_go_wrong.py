"""Every fault befalls what it names, as often as it says, and leaves the books as they should be."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any

import pytest

from zhanggui_sandbox import forgeries
from zhanggui_sandbox.faults import KINDS


def movements(sandbox: Any) -> list[tuple[str, int]]:
    return [(row["kind"], row["amount"]) for row in sandbox.ask("GET", "/_sim/ledger")["movements"]]


@pytest.mark.parametrize(("kind", "done"), [("timeout_before", False), ("cut_before", False), ("timeout_after", True), ("cut", True)])
def test_a_connection_that_breaks_says_nothing_about_what_was_done(merchant: Any, kind: str, done: bool):
    merchant.fault(kind, operation="prepay", out_trade_no="T000001", seconds=0.05)
    assert merchant.order("T000002").status == 200
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        merchant.order("T000001")
    merchant.connection.close()
    assert merchant.query("T000001").status == (200 if done else 404)
    assert merchant.order("T000001").status == 200


@pytest.mark.parametrize(("status", "code"), [(429, "FREQUENCY_LIMITED"), (500, "SYSTEM_ERROR"), (503, "SYSTEM_ERROR"), (401, "SIGN_ERROR")])
def test_a_status_comes_before_or_after_the_work(merchant: Any, status: int, code: str):
    merchant.fault("status", status=status)
    assert (merchant.order("T000001").status, merchant.query("T000001").status) == (status, 404)
    merchant.fault("status_after", status=status, operation="prepay")
    answer = merchant.order("T000001")
    assert (answer.status, answer.json["code"]) == (status, code)
    assert merchant.query("T000001").status == 200


def test_a_fault_lasts_as_often_as_it_says(merchant: Any, sandbox: Any):
    merchant.fault("status", status=500, count=2)
    assert [merchant.order("T000001").status for _ in range(3)] == [500, 500, 200]
    number = merchant.fault("status", status=500, count=0)["id"]
    assert [merchant.query("T000001").status for _ in range(3)] == [500] * 3
    sandbox.ask("DELETE", f"/_sim/faults?id={number}")
    assert merchant.query("T000001").status == 200


def test_the_port_is_closed_for_a_while(merchant: Any, sandbox: Any):
    merchant.fault("down", seconds=0.4)
    time.sleep(0.15)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=1).request("GET", "/")
    merchant.connection.close()
    time.sleep(0.5)
    assert merchant.order("T000001").status == 200


def test_a_notification_comes_before_the_answer(merchant: Any, shop: Any):
    merchant.fault("paid_before_answer")
    seen: list[str] = []
    shop.answer = lambda told: (seen.append(merchant_of_its_own.query("T000001").json["trade_state"]) or 200, b"")
    merchant_of_its_own = type(merchant)(merchant.sandbox, merchant.notify_url)
    assert merchant.order("T000001").status == 200
    assert seen == ["SUCCESS"]
    merchant.fault("refunded_before_answer", operation="refund")
    answer = merchant.refund("T000001", "R1", 1990)
    merchant_of_its_own.close()
    assert answer.json["status"] == "PROCESSING"
    assert len(shop.told) == 2


def test_a_refund_ends_badly_waits_or_is_refused(merchant: Any, sandbox: Any, shop: Any):
    for number in ("T000001", "T000002", "T000003"):
        merchant.order(number)
        merchant.pay(number)
    merchant.fault("refund", state="ABNORMAL", out_trade_no="T000001")
    merchant.fault("refund", state="PROCESSING", out_trade_no="T000002")
    merchant.fault("not_enough", out_trade_no="T000003")
    abnormal = merchant.refund("T000001", "R1", 1990).json
    merchant.refund("T000002", "R2", 1990)
    assert merchant.refund("T000003", "R3", 1990).json["code"] == "NOT_ENOUGH"
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 3600})
    shop.wait(4)
    states = [merchant.call("GET", f"/v3/refund/domestic/refunds/{number}").json["status"] for number in ("R1", "R2")]
    assert states == ["ABNORMAL", "PROCESSING"]
    mended = {"out_refund_no": "R1", "type": "MERCHANT_BANK_CARD"}
    assert merchant.call("POST", f"/v3/refund/domestic/refunds/{abnormal['refund_id']}/apply-abnormal-refund", mended).status == 200
    sandbox.ask("POST", "/_sim/refund", {"out_refund_no": "R2", "result": "closed"})
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 3600})
    shop.wait(6)
    events = sorted(json.loads(told.body)["event_type"] for told in shop.told[3:])
    assert events == ["REFUND.ABNORMAL", "REFUND.CLOSED", "REFUND.SUCCESS"]
    assert movements(sandbox)[3:] == [("refund", -1990)]


def test_somebody_pays_another_amount_late_or_in_another_currency(merchant: Any, sandbox: Any):
    merchant.order("T000001")
    merchant.fault("wrong_amount", by=-1)
    merchant.fault("wrong_currency")
    merchant.call("POST", "/v3/pay/transactions/out-trade-no/T000001/close", {"mchid": merchant.wechatpay["mchid"]})
    with pytest.raises(ValueError, match="closed"):
        merchant.pay("T000001")
    merchant.pay("T000001", force=True)
    found = merchant.query("T000001").json
    assert (found["trade_state"], found["amount"]["total"], found["amount"]["currency"]) == ("SUCCESS", 1989, "USD")


def test_the_merchant_refunds_in_the_console(merchant: Any, sandbox: Any, shop: Any):
    merchant.order("T000001")
    merchant.pay("T000001")
    number = sandbox.ask("POST", "/_sim/console_refund", {"out_trade_no": "T000001", "amount": 90})["out_refund_no"]
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 5})
    shop.wait(2)
    assert merchant.call("GET", f"/v3/refund/domestic/refunds/{number}").json["status"] == "SUCCESS"
    assert movements(sandbox) == [("payment", 1990), ("refund", -90)]


def test_a_fault_that_is_none_is_refused_in_words(sandbox: Any):
    for spec, words in (
        ({"kind": "rain"}, "kind must be"), ({"kind": "cut", "operation": "dance"}, "operation must be"), ({"kind": "cut", "count": -1}, "count"),
        ({"kind": "cut", "probability": 2}, "probability"), ({"kind": "slow", "seconds": "long"}, "seconds"), ({"kind": "forge", "variant": "x"}, "variant"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            sandbox.ask("POST", "/_sim/faults", spec)
    assert set(sandbox.ask("GET", "/_sim/faults")["kinds"]) == set(KINDS)


# --- notifications


def test_a_retry_is_counted_from_when_it_was_sent_however_the_clock_moves_meanwhile(merchant: Any, sandbox: Any, shop: Any):
    def answer(_told: Any) -> tuple[int, bytes]:
        if len(shop.told) == 1:  # before the sandbox has read this, the time of the next try has come
            sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 16})
        return 500, b""

    shop.answer = answer
    merchant.order("T000002")
    merchant.pay("T000002")
    shop.wait(2)


def test_retries_follow_the_providers_schedule_on_the_simulated_clock(merchant: Any, sandbox: Any, shop: Any):
    shop.answer = lambda told: (500, b"")
    merchant.order("T000001")
    merchant.ask_alipay("alipay.trade.create", {"out_trade_no": "A1", "total_amount": "1", "subject": "茶", "buyer_id": "2"})
    merchant.pay("T000001")
    shop.wait(1)
    for count, seconds in enumerate((15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600), 2):
        sandbox.ask("POST", "/_sim/clock", {"advance_seconds": seconds + 1})
        shop.wait(count)
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 86400})
    found = sandbox.ask("GET", "/_sim/deliveries?out_trade_no=T000001")["items"][0]
    assert (found["state"], len(found["deliveries"])) == ("given_up", 16)
    assert len({told.headers["Wechatpay-Nonce"] for told in shop.told}) == 16  # signed anew
    assert len({told.body for told in shop.told}) == 1
    shop.told.clear()
    shop.answer = lambda told: (200, b"success ")  # eight letters
    merchant.pay("A1")
    shop.wait(1)
    shop.answer = lambda told: (200, b"success")
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 241})
    shop.wait(2)
    deadline = time.monotonic() + 2
    while (state := sandbox.ask("GET", "/_sim/deliveries?out_trade_no=A1")["items"][0]["state"]) != "taken" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert state == "taken"


def test_twenty_copies_come_at_once_with_one_id_or_with_many(merchant: Any, sandbox: Any, shop: Any):
    barrier = threading.Barrier(4)
    shop.answer = lambda told: (barrier.wait(5) and 200 or 200, b"")
    merchant.fault("hold_notifications")
    merchant.order("T000001")
    merchant.pay("T000001")
    found = sandbox.ask("POST", "/_sim/deliver", {"out_trade_no": "T000001", "copies": 8, "parallel": 4})
    assert [one["status"] for one in found["deliveries"]] == [200] * 8
    assert len({json.loads(told.body)["id"] for told in shop.told}) == 1
    sandbox.ask("POST", "/_sim/deliver", {"out_trade_no": "T000001", "copies": 4, "parallel": True, "new_ids": True})
    assert len({json.loads(told.body)["id"] for told in shop.told}) == 5
    assert sandbox.ask("GET", "/_sim/deliveries?out_trade_no=T000001")["items"][0]["state"] == "taken"


def test_nothing_is_ever_told(merchant: Any, sandbox: Any, shop: Any):
    merchant.fault("no_notification", count=0)
    merchant.order("T000001")
    merchant.pay("T000001")
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 2 * 86400})
    time.sleep(0.1)
    assert shop.told == []
    assert merchant.query("T000001").json["trade_state"] == "SUCCESS"


def test_each_forgery_of_wechat_pay_is_seen_by_the_judge_or_told_rightly(merchant: Any, judge: Any, sandbox: Any, shop: Any):
    """What is wrong on the wire the judge refuses; what is told wrongly only a shop can find, so it must arrive decrypted."""
    merchant.order("T000001")
    merchant.pay("T000001")
    merchant.refund("T000001", "R1", 990)
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 5})
    genuine = [judge.callback(told.headers, told.body)["resource"] for told in shop.wait(2)]
    # `wechatpayv3` looks at neither age nor double keys, and a serial that it does not know only makes it ask for certificates.
    blind = {"stale", "future", "timestamp_text", "timestamp_negative", "nonce_reused"}
    told_wrongly = {name for name in forgeries.table("wechatpay") if name.startswith(("amount", "currency", "payer", "other_m", "other_app", "unknown_order"))}
    told_wrongly |= {"event_unknown", "state_notpay", "state_closed", "refund_larger", "refund_of_other_order"}
    for variant in forgeries.table("wechatpay"):
        kind = "refund" if variant.startswith("refund") else "payment"
        shop.told.clear()
        outcome = sandbox.ask("POST", "/_sim/deliver", {"out_trade_no": "T000001", "forge": variant, "kind": kind})["deliveries"]
        assert len(outcome) == 1
        if variant in ("oversize", "gzip_bomb"):
            continue
        told = shop.told[0]
        try:
            found = judge.callback(told.headers, told.body)
        except Exception:
            found = None
        if variant in told_wrongly | blind:
            assert found, variant
            assert (found["resource"] not in genuine) is (variant not in blind | {"event_unknown"}), variant
        elif variant != "no_signature_type":
            assert not found, variant


def test_each_forgery_of_alipay_is_another_form(merchant: Any, sandbox: Any, shop: Any):
    merchant.ask_alipay("alipay.trade.create", {"out_trade_no": "A1", "total_amount": "1", "subject": "茶", "buyer_id": "2"})
    merchant.pay("A1")
    genuine = shop.wait(1)[0].body
    for variant in forgeries.table("alipay"):
        sandbox.ask("POST", "/_sim/deliver", {"out_trade_no": "A1", "forge": variant})
        assert shop.told[-1].body != genuine, variant


def test_a_forged_delivery_is_tried_again_as_a_true_one(merchant: Any, sandbox: Any, shop: Any, judge: Any):
    merchant.fault("forge", variant="probe")
    merchant.order("T000001")
    merchant.pay("T000001")
    assert judge.callback(shop.wait(1)[0].headers, shop.told[0].body) is None
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 16})
    assert judge.callback(shop.wait(2)[1].headers, shop.told[1].body)["event_type"] == "TRANSACTION.SUCCESS"


@pytest.mark.parametrize(
    ("edit", "seen"),
    [("missing_row", 1), ("extra_row", 3), ("amount_off", 2), ("over_midnight", 2), ("odd_name", 2), ("many_rows", 502), ("not_ready", None), ("empty_day", None)],
)
def test_a_bill_is_edited(merchant: Any, sandbox: Any, edit: str, seen: int | None):
    from datetime import datetime

    from zhanggui_sandbox.clock import BEIJING

    for number in ("T000001", "T000002"):
        merchant.order(number)
        merchant.pay(number)
    today = str(datetime.now(BEIJING).date())
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 2 * 86400})
    merchant.fault("bill", edit=edit, rows=500)
    answer = merchant.call("GET", f"/v3/bill/tradebill?bill_date={today}&bill_type=ALL")
    if seen is None:
        assert answer.json["code"] == {"not_ready": "STATEMENT_CREATING", "empty_day": "NO_STATEMENT_EXIST"}[edit]
        return
    lines = merchant.call("GET", answer.json["download_url"].partition(str(sandbox.port))[2]).body.decode().splitlines()
    assert len(lines) == seen + 3
    assert lines[-1].startswith(f"`{seen},")
