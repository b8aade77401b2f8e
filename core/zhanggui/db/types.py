"""Column types: UTC time, JSON, personal data that is unreadable in the file, and what finds it again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
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


class Decimals(TypeDecorator[Decimal]):
    """A number with ``places`` decimals, exact on every database: a whole number of its smallest parts.

    A float is refused, and so is a number with more decimals than there is room for.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def fits(self, value: Decimal | int) -> bool:
        """Whether there is room for all of its decimals, and for the whole."""
        parts = Decimal(value).scaleb(self.places)
        return parts == parts.to_integral_value() and abs(parts) < 2**63

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if not isinstance(value, Decimal | int):
            raise TypeError(f"a number with decimals is a Decimal, not {type(value).__name__}")
        if not self.fits(value):
            raise ValueError(f"{value} has more than {self.places} decimals")
        return int(Decimal(value).scaleb(self.places))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.places)


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

    Put a ``BlindIndex`` column beside it where it has to be found by its whole value. Such a
    column cannot be sorted by or searched by a part: the query gateway refuses both.
    """

    impl = LargeBinary
    cache_ok = True
    pii = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else crypto.unseal(bytes(value))


class Looked(str):
    """An index that somebody may look up: made by ``auth.lookups`` alone, which asks for the right, counts and records."""

    __slots__ = ()


class BlindIndex(TypeDecorator[str]):
    """The keyed digest of personal data, to find a row by its whole value.

    Comparing it with anything but what :func:`~zhanggui.auth.lookups.look_up` answers raises ``TypeError``, so that no
    list, look-up, search, export or REST resource tells whether somebody is there to those who may not reveal it.
    """

    impl = String(40)
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[str]):
        """Refuses a bare text on the other side."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if any(not isinstance(value, Looked) and value is not None for value in other):
                raise TypeError("a blind index is compared with what look_up() answers, and nothing else")
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator  # type: ignore[assignment]

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(String(40, collation="C") if dialect.name == "postgresql" else String(40))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)
