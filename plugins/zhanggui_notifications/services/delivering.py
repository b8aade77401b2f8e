"""Claim with a lease in one transaction, send outside of any, write down in a second one."""

from __future__ import annotations

import contextvars
import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Code, Envelope, Later, Recipient, Refused, Sent, Unknown, clock, publish, reading, unit_of_work

from .. import rules
from ..events import MessageSent
from ..messages import CAMPAIGN
from ..models import Attempt, Message
from ..states import MOVES, REASONS, WAITING, AttemptState, MessageState
from ..ways import Said
from . import addresses, limits, silent, written
from .preparing import AT_ONE, Sending, batch_of, failed, move, prepare

SECONDS = 8.0  # after which nothing more is begun
AT_ONCE, TOGETHER = 16, 50  # requests in all; messages that are looked at in one transaction
m, a = Message.__table__.c, Attempt.__table__.c


def run(seconds: float = SECONDS) -> int:
    """Send what is due, for a spell; how many messages were looked at."""
    until, busy, looked = time.monotonic() + seconds, dict[str, int](), 0
    while time.monotonic() < until and (count := silent.run(clock.now())):
        looked += count
    running: dict[Future[tuple[Said, int]], Sending] = {}
    with ThreadPoolExecutor(AT_ONCE, "notifications") as pool:
        while True:
            count, claimed = claim(AT_ONCE - len(running), busy) if time.monotonic() < until and len(running) < AT_ONCE else (0, [])
            looked += count
            for sending in claimed:
                running[pool.submit(contextvars.copy_context().run, send, sending)] = sending
            if not running and not count:
                return looked
            if count and not claimed:
                continue  # all of these ended or stand in a list: there may be more
            finished, _others = wait(running, timeout=max(until - time.monotonic(), 0.05), return_when=FIRST_COMPLETED)
            for future in finished:
                sending = running.pop(future)
                busy[sending.way.channel.id] -= 1
                write_down(sending, *future.result())


def _due(now: datetime) -> Any:
    return m.state.in_(WAITING) & (m.not_before <= now)


def anything_due() -> bool:
    """Whether there is more to send now."""
    with reading() as db:
        return db.scalar(select(m.id).where(_due(clock.now())).limit(1)) is not None


def next_turn(within: timedelta) -> datetime | None:
    """When the first message is due that waits for its channel's next turn, if that is soon."""
    now = clock.now()
    with reading() as db:
        return db.scalar(select(func.min(m.not_before)).where(m.state == MessageState.QUEUED, m.reason == "too_many", m.not_before.between(now, now + within)))


def claim(places: int, busy: dict[str, int]) -> tuple[int, list[Sending]]:
    """Look at what is due; how many, and what of it is to be sent. Of two workers one has each."""
    now = clock.now()
    with reading() as db:  # the write lock is not taken for nothing
        lost = db.scalar(select(m.id).where(m.state == MessageState.SENDING, m.lease_until < now).limit(1))
        if lost is None and db.scalar(select(m.id).where(_due(now)).limit(1)) is None:
            return 0, []
    with unit_of_work() as db:
        _stranded(db, now)
        full = [name for name, count in busy.items() if count >= AT_ONE]
        free = or_(m.channel.is_(None), m.channel.notin_(full))  # those of a channel that has its hands full stand in nobody's way
        due = select(Message).where(_due(now), free).order_by(m.not_before, m.id).limit(TOGETHER).with_for_update(skip_locked=True)
        found = list(db.scalars(due))
        batch, claimed = batch_of(db, found, busy, now), list[Sending]()
        looked = 0
        for message in found:
            if len(claimed) >= places:
                break
            if message.id in batch.gathered or (message.channel is not None and busy.get(message.channel, 0) >= AT_ONE):
                continue
            looked += 1
            sending = prepare(batch, message)
            if sending is not None:
                claimed.append(sending)
        db.expire_all()
        return looked, claimed


def send(sending: Sending) -> tuple[Said, int]:
    """Hand it over. What goes wrong is an outcome, not an error."""
    began = time.monotonic()
    said = sending.way.send(sending.envelope)
    if said is None:  # its plugin failed so often that it is not called any more
        said = Later(60, "not_ready")
    return said, round((time.monotonic() - began) * 1000)


