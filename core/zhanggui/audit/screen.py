"""The trail as a screen: searchable, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..i18n.texts import lazy_gettext as _l
from ..kernel.reader import Reader
from ..web.describe import Card, Choice, Column, Filter, Screen, Search, Section
from . import told
from .models import AuditEntry


def _said(part: str) -> Callable[[Session, Reader, list[Any]], Mapping[Any, Any]]:
    """A column of what rows say, unsealed for the rows that are shown; of what the reader may not see, that he may not."""
    get = attrgetter(part)

    def load(db: Session, reader: Reader, ids: list[Any]) -> Mapping[Any, Any]:
        from ..web.trail import NOT_SHOWN, seen_targets, without_hidden

        c = AuditEntry.__table__.c
        rows = db.execute(select(*c).where(c.id.in_(ids))).all()
        seen = seen_targets(db, reader.actor, {(row.target_type, row.target_id) for row in rows})
        found: dict[Any, Any] = {}
        for row, said in zip(rows, told(db, rows), strict=True):
            value = get(said) or None
            if value is not None and (row.target_type, row.target_id) not in seen:
                value = str(NOT_SHOWN) if part == "label" else None
            elif isinstance(value, Mapping):
                value = without_hidden(row.target_type, reader.actor, value) or None
            found[row.id] = value
        return found

    return load


_KINDS = [
    Choice("user", _l("user")), Choice("customer", _l("customer")), Choice("token", _l("token")), Choice("job", _l("job")),
    Choice("system", _l("system")), Choice("anonymous", _l("anonymous")),
]  # fmt: skip

AUDIT = Screen(
    resource="core.Audit", source=AuditEntry, route="/system/audit", title=_l("Audit trail"), singular=_l("Audit entry"),
    icon="history", label="action", default_sort=("-id",),
    columns=[
        Column("action", _l("What"), "code"),
        Column("label", _l("Subject"), load=_said("label")),
        Column("actor_name", _l("Who")),
        Column("at", _l("When"), "datetime"),
        Column("actor_kind", _l("Kind of actor"), "choice", choices=_KINDS, wide=False),
        Column("target_type", _l("Subject type"), "code", wide=False),
        Column("target_id", _l("Subject ID"), "code", wide=False),
        Column("reason", _l("Reason"), wide=False, load=_said("reason")),
        Column("ip", _l("IP address"), "code", wide=False),
        Column("before", _l("Before"), "json", wide=False, load=_said("before")),
        Column("after", _l("After"), "json", wide=False, load=_said("after")),
        Column("correlation", _l("Correlation"), "code", wide=False),
        Column("causation", _l("Causation"), "code", wide=False),
        Column("hash", _l("Hash"), "code", wide=False),
    ],
    card=Card(title="action", end="label", sub=("at", "actor_name")),
    search=Search(prefix=("action", "actor_name"), hint=_l("Action or name")),
    filters=[
        Filter("actor_kind", _l("Kind of actor"), choices=_KINDS),
        Filter("target_type", _l("Subject type"), "text"),
        Filter("target_id", _l("Subject ID"), "text"),
        Filter("correlation", _l("Correlation"), "text"),
        Filter("at", _l("When"), "date_range"),
    ],
    sections=[Section("entry", _l("Entry"), columns=(
        "action", "label", "actor_name", "actor_kind", "at", "target_type", "target_id", "reason", "before", "after", "ip",
        "correlation", "causation", "hash"))],
    api=True, empty=_l("Nothing happened yet."),
)  # fmt: skip

SCREENS = [AUDIT]
