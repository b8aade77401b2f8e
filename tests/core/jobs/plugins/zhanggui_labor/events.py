"""What happens in a workshop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhanggui.api import Code, Event, Money, _l


@dataclass(frozen=True)
class ThingMade(Event, name="labor.thing.made", version=1, key="thing", words=_l("A thing was made")):
    """A thing was made; ``note`` tells its jobs what to do."""

    thing: int
    note: Code = Code("")


@dataclass(frozen=True)
class ThingSold(Event, name="labor.thing.sold", version=2):
    """Carries one field of every kind."""

    price: Money
    tip: Money | None
    at: datetime
    parts: list[int]
    gift: bool
    buyer: Code | None


@dataclass(frozen=True)
class EchoHeard(Event, name="labor.echo.heard", version=1):
    """Its handler publishes it again."""

    loud: int
