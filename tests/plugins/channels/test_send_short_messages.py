"""Short messages: success is a word in the body, what nobody answered is never sent again, and signatures are those of the providers' own code."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from alibabacloud_openapi_util.client import Client as AliyunSigner
from tencentcloud.common import credential
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.common.sign import Sign

from zhanggui.api import Later, ProviderError, Refused, Sent, Unknown, clock
from zhanggui_channels import rules, sms_aliyun, sms_tencent, wire
from zhanggui_channels.plugin import SMS
from zhanggui_channels.sms import Provider
from zhanggui_channels.sms_aliyun import ALIYUN
from zhanggui_channels.sms_tencent import TENCENT
from zhanggui_sandbox import Sandbox

BOTH = pytest.mark.parametrize("provider", [TENCENT, ALIYUN], ids=lambda provider: provider.name)
PHONE = "+8613800000000"
NO = {"tencent": "FailedOperation.InsufficientBalanceInSmsPackage", "aliyun": "isv.AMOUNT_NOT_ENOUGH"}
BUSY = {"tencent": "RequestLimitExceeded", "aliyun": "isv.BUSINESS_LIMIT_CONTROL"}


@BOTH
def test_it_sends_the_approved_template(instance: Any, provider: Provider, arrived: Any, envelope: Any) -> None:
    sent = provider.send(envelope(PHONE))
    assert isinstance(sent, Sent)
    assert (bool(sent.ref), sent.cost) == (True, 5)
    (found,) = arrived(f"sms_{provider.name}")
    assert (found["who"], found["body"]) == (PHONE, "【山间茶铺】您的订单26112785921383已发货，顺丰。")
    assert (SMS.billable, SMS.repeatable) == (True, False)


@BOTH
def test_the_channel_goes_by_the_provider_that_is_chosen(instance: Any, provider: Provider, change: Any, arrived: Any, envelope: Any) -> None:
    change(sms_provider=provider.name)
    assert SMS.missing() is None
    assert isinstance(SMS.send(envelope(PHONE)), Sent)
    assert [len(arrived(f"sms_{name}")) for name in ("tencent", "aliyun")] == [int(provider is TENCENT), int(provider is ALIYUN)]


@BOTH
def test_a_refusal_in_the_body_is_a_refusal_and_a_limit_waits(instance: Any, sandbox: Sandbox, provider: Provider, arrived: Any, envelope: Any) -> None:
    sandbox.ask("POST", "/_sim/faults", {"kind": "refuse", "operation": f"sms_{provider.name}"})
    assert provider.send(envelope(PHONE)) == Refused("provider_refused", NO[provider.name])
    sandbox.ask("POST", "/_sim/faults", {"kind": "rate_limit", "operation": f"sms_{provider.name}"})
    assert provider.send(envelope(PHONE)) == Later(60, "too_many", BUSY[provider.name])
    nobody = provider.send(envelope("+8610000000000"))
    assert isinstance(nobody, Refused)
    assert (nobody.reason, nobody.gone) == ("no_address", True)
    assert arrived(f"sms_{provider.name}") == []


@BOTH
def test_a_time_out_after_sending_is_one_request_and_unknown(
    instance: Any, sandbox: Sandbox, provider: Provider, arrived: Any, asked: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SECONDS", 1.0)
    sandbox.ask("POST", "/_sim/faults", {"kind": "timeout_after", "operation": f"sms_{provider.name}", "seconds": 1.3})
    assert provider.send(envelope(PHONE)) == Unknown()
    assert (asked(f"sms_{provider.name}", 1), len(arrived(f"sms_{provider.name}"))) == (1, 1)
    sandbox.ask("POST", "/_sim/faults", {"kind": "garbage", "operation": f"sms_{provider.name}"})
    assert provider.send(envelope(PHONE)) == Unknown()


@BOTH
def test_without_a_template_or_a_value_nothing_leaves(instance: Any, provider: Provider, change: Any, asked: Any, envelope: Any) -> None:
    assert provider.send(envelope(PHONE, kind="orders.other")) == Refused("template_missing")
    assert provider.send(envelope(PHONE, values={"number": "1"})) == Refused("bad_value", "carrier")
    assert asked(f"sms_{provider.name}") == 0
    change(**{f"{provider.name}_templates": "orders.shipped: 9 number carrier\nnonsense"})
    assert "Line 2" in str(provider.missing())
    change(**{f"{provider.name}_templates": "orders.shipped: SMS_9 number carrier"})
    assert provider.send(envelope(PHONE)).reason == "template_missing"


@BOTH
def test_the_test_button_finds_wrong_keys_and_sends_nothing(instance: Any, provider: Provider, arrived: Any) -> None:
    assert "Nothing was sent" in str(provider.probe({}))
    for wrong in ("key", "id"):
        with pytest.raises(ProviderError, match=r"(?i)signature|secretid|accesskey"):
            provider.probe({f"plugin.channels.{provider.name}_{wrong}": "another"})
    with pytest.raises(ProviderError, match="Line 1"):
        provider.probe({f"plugin.channels.{provider.name}_templates": "nonsense"})
    assert arrived(f"sms_{provider.name}") == []


@BOTH
def test_an_old_request_is_refused(instance: Any, provider: Provider, envelope: Any) -> None:
    with clock.hold(clock.now() - timedelta(minutes=20)):
        assert provider.send(envelope(PHONE)).reason == "provider_refused"


def test_tencents_own_code_signs_the_same() -> None:
    payload, at, host = '{"a": "茶"}'.encode(), 1764158400, "sms.tencentcloudapi.com"
    ours = sms_tencent.authorization("AKIDx", "key", host, payload, at)
    scope = "2025-11-26/sms/tc3_request"
    assert ours.startswith(f"TC3-HMAC-SHA256 Credential=AKIDx/{scope}, SignedHeaders=content-type;host;x-tc-action, Signature=")
    canonical = (
        "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:sms.tencentcloudapi.com\nx-tc-action:sendsms\n\ncontent-type;host;x-tc-action\n"
        + hashlib.sha256(payload).hexdigest()
    )
    text = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    assert ours.endswith(f"Signature={Sign.sign_tc3('key', '2025-11-26', 'sms', text)}")


def test_tencents_own_client_is_taken_by_the_sandbox(instance: Any, sandbox: Sandbox, arrived: Any) -> None:
    """The sandbox verifies what the provider's own code signs: so what it takes from us is right too."""
    given = sandbox.ask("GET", "/_sim/credentials")["sms"]["sms_tencent"]
    place = HttpProfile(protocol="http", endpoint=urlsplit(sandbox.url).netloc)

    def client(key: str) -> CommonClient:
        return CommonClient("sms", "2021-01-11", credential.Credential(given["id"], key), "ap-guangzhou", ClientProfile(httpProfile=place))

    asked = {"PhoneNumberSet": [PHONE], "SmsSdkAppId": given["app"], "SignName": given["sign"], "TemplateId": "1000002", "TemplateParamSet": ["1"]}
    assert client(given["key"]).call_json("SendSms", asked)["Response"]["SendStatusSet"][0]["Code"] == "Ok"
    assert arrived("sms_tencent")[0]["body"].endswith("您的订单1已付款，我们会尽快发货。")
    with pytest.raises(TencentCloudSDKException, match="AuthFailure.SignatureFailure"):
        client("another").call_json("SendSms", asked)


