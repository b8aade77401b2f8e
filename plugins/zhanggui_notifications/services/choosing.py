"""What customers and staff want to hear, and where. Each yes and no is kept as it was said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Invalid, _l

from ..models import Consent, Message, Preference
from ..rules import INBOX
from ..states import WAITING, MessageState
from .limits import insert_on

ALL = "*"  # the whole of a category
# Of the customer's categories, those that can be switched off as a whole. Facts of an order cannot, and safety not at all.
CUSTOMER_CATEGORIES = {"service": False, "care": True, "marketing": True}
ASKED_FIRST = ("marketing",)  # nobody gets these who did not say yes
WORDING = 1
p, m = Preference.__table__.c, Message.__table__.c
Chosen = Mapping[tuple[str, str], bool]  # (category, channel) -> allowed


def chosen(db: Session, recipient_kind: str, ids: Collection[int]) -> dict[int, dict[tuple[str, str], bool]]:
    """What these people chose, in one query."""
    found: dict[int, dict[tuple[str, str], bool]] = {one: {} for one in ids}
    wanted = select(p.recipient_id, p.category, p.channel, p.allowed).where(p.recipient_kind == recipient_kind, p.recipient_id.in_(list(ids)))
    for row in db.execute(wanted):
        found[row.recipient_id][(row.category, row.channel)] = row.allowed
    return found


def wants_category(category: str, said: Chosen) -> bool:
    """Whether a customer gets messages of a category at all."""
    if not CUSTOMER_CATEGORIES.get(category, False):
        return True
    return said.get((category, ALL), category not in ASKED_FIRST)


def wants_on(category: str, channel: str, said: Chosen) -> bool:
    """Whether a customer gets messages of a category on a channel."""
    if category not in CUSTOMER_CATEGORIES or channel == INBOX:
        return True
    return said.get((category, channel), True)


def subscribers(db: Session, kind_id: str, ids: Collection[int]) -> list[tuple[int, str]]:
    """Of these members of staff, who wants a kind on which channel."""
    wanted = select(p.recipient_id, p.channel).where(
        p.recipient_kind == "user", p.category == kind_id, p.allowed.is_(True), p.recipient_id.in_(list(ids))
    )
    return [(row.recipient_id, row.channel) for row in db.execute(wanted.order_by(p.recipient_id, p.channel))]


def choose(
    db: Session, *, recipient_kind: str, recipient_id: int, said: Iterable[tuple[str, str, bool]], source: str, now: datetime
) -> int:  # fmt: skip
    """Take over what somebody said; how many of it was new. What is withdrawn as a whole cancels what waits, at once.

    :raises Invalid: for what nobody can choose.
    """
    before, changed = chosen(db, recipient_kind, [recipient_id])[recipient_id], 0
    for category, channel, allowed in said:
        if recipient_kind == "customer" and not may_choose(category, channel):
            raise Invalid(errors={"items": _l("This cannot be chosen.")})
        if before.get((category, channel)) == allowed:
            continue
        changed += 1
        who = {"recipient_kind": recipient_kind, "recipient_id": recipient_id, "category": category, "channel": channel}
        values = {"allowed": allowed, "source": source, "at": now}
        keys = ["recipient_kind", "recipient_id", "category", "channel"]
        db.execute(insert_on(db, Preference).values(**who, **values).on_conflict_do_update(index_elements=keys, set_=values))
        db.execute(insert(Consent.__table__).values(**who, **values, wording=WORDING))  # type: ignore[arg-type] # its declared type is wider
        if not allowed and channel == ALL:
            waiting = update(Message).where(
                m.recipient_kind == recipient_kind, m.recipient_id == recipient_id, m.category == category, m.state.in_(WAITING)
            )
            over = {"state": MessageState.CANCELED, "reason": "no_consent", "done_at": now}
            db.execute(waiting.values(over).execution_options(synchronize_session=False))
    return changed


def may_choose(category: str, channel: str) -> bool:
    """Whether a customer can choose this: a whole category only where that is offered, and never that nothing stands in his list."""
    if category not in CUSTOMER_CATEGORIES or channel == INBOX:
        return False
    return channel != ALL or CUSTOMER_CATEGORIES[category]
