"""Which jobs belong to which lane: their definitions say so, so a job that changes its lane does so at once."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from ..host import current_host
from ..host.declare import DEFAULT_LANE
from .models import Job


def belongs_to(lane: str) -> ColumnElement[bool]:
    """Whether a job row is of this lane; what no enabled plugin knows is of the default one."""
    name, jobs = Job.__table__.c.name, current_host().jobs
    if lane == DEFAULT_LANE:
        return name.not_in(sorted(known for known, job in jobs.items() if job.lane != lane))
    return name.in_(sorted(known for known, job in jobs.items() if job.lane == lane))
