"""The instance's data key: sealing personal text, and blind indexes to find it again.

AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D); the first byte names the format, so that a
later release can change it while rows of both kinds stand side by side.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = b"\x01"


class Keyring:
    """Keys derived from one secret of the instance, one per purpose."""

    def __init__(self, secret: str) -> None:
        self._root = hashlib.sha256(b"zhanggui\0" + secret.encode()).digest()
        self._cipher = AESGCM(self.derive("pii"))
        self._index = self.derive("blind-index")

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose; knowing one tells nothing of another."""
        return hmac.new(self._root, purpose.encode(), hashlib.sha256).digest()

    def seal(self, text: str) -> bytes:
        nonce = os.urandom(12)
        return FORMAT + nonce + self._cipher.encrypt(nonce, text.encode(), None)

    def unseal(self, sealed: bytes) -> str:
        if sealed[:1] != FORMAT:
            raise ValueError("unknown format of sealed text")
        return self._cipher.decrypt(sealed[1:13], sealed[13:], None).decode()

    def blind_index(self, text: str) -> str:
        return hmac.new(self._index, text.encode(), hashlib.sha256).hexdigest()[:40]


_keyring: ContextVar[Keyring | None] = ContextVar("zhanggui_keyring", default=None)
_process_keyring: Keyring | None = None


def use_keyring(keyring: Keyring) -> None:
    """Make this the keyring of the process (threads see it too)."""
    global _process_keyring
    _process_keyring = keyring


@contextmanager
def with_keyring(keyring: Keyring) -> Iterator[None]:
    """Run the block with this keyring, whatever the process otherwise uses."""
    token = _keyring.set(keyring)
    try:
        yield
    finally:
        _keyring.reset(token)


def keyring() -> Keyring:
    """The keyring of this instance.

    :raises RuntimeError: before an instance was opened.
    """
    found = _keyring.get() or _process_keyring
    if found is None:
        raise RuntimeError("no instance is open: there is no key for personal data yet")
    return found


def seal(text: str) -> bytes:
    """Encrypt personal text."""
    return keyring().seal(text)


def unseal(sealed: bytes) -> str:
    """The personal text again.

    :raises cryptography.exceptions.InvalidTag: when the bytes were changed or the key is another.
    """
    return keyring().unseal(sealed)


def blind_index(text: str) -> str:
    """A keyed digest of a normalized whole value, to search by equality: 40 hex digits."""
    return keyring().blind_index(text)
