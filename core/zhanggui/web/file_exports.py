"""The rows of a list as a file to work with: heads in words, chosen columns, read back by the importer of its kind."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..config.days import reader_at_work, shop_zone
from ..db.uow import reading
from ..db.upsert import insert_or_skip
from ..files.private import owner_id
from ..host import current_host
from ..host.declare import Exporter
from ..i18n.formats import fmt
from ..i18n.readers import speaking
from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..importing.models import ExportChoice
from ..kernel.actors import Actor
from ..kernel.errors import Invalid, NotFound
from ..kernel.reader import Reader
from ..papers.sheets import Sheet
from ..runtime import current_runtime
from ..tasks.running import TaskRun
from ..tasks.service import start_task, task
from .describe import Screen
from .export_sheets import cell_lines, lines_of
from .export_tasks import PAUSE, file_name, record_export
from .exports import csv_head, csv_values
from .gateway import gateway
from .query import ListQuery, parse

FORMATS = ("xlsx", "csv")
_BATCH = 500
_choice: Any = ExportChoice.__table__


def exporters_of(actor: Actor) -> dict[str, Exporter]:
    """The kinds whose lists somebody may take away as such a file."""
    host = current_host()
    return {e.kind: e for e in host.every("exporters") if e.of is not None and e.screen in host.screens and actor.may("can_export", e.screen)}


def columns_of(exporter: Exporter, actor: Actor) -> list[str]:
    """The columns that somebody may have."""
    return [name for name in exporter.columns if name not in exporter.rights or actor.may(*exporter.rights[name])]


def chosen_columns(db: Session, exporter: Exporter, actor: Actor) -> list[str]:
    """The columns that somebody took last; all of his where he never did."""
    mine = columns_of(exporter, actor)
    kept = db.scalar(select(_choice.c.columns).where(_choice.c.user_id == (owner_id(actor) or 0), _choice.c.kind == exporter.kind))
    return [name for name in mine if name in kept] or mine if kept else mine


def start_file(
    db: Session, exporter: Exporter, columns: Sequence[str], kind: str, arguments: Mapping[str, str], *, reader: Reader, now: datetime
) -> int:  # fmt: skip
    """Begin a file with these columns of a list; answers the task.

    :raises Forbidden: without ``can_export`` on the list.
    :raises Invalid: without a column, for one that is not this actor's, or another kind of file.
    """
    actor = reader.actor
    mine = columns_of(exporter, actor)
    if not columns or not set(columns) <= set(mine) or kind not in FORMATS:
        raise Invalid(_l("Choose at least one column."))
    screen = current_host().screens[exporter.screen]
    gateway.check(screen, actor, "can_export")
    query = parse(screen, arguments, actor, zone=shop_zone(), currency=current_runtime().config["instance.currency"])
    record_export(db, screen, query, actor=actor, now=now)
    columns = [name for name in mine if name in columns]
    if (user := owner_id(actor)) is not None:
        insert_or_skip(db, ExportChoice, user_id=user, kind=exporter.kind, columns=columns)
        mine_here = (_choice.c.user_id == user) & (_choice.c.kind == exporter.kind)
        db.execute(_choice.update().where(mine_here).values(columns=columns))
    return start_task(
        db, write_rows_of_list, actor=actor, now=now, title=_l("Export: %(things)s", things=exporter.label), exporter=exporter.kind, columns=columns,
        arguments=dict(arguments), zone=shop_zone().key, kind=kind, asked_at=now.isoformat(), locale=reader.locale,
    )  # fmt: skip


@task(_l("Export"))
def write_rows_of_list(
    run: TaskRun, *, exporter: str, columns: Sequence[str], arguments: Mapping[str, str], zone: str, kind: str, asked_at: str, locale: str,
    **_from_newer_releases: object,
) -> None:  # fmt: skip
    """Write the rows of a list, with the filters that were chosen and the rights that its reader has now, in his language."""
    made = exporters_of(run.actor).get(exporter)
    if made is None:
        raise NotFound(_l("This list is not there any more: its plugin is off."))
    names = [name for name in columns_of(made, run.actor) if name in columns]
    screen = current_host().screens[made.screen]
    reader = replace(reader_at_work(run.actor), zone=ZoneInfo(zone), locale=locale)
    query = parse(screen, arguments, run.actor, zone=reader.zone, currency=current_runtime().config["instance.currency"], now=datetime.fromisoformat(asked_at))
    with speaking(locale, current_host()):
        _write(run, made, names, screen, reader, query, kind)
    run.report(total=run.done, sentence=_l("The file is ready."))


def _write(run: TaskRun, made: Exporter, names: list[str], screen: Screen, reader: Reader, query: ListQuery, kind: str) -> None:
    heads = [str(made.labels.get(name, name)) for name in names]
    out = run.result(file_name(screen, kind))
    with reading() as db:
        if run.place is None:
            out.write(csv_head(heads) if kind == "csv" else b"")
            run.report(done=0, total=gateway.count_all(db, screen, run.actor, query), sentence=_l("The rows are being written."))
        since = time.monotonic()
        for rows, _extra in gateway.stream(db, screen, reader, query, batch=_BATCH, after=run.place, only=()):
            ids = [getattr(row, screen.key) for row in rows]
            cells = said(made, names, made.of(db, ids) if made.of is not None else ())
            out.write(csv_values(cells, reader.zone) if kind == "csv" else cell_lines(cells))
            run.report(done=run.done + len(ids), place=ids[-1])
            if time.monotonic() - since > PAUSE:
                with run.step():
                    since = time.monotonic()
    if kind == "xlsx":
        about = [(_("List"), str(screen.title)), (_("Exported by"), run.actor.name), (_("Exported at"), fmt.datetime(reader.now))]
        lines_of(out, lambda made_out: Sheet(made_out, title=str(made.label), heads=heads, zone=reader.zone, about=about))


def said(made: Exporter, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The chosen cells of rows; codes in words. What a cell holds several of is parted by commas."""
    places = [made.columns.index(name) for name in names]
    words = [made.words.get(name) for name in names]
    return [
        [row[place] if known is None or not row[place] else ", ".join(str(known.get(part, part)) for part in str(row[place]).split(", "))
         for place, known in zip(places, words, strict=True)]
        for row in rows
    ]  # fmt: skip
