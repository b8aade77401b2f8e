"""The trail as a screen: searchable, and nothing else. Programs get its codes, people its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from ..i18n.formats import fmt
from ..i18n.texts import lazy_gettext as _l
from ..kernel.reader import Reader
from ..web.describe import Card, Choice, Column, Filter, Screen, Search, Section
from . import Told, canonical_hash, chain, told
from .models import AuditEntry

_c = AuditEntry.__table__.c
_PAGE = "zhanggui_audit_page"  # the rows of the page that several of its columns read


def _page(db: Session, ids: list[Any]) -> list[tuple[Row[Any], Told]]:
    """Entries with what they say: read and unsealed once for all the columns of a page."""
    wanted, (kept, found) = tuple(ids), db.info.get(_PAGE, ((), []))
    if wanted != kept:
        rows = db.execute(select(*_c).where(_c.id.in_(ids))).all()
        found = list(zip(rows, told(db, rows), strict=True))
        db.info[_PAGE] = (wanted, found)
    return found


def _said(part: str) -> Callable[[Session, Reader, list[Any]], Mapping[Any, Any]]:
    """A column of what rows say, unsealed for the rows that are shown; of what the reader may not see, that he may not."""
    get = attrgetter(part)

    def load(db: Session, reader: Reader, ids: list[Any]) -> Mapping[Any, Any]:
        from ..web.trail import seen_targets, without_hidden

        page = _page(db, ids)
        seen = seen_targets(db, reader.actor, {(row.target_type, row.target_id) for row, _said in page})
        found: dict[Any, Any] = {}
        for row, said in page:
            value = get(said) or None
            if value is not None and (row.target_type, row.target_id) not in seen:
                value = None
            elif isinstance(value, Mapping):
                value = without_hidden(row.target_type, reader.actor, value) or None
            found[row.id] = value
        return found

    return load


def _acts(db: Session, reader: Reader, ids: list[Any]) -> Mapping[Any, str]:
    from ..web.acts import act_name

    return {row.id: act_name(row.action) for row, _said in _page(db, ids)}


def _things(db: Session, reader: Reader, ids: list[Any]) -> Mapping[Any, str]:
    from ..web.acts import subjects

    rows, said = [row for row, _ in _page(db, ids)], [said for _, said in _page(db, ids)]
    return {number: thing.text for number, thing in subjects(db, reader, rows, said).items()}


def _authors(db: Session, reader: Reader, ids: list[Any]) -> Mapping[Any, str]:
    from ..web.acts import actor_names

    rows = {row.id: (row.actor_kind, row.actor_id, row.actor_name) for row, _said in _page(db, ids)}
    names = actor_names(db, set(rows.values()))
    return {number: names[by] for number, by in rows.items()}


def _entry(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """One act in a sentence, with what changed, and the acts of the same moment."""
    from ..web.acts import act_name, actor_names, changes, subjects
    from ..web.trail import seen_targets

    [entry] = db.execute(select(*_c).where(_c.id == row.id)).all()
    [said] = told(db, [entry])
    by = (entry.actor_kind, entry.actor_id, entry.actor_name)
    visible = bool(seen_targets(db, reader.actor, [(entry.target_type, entry.target_id)]))
    beside = db.scalar(select(func.count()).where(_c.correlation == entry.correlation, _c.id != entry.id)) or 0
    return {
        "what": act_name(entry.action), "who": actor_names(db, [by])[by], "subject": subjects(db, reader, [entry], [said])[entry.id],
        "reason": said.reason if visible else "", "at": fmt.moment(entry.at), "ip": entry.ip or "",
        "changes": changes(db, reader.actor, entry, said.before, said.after) if visible else [], "number": fmt.number(chain.number_of(db, entry.id) or entry.id),
        "whole": chain.stands(db, entry.id, canonical_hash(entry._asdict())), "beside": beside, "together": f"/system/audit/?correlation={entry.correlation}",
    }  # fmt: skip


def _around(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """What else happened to the same row, the newest first."""
    from ..web.trail import timeline

    [about] = db.execute(select(_c.target_type, _c.target_id).where(_c.id == row.id)).all()
    if not about.target_id or about.target_id == "*":
        return {"entries": []}
    entries = timeline(db, reader, about.target_type, about.target_id, limit=20)
    return {"entries": [{"here": e.id == row.id, "href": f"/system/audit/{e.id}", "what": e.what, "who": e.actor, "at": fmt.datetime(e.at)} for e in entries]}


def _named_like(text: str, c: Any) -> ColumnElement[bool]:
    """Acts whose words hold what was typed, or that are called so."""
    from ..web.acts import act_name, known_acts, said_like

    return or_(c.action.in_(said_like(act_name, known_acts(), text)), c.action == text)


def _about_like(text: str, c: Any) -> ColumnElement[bool]:
    """Subjects whose screen is called like what was typed, or that are named so."""
    from ..host import current_host

    wanted = text.casefold().strip()
    kinds = [name for name, screen in current_host().screens.items() if wanted in str(screen.title).casefold() or wanted in str(screen.singular).casefold()]
    return or_(c.target_type.in_(kinds), c.target_type == text)


_KINDS = [
    Choice("user", _l("user")), Choice("customer", _l("customer")), Choice("token", _l("token")), Choice("job", _l("job")),
    Choice("system", _l("the system")), Choice("anonymous", _l("not signed in")),
]  # fmt: skip

AUDIT = Screen(
    resource="core.Audit", source=AuditEntry, route="/system/audit", title=_l("Audit trail"), singular=_l("Audit entry"),
    icon="history", label=lambda row: _act_of(row), default_sort=("-id",), always=("action",),
    columns=[
        Column("act", _l("What"), load=_acts),
        Column("thing", _l("Subject"), load=_things),
        Column("author", _l("Who"), load=_authors),
        Column("at", _l("When"), "datetime"),
        # For programs: what the trail holds, by the names of its columns.
        Column("action", _l("Act, as a code"), "code", wide=False),
        Column("label", _l("Subject at the time"), load=_said("label"), wide=False),
        Column("actor_name", _l("User name"), "code", wide=False),
        Column("actor_kind", _l("Kind of actor"), "choice", choices=_KINDS, wide=False),
        Column("target_type", _l("Subject type, as a code"), "code", wide=False),
        Column("target_id", _l("Subject ID"), "code", wide=False),
        Column("reason", _l("Reason"), wide=False, load=_said("reason")),
        Column("ip", _l("IP address"), "code", wide=False),
        Column("before", _l("Before"), "json", wide=False, load=_said("before")),
        Column("after", _l("After"), "json", wide=False, load=_said("after")),
        Column("correlation", _l("Correlation"), "code", wide=False),
        Column("causation", _l("Causation"), "code", wide=False),
        Column("hash", _l("Hash"), "code", wide=False),
    ],
    card=Card(title="act", end="at", sub=("thing", "author")),
    search=Search(prefix=("actor_name", "action"), hint=_l("User name")),
    filters=[
        Filter("act", _l("What"), "text", clause=_named_like),
        Filter("target_type", _l("Subject"), "text", clause=_about_like),
        Filter("actor_kind", _l("Kind of actor"), choices=_KINDS),
        Filter("at", _l("When"), "date_range"),
        Filter("target_id", _l("Subject ID"), "text"),
        Filter("correlation", _l("Correlation"), "text"),
    ],
    sections=[
        Section("entry", _l("Entry"), template="zg/audit_entry.html", load=_entry, order=0),
        Section("around", _l("Before and after"), template="zg/audit_around.html", load=_around, order=10),
        Section("technical", _l("For developers"), columns=("action", "actor_name", "target_type", "target_id", "correlation", "causation", "hash"), order=200),
    ],
    api=True, empty=_l("Nothing happened yet."),
)  # fmt: skip


def _act_of(row: Any) -> str:
    from ..web.acts import act_name

    return act_name(row.action)


SCREENS = [AUDIT]
