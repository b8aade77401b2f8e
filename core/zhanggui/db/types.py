"""Column types: UTC time, JSON, and personal data that is unreadable in the file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, LargeBinary, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from . import crypto

# 8-byte keys on PostgreSQL; on SQLite only INTEGER is the rowid, which is 8 bytes anyway.
BigKey = BigInteger().with_variant(Integer, "sqlite")


def code_string(length: int) -> String:
    """Text for codes and numbers: compared byte by byte, so that a prefix search uses the index."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. A naive one is refused: nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """On SQLite the stored text is read as UTC in one step: lists and exports read many."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        read = datetime.fromisoformat
        return lambda text: None if text is None else read(text + "+00:00")


class SealedJson(TypeDecorator[Any]):
    """Plain JSON values that may hold personal data, encrypted as one piece; never searched."""

    impl = LargeBinary
    cache_ok = True
    pii = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.seal(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(crypto.unseal(bytes(value)))


class Pii(TypeDecorator[str]):
    """Personal text (a name, a phone, an address), encrypted by the instance's key.

    Put a ``blind_index`` column beside it where it has to be found by its whole value. Such a
    column cannot be sorted by or searched by a part: the query gateway refuses both.
    """

    impl = LargeBinary
    cache_ok = True
    pii = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else crypto.unseal(bytes(value))
