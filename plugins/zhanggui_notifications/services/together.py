"""What is told to a group in a burst is told in one: its robot takes few messages a minute, and nobody reads fifty of a kind.

Each message that goes along keeps its own try and ends as the request ends that told of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from zhanggui.api import DomainError, Envelope, _, written_in

from ..models import Attempt, Message
from ..rules import BadText
from ..states import MessageState
from .kinds import Chosen

if TYPE_CHECKING:
    from .preparing import Batch

FEW = 3  # so many others make a burst
NAMED, MOST = 3, 200  # told one by one; gathered at once
m, a = Message.__table__.c, Attempt.__table__.c


def gather(batch: Batch, message: Message, chosen: Chosen, envelope: Envelope, line: Any) -> tuple[Envelope, list[Message]]:
    """The message with those of its kind that wait for the same group; alone where these are few.

    :param line: the title of another one; None when it may not be told now.
    """
    same = (m.recipient_kind == "group", m.kind_id == message.kind_id, m.pinned == message.pinned, m.state == MessageState.QUEUED)
    due = select(Message).where(*same, m.id != message.id, m.not_before <= batch.now, m.expires_at > batch.now).order_by(m.id).limit(MOST)
    others, lines = list[Message](), [envelope.subject]
    for other in batch.db.scalars(due.with_for_update(skip_locked=True)):
        try:
            said = line(other)
        except (BadText, DomainError):  # it is looked at by itself
            continue
        if said is not None:
            others.append(other)
            lines.append(said)
    if len(others) < FEW:
        return envelope, []
    _known(batch, others)
    with written_in(envelope.locale):
        subject = _("%(what)s: %(count)s of them", what=chosen.kind.label, count=len(lines))
        rest = [_("and %(count)s more", count=len(lines) - NAMED)] if len(lines) > NAMED else []
    return replace(envelope, subject=subject, body="\n".join([*lines[:NAMED], *rest]), href=""), others


def _known(batch: Batch, others: list[Message]) -> None:
    """How often each was tried so far; none of them is looked at again in this round."""
    ids = [one.id for one in others]
    counted = dict(batch.db.execute(select(a.message_id, func.max(a.n)).where(a.message_id.in_(ids)).group_by(a.message_id)).tuples().all())
    batch.numbers.update({one: counted.get(one, 0) for one in ids})
    batch.gathered.update(ids)
