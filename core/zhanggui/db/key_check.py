"""Whether the secret key is the one that this shop's data was sealed with: asked once, when a process or command starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnClause, Integer, LargeBinary, column, inspect, select, table
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.errors import ConfigError
from . import crypto
from .base import Model

if TYPE_CHECKING:
    from ..runtime import Runtime

SENTENCE = "the key of this shop"
_OTHER_KEYS = {"core__audit"}  # sealed by the keys of people


class KeyCheck(Model):
    """One row, sealed when the shop was set up: who can read it has the right key."""

    __tablename__ = "core__key_check"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class WrongKey(ConfigError):
    """The secret key is not the one of this shop: nothing may be read or written with it."""


def check_key(runtime: Runtime) -> None:
    """Read what was sealed at the set-up, or anything sealed in a shop that is older than that.

    :raises WrongKey: naming where the key came from.
    """
    url = runtime.engine.url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return  # nothing was sealed yet
    with runtime.engine.connect() as connection:
        fits = opens(connection, runtime.keyring)
    if not fits:
        raise WrongKey(
            f"The secret key ({runtime.config.source_of_secret()}) is not the one that the data of this shop is sealed with; "
            "nothing was read or changed. Give it the key that it was set up with."
        )


def opens(connection: Connection, keyring: crypto.Keyring) -> bool:
    """Whether a key opens what is sealed in a database; where nothing is, every key does."""
    seen = list(_sealed(connection))
    return not seen or any(_opens(keyring, sealed) for sealed in seen)


def _opens(keyring: crypto.Keyring, sealed: bytes) -> bool:
    try:
        keyring.unseal(sealed)
    except (InvalidTag, ValueError):
        return False
    return True


def _sealed(connection: Connection) -> Iterator[bytes]:
    """The row of the check; without it one sealed value of each column that has any."""
    schema = inspect(connection)
    names = schema.get_table_names()
    if KeyCheck.__tablename__ in names:
        sealed = connection.scalar(select(KeyCheck.sealed))
        if sealed is not None:
            yield bytes(sealed)
            return
    for name in names:
        for found in schema.get_columns(name) if name not in _OTHER_KEYS else ():
            if isinstance(found["type"], LargeBinary):
                value: ColumnClause[bytes] = column(found["name"])
                one = connection.scalar(select(value).select_from(table(name)).where(value.is_not(None)).limit(1))
                if one and bytes(one)[:1] == crypto.FORMAT:
                    yield bytes(one)
