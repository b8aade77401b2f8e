"""What waits for a second person, as a screen: everybody sees what he asked for and what he may decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Session

from ..host import current_host
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor, current_actor
from ..kernel.reader import Reader
from ..web.describe import Action, Card, Choice, Column, Field, Filter, Question, Screen, Section
from . import APPROVED, OUTDATED, PENDING, REFUSED, WITHDRAWN, approve, refuse, withdraw
from .frozen import thaw
from .models import Approval

STATES = [
    Choice(PENDING, _l("waiting"), "info"), Choice(APPROVED, _l("approved"), "good"), Choice(REFUSED, _l("refused"), "bad"),
    Choice(OUTDATED, _l("out of date"), "warn"), Choice(WITHDRAWN, _l("taken back"), "neutral"),
]  # fmt: skip


def _rule(actor: Actor, c: Any) -> ColumnElement[bool] | None:
    return None if actor.everything else or_(c.requested_by == actor.id, c.permission.in_(_held(actor)))


def _held(actor: Actor) -> list[str]:
    rights = {what.right for what in current_host().approvals.values()}
    return sorted(" ".join(right) for right in rights if actor.may(*right))


def _for_me(value: bool, c: Any) -> ColumnElement[bool]:
    """The requests that the reader can decide, or those that he cannot."""
    who = current_actor()
    held = _held(who) if who.id is not None else []
    mine: ColumnElement[bool] = and_(c.state == PENDING, c.permission.in_(held), c.requested_by != (who.id or 0))
    return mine if value else not_(mine)


WAITING = Question("core.Approval", {"for_me": "1"})


def waiting(db: Session, reader: Reader) -> int:
    """How many requests wait for the reader to decide; who can decide nothing is not asked for on every page."""
    from ..web.gateway import COUNT_LIMIT
    from ..web.questions import counted

    return min(counted(db, reader, WAITING), COUNT_LIMIT) if _held(reader.actor) else 0


def _of_entry(name: str) -> Callable[[Session, Reader, Sequence[int]], dict[int, str]]:
    """A column of what people wrote about the rows that something is asked for, as far as the reader may see these."""

    def load(db: Session, reader: Reader, ids: Sequence[int]) -> dict[int, str]:
        from ..web.trail import NOT_SHOWN, seen_targets

        c = Approval.__table__.c
        rows = db.execute(select(c.id, c.target_type, c.target_id, c[name].label("said")).where(c.id.in_(ids))).all()
        seen = seen_targets(db, reader.actor, {(row.target_type, str(row.target_id)) for row in rows})
        return {row.id: row.said if (row.target_type, str(row.target_id)) in seen else str(NOT_SHOWN) for row in rows if row.said}

    return load


def _what(db: Session, _reader: Reader, ids: Sequence[int]) -> dict[int, str]:
    """The actions by their names, with their input in words."""
    c, known = Approval.__table__.c, current_host().approvals
    found = {}
    for row in db.execute(select(c.id, c.action, c.frozen).where(c.id.in_(ids))):
        what = known.get(row.action)
        if what is None:
            found[row.id] = str(_l("An action of a plugin that is switched off"))
            continue
        words = str(what.words(thaw(row.frozen))) if what.words is not None else ""
        found[row.id] = f"{what.label}: {words}" if words else str(what.label)
    return found


def _may_decide(row: Any) -> bool:
    what = current_host().approvals.get(row.action)
    who = current_actor()
    return bool(row.state == PENDING and row.requested_by != who.id and what is not None and who.may(*what.right))


def _about(_db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    screen = current_host().screens.get(row.target_type)
    seen = screen is not None and reader.may("can_show", row.target_type)
    return {"href": f"{screen.route}/{row.target_id}" if screen is not None and seen else "", "thing": str(screen.singular) if screen else ""}


APPROVALS = Screen(
    resource="core.Approval", source=Approval, route="/approvals", title=_l("Approvals"), singular=_l("Request"), icon="checks",
    label=lambda row: _what_of(row), always=("action", "requested_by", "state"),
    columns=[
        Column("what", _l("What"), load=_what),
        Column("label", _l("The entry"), load=_of_entry("label")),
        Column("state", _l("State"), "status", choices=STATES),
        Column("requester", _l("Asked by")),
        Column("requested_at", _l("Asked at"), "datetime"),
        Column("request_reason", _l("Why"), "long_text", wide=False, load=_of_entry("request_reason")),
        Column("decider", _l("Decided by"), wide=False),
        Column("decided_at", _l("Decided at"), "datetime", wide=False),
        Column("decision_reason", _l("Reason given"), "long_text", wide=False, load=_of_entry("decision_reason")),
    ],
    card=Card(title="what", badge="state", sub=("label", "requester", "requested_at")),
    filters=[Filter("state", _l("State"), choices=STATES, tabs=True, counted=(PENDING,)),
             Filter("for_me", _l("For me to decide"), "bool", clause=_for_me)],
    sections=[
        Section("request", _l("Request"), columns=(
            "what", "label", "state", "requester", "requested_at", "request_reason", "decider", "decided_at", "decision_reason"), order=0),
        Section("about", _l("The entry"), template="zg/approval_about.html", load=_about, order=10),
    ],
    actions=[
        Action("approve", _l("Approve"), approve, "check", "primary", when=_may_decide, needs=("state", "action", "requested_by"),
               fields=[Field("reason", _l("Reason given"), "long_text", max_length=500)], done=_l("Approved, and done."),
               confirm=_l("What was asked for is done at once, in your name.")),
        Action("refuse", _l("Refuse"), refuse, "x", "danger", when=_may_decide, needs=("state", "action", "requested_by"),
               fields=[Field("reason", _l("Reason given"), "long_text", required=True, max_length=500)], done=_l("Refused."),
               confirm=lambda row: _l("Refuse “%(what)s”?", what=_what_of(row)), follows=_l("Nothing is done; whoever asked is told your reason."),
               stays=_l("Do not refuse")),
        Action("withdraw", _l("Take back"), withdraw, "arrow-back-up", needs=("state", "requested_by"),
               when=lambda row: row.state == PENDING and row.requested_by == current_actor().id, done=_l("Taken back.")),
    ],
    row_rule=_rule, api=False, empty=_l("Nothing waits for a second person."),
)  # fmt: skip


def _what_of(row: Any) -> str:
    what = current_host().approvals.get(row.action)
    return str(what.label) if what is not None else str(_l("An action of a plugin that is switched off"))
