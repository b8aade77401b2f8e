"""The keys and certificates of an app: read from what people paste, used to sign and to check. Nothing here is logged."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key, load_der_public_key
from cryptography.x509 import Certificate, load_der_x509_certificate

from zhanggui.api import _, _l, clock, get_setting
from zhanggui_payments.facade import Misconfigured

PREFIX = "plugin.alipay."
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_RSA_SIGNED = "1.2.840.113549.1.1."  # object ids of signatures by RSA
_DIGITS = re.compile(r"\d{16}")
LABELS: Mapping[str, Any] = {
    "app_id": _l("App id"), "seller_id": _l("Merchant id (PID)"), "private_key": _l("Private key of the app"),
    "alipay_public_key": _l("Alipay’s public key"), "app_certificate": _l("Certificate of the app"),
    "alipay_certificate": _l("Alipay’s certificate"), "root_certificate": _l("Alipay’s root certificates"),
}  # fmt: skip


@dataclass(frozen=True)
class Account:
    """One app at Alipay, read and checked. ``certificates`` holds ``app_cert_sn`` and ``alipay_root_cert_sn`` where the app uses them."""

    app_id: str
    seller_id: str
    gateway: str
    private: RSAPrivateKey = field(repr=False)
    alipay: RSAPublicKey = field(repr=False)
    certificates: Mapping[str, str] = field(default_factory=dict)
    alipay_cert_sn: str = ""

    def sign(self, text: str) -> str:
        """RSA2: PKCS#1 v1.5 over SHA-256, in base64."""
        return base64.b64encode(self.private.sign(text.encode(), PKCS1v15(), SHA256())).decode()

    def is_signed(self, text: str, signature: str) -> bool:
        """Whether Alipay signed exactly this."""
        try:
            self.alipay.verify(base64.b64decode(signature, validate=True), text.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def missing(values: Mapping[str, Any] | None = None) -> str | None:
    """The first setting that has to be entered yet, in a sentence; no key is read."""
    found = _values(values)
    needed = ["app_id", "seller_id", "private_key"]
    needed += ["app_certificate", "alipay_certificate", "root_certificate"] if found["app_certificate"] else ["alipay_public_key"]
    for name in needed:
        if not found[name]:
            return _("Alipay is not set up: “%(name)s” is missing.", name=LABELS[name])
    return None


def account(values: Mapping[str, Any] | None = None) -> Account:
    """The app that the settings describe, or that ``values`` (settings that are only tried) do.

    :raises Misconfigured: naming the setting that is missing or none of its kind.
    """
    sentence = missing(values)
    if sentence:
        raise Misconfigured(sentence)
    found = _values(values)
    for name in ("app_id", "seller_id"):
        if not _DIGITS.fullmatch(found[name]):
            raise Misconfigured(_("“%(name)s” has 16 digits.", name=LABELS[name]))
    return _read(*found.values())


def check_dates(values: Mapping[str, Any] | None = None) -> None:
    """:raises Misconfigured: for a certificate that is not valid today, or was not issued by whom the root certificates name."""
    found = _values(values)
    if not found["app_certificate"]:
        return
    now = clock.now()
    for name in ("app_certificate", "alipay_certificate"):
        own = _certificates(found[name], name)[0]
        if now > own.not_valid_after_utc:
            raise Misconfigured(_("“%(name)s” expired on %(day)s: fetch a new one from Alipay.", name=LABELS[name], day=_day(own.not_valid_after_utc)))
        if now < own.not_valid_before_utc:
            raise Misconfigured(_("“%(name)s” is valid from %(day)s only.", name=LABELS[name], day=_day(own.not_valid_before_utc)))
    chain = _certificates(found["alipay_certificate"], "alipay_certificate")
    if not _is_issued(chain, _certificates(found["root_certificate"], "root_certificate")):
        raise Misconfigured(_("“%(name)s” was not issued by Alipay: the root certificates do not know it.", name=LABELS["alipay_certificate"]))


def _values(values: Mapping[str, Any] | None) -> dict[str, str]:
    names = (*LABELS, "gateway")
    given = values or {}
    return {name: str((given[PREFIX + name] if PREFIX + name in given else get_setting(PREFIX + name)) or "").strip() for name in names}


@lru_cache(maxsize=8)
def _read(
    app_id: str, seller_id: str, private_key: str, alipay_public_key: str, app_certificate: str, alipay_certificate: str, root_certificate: str, gateway: str
) -> Account:  # fmt: skip
    private = _private(private_key)
    own = _plain(private.public_key())
    if not app_certificate:
        alipay = _public(alipay_public_key)
        if _plain(alipay) == own:
            raise Misconfigured(_("“%(name)s” is the app’s own public key: copy the one that Alipay shows as its own.", name=LABELS["alipay_public_key"]))
        return Account(app_id, seller_id, gateway, private, alipay)
    app = _certificates(app_certificate, "app_certificate")[0]
    if not isinstance(key := app.public_key(), RSAPublicKey) or _plain(key) != own:
        raise Misconfigured(_("“%(key)s” and “%(name)s” do not belong together.", key=LABELS["private_key"], name=LABELS["app_certificate"]))
    theirs = _certificates(alipay_certificate, "alipay_certificate")[0]
    alipay_key = theirs.public_key()
    if not isinstance(alipay_key, RSAPublicKey):
        raise Misconfigured(_("“%(name)s” is not for RSA2: the one whose name ends in RSA2 is needed.", name=LABELS["alipay_certificate"]))
    roots = [one for one in _certificates(root_certificate, "root_certificate") if one.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNED)]
    if not roots:
        raise Misconfigured(_("“%(name)s” holds no root certificate for RSA.", name=LABELS["root_certificate"]))
    numbers = {"app_cert_sn": number_of(app), "alipay_root_cert_sn": "_".join(number_of(root) for root in roots)}
    return Account(app_id, seller_id, gateway, private, alipay_key, numbers, number_of(theirs))


