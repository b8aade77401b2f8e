"""What happened to customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhanggui.api import Code, Event, _l


@dataclass(frozen=True)
class CustomerCreated(Event, name="customers.customer.created", version=1, key="customer_id", words=_l("New customer")):
    """Somebody became a customer."""

    customer_id: int
    source: Code


@dataclass(frozen=True)
class CustomerBlocked(Event, name="customers.customer.blocked", version=1, key="customer_id", words=_l("Customer blocked")):
    """A customer may no longer order; ``blocked`` is false when that was taken back."""

    customer_id: int
    blocked: bool


@dataclass(frozen=True)
class CustomerErased(Event, name="customers.customer.erased", version=1, key="customer_id", words=_l("Customer erased")):
    """All that was known of a person was erased; whoever keeps copies (orders, tokens) erases theirs."""

    customer_id: int


@dataclass(frozen=True)
class BehaviourCounted(Event, name="customers.behaviour.counted", version=1, words=_l("Visits of past days counted anew")):
    """What visitors did on days that are over adds up to something else now: some of it came late."""

    first_day: date
    last_day: date
