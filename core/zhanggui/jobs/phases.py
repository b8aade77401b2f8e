"""Work that needs somebody far away: claimed and committed, done outside of any transaction, answered in another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ..db.uow import unit_of_work
from ..host import current_host
from ..kernel import clock
from ..kernel.actors import current_actor
from ..kernel.errors import DomainError, ProviderError, WiringError
from ..kernel.phases import ThreePhases
from . import enqueue
from .models import Job

T = TypeVar("T")


class OutsideTrouble(DomainError):
    """Somebody far away did not do his part. What was claimed stays as it is, and a job goes on with it."""

    code = "outside_trouble"
    status = 503
    retry_after = 30


def in_phases(phases: ThreePhases, claim: Callable[[Session], Mapping[str, Any]], finish: Callable[[Session, Any], T]) -> T:
    """Claim, work, answer. When it ends in between, in whatever way, ``phases.resume`` is called with the claim a little later.

    :param claim: calls ``phases.claim`` with what it needs.
    :param finish: gets what ``phases.answer`` gave, in the transaction of the answer.
    :raises OutsideTrouble: when the work ends in a ``ProviderError``, with its sentence.
    """
    if phases.resume.name not in current_host().jobs:
        raise WiringError(f"register_jobs must name {phases.resume.name}, which goes on with what was claimed")
    with unit_of_work() as db:
        claimed = dict(claim(db))
        resume_id = enqueue(db, phases.resume, run_at=clock.now() + phases.patience, **claimed)
    try:
        result = phases.work(**claimed)
    except ProviderError as trouble:
        raise OutsideTrouble(str(trouble)) from None
    with unit_of_work() as db:
        said = finish(db, phases.answer(db, result, actor=current_actor(), now=clock.now(), **claimed))
        db.execute(delete(Job).where(Job.id == resume_id, Job.state == "ready"))
    return said
