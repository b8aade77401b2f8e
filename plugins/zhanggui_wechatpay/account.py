"""The shop's account at WeChat Pay: its settings, read and checked. Nothing of it is ever put into a log or an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from zhanggui.api import _, _l, clock, current_runtime, get_setting
from zhanggui_payments.facade import Misconfigured

from . import signing

REAL = "https://api.mch.weixin.qq.com"
PREFIX = "plugin.wechatpay."
NAMES = {
    "mchid": _l("merchant number"), "app_id": _l("AppID"), "private_key": _l("private key of the merchant"), "api_v3_key": _l("APIv3 key"),
    "serial": _l("serial number of the merchant certificate"),
}  # fmt: skip
_API_V3_KEY = 32


@dataclass(frozen=True)
class Account:
    """Everything with which a call is signed and an answer checked. ``public`` is WeChat Pay's key by its id, where one is entered."""

    mchid: str
    app_id: str
    serial: str
    private: RSAPrivateKey = field(repr=False)
    api_v3_key: str = field(repr=False)
    public_key_id: str
    public: RSAPublicKey | None = field(repr=False)
    address: str
    simulated: bool


def setting(name: str, values: Mapping[str, Any] | None = None) -> str:
    """A setting of this plugin; as typed, where ``values`` are only tried."""
    key = f"{PREFIX}{name}"
    return str((get_setting(key) if values is None or key not in values else values[key]) or "").strip()


def is_simulated() -> bool:
    """Whether a file names a sandbox: nobody can do so at run time."""
    return bool(setting("sandbox"))


def is_demo() -> bool:
    """Whether everybody here plays: a demo that pays at its sandbox."""
    return is_simulated() and bool(current_runtime().config["instance.demo"])


def missing(values: Mapping[str, Any] | None = None) -> str | None:
    """What was not entered yet, in words."""
    for name, label in NAMES.items():
        if not setting(name, values) and not (name == "serial" and setting("certificate", values)):
            return _("WeChat Pay is not set up yet: enter the %(name)s under Settings.", name=label)
    if bool(setting("public_key_id", values)) != bool(setting("public_key", values)):
        return _("WeChat Pay's public key and its ID are entered together under Settings, or none of them.")
    config = current_runtime().config
    is_public = str(config["web.public_url"]).lower().startswith("https://")
    if is_simulated() and is_public and not config["instance.demo"]:
        return _("This shop is for real customers, and a file names a sandbox for its payments: take plugin.wechatpay.sandbox out.")
    if not is_simulated() and not is_public:
        return _("WeChat Pay tells payments to an https address alone: web.public_url has to name one.")
    return None


def read(values: Mapping[str, Any] | None = None) -> Account:
    """The account; ``values`` are settings that are only tried.

    :raises Misconfigured: in a sentence that names what is wrong.
    """
    why = missing(values)
    if why is not None:
        raise Misconfigured(why)
    try:
        private = signing.private_key(setting("private_key", values))
    except ValueError:
        raise Misconfigured(_("The private key of the merchant is no key: paste the whole text of apiclient_key.pem.")) from None
    api_v3_key = setting("api_v3_key", values)
    if len(api_v3_key.encode()) != _API_V3_KEY:
        raise Misconfigured(_("The APIv3 key has to have 32 characters; this one has %(count)s.", count=len(api_v3_key)))
    public_key_id, public = setting("public_key_id", values), None
    if public_key_id:
        try:
            public = signing.public_key(setting("public_key", values))
        except ValueError:
            raise Misconfigured(_("WeChat Pay's public key is no key: paste the whole text of pub_key.pem.")) from None
    sandbox = setting("sandbox")
    return Account(
        setting("mchid", values), setting("app_id", values), _serial(private, values), private, api_v3_key, public_key_id, public,
        (sandbox or REAL).rstrip("/"), bool(sandbox),
    )  # fmt: skip


def _serial(private: RSAPrivateKey, values: Mapping[str, Any] | None) -> str:
    """The number of the merchant certificate, compared with the certificate where there is one."""
    typed, text = setting("serial", values).upper(), setting("certificate", values)
    if not text:
        return typed
    try:
        found = signing.certificate(text)
    except ValueError:
        raise Misconfigured(_("The merchant certificate is none: paste the whole text of apiclient_cert.pem.")) from None
    if found.public_key() != private.public_key():
        raise Misconfigured(_("The merchant certificate belongs to another private key."))
    if found.not_valid_after_utc < clock.now():
        day = found.not_valid_after_utc.date().isoformat()
        raise Misconfigured(_("The merchant certificate expired on %(day)s: apply for a new one in the merchant console.", day=day))
    serial = signing.serial_of(found)
    if typed and typed.lstrip("0") != serial.lstrip("0"):
        raise Misconfigured(_("The serial number is not that of the merchant certificate, which is %(serial)s.", serial=serial))
    return serial
