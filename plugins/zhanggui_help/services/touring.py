"""How far somebody is in a tour: the pages load anew between its steps, so the shop remembers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Forbidden, NotFound, _l, articles, one_at_a_time

from ..models import TourRun

ENDS = ("finished", "left", "moved")


def tour_for(tour_id: str, actor: Actor) -> articles.Tour:
    """A tour that this person may start.

    :raises NotFound: when there is none, or its plugin is off.
    """
    tour = articles.library().tours.get(tour_id)
    if tour is None:
        raise NotFound(_l("There is no such tour, or the plugin that it belongs to is switched off."))
    if not actor.may(*tour.permission):
        raise Forbidden()
    return tour


def begin(db: Session, tour: articles.Tour, *, actor: Actor, now: datetime) -> None:
    """From its first step, however often it was played before; another one that is under way is left."""
    user = _user(db, actor)
    for other in db.scalars(select(TourRun).where(TourRun.user_id == user, TourRun.ended == "")):
        other.ended = "left"
    run = db.get(TourRun, (user, tour.id))
    if run is None:
        run = TourRun(user_id=user, tour=tour.id)
        db.add(run)
    run.digest, run.step, run.ended, run.at = tour.digest, 0, "", now


def go_to(db: Session, tour: articles.Tour, step: int, *, actor: Actor, now: datetime) -> None:
    """Remember the step; past the last one it is finished."""
    run = db.get(TourRun, (_user(db, actor), tour.id))
    if run is None or run.ended:
        raise NotFound(_l("This tour is not under way."))
    run.step, run.at = max(0, min(step, len(tour.steps))), now
    if run.step == len(tour.steps):
        run.ended = "finished"


def end(db: Session, tour: articles.Tour, how: str, *, actor: Actor, now: datetime) -> None:
    """Left, or something has moved."""
    run = db.get(TourRun, (_user(db, actor), tour.id))
    if run is not None and not run.ended:
        run.ended, run.at = (how if how in ENDS else "left"), now


def under_way(db: Session, actor: Actor) -> tuple[articles.Tour, int] | None:
    """The tour that somebody is in, with its step; one whose steps are others now is over."""
    for run in db.scalars(select(TourRun).where(TourRun.user_id == (actor.id or 0), TourRun.ended == "").order_by(TourRun.at.desc())):
        tour = articles.library().tours.get(run.tour)
        if tour is not None and tour.digest == run.digest and actor.may(*tour.permission):
            return tour, run.step
    return None


def moved(db: Session) -> list[str]:
    """Tours that ended because something was not where they look for it."""
    return list(db.scalars(select(TourRun.tour).where(TourRun.ended == "moved").distinct().order_by(TourRun.tour)))


def _user(db: Session, actor: Actor) -> int:
    if actor.id is None:
        raise Forbidden()
    one_at_a_time(db, f"help.tour.{actor.id}")
    return actor.id
