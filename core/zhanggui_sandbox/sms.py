"""The SMS APIs of Tencent Cloud and Aliyun: signatures read from their algorithms, and a body that says whether it went."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import json
import re
import secrets
import time
from typing import Any
from urllib.parse import parse_qsl, quote

from . import inbox, reports
from .keys import Keyring
from .web import Call, Reply
from .world import World

SIGN, APP = "山间茶铺", "1400008888"
# The text behind each approved template, as an operator would print it.
TENCENT_TEMPLATES = {"1000001": "您的订单{1}已发货，{2}。", "1000002": "您的订单{1}已付款，我们会尽快发货。", "1000003": "您的订单{1}退款{2}，已原路退回。"}
ALIYUN_TEMPLATES = {"SMS_100000001": "您的订单${number}已发货，${carrier}。", "SMS_100000002": "您的订单${number}已付款，我们会尽快发货。", "SMS_100000003": "您的订单${number}退款${amount}，已原路退回。"}
REFUSES = {"sms_tencent": "FailedOperation.InsufficientBalanceInSmsPackage", "sms_aliyun": "isv.AMOUNT_NOT_ENOUGH"}
BUSY = {"sms_tencent": "RequestLimitExceeded", "sms_aliyun": "isv.BUSINESS_LIMIT_CONTROL"}
_AUTHORIZATION = re.compile(r"TC3-HMAC-SHA256 Credential=([^/]+)/([0-9-]+)/sms/tc3_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})\Z")
_ACS = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})\Z")
_PHONE = re.compile(r"\+861[3-9][0-9]{9}\Z")
_PLAIN_PHONE = re.compile(r"1[3-9][0-9]{9}\Z")
_TC_LIFE, _ACS_LIFE = 300, 900
_A_MINUTE = 30  # to all phones


def of(call: Call) -> str:
    """Whose API is asked; "" for neither."""
    if call.path != "/" or call.method != "POST":
        return ""
    return "sms_tencent" if call.headers.get("X-TC-Action") else "sms_aliyun" if call.headers.get("x-acs-action") else ""


def credentials(keys: Keyring) -> dict[str, Any]:
    """What a merchant gets from the two consoles."""
    return {
        "sms_tencent": {"id": f"AKID{keys.derived('tencent id')[:32]}", "key": keys.derived("tencent key")[:32], "app": APP, "sign": SIGN, "templates": TENCENT_TEMPLATES},
        "sms_aliyun": {"id": f"LTAI{keys.derived('aliyun id')[:20]}", "key": keys.derived("aliyun key")[:30], "sign": SIGN, "templates": ALIYUN_TEMPLATES},
    }


def refusal(name: str, code: str) -> Reply:
    """As each says no: with status 200 all the same, but for Aliyun's gateway."""
    request = secrets.token_hex(16)
    if name == "sms_tencent":
        return _reply(name, {"Response": {"Error": {"Code": code, "Message": "refused by the sandbox"}, "RequestId": request}})
    return Reply.json({"Code": code, "Message": "refused by the sandbox", "RequestId": request}, 200 if code.startswith("isv.") else 400)


def _reply(name: str, answer: Any) -> Reply:
    reply = Reply.json(answer)
    if name == "sms_tencent":
        reply.content_type = "application/json"  # their own client reads errors under this name alone
    return reply


def serve(world: World, call: Call) -> Reply:
    """Send a short message, or say why not."""
    name = call.operation
    with world.store.transaction():
        code, answer = (_tencent if name == "sms_tencent" else _aliyun)(world, call)
    if code:
        call.trouble = code
        return refusal(name, code)
    return _reply(name, answer)


