"""A verb in three phases: nobody far away is called inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .errors import WiringError

LANE = "io"  # of jobs that wait for others


@dataclass(frozen=True)
class ThreePhases:
    """A verb that calls somebody far away, in place of the one function that a verb otherwise is.

    ``claim(db, ...)`` gets what that function would get, checks, leaves a state that everybody sees ("is being
    refunded"), and answers the ids of what it claimed; it is committed. ``work(**claimed)`` calls, with no
    transaction open. ``answer(db, result, *, actor, now, **claimed)`` writes down what came of it. ``resume`` is a
    job of the lane ``io``, listed in ``register_jobs``, that is called with the claim after ``patience`` when the answer
    is not there by then: a process was killed, or the far end was not to be reached. It looks first at what is settled.
    """

    claim: Callable[..., Mapping[str, Any]]
    work: Callable[..., Any]
    answer: Callable[..., Any]
    resume: Any  # a job
    patience: timedelta = timedelta(minutes=2)

    def __post_init__(self) -> None:
        if self.resume.takes_db or self.resume.lane != LANE:
            raise WiringError(f"job {self.resume.name}: what goes on with a claim calls others, in the lane {LANE!r} and without db")

    @property
    def __name__(self) -> str:
        return self.claim.__name__
