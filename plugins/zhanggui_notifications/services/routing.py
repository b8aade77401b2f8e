"""From an event to a message for each recipient, in the transaction of the job that heard of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import DomainError, Recipient, message_kinds, public_id, staff_with

from ..models import Message
from ..states import MessageState
from ..ways import ways
from . import choosing, kinds
from .kinds import Chosen
from .limits import insert_on

log = logging.getLogger(__name__)
_MESSAGE: Any = Message.__table__


PLAN = "plan"  # in place of a recipient: who it is was not to be found out yet


def hears(name: str) -> bool:
    """Whether some kind tells of an event."""
    return any(kind.event == name for kind in message_kinds().values())


def route(db: Session, event: Mapping[str, Any], payload: Mapping[str, Any], *, now: datetime) -> int:
    """Write down who is told of an event; how many messages there are to be sent.

    The same event again adds nothing: of one fact each is told once.
    """
    wanted = [kind.id for kind in message_kinds().values() if kind.event == event["name"]]
    made = 0
    for chosen in kinds.chosen(db, wanted).values() if wanted else ():
        try:
            made += tell(db, chosen, event, payload, now=now)
        except DomainError as error:  # its plugin failed, which stands on the repairs page; the others are told all the same
            log.warning("%s could not be told: %s", chosen.kind.id, error)
            row = _row(chosen, event, payload, f"event:{event['id']}", PLAN, 0, None, now)
            made += _add(db, [{**row, "reason": "kind_failed", "created_at": datetime.fromisoformat(event["at"])}])
    return made


def tell(db: Session, chosen: Chosen, event: Mapping[str, Any], payload: Mapping[str, Any], *, now: datetime) -> int:
    """Write down who is told of an event by one kind; how many messages were new."""
    kind = chosen.kind
    if not chosen.enabled:
        return 0
    recipients = _recipients(db, chosen, kind.audience(db, payload))
    if not recipients:
        return 0
    fact = str(kind.key(payload))[:120]
    return _add(db, [_row(chosen, event, payload, fact, who, number, pinned, now) for who, number, pinned in recipients])


def _row(
    chosen: Chosen, event: Mapping[str, Any], payload: Mapping[str, Any], fact: str, who: str, number: int, pinned: str | None, now: datetime
) -> dict[str, Any]:  # fmt: skip
    kind = chosen.kind
    return {
        "public_id": public_id(), "kind_id": kind.id, "category": kind.category, "recipient_kind": who, "recipient_id": number, "fact": fact,
        "dedupe_key": f"{kind.id}|{fact}|{who}:{number}{'|' + pinned if pinned else ''}"[:240], "event_id": event["id"], "data": dict(payload),
        "pinned": pinned, "passed": [], "state": MessageState.QUEUED, "tries": 0, "not_before": now,
        "expires_at": datetime.fromisoformat(event["at"]) + chosen.ttl, "created_at": now,
    }  # fmt: skip


def _add(db: Session, rows: list[dict[str, Any]]) -> int:
    new = insert_on(db, Message).values(rows).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(_MESSAGE.c.id)
    return len(db.scalars(new).all())


def _recipients(db: Session, chosen: Chosen, named: Sequence[Recipient]) -> list[tuple[str, int, str | None]]:
    """Who is told: each customer once; of staff each person on every channel that he chose, and the groups that the shop chose."""
    found: list[tuple[str, int, str | None]] = []
    people: set[int] = set()
    for one in named:
        if one.kind == "customer" and one.id is not None:
            found.append(("customer", one.id, None))
        elif one.kind == "user" and one.id is not None:
            people.add(one.id)
        elif one.kind == "staff":
            people.update(staff_with(db, one.right))
            known = ways()
            found += [("group", 0, name) for name in chosen.channels if name in known and "group" in known[name].channel.to]
    if people:
        known = ways()
        found += [("user", user, name) for user, name in choosing.subscribers(db, chosen.kind.id, people) if name in known]
    return list(dict.fromkeys(found))
