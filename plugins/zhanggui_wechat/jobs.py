"""Entry points of the worker."""

from __future__ import annotations

from zhanggui.api import _l, clock, job, unit_of_work

from . import grants


@job(_l("Add up what customers allowed"), max_attempts=2, timeout=300)
def recount_grants(**_from_newer_releases: object) -> None:
    """Once a night, a few hundred in a transaction."""
    while True:
        with unit_of_work() as db:
            if grants.recount(db, now=clock.now()) < grants.MOST_AT_ONCE:
                return
