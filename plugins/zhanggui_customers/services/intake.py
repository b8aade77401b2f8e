"""Taking in what visitors did: few statements a call, and nothing that others wait for."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from zhanggui.api import one_at_a_time, shop_day, shop_zone

from .. import behaviour
from ..behaviour import MEASURE, PERSONAL, Said
from ..models import BehaviourEvent, Tally, VisitorLink

log = logging.getLogger(__name__)
_event, _tally, _link = BehaviourEvent.__table__, Tally.__table__, VisitorLink.__table__
_OWN_COLUMNS = ("product", "q", "results")


def insert_on(db: Session, table: Any) -> Any:
    """An insert that may meet what is there already."""
    return (insert_on_postgresql if db.get_bind().dialect.name == "postgresql" else insert_on_sqlite)(table)


def midnight(now: datetime) -> datetime:
    """When the shop's day of a moment began."""
    return datetime.combine(shop_day(now), datetime.min.time(), shop_zone())


def record_events(
    db: Session, said: Sequence[Said], *, consent: Collection[str], customer_id: int | None, agent: str, mark: str, products: Mapping[str, int],
    sent_at: datetime | None, now: datetime,
) -> int:  # fmt: skip
    """Keep what a client says that its visitor did, as far as he agreed. Answers how many were too many.

    :param customer_id: who has signed in there.
    :param mark: "staff" or "test" where the client says so.
    :param products: public id -> id of those that are meant.
    """
    agreed = behaviour.consents(consent)
    if not said:
        return 0
    if MEASURE not in agreed:
        _count_at_once(db, Counter(one.name for one in said), "no_consent", now)
        return 0
    kept = _capped(db, said, now)
    reason = "bot" if behaviour.is_bot(agent) else mark
    rows = [_row(one, agreed, reason, agent, products, sent_at, now) for one in kept]
    if rows:
        # One statement for all calls of whatever length: it is compiled once.
        db.execute(insert_on(db, _event).on_conflict_do_nothing(index_elements=["key"]), rows)
    if not reason:
        link_visitors(db, {one.visitor for one in kept}, customer_id if PERSONAL in agreed else None, PERSONAL in agreed, now)
    return len(said) - len(kept)


def _capped(db: Session, said: Sequence[Said], now: datetime) -> list[Said]:
    began = midnight(now)
    there = select(_event.c.visitor, func.count()).where(_event.c.visitor.in_({one.visitor for one in said}), _event.c.tick >= behaviour.ticks(began - timedelta(days=1)))
    counts: Counter[str] = Counter(dict(db.execute(there.where(_event.c.received_at >= began).group_by(_event.c.visitor)).tuples().all()))
    kept = []
    for one in said:
        counts[one.visitor] += 1
        if counts[one.visitor] <= behaviour.MOST_A_DAY:
            kept.append(one)
        elif counts[one.visitor] == behaviour.MOST_A_DAY + 1:
            log.warning("one visitor sent more than %d events today: what is beyond is only counted", behaviour.MOST_A_DAY)
    if len(kept) < len(said):
        inside = set(map(id, kept))
        _count_at_once(db, Counter(one.name for one in said if id(one) not in inside), "capped", now)
    return kept


def _row(one: Said, agreed: Collection[str], reason: str, agent: str, products: Mapping[str, int], sent_at: datetime | None, now: datetime) -> dict[str, Any]:
    rest = {name: value for name, value in one.props.items() if name not in _OWN_COLUMNS}
    return {
        "key": one.key, "name": one.name, "at": one.at, "received_at": now, "tick": behaviour.tick_of(one.at, sent_at, now), "visitor": one.visitor,
        "session": one.session, "page": one.page, "product_id": products.get(one.props.get("product", "")), "q": behaviour.kept_search(one.props.get("q")),
        "results": one.props.get("results"), "props": rest or None, "device": behaviour.device_of(agent), "reason": reason, "personal": PERSONAL in agreed,
    }  # fmt: skip


def _count_at_once(db: Session, counts: Mapping[str, int], reason: str, now: datetime) -> None:
    """What is not kept is counted by its day; in the order of its names, so that two that count the same wait for each other in a row."""
    for name, times in sorted(counts.items()):
        statement = insert_on(db, _tally).values(at=midnight(now), name=name, product_id=0, q="", reason=reason, times=times, empty=0)
        more = {"times": _tally.c.times + statement.excluded.times}
        db.execute(statement.on_conflict_do_update(index_elements=["at", "name", "product_id", "q", "reason"], set_=more))


def link_visitors(db: Session, visitors: Iterable[str], customer_id: int | None, agreed: bool, now: datetime) -> None:
    """From now on, and thirty days back, these devices are of whoever has signed in; who agrees no more is let go. No count follows from it."""
    for visitor in sorted(set(visitors)):
        customer = _linked(db, visitor)
        if (agreed and customer_id in (None, customer)) or (not agreed and customer is None):
            continue
        one_at_a_time(db, f"customers.visitor:{visitor}")
        if _linked(db, visitor) == customer_id:
            continue
        last = db.scalar(select(func.max(func.coalesce(_link.c.until, now))).where(_link.c.visitor == visitor))
        db.execute(update(_link).where(_link.c.visitor == visitor, _link.c.until.is_(None)).values(until=now))
        if customer_id is not None:
            # What was done before somebody else let go of the device is his, and not that of who has it now.
            since = max(now - behaviour.BACK, last) if last is not None else now - behaviour.BACK
            db.execute(insert_on(db, _link).values(visitor=visitor, customer_id=customer_id, since=since).on_conflict_do_nothing())


def _linked(db: Session, visitor: str) -> int | None:
    return db.scalar(select(_link.c.customer_id).where(_link.c.visitor == visitor, _link.c.until.is_(None)))


def note_order(db: Session, *, name: str, key: str, customer_id: int, at: datetime, now: datetime) -> bool:
    """The shop says what became of an order: it is kept with the visit that it came from, where its customer let us know that visit."""
    e, link = _event.c, _link.c
    tick = behaviour.ticks(at)
    mine = select(e.visitor, e.session, e.device, e.reason).join(_link, (link.visitor == e.visitor) & (e.received_at >= link.since) & (link.until.is_(None) | (e.received_at < link.until)))
    mine = mine.where(link.customer_id == customer_id, e.personal, e.tick <= tick, e.tick > tick - 86_400_000, e.name.in_(behaviour.CLIENT))
    found = db.execute(mine.order_by(e.tick.desc(), e.id.desc()).limit(1)).first()
    if found is None:
        return False
    row = {
        "key": key, "name": name, "at": at, "received_at": now, "tick": tick, "visitor": found.visitor, "session": found.session, "page": "", "device": found.device,
        "reason": found.reason, "personal": True,
    }  # fmt: skip
    db.execute(insert_on(db, _event).values(row).on_conflict_do_nothing(index_elements=["key"]))
    return True
