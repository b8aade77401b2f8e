"""The history of backups, sendings and drills, the entry of the menu, and the line on the home page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Card, Choice, Column, Filter, MenuItem, Reader, Screen, Section, Widget, _l, backups, fmt, kept_text

from . import queries
from .audit_words import TARGETS
from .models import Run

KINDS = (Choice("backup", _l("Backup"), "info"), Choice("send", _l("Sent away"), "info"), Choice("drill", _l("Drill"), "info"))
STATES = (Choice("done", _l("done"), "good"), Choice("failed", _l("failed"), "bad"))
CAUSES = (Choice("manual", _l("by hand")), Choice("scheduled", _l("by the clock")))
_WHERE = (Choice("", ""), *TARGETS)


def _totals(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    run, labels = db.get_one(Run, row.id), backups.total_labels()
    return {"totals": [(labels.get(name, name), queries.total_words(then), queries.total_words(now), then == now) for name, (then, now) in sorted((run.totals or {}).items())]}


RUNS = Screen(
    resource="backup.Run", source=Run, route="/backup-runs", title=_l("History of backups"), singular=_l("Run"), icon="history",
    label=lambda row: str(next(choice.label for choice in KINDS if choice.value == row.kind)), always=("kind", "started_at", "finished_at"),
    columns=(
        Column("finished_at", _l("Ended"), "datetime", order=10),
        Column("kind", _l("What"), "status", choices=KINDS, order=20),
        Column("state", _l("State"), "status", choices=STATES, order=30),
        Column("why", _l("Why"), value=lambda row: kept_text(row.why or ""), order=40),
        Column("name", _l("Copy"), "code", order=50),
        Column("target", _l("Target"), "choice", choices=_WHERE, wide=False, order=60),
        Column("cause", _l("Begun"), "choice", choices=CAUSES, wide=False, order=70),
        Column("tables", _l("Tables"), "int", wide=False, order=80),
        Column("rows", _l("Rows"), "int", wide=False, order=90),
        Column("files", _l("Files"), "int", wide=False, order=100),
        Column("seconds", _l("Seconds"), value=queries.seconds_of, wide=False, order=110),
    ),
    card=Card(title="kind", badge="state", sub=("finished_at", "why")),
    filters=(
        Filter("kind", _l("What"), choices=KINDS, tabs=True, order=10),
        Filter("state", _l("State"), choices=STATES, order=20),
        Filter("finished_at", _l("Ended"), "date_range", order=30),
    ),
    default_sort=("-id",),
    sections=(
        Section("about", _l("About"), columns=("kind", "state", "why", "name", "target", "cause", "tables", "rows", "files", "seconds", "finished_at"), order=10),
        Section("sums", _l("Sums"), template="backup/sums.html", load=_totals, order=20),
    ),
    empty=_l("Nothing was backed up yet."),
)  # fmt: skip


def last_drill(db: Session, reader: Reader) -> Mapping[str, Any]:
    """How the last drill went, on the home page; nothing before the first."""
    drill = queries.last(db, "drill")
    if drill is None or drill.state != "done":
        return {}
    return {"rows": [{"title": queries.headline(drill), "sub": fmt.ago(drill.finished_at), "end": "", "href": "/backups/"}]}


def failed_drill(db: Session, reader: Reader) -> Mapping[str, Any]:
    """A drill that failed is something to do: what was found stands on the line."""
    drill = queries.last(db, "drill")
    failed = drill is not None and drill.state != "done"
    return {"count": int(failed), "href": "/backups/", "icon": "alert-triangle", "words": queries.headline(drill), "tone": "bad"}


MENU = [MenuItem("backups", _l("Backups"), "shield-check", href="/backups/", permission=("can_list", "backup.Backup"), group="system", order=50)]
WIDGETS = [
    Widget("failed_drill", _l("Last drill failed"), "todo", failed_drill, ("can_list", "backup.Backup"), order=5, icon="alert-triangle"),
    Widget("last_drill", _l("Backups"), "list", last_drill, ("can_list", "backup.Backup"), order=190),
]