def _stranded(db: Session, now: datetime) -> None:
    """Whoever sent these is gone. Where a second time could cost money or patience, nobody sends them again."""
    lost = select(Message).where(m.state == MessageState.SENDING, m.lease_until < now).with_for_update(skip_locked=True)
    found = list(db.scalars(lost))
    if not found:
        return
    batch, booked = batch_of(db, found, {}, now), set[str | None]()  # a request is booked once, of however many it told
    for message in found:
        attempt = db.scalar(select(Attempt).where(a.message_id == message.id, a.state == AttemptState.SENDING).order_by(a.n.desc()).limit(1))
        way, chosen = batch.ways.get(message.channel or ""), batch.kinds.get(message.kind_id)
        if attempt is None or way is None:
            move(db, message.id, MessageState.UNKNOWN, reason="unknown", lease=None, lease_until=None, done_at=now)
            continue
        given = attempt.rendered or {}
        envelope = Envelope(
            message.public_id, message.kind_id, Recipient(message.recipient_kind, message.recipient_id or None), given.get("address", ""),
            given.get("locale", ""), given.get("subject", ""), given.get("body", ""), given.get("href", ""), given.get("values", {}), given.get("reserved", {}),
        )  # fmt: skip
        urgent = chosen is not None and chosen.kind.urgent
        sending = Sending(
            message.id, attempt.n, message.lease or "", way, envelope, message.tries, list(message.passed), urgent, message.pinned is not None,
            message.expires_at, fact=message.fact, price=given.get("price", 0),
        )  # fmt: skip
        if message.lease not in booked:
            booked.add(message.lease)
            _book(db, sending, Unknown(), now)
        _write(db, sending, Unknown(), None, now)


def write_down(sending: Sending, said: Said, milliseconds: int) -> None:
    """Keep how it went, and what follows: for the message, and for those that went along."""
    now = clock.now()
    with unit_of_work() as db:
        mine = select(m.id).where(m.lease == sending.lease, m.state == MessageState.SENDING, m.id.in_([sending.message_id, *(one.message_id for one in sending.along)]))
        held = set(db.scalars(mine.order_by(m.id).with_for_update()))
        if sending.message_id in held:
            _book(db, sending, said, now)
            _write(db, sending, said, milliseconds, now)
        for one in sending.along:
            if one.message_id in held:
                also = replace(sending, message_id=one.message_id, n=one.n, tries=one.tries, passed=one.passed, expires_at=one.expires_at)
                _write(db, also, said, milliseconds, now)


def _book(db: Session, sending: Sending, said: Said, now: datetime) -> None:
    """What a request means for its channel, address and budget: once, of however many it told."""
    name, channel = sending.way.channel.id, sending.way.channel
    sending.way.settle(db, sending.envelope, said)
    if not isinstance(said, Sent | Unknown) or (isinstance(said, Unknown) and channel.repeatable):
        written.give_back(db, sending.envelope.kind, sending.fact, channel, sending.price)
    if isinstance(said, Sent):
        addresses.arrived(db, channel=name, address=sending.envelope.address, now=now)
        limits.answered(db, name)
    elif isinstance(said, Refused):
        if said.gone:
            code = str(said.code)[:80] or None
            addresses.came_back(db, channel=name, recipient=sending.envelope.recipient, address=sending.envelope.address, code=code, now=now)
        limits.answered(db, name)  # it answered: nothing speaks against it
    elif isinstance(said, Unknown) or _known(said.reason) in rules.FAULTS:
        limits.failed(db, name, now)


