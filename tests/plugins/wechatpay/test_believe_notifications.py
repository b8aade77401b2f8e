"""What comes in at ``/notify/wechatpay``: genuine ones count once, forged ones change nothing and make nobody call anybody."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from merchant import enter
from sqlalchemy import func, select

from zhanggui.api import Money, NotGenuine, clock, reading
from zhanggui.webhooks.models import ArrivedMessage
from zhanggui_payments.facade import AttemptView
from zhanggui_sandbox import Sandbox
from zhanggui_wechatpay.provider import WECHATPAY

# Every variant that the provider itself has to refuse, and what it says of it in the log; sizes are the door's.
REASONS = {
    "signature": (
        "no_signature", "empty_signature", "other_key", "merchant_key", "reserialised", "tampered_body", "stale", "future", "timestamp_text",
        "timestamp_negative", "no_timestamp", "no_nonce", "unknown_serial", "unknown_public_key_id", "empty_serial", "no_serial", "other_signature_type",
        "probe", "v2_xml", "v2_xml_entity", "v2_without_sign", "duplicate_keys", "not_utf8", "not_json", "empty_body", "gzip_bomb",
    ),
    "encryption": ("tag_flipped", "associated_data_changed", "empty_nonce"),
    "algorithm": ("other_algorithm", "no_resource"), "merchant": ("other_mchid",), "app": ("other_appid",), "event": ("event_unknown",),
    "state": ("state_notpay", "state_closed"), "": ("oversize",),
}  # fmt: skip
# Rightly signed and sealed, and about other amounts or orders: what they mean is for payments to say.
COMPARED = {"amount_plus_1", "amount_minus_1", "amount_zero", "amount_10x", "currency_usd", "unknown_order", "refund_larger", "refund_of_other_order"}


@pytest.fixture
def kind() -> str:
    """What is refused reaches no database."""
    return "sqlite"


@pytest.fixture
def paid(far_end: Any, site: Any) -> str:
    """The number of an order that somebody paid, of which the shop knows nothing yet."""
    now = clock.now()
    number = "PNOTIFIED0000000000001"
    WECHATPAY.create(AttemptView(number, "wechatpay", "qr", Money(1990, "CNY"), "#1", now, now + timedelta(hours=2)))
    far_end.pay(number)
    far_end.door.wait()
    return number


def kept() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(ArrivedMessage)) or 0


def asked(sandbox: Sandbox) -> int:
    return sum(not one["path"].startswith("/_sim") for one in sandbox.ask("GET", "/_sim/requests?limit=1000")["items"])


def test_each_forgery_is_refused_for_its_reason_and_nobody_is_called(
    paid: str, far_end: Any, listening: Any, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    told = sandbox.ask("GET", "/_sim/forgeries")["wechatpay"]
    known = {name for names in REASONS.values() for name in names}
    assert known | COMPARED == set(told["variants"]) - set(told["genuine"])
    before = asked(sandbox)
    for reason, names in REASONS.items():
        for name in names:
            caplog.clear()
            far_end.notification(paid, name)
            assert 400 <= listening.said[-1] < 500, name
            said = [r.getMessage() for r in caplog.records if r.name == "zhanggui_wechatpay.verifier" and r.levelno == logging.WARNING]
            assert said == ([f"a notification of WeChat Pay was refused: {reason}"] if reason else []), name
    assert (kept(), asked(sandbox)) == (0, before)


def test_odd_and_genuine_ones_are_taken_and_a_copy_counts_once(paid: str, far_end: Any, listening: Any, sandbox: Sandbox) -> None:
    for name in sandbox.ask("GET", "/_sim/forgeries")["wechatpay"]["genuine"]:
        far_end.notification(paid, name)
        assert listening.said[-1] == 200, name
    sandbox.ask("POST", "/_sim/deliver", {"out_trade_no": paid, "copies": 5, "parallel": 5})
    assert set(listening.said[-5:]) == {200}
    assert kept() == 1  # all of them are one message


def test_what_is_genuine_depends_on_the_hour_and_the_settings(paid: str, far_end: Any) -> None:
    arrival = far_end.notification(paid)
    assert WECHATPAY.parse_notification(arrival).told[0].number == paid
    for minutes in (-6, 6):
        with clock.hold(clock.now() + timedelta(minutes=minutes)), pytest.raises(NotGenuine):
            WECHATPAY.parse_notification(arrival)
    # What is rightly signed and says something else is compared with the payment by payments.
    told = [WECHATPAY.parse_notification(far_end.notification(paid, name)).told[0] for name in ("amount_plus_1", "currency_usd", "unknown_order")]
    assert [(said.number, said.amount) for said in told] == [
        (paid, Money(1991, "CNY")), (paid, Money(1990, "USD")), ("nobodyknows000001", Money(1990, "CNY")),
    ]  # fmt: skip
    enter({"mchid": ""})
    with pytest.raises(NotGenuine):
        WECHATPAY.parse_notification(far_end.notification(paid))
