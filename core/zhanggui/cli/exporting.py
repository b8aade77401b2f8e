"""``zhanggui export``: rows of a KIND for an importer to read back, or the CSV of a screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from .. import audit
from ..config.days import reader_at_work
from ..db.uow import reading, unit_of_work
from ..host import current_host
from ..host.declare import Exporter
from ..kernel import clock
from ..kernel.actors import current_actor
from ..kernel.errors import NotFound
from ..runtime import current_runtime
from ..web.exports import csv_head, csv_rows, csv_values
from ..web.query import ListQuery

BATCH = 1000


def export_csv(kind: str, target: Path) -> int:
    """Write all rows of a kind, or of a screen by its resource, to a file; answers its size in bytes.

    The file is there whole or not at all.

    :raises NotFound: when there is neither such a kind nor such a screen.
    """
    reader, currency = reader_at_work(), current_runtime().config["instance.currency"]
    exporters = {exporter.kind: exporter for exporter in current_host().every("exporters")}
    screen = current_host().screens.get(kind)
    if kind not in exporters and screen is None:
        raise NotFound("There is no kind or screen %(name)s; kinds are: %(known)s.", name=kind, known=", ".join(sorted(exporters)))
    with unit_of_work() as db:
        audit.record(db, "core.rows.exported", target=(kind, "*"), label=target.name, actor=current_actor(), now=clock.now())
    scratch = target.with_name(target.name + ".part")
    with reading() as db, scratch.open("wb") as out:
        if kind in exporters:
            blocks = _blocks(db, exporters[kind], reader.zone)
        else:
            blocks = csv_rows(db, screen, reader, ListQuery(), currency=currency)
        for block in blocks:
            out.write(block)
        size = out.tell()
    scratch.replace(target)
    return size


def _blocks(db: Session, exporter: Exporter, zone: ZoneInfo) -> Iterator[bytes]:
    yield csv_head(exporter.columns)
    last: Any = None
    while True:
        rows, last = exporter.batch(db, last, BATCH)
        if not rows:
            return
        yield csv_values(rows, zone)