def _tencent(world: World, call: Call) -> tuple[str, Any]:
    given, read = credentials(world.keys)["sms_tencent"], _AUTHORIZATION.match(call.headers.get("Authorization", ""))
    at = call.headers.get("X-TC-Timestamp", "")
    if read is None or not at.isdigit():
        return "AuthFailure.InvalidAuthorization", None
    if abs(world.clock.wire() - int(at)) > _TC_LIFE:
        return "AuthFailure.SignatureExpire", None
    key_id, date, signed, signature = read.groups()
    if key_id != given["id"]:
        return "AuthFailure.SecretIdNotFound", None
    names = signed.split(";")
    if not {"content-type", "host"} <= set(names) or date != time.strftime("%Y-%m-%d", time.gmtime(int(at))):
        return "AuthFailure.SignatureFailure", None
    heads = "".join(f"{name}:{call.headers.get(name, '').strip().lower() if name == 'x-tc-action' else call.headers.get(name, '').strip()}\n" for name in names)
    canonical = f"POST\n/\n\n{heads}\n{signed}\n{hashlib.sha256(call.body).hexdigest()}"
    scope = f"{date}/sms/tc3_request"
    call.signed_text = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = f"TC3{given['key']}".encode()
    for part in (date, "sms", "tc3_request"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(hmac.new(secret, call.signed_text.encode(), hashlib.sha256).hexdigest(), signature):
        return "AuthFailure.SignatureFailure", None
    if call.headers.get("X-TC-Action") != "SendSms" or call.headers.get("X-TC-Version") != "2021-01-11":
        return "InvalidAction", None
    try:
        asked = call.json
    except ValueError:
        return "InvalidParameter", None
    return _send_tencent(world, asked, given) if isinstance(asked, dict) else ("InvalidParameter", None)


def _send_tencent(world: World, asked: dict[str, Any], given: dict[str, Any]) -> tuple[str, Any]:
    phones, template = asked.get("PhoneNumberSet"), TENCENT_TEMPLATES.get(str(asked.get("TemplateId")))
    words = asked.get("TemplateParamSet", [])
    if not isinstance(phones, list) or len(phones) != 1 or not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return "InvalidParameterValue", None
    if asked.get("SmsSdkAppId") != given["app"]:
        return "UnauthorizedOperation.SdkAppIdIsDisabled", None
    code = ""
    if not _PHONE.match(str(phones[0])):
        code = "InvalidParameterValue.IncorrectPhoneNumber"
    elif asked.get("SignName") != SIGN:
        code = "FailedOperation.SignatureIncorrectOrUnapproved"
    elif template is None:
        code = "FailedOperation.TemplateIncorrectOrUnapproved"
    elif len(words) != len(set(re.findall(r"\{[0-9]+\}", template))):
        code = "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
    elif inbox.recent(world, "sms_tencent") >= _A_MINUTE:
        code = "LimitExceeded.DeliveryFrequencyLimit"
    row = {"SerialNo": "", "PhoneNumber": str(phones[0]), "Fee": 0, "SessionContext": "", "Code": code or "Ok", "Message": "send success", "IsoCode": "CN"}
    if not code and template is not None:
        for place, word in enumerate(words, 1):
            template = template.replace(f"{{{place}}}", word)
        text = f"【{SIGN}】{template}"
        fee = 1 if len(text) <= 70 else -(-len(text) // 67)
        row |= {"SerialNo": f"2028:{secrets.token_hex(8)}", "Fee": fee}
        reports.arrived(world, "sms_tencent", inbox.arrive(world, "sms_tencent", str(phones[0]), SIGN, text, fee=fee, ref=row["SerialNo"]))
    return "", {"Response": {"SendStatusSet": [row], "RequestId": secrets.token_hex(16)}}


def _aliyun(world: World, call: Call) -> tuple[str, Any]:
    given, read = credentials(world.keys)["sms_aliyun"], _ACS.match(call.headers.get("Authorization", ""))
    if read is None:
        return "MissingAuthorization", None
    key_id, signed, signature = read.groups()
    if key_id != given["id"]:
        return "InvalidAccessKeyId.NotFound", None
    names = signed.split(";")
    needed = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
    if names != sorted(names) or not needed <= set(names) or call.headers.get("x-acs-content-sha256") != hashlib.sha256(call.body).hexdigest():
        return "IncompleteSignature", None
    try:
        at = calendar.timegm(time.strptime(call.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return "InvalidTimeStamp.Format", None
    if abs(world.clock.wire() - at) > _ACS_LIFE:
        return "InvalidTimeStamp.Expired", None
    pairs = sorted(parse_qsl(call.target.partition("?")[2], keep_blank_values=True))
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    heads = "".join(f"{name}:{call.headers.get(name, '').strip()}\n" for name in names)
    canonical = f"POST\n/\n{query}\n{heads}\n{signed}\n{hashlib.sha256(call.body).hexdigest()}"
    call.signed_text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    if not hmac.compare_digest(hmac.new(given["key"].encode(), call.signed_text.encode(), hashlib.sha256).hexdigest(), signature):
        return "SignatureDoesNotMatch", None
    if world.seen_before(f"acs:{call.headers['x-acs-signature-nonce']}"):
        return "SignatureNonceUsed", None
    if (call.headers["x-acs-action"], call.headers["x-acs-version"]) != ("SendSms", "2017-05-25"):
        return "InvalidAction.NotFound", None
    return _send_aliyun(world, dict(pairs) | call.form)


def _send_aliyun(world: World, asked: dict[str, str]) -> tuple[str, Any]:
    template = ALIYUN_TEMPLATES.get(asked.get("TemplateCode", ""))
    if not _PLAIN_PHONE.match(asked.get("PhoneNumbers", "")):
        return "isv.MOBILE_NUMBER_ILLEGAL", None
    if asked.get("SignName") != SIGN:
        return "isv.SMS_SIGNATURE_ILLEGAL", None
    if template is None:
        return "isv.SMS_TEMPLATE_ILLEGAL", None
    try:
        words = json.loads(asked.get("TemplateParam") or "{}")
    except ValueError:
        return "isv.INVALID_JSON_PARAM", None
    names = re.findall(r"\$\{([a-z]+)\}", template)
    if not isinstance(words, dict) or any(not isinstance(words.get(name), str) for name in names):
        return "isv.TEMPLATE_MISSING_PARAMETERS", None
    if inbox.recent(world, "sms_aliyun") >= _A_MINUTE:
        return "isv.BUSINESS_LIMIT_CONTROL", None
    for name in names:
        template = template.replace(f"${{{name}}}", words[name])
    ref = secrets.token_hex(10)
    reports.arrived(world, "sms_aliyun", inbox.arrive(world, "sms_aliyun", f"+86{asked['PhoneNumbers']}", SIGN, f"【{SIGN}】{template}", ref=ref))
    return "", {"Code": "OK", "Message": "OK", "BizId": ref, "RequestId": secrets.token_hex(16)}
