"""Who can open a backup. The file is an `age` file (age-encryption.org/v1): sealed in chunks, each of them and their order authenticated.

It is sealed for the key of the instance, so that a drill needs nobody, and for every key that ``backup.recipients`` names, so
that whoever looks after the shop can open it with the `age` command and no shop at all. The instance's key follows from its
secret key, which is in no backup.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ..db.crypto import Keyring
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError

_PIPE = 1 << 16


class BackupDamaged(DomainError):
    """A file that is no backup of ours, or not as it was written. Nothing was changed with it."""

    code = "backup_damaged"
    message = _l("%(name)s is damaged or no backup: %(what)s. Nothing was changed.")


class BackupSealed(DomainError):
    """No key that is here opens this file."""

    code = "backup_sealed"
    message = _l("%(name)s was sealed for other keys than the one of this shop. Name the key that opens it.")


def instance_key(keyring: Keyring) -> str:
    """The private key of the instance as OpenSSH has it: the `age` command takes it by ``-i``."""
    return _private(keyring).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def _private(keyring: Keyring) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keyring.derive("backup"))


def recipients(keyring: Keyring, more: Iterable[str]) -> list[Any]:
    """For whom a backup is sealed: the instance, and keys as ``age1...`` or ``ssh-ed25519 ...``.

    :raises DomainError: naming the key that is none.
    """
    own = _private(keyring).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return [_recipient(text) for text in (own, *more)]


def _recipient(text: str) -> Any:
    try:
        return pyrage.ssh.Recipient.from_str(text) if text.startswith("ssh-") else pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise DomainError(_l("%(key)s in backup.recipients is no public key: it begins with age1 or ssh-ed25519."), key=text[:40]) from error


def identities(keyring: Keyring, file: Path | None = None) -> list[Any]:
    """What can open a backup here: the key in ``file`` (of `age` or of OpenSSH), else that of the instance.

    :raises DomainError: when the file holds none.
    """
    if file is None:
        return [pyrage.ssh.Identity.from_buffer(instance_key(keyring).encode())]
    try:
        text = file.read_text(encoding="utf-8")
        found = [pyrage.x25519.Identity.from_str(line.strip()) for line in text.splitlines() if line.startswith("AGE-SECRET-KEY-")]
        return found or [pyrage.ssh.Identity.from_buffer(text.encode())]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise DomainError(_l("%(file)s holds no key that opens a backup."), file=str(file)) from error


class _Pulled(io.RawIOBase):
    """Blocks as a file that is read. What making them raised is kept, because the library tells of it in its own words."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks, self._rest = iter(blocks), memoryview(b"")
        self.failed: BaseException | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none at the end."""
        try:
            while not self._rest:
                self._rest = memoryview(next(self._blocks))
        except StopIteration:
            return b""
        except BaseException as error:  # Ctrl-C too: the library would tell of it as a failure of its own
            self.failed = error
            raise
        taken, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return taken


class _Pushed(io.RawIOBase):
    """A file that is written to, with the same care for what went wrong: a disk that is full is to be told as that."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.failed: BaseException | None = None

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        """All of it."""
        try:
            return self._target.write(block)
        except BaseException as error:  # as above: raised again by write_sealed as it was
            self.failed = error
            raise


def write_sealed(blocks: Iterable[bytes], target: BinaryIO, keys: Sequence[Any]) -> None:
    """Seal what comes in blocks, and write it as it comes."""
    source, sink = _Pulled(blocks), _Pushed(target)
    try:
        pyrage.encrypt_io(source, sink, list(keys))
    except (OSError, pyrage.EncryptError) as error:
        raise source.failed or sink.failed or error from None


@contextmanager
def opened(path: Path, keys: Sequence[Any]) -> Iterator[BinaryIO]:
    """What a sealed file holds, as a stream. Leave the block only at its end: that is where it is known to be whole.

    :raises BackupDamaged: when it was changed or cut.
    :raises BackupSealed: when no key opens it.
    """
    reading, writing = os.pipe()
    failed: list[BaseException] = []

    def unseal() -> None:
        try:
            with os.fdopen(writing, "wb", buffering=_PIPE) as target, path.open("rb") as source:
                pyrage.decrypt_io(source, target, list(keys))
        except BaseException as error:  # a panic of the library is no Exception
            failed.append(error)  # raised by _tell, in the thread that reads: this one has nobody to tell

    work = threading.Thread(target=unseal, name="unseal", daemon=True)
    work.start()
    try:
        with os.fdopen(reading, "rb", buffering=_PIPE) as stream:
            try:
                yield stream
            except (EOFError, ValueError, OSError, DomainError) as error:
                # What was read is cut where the damage begins, and whoever read it stumbled over that.
                stream.close()
                work.join()
                _tell(path, failed, instead=error)
                raise
            if stream.read(1):
                raise BackupDamaged(name=path.name, what=_l("there is more behind its end"))
    finally:
        work.join()
    _tell(path, failed)


def _tell(path: Path, failed: Sequence[BaseException], instead: BaseException | None = None) -> None:
    for error in failed:
        if isinstance(error, BrokenPipeError) or (isinstance(error, OSError) and "Broken pipe" in str(error)):
            continue  # the reader had enough
        if isinstance(error, pyrage.DecryptError) and "No matching keys" in str(error):
            raise BackupSealed(name=path.name) from error
        if isinstance(error, OSError) and error.errno is not None:
            raise error  # the disk, not what lies on it: what the library says of that has no number
        raise BackupDamaged(name=path.name, what=_l("it was changed, or its end is missing")) from (instead or error)
