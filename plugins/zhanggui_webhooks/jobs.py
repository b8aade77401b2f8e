"""Entry points of the worker."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import _l, clock, enqueue, job, public_events, unit_of_work

from .services import delivering, health, partners, replay
from .services.fan_out import fan_out

WAKE = "webhooks.deliver"


@job(_l("Tell programs outside of an event"), together=True, hears=lambda name: name in public_events())
def hear(db: Session, *, event: dict[str, Any], **payload: Any) -> None:
    """Something happened: who asked for it gets a delivery."""
    if fan_out(db, event, payload, now=clock.now()):
        enqueue(db, deliver, unique=WAKE)


@job(_l("Send events to programs outside"), lane="io", max_attempts=1, timeout=60)
def deliver(**_from_newer_releases: object) -> None:
    """Send what is due, for a spell; the rest by another job, so that others in this lane get their turn."""
    delivering.run()
    if delivering.anything_due():
        with unit_of_work() as db:
            enqueue(db, deliver, unique=f"{WAKE}:again")


@job(_l("End the test of a webhook"), lane="io", timeout=60)
def end_test(*, delivery_id: int, lease: str, **_from_newer_releases: object) -> None:
    """A test whose process ended while it was under way comes again by itself once its lease is over; here is nothing to do."""


@job(_l("Forget old deliveries"), max_attempts=2, timeout=300)
def tidy(**_from_newer_releases: object) -> None:
    """Once an hour: drop what waited too long, forget what is old."""
    with unit_of_work() as db:
        replay.give_up_waiting(db, clock.now())
    while True:
        with unit_of_work() as db:
            if replay.forget_old(db, clock.now()) < replay.BATCH:
                return


@job(_l("Ask programs outside whether they are back"), lane="io", max_attempts=1, timeout=120)
def probe(**_from_newer_releases: object) -> None:
    """Ask endpoints that were switched off whether they are back."""
    health.probe_disabled(clock.now())


@job(_l("Tell staff of tokens that end soon"), max_attempts=2)
def tell_of_ends(db: Session, **_from_newer_releases: object) -> None:
    """A program whose token ended is refused: somebody must know before."""
    partners.tell_of_ends(db, clock.now())


def wake(db: Session) -> None:
    """Send soon, after this transaction."""
    enqueue(db, deliver, unique=WAKE)
