"""Short messages by Aliyun: SendSms 2017-05-25, signed by ACS3-HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from zhanggui.api import Later, Refused, Sent, Unknown, WebhookReply, clock

from . import rules, wire
from .account import Values, setting
from .sms import Provider, Report, cost, report

ALGORITHM, ACTION, VERSION = "ACS3-HMAC-SHA256", "SendSms", "2017-05-25"
_EMPTY = hashlib.sha256(b"").hexdigest()
_WAIT = ("Throttling", "isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL")
_BUSY = ("isp.SYSTEM_ERROR", "ServiceUnavailable", "InternalError")
_TEMPLATE = ("isv.SMS_TEMPLATE_ILLEGAL", "isv.TEMPLATE_MISSING_PARAMETERS", "isv.SMS_TEST_TEMPLATE_PARAMS_ILLEGAL")
_VALUE = ("isv.PARAM_LENGTH_LIMIT", "isv.INVALID_PARAMETERS", "isv.BLACK_KEY_CONTROL_LIMIT", "isv.PARAM_NOT_SUPPORT_URL")


def query_of(values: Mapping[str, str]) -> str:
    """As it is signed and sent: in order, each sign that is not plain in its code."""
    return "&".join(f"{quote(name, safe='~')}={quote(values[name], safe='~')}" for name in sorted(values))


def authorization(key_id: str, key: str, headers: Mapping[str, str], query: str) -> str:
    """The header of a request that has these headers, all of which are signed."""
    named = {name.lower(): value.strip() for name, value in headers.items()}
    signed = ";".join(sorted(named))
    canonical = "\n".join(["POST", "/", query, *(f"{name}:{named[name]}" for name in sorted(named)), "", signed, _EMPTY])
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()}"


def _call(phone: str, template: rules.Template, values: Mapping[str, str], settings: Values) -> wire.Result:
    endpoint = setting("aliyun_endpoint", settings).rstrip("/")
    query = query_of({
        "PhoneNumbers": phone.removeprefix("+86") if phone.startswith("+86") else phone.removeprefix("+"), "SignName": setting("aliyun_sign", settings),
        "TemplateCode": template.code, "TemplateParam": json.dumps(values, ensure_ascii=False),
    })  # fmt: skip
    headers = {
        "host": urlsplit(endpoint).netloc, "x-acs-action": ACTION, "x-acs-version": VERSION, "x-acs-content-sha256": _EMPTY,
        "x-acs-date": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"), "x-acs-signature-nonce": secrets.token_hex(16),
    }  # fmt: skip
    headers["Authorization"] = authorization(setting("aliyun_id", settings), setting("aliyun_key", settings), headers, query)
    said = wire.ask("POST", f"{endpoint}/?{query}", headers=headers)
    if not isinstance(said, dict):
        return said
    code = str(said.get("Code", ""))
    if code == "OK":
        return Sent(str(said.get("BizId", "")), cost())
    return _refusal(code) if code else Unknown()


def _refusal(code: str) -> wire.Result:
    if code.startswith(_BUSY):
        return Later(wire.SOON, "provider_down", code)
    if code.startswith(_WAIT):
        return Later(wire.LONGEST if "DAY" in code else wire.SOON, "too_many", code)
    if code in ("isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT"):
        return Refused("no_address", code, gone=True)
    if code in _TEMPLATE:
        return Refused("template_missing", code)
    return Refused("bad_value" if code in _VALUE else "provider_refused", code)


def _reported(row: Mapping[str, Any]) -> Report | None:
    """``{"biz_id", "success": true | false, "err_code", "phone_number", ...}``: the phone is not kept."""
    return report(row.get("biz_id"), row.get("success") is True, row.get("err_code"))


_TAKEN = WebhookReply(body='{"code":0,"msg":"OK"}', mimetype="application/json")
ALIYUN = Provider("aliyun", ("id", "key", "sign"), _call, _reported, _TAKEN)