class Asked:
    """A request as Aliyun's code takes it."""

    method, pathname = "POST", "/"

    def __init__(self, headers: dict[str, str], query: dict[str, str]) -> None:
        self.headers, self.query = headers, query


def test_aliyuns_own_code_signs_the_same() -> None:
    headers = {"host": "dysmsapi.aliyuncs.com", "x-acs-action": "SendSms", "x-acs-version": "2017-05-25", "x-acs-content-sha256": sms_aliyun._EMPTY,
               "x-acs-date": "2026-11-27T08:00:00Z", "x-acs-signature-nonce": "0123456789abcdef"}  # fmt: skip
    query = {"PhoneNumbers": "13800000000", "SignName": "山间 茶铺", "TemplateCode": "SMS_1", "TemplateParam": json.dumps({"number": "1+2~*/="})}
    theirs = AliyunSigner.get_authorization(Asked(headers, query), "ACS3-HMAC-SHA256", sms_aliyun._EMPTY, "LTAI", "key")
    assert sms_aliyun.authorization("LTAI", "key", headers, sms_aliyun.query_of(query)) == theirs


@pytest.mark.parametrize(("text", "found"), [
    ("13800000000", "+8613800000000"), ("138 0000-0000", "+8613800000000"), ("+8613800000000", "+8613800000000"), ("008613800000000", "+8613800000000"),
    ("+442071838750", "+442071838750"), ("02088888888", None), ("", None), ("call me", None),
])  # fmt: skip
def test_numbers_have_their_country(text: str, found: str | None) -> None:
    assert rules.international(text) == found


@pytest.mark.parametrize("line", ["shipped: 1 number", "orders.shipped 1 number", "orders.shipped: 1 {number}", "orders.shipped:", "orders.shipped: 1 a=b=c"])
def test_a_line_that_is_no_template_is_named(line: str) -> None:
    with pytest.raises(rules.BadLine) as wrong:
        rules.read_templates(f"orders.paid: 7 number\n\n{line}")
    assert wrong.value.number == 3
