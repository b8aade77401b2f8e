"""Entry points of the worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import _l, clock, enqueue, job, unit_of_work

from .services import delivering, freezing, pumping, replay, routing

WAKE = "notifications.deliver"
SOON = timedelta(seconds=10)  # what is due later is found by the clock


@job(_l("Tell people of an event"), together=True, hears=routing.hears)
def route(db: Session, *, event: dict[str, Any], **payload: Any) -> None:
    """Something happened: who is to be told gets a message."""
    if routing.route(db, event, payload, now=clock.now()):
        wake(db)


@job(_l("Take what a provider tells of a message"), together=True)
def take_report(db: Session, *, channel: str, ref: str, state: str, code: str, gone: bool, **_from_newer_releases: Any) -> None:
    """What became of a message that it took: the first word counts."""
    delivering.report(db, channel=channel, ref=ref, state=state, code=code, gone=gone, now=clock.now())


@job(_l("Send messages"), lane="io", max_attempts=1, timeout=60)
def deliver(**_from_newer_releases: object) -> None:
    """Send what is due, for a spell; the rest by another job, so that others in this lane get their turn."""
    delivering.run()
    if delivering.anything_due():
        with unit_of_work() as db:
            enqueue(db, deliver, unique=f"{WAKE}:again")
    elif (turn := delivering.next_turn(SOON)) is not None:
        with unit_of_work() as db:
            enqueue(db, deliver, run_at=turn, unique=f"{WAKE}:turn")


@job(_l("Messages of campaigns"), max_attempts=1, timeout=60)
def pump(**_from_newer_releases: object) -> None:
    """Every ten seconds: as many messages as the rate of each running campaign allows."""
    if pumping.run():
        with unit_of_work() as db:
            wake(db)


@job(_l("Count who is in a campaign"), lane="io", timeout=600)
def freeze(*, campaign_id: int, **_from_newer_releases: object) -> None:
    """Who is in it from now on, and what would become of it."""
    freezing.run(campaign_id)


@job(_l("Forget old messages"), max_attempts=2, timeout=300)
def tidy(**_from_newer_releases: object) -> None:
    """Once a day: forget what is old."""
    while True:
        with unit_of_work() as db:
            if replay.forget_old(db, clock.now()) < replay.BATCH:
                return


def wake(db: Session) -> None:
    """Send soon, after this transaction."""
    enqueue(db, deliver, unique=WAKE)


def count(db: Session, campaign_id: int) -> None:
    """Find out who is in a campaign, after this transaction."""
    enqueue(db, freeze, campaign_id=campaign_id, unique=f"notifications.freeze:{campaign_id}")
