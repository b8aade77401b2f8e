"""Reads for the page of backups, the home page and the clock: a few rows each, however long the history is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Money, _, fmt, kept_text, ngettext

from .models import Run

r = Run.__table__.c


def last(db: Session, kind: str, state: str | None = None) -> Run | None:
    """The newest run of a kind, of one outcome or of any."""
    wanted = select(Run).where(r.kind == kind).order_by(r.id.desc()).limit(1)
    return db.scalars(wanted.where(r.state == state) if state else wanted).first()


def sent(db: Session, names: Iterable[str]) -> dict[tuple[str, str], Run]:
    """The newest sending of each of these copies to each target."""
    rows = db.scalars(select(Run).where(r.kind == "send", r.name.in_(list(names))).order_by(r.id))
    return {(row.name, row.target): row for row in rows}


def rehearsed(db: Session, name: str) -> Run | None:
    """The newest drill of one copy."""
    return db.scalars(select(Run).where(r.kind == "drill", r.name == name).order_by(r.id.desc()).limit(1)).first()


def headline(drill: Run | None) -> str:
    """How the last drill went, in one line."""
    if drill is None:
        return _("No drill yet")
    if drill.state != "done":
        return _("Last drill failed: %(why)s", why=kept_text(drill.why or ""))
    tables = ngettext("%(num)s table", "%(num)s tables", drill.tables)
    return _("Last drill passed: %(tables)s, sums equal, %(seconds)s s", tables=tables, seconds=seconds_of(drill))


def seconds_of(run: Run) -> str:
    """How long it took."""
    return fmt.number(round((run.finished_at - run.started_at).total_seconds(), 1))


def total_words(value: Any) -> str:
    """A sum as people read it: money, or pieces."""
    if isinstance(value, dict) and {"amount", "currency"} <= set(value):
        return fmt.money(value["amount"], value["currency"])
    if isinstance(value, Money):
        return fmt.money(value.amount, value.currency)
    return fmt.number(value) if isinstance(value, int) else _("not known")


def failed_since(db: Session, kind: str, since: datetime) -> bool:
    """Whether one of a kind failed after a moment."""
    return db.scalar(select(r.id).where(r.kind == kind, r.state == "failed", r.finished_at > since).limit(1)) is not None


def sent_names(db: Session) -> set[str]:
    """Copies that arrived at a target, of the last thousand."""
    newest = select(r.name).where(r.kind == "send", r.state == "done").order_by(r.id.desc()).limit(1000)
    return set(db.scalars(newest))
