"""Keys as people paste them, signatures and encryption of WeChat Pay's interface, version 3."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import Certificate, load_pem_x509_certificate

SCHEME = "WECHATPAY2-SHA256-RSA2048"
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)
_LEAST_BITS = 2048


def pem(text: str) -> bytes:
    """A pasted key or certificate with its lines again: a box of one line takes them away.

    :raises ValueError: when it is none.
    """
    found = _PEM.search(text)
    if found is None:
        raise ValueError("no PEM")
    inner = re.sub(r"\s+", "", found.group(2))
    lines = [inner[start : start + 64] for start in range(0, len(inner), 64)]
    return "\n".join([f"-----BEGIN {found.group(1)}-----", *lines, f"-----END {found.group(1)}-----", ""]).encode()


@lru_cache(maxsize=8)
def private_key(text: str) -> RSAPrivateKey:
    """:raises ValueError: when it is no RSA key of at least 2048 bits without a password."""
    try:
        found = load_pem_private_key(pem(text), None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None
    if not isinstance(found, RSAPrivateKey) or found.key_size < _LEAST_BITS:
        raise ValueError("no RSA key of 2048 bits")
    return found


@lru_cache(maxsize=16)
def public_key(text: str) -> RSAPublicKey:
    """Of a public key, or of a certificate.

    :raises ValueError: when it is none of them.
    """
    try:
        found = certificate(text).public_key() if "CERTIFICATE" in text else load_pem_public_key(pem(text))
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from None
    if not isinstance(found, RSAPublicKey) or found.key_size < _LEAST_BITS:
        raise ValueError("no RSA key of 2048 bits")
    return found


@lru_cache(maxsize=16)
def certificate(text: str) -> Certificate:
    """:raises ValueError: when it is none."""
    return load_pem_x509_certificate(pem(text))


def serial_of(found: Certificate) -> str:
    """A certificate's number as WeChat Pay writes it: forty hexadecimal digits, capitals."""
    return f"{found.serial_number:040X}"


def sign(key: RSAPrivateKey, *lines: str) -> str:
    """The signature under lines of text, each of which ends with a line feed."""
    text = "".join(f"{line}\n" for line in lines).encode()
    return base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, signature: str, timestamp: str, nonce: str, body: bytes) -> bool:
    """Whether the holder of the private key signed exactly these bytes."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, f"{timestamp}\n{nonce}\n".encode() + body + b"\n", PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def opened(api_v3_key: str, nonce: str, associated_data: str, ciphertext: str) -> bytes:
    """What a ``resource`` holds.

    :raises ValueError: when it was not sealed with this key, or not so.
    """
    try:
        return AESGCM(api_v3_key.encode()).decrypt(nonce.encode(), base64.b64decode(ciphertext, validate=True), associated_data.encode())
    except (InvalidTag, binascii.Error) as error:
        raise ValueError(type(error).__name__) from None
