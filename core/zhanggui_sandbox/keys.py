"""Keys and certificates of both sides, made at the first start and kept in the data folder for its owner alone."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from . import crypto

_YEARS = 5
FILE, CREDENTIALS = "keys.json", "credentials.json"


def new_key() -> RSAPrivateKey:
    """RSA with 2048 bits, as both providers ask for."""
    return rsa.generate_private_key(65537, 2048)


def private_pem(key: RSAPrivateKey) -> str:
    """PKCS#8."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def public_pem(key: RSAPublicKey) -> str:
    """SubjectPublicKeyInfo."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def load_private(pem: str) -> RSAPrivateKey:
    """A private key of ours from its PEM."""
    found = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(found, RSAPrivateKey)
    return found


def issue(name: str, key: RSAPublicKey, authority: RSAPrivateKey, issuer: str, *, begins: datetime | None = None, years: float = _YEARS) -> str:
    """A certificate as PEM."""
    begins = begins or datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(issuer)).public_key(key)
        .serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(begins + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
        .sign(authority, SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _name(common: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, "Zhanggui Sandbox"),
             (NameOID.ORGANIZATIONAL_UNIT_NAME, "Simulated money"), (NameOID.COMMON_NAME, common))  # fmt: skip
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


@dataclass
class Pair:
    """A private key and the certificate for it, as PEM."""

    key: str
    certificate: str

    @cached_property
    def private(self) -> RSAPrivateKey:
        """To sign with."""
        return load_private(self.key)

    @cached_property
    def x509(self) -> x509.Certificate:
        """The certificate, read."""
        return x509.load_pem_x509_certificate(self.certificate.encode())

    @cached_property
    def serial(self) -> str:
        """As WeChat Pay writes it."""
        return crypto.serial_of(self.x509)

    @cached_property
    def sn(self) -> str:
        """As Alipay writes it."""
        return crypto.alipay_sn(self.x509)


@dataclass
class Keyring:
    """Everything secret in the sandbox. Numbers of accounts are fixed, so that nobody mistakes them for real ones."""

    authority: Pair
    merchant: Pair
    platform: list[Pair]  # the last one signs; the ones before are still listed until they expire
    platform_public_key: str  # the private key behind the "WeChat Pay public key"
    alipay_app: Pair
    alipay: Pair
    api_v3_key: str = field(default_factory=lambda: crypto.random_text(32))
    app_secret: str = field(default_factory=lambda: os.urandom(16).hex())
    mchid: str = "1900008888"
    app_id: str = "wx5a686720426f7801"
    public_key_id: str = "PUB_KEY_ID_0119000088882026010100181234000888"
    alipay_app_id: str = "9021000100008888"
    seller_id: str = "2088000100008888"

    @classmethod
    def make(cls) -> Keyring:
        """New ones of everything."""
        authority = new_key()
        root = issue("Zhanggui Sandbox Root CA", authority.public_key(), authority, "Zhanggui Sandbox Root CA")

        def pair(name: str) -> Pair:
            key = new_key()
            return Pair(private_pem(key), issue(name, key.public_key(), authority, "Zhanggui Sandbox Root CA"))

        return cls(
            authority=Pair(private_pem(authority), root), merchant=pair("1900008888"), platform=[pair("WeChat Pay (sandbox)")],
            platform_public_key=private_pem(new_key()), alipay_app=pair("9021000100008888"), alipay=pair("Alipay (sandbox)"),
        )  # fmt: skip

    @classmethod
    def of(cls, folder: Path) -> Keyring:
        """Those of this data folder; made when it has none."""
        path = folder / FILE
        if not path.exists():
            keys = cls.make()
            keys.save(folder)
            return keys
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for name in ("authority", "merchant", "alipay_app", "alipay"):
            found[name] = Pair(**found[name])
        found["platform"] = [Pair(**pair) for pair in found["platform"]]
        return cls(**found)

    def save(self, folder: Path) -> None:
        """Write them, and beside them what a merchant gets, for nobody but the owner of the folder."""
        _write(folder / FILE, asdict(self))
        _write(folder / CREDENTIALS, self.credentials())

    def derived(self, name: str) -> str:
        """A secret that needs no place of its own: the same at each start of this data folder."""
        return hmac.new(self.app_secret.encode(), name.encode(), hashlib.sha256).hexdigest()

    def rotate(self) -> None:
        """WeChat Pay signs with a new certificate from now on."""
        key = new_key()
        certificate = issue("WeChat Pay (sandbox)", key.public_key(), self.authority.private, "Zhanggui Sandbox Root CA")
        self.platform.append(Pair(private_pem(key), certificate))

    @cached_property
    def platform_key(self) -> RSAPrivateKey:
        """What signs in public-key mode."""
        return load_private(self.platform_public_key)

    def credentials(self) -> dict[str, Any]:
        """What a merchant gets from the consoles of the providers."""
        from . import mail, robots, sms

        return {
            "simulated": True,
            "wechatpay": {
                "mchid": self.mchid, "app_id": self.app_id, "api_v3_key": self.api_v3_key,
                "merchant_serial": self.merchant.serial, "merchant_private_key": self.merchant.key, "merchant_certificate": self.merchant.certificate,
                "public_key_id": self.public_key_id, "public_key": public_pem(self.platform_key.public_key()),
                "platform_certificates": [{"serial": pair.serial, "certificate": pair.certificate} for pair in self.platform],
            },
            "alipay": {
                "app_id": self.alipay_app_id, "seller_id": self.seller_id, "app_private_key": self.alipay_app.key,
                "app_public_key": public_pem(self.alipay_app.private.public_key()), "alipay_public_key": public_pem(self.alipay.private.public_key()),
                "app_certificate": self.alipay_app.certificate, "app_cert_sn": self.alipay_app.sn,
                "alipay_certificate": self.alipay.certificate, "alipay_cert_sn": self.alipay.sn,
                "root_certificate": self.authority.certificate, "root_cert_sn": self.authority.sn,
            },
            "wechat": {"app_id": self.app_id, "app_secret": self.app_secret},
            "robots": robots.credentials(self), "sms": sms.credentials(self), "mail": mail.credentials(self),
        }  # fmt: skip


def _write(path: Path, content: object) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
    fresh.rename(path)
