"""Four eyes: what one person asks for, a second one with the right runs, once, over the row as it was.

The request is frozen: which action on which row, with which input, over which version of the row. Whoever approves is
the author of what is done; he is never the one who asked, not even by a token of his.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from .. import audit
from ..db.locks import one_at_a_time
from ..db.people import Subject
from ..host import current_host
from ..host.declare import Approvable
from ..i18n.texts import lazy_gettext as _l
from ..jobs import enqueue
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, Forbidden, IllegalMove, NotFound, StaleRow, WiringError
from ..kernel.ids import Code
from ..kernel.phases import ThreePhases
from ..notices import notify
from .frozen import freeze, thaw
from .models import Approval

PENDING, APPROVED, REFUSED, OUTDATED, WITHDRAWN = "pending", "approved", "refused", "outdated", "withdrawn"
KEEP = timedelta(days=90)  # of what is decided; the audit trail keeps it for ever
SAID = "zhanggui_said"  # in db.info: what the person who pressed the button is told in place of "done"
_SENTENCE = _l("A second person has to agree: it waits under Approvals.")


class AlreadyAsked(DomainError):
    """The same thing waits for a second person already."""

    code = "already_asked"
    message = _l("This waits for a second person already.")


class SamePerson(Forbidden):
    """Whoever asked decides nothing."""

    code = "same_person"
    message = _l("You asked for this yourself: somebody else has to decide.")


class RowChanged(StaleRow):
    """The row is not what it was when somebody asked: the request is over."""

    code = "row_changed"
    message = _l("The entry has changed since this was asked for. Please ask again.")

    def __init__(self, approval_id: int, actor: Actor, now: datetime) -> None:
        super().__init__()
        self._end = approval_id, actor, now

    def afterwards(self, db: Session) -> None:
        """What is to be written although the decision was rolled back."""
        approval_id, actor, now = self._end
        row = _get(db, approval_id)
        if _settle(db, row, OUTDATED, actor=actor, now=now):
            _tell(db, row, _l("A request of yours is out of date: its entry has changed."), now)


def request_approval(
    db: Session, action: str, *, id: int, values: Mapping[str, Any], label: str = "", reason: str = "", subject: Subject | None = None,
    actor: Actor, now: datetime,
) -> int:  # fmt: skip
    """Ask for a second person, in the transaction of the action that may not go on alone; answers the number of the request.

    Called last in it: what changes the row afterwards makes the request out of date.

    :param action: ``<plugin>.<id>`` of an :class:`~zhanggui.host.declare.Approvable`.
    :param id: of the row that it is about.
    :param values: what its ``run`` gets beside ``id``, ``actor`` and ``now``.
    :param label: what the row is called; sealed, but for a :class:`~zhanggui.kernel.ids.Code`.
    :param subject: the person whom it is about, as for the audit trail.
    :raises AlreadyAsked: when the same action waits for this row already.
    :raises Forbidden: when no person asks.
    """
    what = current_host().approvals.get(action)
    if what is None:
        raise WiringError(f"register_approvals names no {action!r}")
    if actor.kind not in ("user", "token") or actor.id is None:
        raise Forbidden(_l("Only a person can ask a second one."))
    frozen = freeze(dict(values))
    one_at_a_time(db, f"core.approval:{action}:{id}")
    there = select(Approval.id).where(
        Approval.target_type == what.resource, Approval.target_id == id, Approval.action == action, Approval.state == PENDING
    )
    if db.scalar(there) is not None:
        raise AlreadyAsked()
    db.flush()  # the row as it is left behind by what was done before this
    row = {
        "action": action, "permission": " ".join(what.right), "target_type": what.resource, "target_id": id,
        "subject": f"{subject[0]}:{subject[1]}" if subject else None,
        "row_version": _version(db, what, id), "label": str(label), "frozen": frozen, "state": PENDING, "requested_by": actor.id,
        "requester": actor.name[:128], "requested_at": now, "request_reason": reason,
    }  # fmt: skip
    if row["row_version"] is None:
        raise NotFound()
    number = int(db.scalars(insert(Approval).returning(Approval.id), [row]).one())
    after = {"request": number, "action": Code(action), "input": dict(values)}
    audit.record(
        db, "core.approval.requested", target=(what.resource, id), label=label, after=after, reason=reason, subject=subject, actor=actor, now=now
    )  # fmt: skip
    notify(db, kind="core.approval", title=_l("A request waits for a second person."), href=f"/approvals/{number}", permission=what.right, now=now)
    db.info[SAID] = _SENTENCE
    return number


def approve(db: Session, *, id: int, reason: str | None = None, actor: Actor, now: datetime) -> None:
    """Agree, and run what was asked for, in the same transaction, with the approver as its author.

    What calls somebody far away is claimed here and done by its job.

    :raises SamePerson: when he asked himself.
    :raises Forbidden: without the right, or when no person decides.
    :raises RowChanged: when the row is not what it was.
    :raises IllegalMove: when it is decided already.
    """
    row = _get(db, id)
    what = _decidable(db, row, actor)
    if not _settle(db, row, APPROVED, reason=reason, actor=actor, now=now):
        raise _decided()
    if _version(db, what, row.target_id) != row.row_version:
        raise RowChanged(id, actor, now)
    _tell(db, row, _l("A request of yours was approved."), now)
    values = thaw(row.frozen)
    if isinstance(what.run, ThreePhases):
        claimed = what.run.claim(db, id=row.target_id, actor=actor, now=now, **values)
        enqueue(db, what.run.resume, **claimed)
    else:
        what.run(db, id=row.target_id, actor=actor, now=now, **values)


def refuse(db: Session, *, id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Say no, and why."""
    row = _get(db, id)
    _decidable(db, row, actor)
    if not _settle(db, row, REFUSED, reason=reason, actor=actor, now=now):
        raise _decided()
    _tell(db, row, _l("A request of yours was refused."), now)


