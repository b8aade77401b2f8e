"""What happened to customers."""

from __future__ import annotations

from dataclasses import dataclass

from zhanggui.api import Code, Event


@dataclass(frozen=True)
class CustomerCreated(Event, name="customers.customer.created", version=1, key="customer_id"):
    """Somebody became a customer."""

    customer_id: int
    source: Code


@dataclass(frozen=True)
class CustomerBlocked(Event, name="customers.customer.blocked", version=1, key="customer_id"):
    """A customer may no longer order; ``blocked`` is false when that was taken back."""

    customer_id: int
    blocked: bool


@dataclass(frozen=True)
class CustomerErased(Event, name="customers.customer.erased", version=1, key="customer_id"):
    """All that was known of a person was erased; whoever keeps copies (orders, tokens) erases theirs."""

    customer_id: int
