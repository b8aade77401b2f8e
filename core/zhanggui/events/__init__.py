"""Events: facts in the past tense, written with the business, told after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Self, get_args, get_origin, get_type_hints

from sqlalchemy import insert
from sqlalchemy.orm import Session

from ..db.people import Subject, envelope
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import current_actor
from ..kernel.errors import WiringError
from ..kernel.ids import Code
from ..kernel.money import Money
from ..kernel.trace import current_trace
from .models import OutboxEvent

MAX_DEPTH = 8
_INSERT = insert(OutboxEvent.__table__)


Sealed = Annotated[str, "sealed"]
_PLAIN = {int, bool, float, Code, Money, datetime, date, type(None)}


class Event:
    """Base of events. Subclasses are frozen dataclasses of ids, codes, numbers, times and Money.

    >>> @dataclass(frozen=True)
    ... class OrderPlaced(Event, name="orders.order.placed", version=1, key="order_id", words=_l("Order placed")):
    ...     order_id: int
    ...     number: Code

    What a person wrote stays in its row, where a handler reads it. A text that has to travel is ``Sealed``: it is kept
    under the key of the person whom ``person`` names (the kind, and the field with the id), and handlers get it in clear,
    or None once that person was erased. ``words`` say to people what happened.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    key_field: ClassVar[str | None]
    person: ClassVar[tuple[str, str] | None]
    words: ClassVar[Any]

    def __init_subclass__(
        cls, *, name: str, version: int = 1, key: str | None = None, person: tuple[str, str] | None = None, words: Any = ""
    ) -> None:
        cls.name, cls.version, cls.key_field, cls.person, cls.words = name, version, key, person, words

    @classmethod
    def check(cls) -> None:
        """Asked when a plugin is loaded.

        :raises WiringError: for a field that could carry a text in clear.
        """
        for name, hint in get_type_hints(cls, include_extras=True).items():
            if get_origin(hint) is ClassVar or name not in {f.name for f in fields(cls)}:  # type: ignore[arg-type]
                continue
            if name == "event":  # what a handler of every event gets beside the fields
                raise WiringError(_l("the event “%(event)s” cannot have a field named event", event=f"{cls.name}@{cls.version}"), at=cls)
            wrong = [part for part in _leaves(hint) if part != Sealed and part not in _PLAIN]
            if wrong:
                what = _l("must be an id, Code, number, time, Money or Sealed")
                raise WiringError(_l("%(where)s: %(what)s", where=f"{cls.__name__}.{name} of {cls.name}@{cls.version}", what=what), at=cls)

    def subject(self) -> Subject | None:
        """The person whom the event is about."""
        return (self.person[0], getattr(self, self.person[1])) if self.person and getattr(self, self.person[1]) is not None else None

    def stored(self, db: Session, now: datetime) -> dict[str, Any]:
        """The payload as it is kept: sealed what has to be."""
        payload = self.payload()
        closed = [name for name in _sealed_fields(type(self)) if payload[name] is not None]
        return {**payload, **{name: envelope(db, self.subject(), payload[name], now) for name in closed}}

    def payload(self) -> dict[str, Any]:
        """The fields as JSON values; a handler gets them by name."""
        return {f.name: _json(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """The event that a payload was made of; what a newer release added is let pass."""
        types = get_type_hints(cls)
        return cls(**{f.name: _value(payload[f.name], types[f.name]) for f in fields(cls) if f.name in payload})  # type: ignore[arg-type]


@cache
def _sealed_fields(cls: type[Event]) -> tuple[str, ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple(f.name for f in fields(cls) if Sealed in _leaves(hints[f.name]))  # type: ignore[arg-type]


def _leaves(hint: Any) -> list[Any]:
    """The kinds that a type is made of: ``list[int] | None`` is of int and None."""
    if hint == Sealed or not get_args(hint):
        return [hint]
    return [leaf for part in get_args(hint) if part is not Ellipsis for leaf in _leaves(part)]


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
    if isinstance(value, str) and Code in wanted:
        return Code(value)
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
    now = clock.now()
    values = {
        "name": event.name, "version": event.version, "key": key, "payload": event.stored(db, now), "occurred_at": now,
        "actor_kind": actor.kind, "actor_id": actor.id, "correlation": trace.correlation, "causation": trace.causation, "depth": trace.depth,
    }  # fmt: skip
    db.execute(_INSERT, values)
    from ..jobs.nudge import nudge_after

    nudge_after(db)  # a worker looks for events before jobs
