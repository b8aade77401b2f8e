"""``zhanggui export``: the CSV of a screen, through the same gateway as the button."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from ..db.uow import reading
from ..host import current_host
from ..kernel.actors import current_actor
from ..kernel.errors import NotFound
from ..runtime import current_runtime
from ..web.exports import csv_rows
from ..web.query import ListQuery


def export_csv(resource: str, target: Path) -> int:
    """Write all rows of a screen to a file; answers its size in bytes.

    :raises NotFound: when there is no such screen.
    """
    screen = current_host().screens.get(resource)
    if screen is None:
        raise NotFound("There is no screen %(name)s.", name=resource)
    config = current_runtime().config
    scratch = target.with_name(target.name + ".part")
    zone, currency = ZoneInfo(config["instance.time_zone"]), config["instance.currency"]
    with reading() as db, scratch.open("wb") as out:
        for block in csv_rows(db, screen, current_actor(), ListQuery(), zone=zone, currency=currency):
            out.write(block)
        size = out.tell()
    scratch.replace(target)
    return size
