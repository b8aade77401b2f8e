"""``python-alipay-sdk``, written by others, signs byte for byte the same, names certificates the same, and believes the same messages."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from alipay import AliPay, DCAliPay
from alipay_side import FarEnd, enter

from zhanggui.api import Money, NotGenuine, clock
from zhanggui.runtime import Runtime
from zhanggui_alipay import client, keys, notices
from zhanggui_alipay.provider import ALIPAY
from zhanggui_payments.facade import AttemptView, Declined, OutcomeUnknown
from zhanggui_sandbox.alipay.notices import sealed


@pytest.fixture
def kind() -> str:
    """A protocol knows no database."""
    return "sqlite"


@pytest.fixture
def judge(given: dict[str, str], mode: str) -> AliPay:
    if mode == "keys":
        return AliPay(given["app_id"], None, given["app_private_key"], given["alipay_public_key"])
    return DCAliPay(given["app_id"], given["app_private_key"], given["app_certificate"], given["alipay_certificate"], given["root_certificate"], None)


both = pytest.mark.parametrize("mode", ["keys", "certificates"], indirect=True)


def an_attempt(number: str = "P1", **more: Any) -> AttemptView:
    now = clock.now()
    return AttemptView(number, "alipay", "mini_program", Money(1990, "CNY"), "#1", now, now.replace(year=now.year + 1), payer="0Bob0123456789", **more)


@both
def test_a_request_is_signed_the_same(instance: Runtime, judge: AliPay) -> None:
    sent = client.signed(keys.account(), "alipay.trade.query", {"out_trade_no": "P1", "subject": "明前龙井 “250 克” a+b=c&d"}, notify_url="https://shop.example/n")
    unsigned = {name: value for name, value in sent.items() if name != "sign"}
    assert dict(parse_qsl(judge.sign_data(dict(unsigned)))) == sent
    if isinstance(judge, DCAliPay):
        assert (sent["app_cert_sn"], sent["alipay_root_cert_sn"]) == (judge.app_cert_sn, judge.alipay_root_cert_sn)


def test_both_believe_the_same_messages(instance: Runtime, judge: AliPay, far_end: FarEnd) -> None:
    ALIPAY.create(an_attempt())
    far_end.pay("P1")
    genuine = dict(parse_qsl(far_end.notification("P1").body.decode()))
    signature = genuine.pop("sign")
    assert judge.verify(genuine, signature)
    assert ALIPAY.parse_notification(far_end.notification("P1")).told


def test_where_the_other_one_is_fooled_this_is_not(instance: Runtime, judge: AliPay, far_end: FarEnd) -> None:
    """It takes a message without ``sign_type``, which was a way down to SHA-1."""
    ALIPAY.create(an_attempt())
    far_end.pay("P1")
    arrival = far_end.forgeries("P1")["no_sign_type"]
    fields = dict(parse_qsl(arrival.body.decode()))
    signature = fields.pop("sign")
    assert judge.verify(fields, signature)
    with pytest.raises(NotGenuine):
        ALIPAY.parse_notification(arrival)


def test_braces_and_slashes_in_an_answer_are_read_as_they_are_signed(instance: Runtime, far_end: FarEnd) -> None:
    ALIPAY.create(AttemptView(**{**vars(an_attempt("P2")), "subject": '} ] "x"'}))
    said = client.ask(keys.account(), "alipay.trade.query", {"out_trade_no": "P2"})
    assert said["subject"] == '} ] "x"'


def test_only_the_exact_text_that_was_signed_is_believed(instance: Runtime, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second object of the same name behind the signed one is no answer at all."""
    there = keys.account()
    inner = json.dumps({"code": "10000", "msg": "Success"})
    for raw in (f'{{"x_response":{inner},"x_response":{{"code":"10000","evil":1}},"sign":""}}', "[]", "{", '{"x_response":1}', '{"x_response":{"a":1,"a":2}}', "\xff"):
        with pytest.raises(OutcomeUnknown):
            client._inner(raw.encode("latin-1"), "x_response")
    assert not there.is_signed("text", "no base64")


def test_every_forgery_is_refused_for_its_own_reason(instance: Runtime, far_end: FarEnd) -> None:
    ALIPAY.create(an_attempt())
    far_end.pay("P1")
    there, believed = keys.account(), []
    for name, arrival in far_end.forgeries("P1").items():
        try:
            notices.read(there, arrival.body)
            believed.append(name)
        except NotGenuine:
            continue
    assert sorted(believed) == ["amount_001", "currency_usd", "state_closed", "state_waiting", "unknown_order"]


def test_a_message_without_a_name_counts_for_nothing(instance: Runtime, far_end: FarEnd) -> None:
    """Its name is what makes a message count once."""
    ALIPAY.create(an_attempt())
    far_end.pay("P1")
    fields = dict(parse_qsl(far_end.notification("P1").body.decode()))
    del fields["sign"]
    for name in ("", "x" * 200, "no name"):
        body = sealed(far_end.sandbox.world, fields | {"notify_id": name})
        with pytest.raises(NotGenuine):
            notices.read(keys.account(), body)


def test_an_unsigned_refusal_decides_nothing(instance: Runtime, given: dict[str, str]) -> None:
    enter({"app_id": "9021000199999999"})
    with pytest.raises(OutcomeUnknown, match="knows no app"):
        ALIPAY.query(an_attempt())


def test_another_currency_is_refused_before_anybody_is_asked(instance: Runtime) -> None:
    with pytest.raises(Declined, match="yuan"):
        ALIPAY.create(AttemptView(**{**vars(an_attempt()), "amount": Money(100, "USD")}))
