"""Exports that are too long for a request: a task writes the file, step by step, and whoever began it downloads it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from .. import audit
from ..config.days import reader_at_work, shop_zone
from ..db.uow import reading
from ..host import current_host
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import NotFound
from ..runtime import current_runtime
from ..tasks.running import TaskRun
from ..tasks.service import start_task, task
from .describe import Screen
from .export_sheets import cell_lines, lines_to_workbook
from .exports import cell_blocks, csv_lines, csv_title
from .gateway import gateway
from .query import ListQuery, parse

PAUSE = 1.0  # seconds between two steps: what was written is on disk then, and progress is seen


@task(_l("Export"))
def write_export(
    run: TaskRun, *, resource: str, arguments: Mapping[str, str], zone: str, kind: str = "csv", asked_at: str = "", **_from_newer_releases: object
) -> None:
    """Write a list to a file, with the filters that were chosen and the rights that its reader has now."""
    screen = current_host().screens.get(resource)
    if screen is None:
        raise NotFound(_l("This list is not there any more: its plugin is off."))
    currency: str = current_runtime().config["instance.currency"]
    reader = replace(reader_at_work(run.actor), zone=ZoneInfo(zone))  # one file, one clock, whatever the setting is when it goes on
    now = datetime.fromisoformat(asked_at) if asked_at else None  # it may be taken up on another day
    query = parse(screen, arguments, run.actor, zone=reader.zone, currency=currency, now=now)
    out, people = run.result(file_name(screen, kind)), kind == "xlsx"
    with reading() as db:
        if run.place is None:
            total = gateway.count_all(db, screen, run.actor, query)
            out.write(b"" if people else csv_title(screen, run.actor))
            run.report(done=0, total=total, sentence=_l("The rows are being written."))
        since = time.monotonic()
        for cells, last in cell_blocks(db, screen, reader, query, currency=currency, after=run.place, people=people):
            out.write(cell_lines(cells) if people else csv_lines(cells))
            run.report(done=run.done + len(cells), place=last)
            if time.monotonic() - since > PAUSE:
                with run.step():
                    since = time.monotonic()
        if people:
            lines_to_workbook(out, db, screen, reader, query)
    run.report(total=run.done, sentence=_l("The file is ready."))


def start_export(
    db: Session, screen: Screen, query: ListQuery, arguments: Mapping[str, str], *, kind: str, actor: Actor, now: datetime
) -> int:
    """Begin an export of a list as a file of this kind; answers the task.

    :raises Forbidden: without ``can_export``.
    """
    gateway.check(screen, actor, "can_export")
    record_export(db, screen, query, actor=actor, now=now)
    return start_task(
        db, write_export, actor=actor, now=now, title=_l("Export: %(things)s", things=screen.title), resource=screen.resource,
        arguments=dict(arguments), zone=shop_zone().key, kind=kind, asked_at=now.isoformat(),
    )  # fmt: skip


def record_export(db: Session, screen: Screen, query: ListQuery, *, actor: Actor, now: datetime) -> None:
    """Leave in the trail who took which list."""
    # What was searched for can be a phone: the trail says that there was a search, not for whom.
    after = {"filters": dict(query.raw), "searched": bool(query.q)}
    audit.record(db, f"{screen.resource.lower()}.exported", target=(screen.resource, "*"), actor=actor, now=now, after=after)


def file_name(screen: Screen, kind: str) -> str:
    """What the file of an export is called."""
    return f"{screen.resource.replace('.', '-').lower()}-{clock.now():%Y%m%d}.{kind}"
