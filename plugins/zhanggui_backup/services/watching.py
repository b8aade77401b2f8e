"""What the clock asks every minute: is a backup due, a drill, or is one late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import _l, backups, get_setting, notify, shop_zone

from .. import queries, rules
from .making import READS


def backup_is_due(db: Session, now: datetime) -> bool:
    """Whether the copy of today is not made yet; one that failed is tried again an hour later."""
    due = rules.last_due(get_setting("plugin.backup.at"), now, shop_zone())
    newest = next(iter(backups.listed()), None)
    return due is not None and (newest is None or newest.made_at < due) and not queries.failed_since(db, "backup", now - rules.AGAIN)


def drill_is_due(db: Session, now: datetime) -> bool:
    """Whether the newest copy is to be rehearsed."""
    passed = queries.last(db, "drill", "done")
    due = rules.next_drill(get_setting("plugin.backup.drill_days"), passed.finished_at if passed else None, now)
    return due is not None and due <= now and bool(backups.listed()) and not queries.failed_since(db, "drill", now - rules.DRILL_LATE)


def late(db: Session, now: datetime) -> list[dict[str, Any]]:
    """What staff is told once a day: no copy was made of what was due, or no drill passed for too long."""
    told = []
    due = rules.last_due(get_setting("plugin.backup.at"), now, shop_zone())
    newest = next(iter(backups.listed()), None)
    if newest is not None and rules.is_late(due, newest.made_at, now):
        told.append(_notice("backup", f"backup.late:{due:%Y%m%d}", _l("The backup is late: the newest copy is of %(day)s"), newest.made_at))
    elif newest is None and rules.is_late(due, None, now) and queries.last(db, "backup") is not None:
        told.append(_notice("backup", f"backup.none:{due:%Y%m%d}", _l("There is no backup of this shop"), now))
    passed = queries.last(db, "drill", "done")
    next_drill = rules.next_drill(get_setting("plugin.backup.drill_days"), passed.finished_at, now) if passed is not None else None
    if passed is not None and next_drill is not None and now - next_drill > rules.DRILL_LATE:
        told.append(_notice("drill", f"backup.drill_late:{now:%Y%m%d}", _l("The drill is late: the last one passed on %(day)s"), passed.finished_at))
    return told


def _notice(kind: str, key: str, title: Any, day: datetime) -> dict[str, Any]:
    params = {"day": f"{day.astimezone(shop_zone()):%Y-%m-%d %H:%M}"}
    return {"kind": f"backup.{kind}", "key": key, "title": title, "params": params, "href": "/backups/", "permission": READS}


def tell(db: Session, notices: Sequence[dict[str, Any]], now: datetime) -> None:
    """Each once, by its key."""
    for notice in notices:
        notify(db, **notice, now=now)
