"""Events: facts in the past tense, written with the business, told after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, ClassVar, Self, get_args, get_type_hints

from sqlalchemy import insert
from sqlalchemy.orm import Session

from ..kernel import clock
from ..kernel.actors import current_actor
from ..kernel.money import Money
from ..kernel.trace import current_trace
from .models import OutboxEvent

MAX_DEPTH = 8
_INSERT = insert(OutboxEvent.__table__)


class Event:
    """Base of events. Subclasses are frozen dataclasses of ids, texts, numbers, times and Money.

    >>> @dataclass(frozen=True)
    ... class OrderPlaced(Event, name="orders.order.placed", version=1, key="order_id"):
    ...     order_id: int
    """

    name: ClassVar[str]
    version: ClassVar[int]
    key_field: ClassVar[str | None]

    def __init_subclass__(cls, *, name: str, version: int = 1, key: str | None = None) -> None:
        cls.name, cls.version, cls.key_field = name, version, key

    def payload(self) -> dict[str, Any]:
        """The fields as JSON values; a handler gets them by name."""
        return {f.name: _json(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """The event that a payload was made of; what a newer release added is let pass."""
        types = get_type_hints(cls)
        return cls(**{f.name: _value(payload[f.name], types[f.name]) for f in fields(cls) if f.name in payload})  # type: ignore[arg-type]


def _json(value: Any) -> Any:
    if isinstance(value, Money):
        return value.as_json()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    if isinstance(value, str | int | bool | None):
        return value
    raise TypeError(f"an event carries ids and plain values, not {type(value).__name__}")


def _value(value: Any, hint: Any) -> Any:
    wanted = get_args(hint) or (hint,)
    if isinstance(value, Mapping) and Money in wanted:
        return Money(value["amount"], value["currency"])
    if isinstance(value, str) and datetime in wanted:
        return datetime.fromisoformat(value)
    if isinstance(value, str) and date in wanted:
        return date.fromisoformat(value)
    if isinstance(value, list):
        return [_value(v, wanted[0]) for v in value]
    return value


class TooDeep(RuntimeError):
    """An event was caused by an event, by an event, ... : a circle. Its job is given up at once."""

    retry = False


def publish(db: Session, event: Event) -> None:
    """Store an event in this transaction; its handlers run after the commit, each at least once.

    :raises TooDeep: when it stands at the end of a chain of more than ``MAX_DEPTH`` events.
    """
    trace, actor = current_trace(), current_actor()
    if trace.depth > MAX_DEPTH:
        raise TooDeep(f"{event.name} is caused by a chain of {trace.depth} events")
    key = str(getattr(event, event.key_field)) if event.key_field else ""
    values = {
        "name": event.name, "version": event.version, "key": key, "payload": event.payload(), "occurred_at": clock.now(),
        "actor_kind": actor.kind, "actor_id": actor.id, "correlation": trace.correlation, "causation": trace.causation, "depth": trace.depth,
    }  # fmt: skip
    db.execute(_INSERT, values)
    from ..jobs.nudge import nudge_after

    nudge_after(db)  # a worker looks for events before jobs
