"""What is signed, checked and encrypted on the wire, and how certificates are named there."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate
from cryptography.x509.oid import NameOID

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


def random_text(length: int) -> str:
    """Letters and digits that nobody mistakes for others."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def random_digits(length: int) -> str:
    """Decimal digits."""
    return "".join(secrets.choice("0123456789") for _ in range(length))


def sign(key: RSAPrivateKey, text: bytes) -> str:
    """RSA PKCS#1 v1.5 over SHA-256, in base64."""
    return base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


def verifies(key: RSAPublicKey, text: bytes, signature: str) -> bool:
    """Whether the holder of the private key signed exactly this."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def seal(api_key: str, plain: bytes, *, kind: str, associated: str) -> dict[str, str]:
    """The ``resource`` of WeChat Pay: AES-256-GCM under the APIv3 key, with the tag at the end of the ciphertext."""
    nonce = random_text(12)
    mixed = AESGCM(api_key.encode()).encrypt(nonce.encode(), plain, associated.encode())
    return {
        "original_type": kind, "algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(mixed).decode(),
        "associated_data": associated, "nonce": nonce,
    }  # fmt: skip


def serial_of(certificate: Certificate) -> str:
    """The serial number as WeChat Pay writes it: forty hexadecimal digits, capitals."""
    return f"{certificate.serial_number:040X}"


def alipay_sn(certificate: Certificate) -> str:
    """The number that Alipay gives a certificate: MD5 of who issued it and of its serial number in decimal digits."""

    def part(oid: object) -> str:
        return str(certificate.issuer.get_attributes_for_oid(oid)[0].value)  # type: ignore[arg-type]

    issuer = f"CN={part(NameOID.COMMON_NAME)},OU={part(NameOID.ORGANIZATIONAL_UNIT_NAME)},O={part(NameOID.ORGANIZATION_NAME)},C={part(NameOID.COUNTRY_NAME)}"
    return hashlib.md5(f"{issuer}{certificate.serial_number}".encode()).hexdigest()  # noqa: S324 - a name, prescribed; no protection


def compact(value: object) -> str:
    """JSON without blanks, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
