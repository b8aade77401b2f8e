"""Entry points of the worker: counters follow the events of orders."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from zhanggui.api import _l, clock, current_runtime, get_setting, job, unit_of_work

from .contracts import order_key
from .services import intake, pruning, visits
from .services.counters import count_order

_SPELL = timedelta(seconds=20)


@job(_l("Count what a customer bought"))
def count_paid_order(
    db: Session,
    *,
    customer_id: int | None,
    amount: int,
    currency: str | None = None,
    at: str | datetime | None = None,
    **_from_newer_releases: object,
) -> None:
    """A customer's order was paid."""
    if customer_id is not None:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at or clock.now()
        # What was paid in another currency counts as an order, but is added to nothing.
        spent = amount if currency in (None, current_runtime().config["instance.currency"]) else 0
        count_order(db, customer_id=customer_id, amount=spent, sign=1, at=moment)


@job(_l("Take a canceled order out of what a customer bought"))
def uncount_canceled_order(db: Session, *, customer_id: int | None, paid: int, **_from_newer_releases: object) -> None:
    """A customer's order was canceled after it had been paid."""
    if customer_id is not None and paid:
        count_order(db, customer_id=customer_id, amount=paid, sign=-1, at=clock.now())


def _moment(at: str | datetime | None) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at or clock.now()


@job(_l("Note what became of a visit"))
def note_order_placed(db: Session, *, order_id: int, customer_id: int | None, at: str | datetime | None = None, **_from_newer_releases: object) -> None:
    """An order was placed."""
    _note(db, "order_placed", order_id, customer_id, at)


@job(_l("Note what became of a visit"))
def note_order_paid(db: Session, *, order_id: int, customer_id: int | None, at: str | datetime | None = None, **_from_newer_releases: object) -> None:
    """An order was paid."""
    _note(db, "paid", order_id, customer_id, at)


@job(_l("Note what became of a visit"))
def note_order_refunded(db: Session, *, order_id: int, customer_id: int | None, at: str | datetime | None = None, **_from_newer_releases: object) -> None:
    """Money of an order was given back."""
    _note(db, "refunded", order_id, customer_id, at)


def _note(db: Session, name: str, order_id: int, customer_id: int | None, at: str | datetime | None) -> None:
    if customer_id is not None:
        intake.note_order(db, name=name, key=order_key(order_id, name), customer_id=customer_id, at=_moment(at), now=clock.now())


@job(_l("Put visits together"), max_attempts=1, timeout=120)
def build_visits(**_from_newer_releases: object) -> None:
    """What came since the last time, for a spell: each transaction is short."""
    began = clock.now()
    while clock.now() - began < _SPELL:
        with unit_of_work() as db:
            if not visits.build(db, clock.now()):
                return


@job(_l("Forget what visitors did long ago"), max_attempts=1, timeout=3600)
def prune_behaviour(**_from_newer_releases: object) -> None:
    """Events and sessions that are older than they are kept; each transaction is short."""
    now = clock.now()
    events = now - timedelta(days=int(get_setting("plugin.customers.keep_events")))
    sessions = now - timedelta(days=int(get_setting("plugin.customers.keep_visits")))
    while True:
        with unit_of_work() as db:
            if not pruning.forget_events(db, events):
                pruning.forget_links(db, events)
                break
    while True:
        with unit_of_work() as db:
            if not pruning.fold_a_day(db, sessions):
                break
