"""Jobs and events as screens: what waits, what failed and why, and another try."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from .. import audit
from ..events.models import OutboxEvent
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import IllegalMove
from ..web.describe import Action, Card, Choice, Column, Filter, Screen, Search, Section
from . import requeue as requeue_jobs
from .models import Job

STATES = [
    Choice("ready", _l("waiting"), "info"), Choice("running", _l("running"), "info"), Choice("done", _l("done"), "good"),
    Choice("dead", _l("given up"), "bad"), Choice("held", _l("held"), "warn"),
]  # fmt: skip


def requeue(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Another set of tries for one dead job."""
    if requeue_jobs(db, [id], actor=actor, now=now) == 0:
        raise IllegalMove(_l("Only a job that was given up can be tried again."))


def discard(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Forget one dead or held job."""
    gone = db.execute(delete(Job).where(Job.id == id, Job.state.in_(("dead", "held"))))
    if gone.rowcount == 0:
        raise IllegalMove(_l("Only a job that was given up or held can be discarded."))
    audit.record(db, "core.job.discarded", target=("core.Job", id), actor=actor, now=now)


def _is_dead(row: Any) -> bool:
    return bool(row.state == "dead")


JOBS = Screen(
    resource="core.Job", source=Job, route="/system/jobs", title=_l("Jobs"), singular=_l("Job"), icon="refresh", label="name",
    columns=[
        Column("name", _l("Job"), "code"),
        Column("state", _l("State"), "status", choices=STATES),
        Column("run_at", _l("Due"), "datetime"),
        Column("attempts", _l("Tries"), "int"),
        Column("last_error", _l("Last error")),
        Column("created_at", _l("Created"), "datetime", wide=False),
        Column("finished_at", _l("Finished"), "datetime", wide=False),
        Column("event_id", _l("Event"), "int", wide=False),
        Column("key", _l("Key"), "code", wide=False),
        Column("correlation", _l("Correlation"), "code", wide=False),
        Column("causation", _l("Causation"), "code", wide=False),
        Column("traceback", _l("Traceback"), "long_text", wide=False),
    ],
    card=Card(title="name", badge="state", sub=("run_at", "last_error")),
    search=Search(prefix=("name",), hint=_l("Name of the job")),
    filters=[Filter("state", _l("State"), choices=STATES, tabs=True, counted=("dead",)), Filter("correlation", _l("Correlation"), "text")],
    sections=[Section("job", _l("Job"), columns=(
        "name", "state", "run_at", "attempts", "last_error", "created_at", "finished_at", "event_id", "key", "correlation",
        "causation", "traceback"))],
    actions=[
        Action("requeue", _l("Try again"), requeue, "refresh", "primary", when=_is_dead, needs=("state",), bulk=True,
               done=_l("It will be tried again.")),
        Action("discard", _l("Discard"), discard, "trash", "danger", when=lambda row: row.state in ("dead", "held"), needs=("state",),
               bulk=True, confirm=_l("Forget this job for good?"), done=_l("Discarded.")),
    ],
    empty=_l("No jobs yet."),
)  # fmt: skip

EVENTS = Screen(
    resource="core.Event", source=OutboxEvent, route="/system/events", title=_l("Events"), singular=_l("Event"), icon="bolt",
    label="name",
    columns=[
        Column("name", _l("Event"), "code"),
        Column("key", _l("Key"), "code"),
        Column("occurred_at", _l("When"), "datetime"),
        Column("dispatched_at", _l("Dispatched"), "datetime"),
        Column("payload", _l("Content"), "json", wide=False),
        Column("correlation", _l("Correlation"), "code", wide=False),
        Column("causation", _l("Causation"), "code", wide=False),
    ],
    card=Card(title="name", end="key", sub=("occurred_at",)),
    search=Search(prefix=("name",), hint=_l("Name of the event")),
    filters=[Filter("correlation", _l("Correlation"), "text")],
    empty=_l("Nothing happened yet."),
)  # fmt: skip

SCREENS = [JOBS, EVENTS]