def withdraw(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Take back what one asked for oneself."""
    row = _get(db, id)
    if actor.id is None or row.requested_by != actor.id:
        raise Forbidden(_l("Only whoever asked can take it back."))
    if not _settle(db, row, WITHDRAWN, actor=actor, now=now):
        raise _decided()


def forget_old(db: Session, now: datetime) -> None:
    """Drop what was decided long ago."""
    db.execute(delete(Approval).where(Approval.decided_at < now - KEEP))


def about(db: Session, person: Subject) -> list[dict[str, Any]]:
    """What was asked about a person, for whoever writes out what is known of him."""
    rows = db.scalars(select(Approval).where(Approval.subject == f"{person[0]}:{person[1]}").order_by(Approval.id))
    return [
        {"action": row.action, "about": row.label, "input": row.frozen, "why": row.request_reason, "state": row.state, "at": row.requested_at,
         "answer": row.decision_reason} for row in rows
    ]  # fmt: skip


def erase_about(db: Session, person: Subject, now: datetime) -> None:
    """Forget what was asked about a person; what still waited is over."""
    t = Approval.__table__
    mine = t.c.subject == f"{person[0]}:{person[1]}"
    db.execute(update(t).where(mine, t.c.state == PENDING).values(state=OUTDATED, decided_at=now))
    db.execute(update(t).where(mine).values(label=None, frozen={}, request_reason=None, decision_reason=None))


def _get(db: Session, number: int) -> Approval:
    row = db.get(Approval, number, populate_existing=True)
    if row is None:
        raise NotFound()
    return row


def _decided() -> IllegalMove:
    return IllegalMove(_l("This is decided already."))


def _decidable(db: Session, row: Approval, actor: Actor) -> Approvable:
    from ..web.gateway import gateway

    if actor.kind != "user" or actor.id is None:
        raise Forbidden(_l("Only a person who signed in can decide."))
    if row.requested_by == actor.id:
        raise SamePerson()
    host = current_host()
    what = host.approvals.get(row.action)
    if what is None:
        raise NotFound(_l("The plugin that this belongs to is switched off."))
    if not actor.may(*what.right):
        raise Forbidden()
    screen = host.screens[what.resource]
    if screen.row_rule is not None:
        gateway.one(db, screen, actor, row.target_id)  # nobody decides about a row that he may not see
    return what


def _settle(db: Session, row: Approval, state: str, *, reason: str | None = None, actor: Actor, now: datetime) -> bool:
    """Decide; False when somebody else did. Two who decide at once wait for each other here."""
    c = Approval.__table__.c
    decided = {"state": state, "decider": actor.name[:128], "decided_at": now, "decision_reason": reason or None}
    done: Any = db.execute(update(Approval.__table__).where(c.id == row.id, c.state == PENDING).values(**decided))
    if done.rowcount == 0:
        return False
    kind, _, person = (row.subject or "").rpartition(":")
    after = {"request": row.id, "action": Code(row.action)}
    audit.record(
        db, f"core.approval.{state}", target=(row.target_type, row.target_id), label=row.label or "", after=after, reason=reason or "",
        subject=(kind, person) if kind else None, actor=actor, now=now,
    )  # fmt: skip
    return True


def _version(db: Session, what: Approvable, row_id: int) -> int | None:
    """The version of the row, which stays so until this transaction ends."""
    from ..web.gateway import gateway

    screen = current_host().screens[what.resource]
    c = gateway.table(screen).c
    return db.scalar(select(c.row_version).where(c[screen.key] == row_id).with_for_update())


def _tell(db: Session, row: Approval, title: Any, now: datetime) -> None:
    notify(db, kind="core.approval", title=title, href=f"/approvals/{row.id}", user_id=row.requested_by, now=now)