def _write(db: Session, sending: Sending, said: Said, milliseconds: int | None, now: datetime) -> None:
    name, channel = sending.way.channel.id, sending.way.channel
    kept: dict[str, Any] = {"milliseconds": milliseconds, "reason": None, "code": str(getattr(said, "code", ""))[:80] or None}
    over = {"lease": None, "lease_until": None, "channel": name}
    if isinstance(said, Sent):
        kept |= {"state": AttemptState.SENT, "provider_ref": said.ref[:120] or None, "cost": said.cost}
        move(db, sending.message_id, MessageState.SENT, **over, reason=None, detail=None, done_at=now)
        if sending.envelope.kind != CAMPAIGN:
            publish(db, MessageSent(sending.message_id, Code(sending.envelope.kind), Code(name)))
    elif isinstance(said, Refused):
        reason = _known(said.reason)
        kept |= {"state": AttemptState.REFUSED, "reason": reason}
        _next_channel(db, sending, reason, kept["code"], over, now)
    elif isinstance(said, Later) or channel.repeatable:
        reason = _known(said.reason)
        kept |= {"state": AttemptState.LATER if isinstance(said, Later) else AttemptState.UNKNOWN, "reason": reason}
        _again(db, sending, reason, said, kept["code"], over, now)
    else:
        kept |= {"state": AttemptState.UNKNOWN, "reason": "unknown"}
        if sending.urgent and not sending.pinned:  # rather twice than never
            _next_channel(db, sending, "unknown", None, over, now)
        else:
            move(db, sending.message_id, MessageState.UNKNOWN, **over, reason="unknown", detail=None, done_at=now)
    tried = update(Attempt).where(a.message_id == sending.message_id, a.n == sending.n).values(**kept)
    db.execute(tried.execution_options(synchronize_session=False))


def _known(reason: str) -> str:
    return reason if reason in REASONS else "provider_refused"


def _next_channel(db: Session, sending: Sending, reason: str, code: str | None, over: dict[str, Any], now: datetime) -> None:
    """The next one, looked for when the message is looked at again, at once."""
    passed = [*sending.passed, sending.way.channel.id]
    move(db, sending.message_id, MessageState.QUEUED, **{**over, "channel": None}, passed=passed, tries=0, not_before=now, reason=reason, detail=code)


def _again(db: Session, sending: Sending, reason: str, said: Said, code: str | None, over: dict[str, Any], now: datetime) -> None:
    """The same channel after a pause, while there is time; then the next one."""
    wish = timedelta(seconds=said.seconds) if isinstance(said, Later) else timedelta()
    following = rules.next_try(sending.tries + 1, wish, now, random.random())
    if following is None or following >= sending.expires_at:
        return _next_channel(db, sending, reason, code, over, now)
    move(db, sending.message_id, MessageState.QUEUED, **over, tries=sending.tries + 1, not_before=following, reason=reason, detail=code)
    return None


def report(db: Session, *, channel: str, ref: str, state: str, code: str = "", gone: bool = False, now: datetime) -> bool:
    """What a provider tells later of a message that it took: delivered or bounced. False when there is none, or that is no news.

    :param gone: the address is none any more, and not only this message came back.
    """
    found = db.execute(_told_of(channel, ref)).first()
    if found is None or state not in (MessageState.DELIVERED, MessageState.BOUNCED):
        return False
    after = MessageState(state)
    why = None if after == MessageState.DELIVERED else "bounced"
    settled = update(Message).where(m.id == found.message_id, m.channel == channel, m.state.in_(_settled_from(after)))
    moved = settled.values(state=after, reason=why, detail=code[:80] or None, done_at=now).returning(m.id)
    if db.scalar(moved.execution_options(synchronize_session=False)) is None:
        return False
    address = str((found.rendered or {}).get("address", ""))
    if after == MessageState.BOUNCED:
        failed(db, found.message_id, found.kind_id, channel, "bounced")
    if after == MessageState.BOUNCED and gone:
        addresses.came_back(db, channel=channel, recipient=Recipient(found.recipient_kind, found.recipient_id), address=address, code=code, now=now)
    elif after == MessageState.DELIVERED:
        addresses.arrived(db, channel=channel, address=address, now=now)
    return True


def _told_of(channel: str, ref: str) -> Any:
    wanted = select(a.message_id, Attempt.rendered, m.kind_id, m.recipient_kind, m.recipient_id).join(Message, m.id == a.message_id)
    return wanted.where(a.channel == channel, a.provider_ref == ref).order_by(a.id.desc()).limit(1)


def _settled_from(after: MessageState) -> tuple[MessageState, ...]:
    """Only what left can be settled from outside."""
    left = (MessageState.SENT, MessageState.UNKNOWN)
    return tuple(state for state in left if after in MOVES[state])


