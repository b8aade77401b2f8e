"""What crosses the border of this plugin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CustomerView:
    """A customer as other plugins know one."""

    id: int
    public_id: str
    name: str
    blocked: bool


@dataclass(frozen=True)
class Contact:
    """How a customer is reached, as far as that is known."""

    name: str
    phone: str | None
    email: str | None
    locale: str | None  # of the instance's content languages, as he last chose: "zh_CN"
    providers: Sequence[str] = ()  # of his identities: see ``subject_of``


@dataclass(frozen=True)
class Reachable:
    """A customer as somebody to write to, one of many."""

    name: str
    phone: str | None
    email: str | None
    locale: str | None
    blocked: bool


@dataclass(frozen=True)
class AddressView:
    """An address; orders keep a copy of it as it was."""

    id: int
    public_id: str
    name: str
    phone: str
    region: Sequence[str]
    detail: str
    is_default: bool


@dataclass(frozen=True)
class CustomerRecord:
    """A customer as an import brings it, known by ``key`` when it comes again."""

    key: str
    name: str
    phone: str | None = None
    region: str = ""
    note: str | None = None
    source: str = "import"
    created_at: datetime | None = None
    given: frozenset[str] | None = None  # the columns that the file has; of a known customer only these change


@dataclass(frozen=True)
class Purchases:
    """What orders of the past add to a customer's counters."""

    customer_id: int
    count: int
    amount: int
    last_at: datetime
