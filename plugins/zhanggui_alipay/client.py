"""The gateway: what is asked is signed, and of what is answered only the exact text that Alipay signed is believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from zhanggui.api import _, _l, clock, outside
from zhanggui_payments.facade import Declined, Misconfigured, OutcomeUnknown

from .amounts import plain
from .keys import Account

_FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
_CONNECT, _SECONDS = 4.0, 12.0
# 20000 and these sub codes leave open whether it was done.
_OPEN = ("ACQ.SYSTEM_ERROR", "AQC.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "ACQ.DISCORDANT_REPEAT_REQUEST", "isp.unknow-error")
_SETTINGS: Mapping[str, Any] = {
    "isv.invalid-app-id": _l("Alipay knows no app with this app id."),
    "isv.invalid-signature": _l("Alipay does not accept what the private key signs: it does not belong to the key or certificate that this app has there."),
    "isv.missing-signature-key": _l("At Alipay this app has no public key yet: upload it there first."),
    "isv.invalid-app-cert-sn": _l("Alipay knows another certificate of this app: fetch the present one there."),
    "isv.invalid-root-cert-sn": _l("Alipay knows other root certificates: fetch the present file there."),
    "isv.invalid-timestamp": _l("Alipay refuses the time of this machine: set its clock."),
    "isv.insufficient-isv-permissions": _l("This app may not do that at Alipay: sign the contract for this way to pay there."),
    "isv.app-not-online": _l("This app is not online at Alipay yet."),
}
_REFUSALS: Mapping[str, Any] = {
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": _l("The Alipay account of the shop does not hold enough to give this back."),
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": _l("More than was paid cannot go back."),
    "ACQ.TRADE_HAS_FINISHED": _l("It is too late: Alipay gives nothing back of this payment any more."),
    "ACQ.TRADE_NOT_EXIST": _l("Alipay does not know this payment."),
    "ACQ.TRADE_HAS_CLOSE": _l("This payment is closed at Alipay."),
    "ACQ.TRADE_HAS_SUCCESS": _l("This is paid at Alipay already."),
}


def ask(there: Account, method: str, content: Mapping[str, Any], *, notify_url: str = "") -> dict[str, Any]:
    """Ask the gateway, once; answers what is inside of its answer.

    :raises Declined: when Alipay says no, signed, with its ``sub_code``.
    :raises OutcomeUnknown: for an answer that is broken, unsigned, or leaves it open: a movement may have been made.
    """
    body = urlencode(signed(there, method, content, notify_url=notify_url)).encode()
    answer = outside.post(there.gateway, body=body, headers=_FORM, seconds=_SECONDS, connect_seconds=_CONNECT).expected()
    text, said, outer = _inner(answer.body, f"{method.replace('.', '_')}_response")
    code, sub_code = str(said.get("code", "")), str(said.get("sub_code", ""))
    if not there.is_signed(text, str(outer.get("sign", ""))):
        # What a stranger could have written decides nothing; what it says can still help whoever sets this up.
        raise OutcomeUnknown(str(_SETTINGS.get(sub_code) or _("Alipay gave an answer that is not signed by the key entered as Alipay’s.")))
    if there.alipay_cert_sn and outer.get("alipay_cert_sn", there.alipay_cert_sn) != there.alipay_cert_sn:
        raise OutcomeUnknown(_("Alipay signs with another certificate now: fetch the present one and enter it."))
    if code == "10000":
        return said
    if code == "40004" and sub_code not in _OPEN:
        raise Declined(str(_REFUSALS.get(sub_code) or _("Alipay refused it.")), code=sub_code[:64])
    if code in ("40001", "40002", "40003", "40006"):
        raise Misconfigured(str(_SETTINGS.get(sub_code) or _("Alipay refused what this shop sent; its settings need a look.")))
    raise OutcomeUnknown(_("Alipay does not know yet what became of it."))


def address(there: Account, method: str, content: Mapping[str, Any], *, host: str = "", notify_url: str = "", return_url: str = "") -> str:
    """Where the customer's browser goes to pay; nobody is asked.

    :param host: stands in for the gateway's, where a phone knows that machine by another name.
    """
    scheme, _colon, rest = there.gateway.partition("://")
    place, slash, path = rest.partition("/")
    _name, colon, port = place.partition(":")
    return f"{scheme}://{host + colon + port if host else place}{slash}{path}?" + urlencode(
        signed(there, method, content, notify_url=notify_url, return_url=return_url)
    )


def signed(there: Account, method: str, content: Mapping[str, Any], *, notify_url: str = "", return_url: str = "") -> dict[str, str]:
    """The parameters of a request with the signature over them."""
    sent = {
        "app_id": there.app_id, "method": method, "format": "JSON", "charset": "utf-8", "sign_type": "RSA2", "timestamp": plain(clock.now()), "version": "1.0",
        "notify_url": notify_url, "return_url": return_url, **there.certificates,
        "biz_content": json.dumps(dict(content), ensure_ascii=False, separators=(",", ":")),
    }  # fmt: skip
    sent = {name: value for name, value in sorted(sent.items()) if value}
    return {**sent, "sign": there.sign("&".join(f"{name}={value}" for name, value in sent.items()))}


def _inner(body: bytes, name: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The exact text of the inner object, what it says, and what stands beside it.

    :raises OutcomeUnknown: when it cannot be read.
    """
    try:
        text = body.decode()
        outer = json.loads(text, object_pairs_hook=_once)
        name = name if name in outer else "error_response"
        said = outer[name]
        begin = text.index(f'"{name}":') + len(name) + 3
        begin += len(text[begin:]) - len(text[begin:].lstrip())
        same, end = json.JSONDecoder(object_pairs_hook=_once).raw_decode(text, begin)
        if not isinstance(said, dict) or same != said:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise OutcomeUnknown(_("Alipay gave an answer that cannot be read.")) from None
    return text[begin:end], said, outer


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found
