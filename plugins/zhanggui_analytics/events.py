"""What happened to customers by what they buy."""

from __future__ import annotations

from dataclasses import dataclass

from zhanggui.api import Code, Event, _l


@dataclass(frozen=True)
class CustomerMoved(Event, name="analytics.customer.moved", version=1, key="customer_id", words=_l("Customer moved to another segment")):
    """A customer stands in another segment than before; ``was`` is empty at his first order."""

    customer_id: int
    was: Code
    segment: Code
