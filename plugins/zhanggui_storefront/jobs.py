"""Entry points of the worker."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zhanggui.api import clock, job

from . import services


@job()
def end_sessions_of_erased(db: Session, *, customer_id: int, **_from_newer_releases: object) -> None:
    """A person was erased: the tokens of their devices let nobody in any more."""
    services.end_sessions(db, customer_id=customer_id, now=clock.now())
