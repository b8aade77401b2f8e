"""What an operation is given: a checked body, arguments, the customer, one database session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Actor, BadRequest, _l, decode_cursor, encode_cursor
from zhanggui_customers.contracts import CustomerView

MAX_LIMIT = 100


@dataclass
class ShopRequest:
    """One call of the storefront API."""

    db: Session
    now: datetime
    locale: str
    params: Mapping[str, str]
    args: Mapping[str, str]
    body: dict[str, Any]
    actor: Actor
    buyer: CustomerView | None = None
    known: set[str] = field(default_factory=set)

    @property
    def customer(self) -> CustomerView:
        """The customer of the token; operations with ``auth="customer"`` always have one."""
        assert self.buyer is not None
        return self.buyer

    @property
    def customer_id(self) -> int:
        """His number in the database, which never leaves it."""
        return self.customer.id

    def argument(self, name: str, *, max_length: int) -> str:
        """A text of the query string."""
        text = self.args.get(name, "").strip()
        if len(text) > max_length or "\x00" in text:
            raise BadRequest(_l("%(name)s is too long."), name=name, field=name)
        return text

    def limit(self) -> int:
        """How many items a page has: 20 unless asked otherwise, at most 100."""
        text = self.args.get("limit", "")
        if not text:
            return 20
        if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MAX_LIMIT):
            raise BadRequest(_l("%(name)s must be a number from 1 to 100."), name="limit", field="limit")
        return int(text)

    def sort(self, allowed: Sequence[str]) -> str:
        """The order asked for; the first one unless asked otherwise."""
        wanted = self.args.get("sort", "") or allowed[0]
        if wanted not in allowed:
            raise BadRequest(_l("This list cannot be sorted by %(name)s."), name=wanted[:40], field="sort")
        return wanted

    def cursor(self, *kinds: type) -> Any:
        """The place in a list that an earlier page named."""
        text = self.args.get("cursor", "")
        if not text:
            return None
        values = decode_cursor(text)
        if len(values) != len(kinds) or not all(type(v) is kind for v, kind in zip(values, kinds, strict=True)):
            raise BadRequest(_l("%(name)s is not a place in this list."), name="cursor", field="cursor")
        return values

    def encode(self, place: Sequence[Any] | None) -> str | None:
        """A place in a list as a cursor."""
        return encode_cursor(place) if place is not None else None