def number_of(certificate: Certificate) -> str:
    """What Alipay calls a certificate: MD5 of its issuer's name, last part first, and its serial number in decimal digits."""
    name = f"{certificate.issuer.rfc4514_string()}{certificate.serial_number}"
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def _private(text: str) -> RSAPrivateKey:
    for raw in _der(text):
        try:
            found = load_der_private_key(raw, None)
        except (ValueError, TypeError):
            continue
        if isinstance(found, RSAPrivateKey) and found.key_size >= 2048:
            return found
        raise Misconfigured(_("“%(name)s” is no RSA key of 2048 bits.", name=LABELS["private_key"]))
    raise Misconfigured(_("“%(name)s” is no private key: paste the whole text of the file.", name=LABELS["private_key"]))


def _public(text: str) -> RSAPublicKey:
    for raw in _der(text):
        try:
            found = load_der_public_key(raw)
        except ValueError:
            continue
        if isinstance(found, RSAPublicKey):
            return found
    raise Misconfigured(_("“%(name)s” is no public key: paste the whole text of the file.", name=LABELS["alipay_public_key"]))


def _certificates(text: str, name: str) -> list[Certificate]:
    """All that a text holds, the first one first."""
    try:
        found = [load_der_x509_certificate(raw) for raw in _der(text)]
    except ValueError:
        found = []
    if not found:
        raise Misconfigured(_("“%(name)s” is no certificate: paste the whole text of the file.", name=LABELS[name]))
    return found


def _der(text: str) -> list[bytes]:
    """What stands between the lines of a PEM, or the bare base64; lines may have been lost in pasting."""
    bodies = [match.group(2) for match in _BLOCK.finditer(text)] or [text]
    found = []
    for body in bodies:
        try:
            found.append(base64.b64decode("".join(body.split()), validate=True))
        except (binascii.Error, ValueError):
            continue
    return found


def _plain(key: RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _is_issued(chain: list[Certificate], roots: list[Certificate]) -> bool:
    """Whether the first certificate leads to one of the roots, by those that stand behind it."""
    present = chain[0]
    for _step in range(5):
        if any(_issued_by(present, root) for root in roots):
            return True
        above = next((one for one in chain[1:] if one != present and _issued_by(present, one)), None)
        if above is None:
            return False
        present = above
    return False


def _issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
