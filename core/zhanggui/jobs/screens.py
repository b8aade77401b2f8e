"""Jobs and events as screens: what waits, what failed and why, and another try."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from .. import audit
from ..events.models import OutboxEvent
from ..host import current_host
from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..i18n.wording import is_kept, kept_text
from ..kernel.actors import Actor
from ..kernel.errors import IllegalMove
from ..kernel.reader import Reader
from ..web.describe import Action, Card, Choice, Column, Filter, Screen, Section
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


def _job_of(row: Any) -> str:
    from ..web.acts import job_name

    return job_name(row.name)


def _error_of(row: Any) -> str:
    """Why it failed: a sentence for people, or what the program says with where that comes from."""
    line = row.last_error or ""
    return kept_text(line) if not line or is_kept(line) else _("An error in the program: %(error)s", error=line)


def _event_of(row: Any) -> str:
    from ..web.acts import event_name

    return event_name(row.name)


def _jobs_like(text: str, c: Any) -> ColumnElement[bool]:
    """Jobs whose words hold what was typed, or that are called so."""
    from ..web.acts import job_name, said_like

    return or_(c.name.in_(said_like(job_name, current_host().jobs, text)), c.name == text)


def _events_like(text: str, c: Any) -> ColumnElement[bool]:
    """Events whose words hold what was typed, or that are called so."""
    from ..web.acts import event_name, said_like

    names = {event.name for event in current_host().events.values()}
    return or_(c.name.in_(said_like(event_name, names, text)), c.name == text)


def _about(db: Session, reader: Reader, ids: list[int]) -> dict[int, str]:
    """The rows that events are about, by their names; one query for each screen."""
    from ..web.labels import labels

    c, screens = OutboxEvent.__table__.c, current_host().screens
    by_route = {resource.lower(): screen for resource, screen in screens.items()}
    keys: dict[str, dict[int, int]] = {}
    for row in db.execute(select(c.id, c.name, c.key).where(c.id.in_(ids), c.key != "")):
        about = row.name.rpartition(".")[0]
        if about in by_route and row.key.isdecimal():
            keys.setdefault(about, {})[row.id] = int(row.key)
    found: dict[int, str] = {}
    for about, of in keys.items():
        named = labels(db, by_route[about], reader.actor, set(of.values()))
        found |= {event: named[key] for event, key in of.items() if key in named}
    return found


JOBS = Screen(
    resource="core.Job", source=Job, route="/system/jobs", title=_l("Jobs"), singular=_l("Job"), icon="refresh",
    label=lambda row: _job_of(row), always=("name",),
    columns=[
        Column("what", _l("Job"), value=lambda row: _job_of(row)),
        Column("state", _l("State"), "status", choices=STATES),
        Column("run_at", _l("Due"), "datetime"),
        Column("attempts", _l("Tries"), "int"),
        Column("last_error", _l("Last error"), value=lambda row: _error_of(row)),
        Column("created_at", _l("Created"), "datetime", wide=False),
        Column("finished_at", _l("Finished"), "datetime", wide=False),
        Column("event_id", _l("Event"), "lookup", to="core.Event", wide=False),
        Column("name", _l("Name of the job"), "code", wide=False),
        Column("key", _l("Key"), "code", wide=False),
        Column("correlation", _l("Correlation"), "code", wide=False),
        Column("causation", _l("Causation"), "code", wide=False),
        Column("traceback", _l("Traceback"), "long_text", wide=False),
    ],
    card=Card(title="what", badge="state", sub=("run_at", "last_error")),
    filters=[Filter("state", _l("State"), choices=STATES, tabs=True, counted=("dead",)), Filter("what", _l("Job"), "text", clause=_jobs_like),
             Filter("correlation", _l("Correlation"), "text")],
    sections=[
        Section("job", _l("Job"), columns=("what", "state", "run_at", "attempts", "last_error", "created_at", "finished_at", "event_id")),
        Section("technical", _l("For developers"), columns=("name", "key", "correlation", "causation", "traceback"), order=200),
    ],
    actions=[
        Action("requeue", _l("Try again"), requeue, "refresh", "primary", when=_is_dead, needs=("state",), bulk=True,
               done=_l("It will be tried again.")),
        Action("discard", _l("Discard"), discard, "trash", "danger", when=lambda row: row.state in ("dead", "held"), needs=("state",),
               bulk=True, confirm=_l("Forget this job for good?"), follows=_l("What it was to do is not done."), stays=_l("Keep it"), done=_l("Discarded.")),
    ],
    empty=_l("No jobs yet."),
)  # fmt: skip

EVENTS = Screen(
    resource="core.Event", source=OutboxEvent, route="/system/events", title=_l("Events"), singular=_l("Event"), icon="bolt",
    label=lambda row: _event_of(row), always=("name",),
    columns=[
        Column("what", _l("Event"), value=lambda row: _event_of(row)),
        Column("about", _l("Subject"), load=_about),
        Column("occurred_at", _l("When"), "datetime"),
        Column("dispatched_at", _l("Dispatched"), "datetime"),
        Column("name", _l("Name of the event"), "code", wide=False),
        Column("key", _l("Key"), "code", wide=False),
        Column("payload", _l("Content"), "json", wide=False),
        Column("correlation", _l("Correlation"), "code", wide=False),
        Column("causation", _l("Causation"), "code", wide=False),
    ],
    card=Card(title="what", end="about", sub=("occurred_at",)),
    filters=[Filter("what", _l("Event"), "text", clause=_events_like), Filter("correlation", _l("Correlation"), "text")],
    sections=[
        Section("event", _l("Event"), columns=("what", "about", "occurred_at", "dispatched_at")),
        Section("technical", _l("For developers"), columns=("name", "key", "payload", "correlation", "causation"), order=200),
    ],
    empty=_l("Nothing happened yet."),
)  # fmt: skip

SCREENS = [JOBS, EVENTS]
