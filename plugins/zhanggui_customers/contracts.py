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


@dataclass(frozen=True)
class BehaviourTaken:
    """What became of the events of one call; ``dropped`` are props that mean nothing."""

    accepted: int
    refused: int
    dropped: int


@dataclass(frozen=True)
class PastVisit:
    """A visit of the past: ``steps`` are ``(name, at, product id, search, results)``; who has signed in agreed to be known."""

    visitor: str
    steps: Sequence[tuple[str, datetime, int | None, str | None, int | None]]
    device: str = "phone"
    campaign: str = ""
    scene: str = ""
    customer_id: int | None = None
    order_id: int | None = None

    def order_key(self, name: str) -> str:
        """How what the shop itself says of its order is known again."""
        return order_key(self.order_id or 0, name)


def order_key(order_id: int, name: str) -> str:
    """The key of what the shop says of an order: once, however often it is told."""
    return f"order:{order_id}:{name}"
