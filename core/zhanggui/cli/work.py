"""``zhanggui jobs`` and ``zhanggui outbox``: what waits, what was given up."""

from __future__ import annotations

import sys
from typing import Any

import click

from ..i18n.wording import kept_text
from ..kernel.errors import NotFound
from .frame import Output, in_unit_of_work, options


@click.group()
def jobs() -> None:
    """Jobs: what waits, what was given up."""


@jobs.command("status")
@options
def jobs_status(out: Output) -> None:
    """How many jobs are in which state, and what waits in each lane."""
    from .. import jobs as service
    from ..db.uow import reading

    with out.instance(), reading() as db:
        found = service.status(db)
    lines = [f"{state:<8} {count}" for state, count in found["counts"].items()]
    for lane, of_it in found["lanes"].items():
        since = f", the oldest since {of_it['oldest_due']:%Y-%m-%d %H:%M:%S} UTC" if of_it["oldest_due"] else ""
        served = "the queue server does not answer" if of_it["workers"] is None else f"{of_it['workers']} workers"
        lines.append(f"lane {lane}: {of_it['due']} due{since}; {served}")
    out.say("\n".join(lines), found)


@jobs.command("dead")
@options
def jobs_dead(out: Output) -> None:
    """The jobs that were given up; exit code 1 when there are any."""
    from .. import jobs as service
    from ..db.uow import reading

    with out.instance(), reading() as db:
        rows = [{"id": r.id, "name": r.name, "error": kept_text(r.last_error), "since": r.finished_at} for r in service.dead(db)]
    out.say("\n".join(f"{r['id']} {r['name']}: {r['error']}" for r in rows) or "None.", rows)
    if rows:
        sys.exit(1)


def _requeue_all_of(db: Any, *, ids: list[int] | None, **by: Any) -> int:
    from .. import jobs as service

    count = service.requeue(db, ids=ids, **by)
    if ids is not None and count < len(ids):
        raise NotFound(f"{len(ids) - count} of these numbers {'is' if len(ids) - count == 1 else 'are'} of no dead job; nothing was requeued.")
    return count


@jobs.command("requeue")
@options
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True)
def jobs_requeue(out: Output, ids: tuple[int, ...], everything: bool) -> None:
    """Give dead jobs another set of tries."""
    if not ids and not everything:
        raise click.UsageError("name the jobs, or give --all")
    with out.instance():
        count = in_unit_of_work(_requeue_all_of, ids=None if everything else sorted(set(ids)))
    out.say(f"{count} requeued.", {"requeued": count})


@click.group()
def outbox() -> None:
    """Events on their way."""


@outbox.command("status")
@options
def outbox_status(out: Output) -> None:
    """How many events nobody was told of yet."""
    from ..db.uow import reading
    from ..events.relay import waiting_count

    with out.instance(), reading() as db:
        count = waiting_count(db)
    out.say(f"{count} waiting.", {"waiting": count})
