"""One call to WeChat Pay: signed, sent once, and its answer believed when it is signed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from zhanggui.api import ProviderError, _, clock, outside
from zhanggui_payments.facade import Declined, Misconfigured, OutcomeUnknown, Retryable

from . import rules, signing
from .account import Account

SECONDS, CONNECT_SECONDS = 8.0, 4.0
LIFE = 300  # seconds between a signature and its arrival
PROBE = "WECHATPAY/SIGNTEST/"  # how a signature begins that is wrong on purpose
Keys = Callable[[str], RSAPublicKey | None]
# Nothing of what was asked was done, and nothing will be until somebody changes a setting here or there.
_OURS = {"SIGN_ERROR", "NO_AUTH", "APPID_MCHID_NOT_MATCH", "MCH_NOT_EXISTS"}


@dataclass(frozen=True)
class Said:
    """A signed answer: its status, their code of a refusal, and what it says."""

    status: int
    code: str
    content: Mapping[str, Any] = field(repr=False)


def authorization(account: Account, method: str, target: str, body: bytes) -> str:
    """What stands in the header of a request."""
    at, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
    signature = signing.sign(account.private, method, target, at, nonce, body.decode())
    return (
        f'{signing.SCHEME} mchid="{account.mchid}",nonce_str="{nonce}",signature="{signature}",timestamp="{at}",serial_no="{account.serial}"'
    )  # fmt: skip


def send(account: Account, method: str, target: str, body: Mapping[str, Any] | None = None) -> outside.Answer:
    """Send it, once.

    :raises OutcomeUnknown: when no whole answer came to what was sent.
    :raises Retryable: when it never reached them.
    """
    raw = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Authorization": authorization(account, method, target, raw), "Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if account.public_key_id:
        headers["Wechatpay-Serial"] = account.public_key_id
    try:
        return outside.request(method, f"{account.address}{target}", headers=headers, body=raw, seconds=SECONDS, connect_seconds=CONNECT_SECONDS)
    except ProviderError as trouble:
        if trouble.sent:
            raise OutcomeUnknown(str(trouble)) from None
        raise (Retryable if trouble.retry else Misconfigured)(str(trouble)) from None


def ask(account: Account, keys: Keys, method: str, target: str, body: Mapping[str, Any] | None = None) -> Said:
    """Ask, and believe what is signed. A refusal is answered too: what it means depends on what was asked.

    :param keys: their key by its serial number, or None.
    :raises OutcomeUnknown: for an answer that nobody proves to be theirs, or that says that they do not know themselves.
    :raises Retryable: when they ask to come again.
    :raises Misconfigured: when they do not know this shop.
    """
    answer = send(account, method, target, body)
    if answer.status == 429:
        raise Retryable(_("WeChat Pay asks to wait a moment."))
    if answer.status >= 500:
        raise OutcomeUnknown(_("WeChat Pay has trouble: status %(status)s.", status=answer.status))
    why = distrust(keys, answer.headers, answer.body)
    try:
        content = rules.read_object(answer.body) if answer.body else {}
    except ValueError:
        raise OutcomeUnknown(_("WeChat Pay gave an answer that cannot be read.")) from None
    code = "" if 200 <= answer.status < 300 else str(content.get("code") or answer.status)
    if why is not None:
        # They may leave a refusal unsigned. It helps whoever reads it, and proves nothing: what was asked is asked about.
        said = refusal(account, code, content) if code in _OURS else _("WeChat Pay gave an answer that cannot be trusted: %(why)s", why=why)
        raise OutcomeUnknown(said)
    if answer.status == 401 or code in _OURS:
        raise Misconfigured(refusal(account, code, content))
    return Said(answer.status, code, content)


def refusal(account: Account, code: str, content: Mapping[str, Any]) -> str:
    """Why they do not know this shop, as the setting to look at."""
    detail = content.get("detail")
    found = detail if isinstance(detail, dict) else {}
    if account.public_key_id and found.get("value") == account.public_key_id:
        return _("WeChat Pay does not know the ID of its public key: copy it from the merchant console again.")
    match str(found.get("field", "")).rpartition("/")[2]:
        case "serial_no":
            return _("WeChat Pay does not know the serial number of the merchant certificate, or it is another merchant's.")
        case "mchid":
            return _("WeChat Pay does not know the merchant number.")
        case "timestamp":
            return _("The clock of this machine is more than five minutes off: WeChat Pay refuses what it signs.")
        case "signature" | "sign":
            return _("The private key does not belong to the merchant certificate with this serial number.")
    if code == "APPID_MCHID_NOT_MATCH":
        return _("The AppID is not bound to the merchant number: bind it in the merchant console.")
    if code == "NO_AUTH":
        return _("WeChat Pay has not opened this way to pay for the merchant: apply for it in the merchant console.")
    return _("WeChat Pay does not accept the merchant number, the serial number and the private key together.")


def declined(said: Said) -> Declined:
    """Their refusal, for good."""
    text = str(said.content.get("message") or said.code)
    return Declined(_("WeChat Pay refused: %(why)s", why=text), code=said.code)


def distrust(keys: Keys, headers: Mapping[str, str], body: bytes) -> str | None:
    """Why these bytes are not known to be WeChat Pay's, or None."""
    serial, signature = headers.get("Wechatpay-Serial", ""), headers.get("Wechatpay-Signature", "")
    at, nonce = headers.get("Wechatpay-Timestamp", ""), headers.get("Wechatpay-Nonce", "")
    if not (serial and signature and at and nonce):
        return _("it is not signed.")
    if headers.get("Wechatpay-Signature-Type", signing.SCHEME) != signing.SCHEME:
        return _("it is signed in a way that is not known here.")
    if not (at.isascii() and at.isdecimal() and len(at) <= 12) or abs(clock.now().timestamp() - int(at)) > LIFE:
        return _("it was signed at another time than this machine says it is.")
    if signature.startswith(PROBE):
        return _("its signature is a test of theirs.")
    key = keys(serial)
    if key is None:
        return _("it is signed with a key that is not known here.")
    return None if signing.is_signed(key, signature, at, nonce, body) else _("its signature is wrong.")
