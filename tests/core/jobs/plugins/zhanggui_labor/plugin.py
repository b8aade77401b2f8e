"""What the workshop adds."""

from __future__ import annotations

from zhanggui.api import hookimpl
from zhanggui.host.declare import Schedule

from . import events, jobs


@hookimpl
def register_events():
    return [events.ThingMade, events.ThingSold, events.EchoHeard]


@hookimpl
def register_handlers():
    return {"labor.thing.made@1": [jobs.note, jobs.also_note], events.EchoHeard: [jobs.echo]}


@hookimpl
def register_jobs():
    return [jobs.poison, jobs.refused, jobs.hang, jobs.robbed, jobs.slow, jobs.call, jobs.unlucky, jobs.sleep, jobs.hear, jobs.hear_some, jobs.go_on, jobs.take]


@hookimpl
def register_schedules():
    return [Schedule("tick", jobs.tick, seconds=60), Schedule("nightly", jobs.tick, cron="30 3 * * *")]
