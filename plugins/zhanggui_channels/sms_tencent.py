"""Short messages by Tencent Cloud: SendSms 2021-01-11, signed by TC3-HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from zhanggui.api import Later, Refused, Sent, Unknown, WebhookReply, clock

from . import rules, wire
from .account import Values, setting
from .sms import Provider, Report, cost, report

SERVICE, ACTION, VERSION, REGION = "sms", "SendSms", "2021-01-11", "ap-guangzhou"
_TYPE = "application/json; charset=utf-8"
_WAIT = ("RequestLimitExceeded", "LimitExceeded")
_BUSY = ("InternalError", "FailedOperation.FailResolvePacket", "ResourceUnavailable")
_NO_NUMBER = ("InvalidParameterValue.IncorrectPhoneNumber", "FailedOperation.PhoneNumberInBlacklist", "UnsupportedOperation.UnsuportedRegion")
_TEMPLATE = ("FailedOperation.TemplateIncorrectOrUnapproved", "FailedOperation.TemplateUnapprovedOrNotExist", "FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
_VALUE = ("InvalidParameterValue.TemplateParameterLengthLimit", "InvalidParameterValue.TemplateParameterFormatError")


def authorization(key_id: str, key: str, host: str, payload: bytes, at: int) -> str:
    """The header of a request that is made at this second."""
    date = time.strftime("%Y-%m-%d", time.gmtime(at))
    signed = "content-type;host;x-tc-action"
    canonical = f"POST\n/\n\ncontent-type:{_TYPE}\nhost:{host}\nx-tc-action:{ACTION.lower()}\n\n{signed}\n{hashlib.sha256(payload).hexdigest()}"
    scope = f"{date}/{SERVICE}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = f"TC3{key}".encode()
    for part in (date, SERVICE, "tc3_request"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    return f"TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={signed}, Signature={signature}"


def _call(phone: str, template: rules.Template, values: Mapping[str, str], settings: Values) -> wire.Result:
    endpoint = setting("tencent_endpoint", settings).rstrip("/")
    asked = {
        "PhoneNumberSet": [phone], "SmsSdkAppId": setting("tencent_app", settings), "SignName": setting("tencent_sign", settings),
        "TemplateId": template.code, "TemplateParamSet": [values[theirs] for theirs, _ours in template.variables],
    }  # fmt: skip
    payload = json.dumps(asked, ensure_ascii=False).encode()
    at = int(clock.now().timestamp())
    signature = authorization(setting("tencent_id", settings), setting("tencent_key", settings), urlsplit(endpoint).netloc, payload, at)
    headers = {
        "Content-Type": _TYPE, "Authorization": signature, "X-TC-Action": ACTION, "X-TC-Version": VERSION, "X-TC-Region": REGION, "X-TC-Timestamp": str(at),
    }  # fmt: skip
    said = wire.ask("POST", f"{endpoint}/", headers=headers, body=payload)
    if not isinstance(said, dict):
        return said
    answer = said.get("Response")
    if not isinstance(answer, dict):
        return Unknown()
    if isinstance(answer.get("Error"), dict):
        return _refusal(str(answer["Error"].get("Code", "")))
    rows = answer.get("SendStatusSet")
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else None
    if row is None:
        return Unknown()
    if row.get("Code") != "Ok":
        return _refusal(str(row.get("Code", "")))
    fee = row.get("Fee")
    return Sent(str(row.get("SerialNo", "")), cost(fee if type(fee) is int else 1))


def _refusal(code: str) -> wire.Result:
    if code.startswith(_BUSY):
        return Later(wire.SOON, "provider_down", code)
    if code.startswith(_WAIT):
        return Later(wire.LONGEST if "Daily" in code else wire.SOON, "too_many", code)
    if code in _NO_NUMBER:
        return Refused("no_address", code, gone=code == _NO_NUMBER[0])
    if code in _TEMPLATE:
        return Refused("template_missing", code)
    return Refused("bad_value" if code in _VALUE else "provider_refused", code)


def _reported(row: Mapping[str, Any]) -> Report | None:
    """``{"sid", "report_status": "SUCCESS" | "FAIL", "errmsg", "mobile", ...}``: the phone is not kept."""
    return report(row.get("sid"), row.get("report_status") == "SUCCESS", row.get("errmsg"))


_TAKEN = WebhookReply(body='{"result":0,"errmsg":"OK"}', mimetype="application/json")
TENCENT = Provider("tencent", ("id", "key", "app", "sign"), _call, _reported, _TAKEN)
