"""Before a message leaves, everything is asked again: is it still true, wanted, allowed, and by which channel."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from zhanggui.api import (
    Code,
    DomainError,
    Envelope,
    NotFound,
    Recipient,
    current_runtime,
    get_setting,
    public_id,
    publish,
    shop_zone,
    staff_member,
    written_in,
)
from zhanggui_customers import facade as customers

from .. import leaving, rules
from ..events import MessageFailed
from ..messages import CAMPAIGN
from ..models import Attempt, Message
from ..states import AttemptState, MessageState, before
from ..ways import Way, ways
from . import addresses, choosing, guarding, kinds, limits, more_words, routing, together, written
from .kinds import Chosen

LEASE = timedelta(minutes=2)
AT_ONE = 4  # requests at one channel at once
PAUSED = timedelta(seconds=20)  # until a message of a campaign that pauses is looked at again
_ATTEMPT: Any = Attempt.__table__
m, a = Message.__table__.c, _ATTEMPT.c


@dataclass(frozen=True)
class Along:
    """A message that is told by the request of another one."""

    message_id: int
    n: int
    tries: int
    passed: list[str]
    expires_at: datetime


@dataclass(frozen=True)
class Sending:
    """A message as it was claimed for one channel."""

    message_id: int
    n: int
    lease: str
    way: Way
    envelope: Envelope
    tries: int
    passed: list[str]
    urgent: bool
    pinned: bool
    expires_at: datetime
    cap: tuple[str, datetime] | None = None
    fact: str = ""
    price: int = 0  # that was taken from the budget of a campaign
    along: tuple[Along, ...] = ()


@dataclass(frozen=True)
class Who:
    """The recipient as he is now."""

    recipient: Recipient
    locale: str
    zone: ZoneInfo
    blocked: bool = False


@dataclass
class Batch:
    """What messages that are looked at together share."""

    db: Session
    now: datetime
    kinds: Mapping[str, Chosen]
    said: Mapping[tuple[str, int], choosing.Chosen]
    numbers: dict[int, int]  # tries of each message so far
    busy: dict[str, int]
    ways: Mapping[str, Way] = field(default_factory=ways)
    campaigns: Mapping[str, written.Told] = field(default_factory=dict)
    gathered: set[int] = field(default_factory=set)  # messages that go along with another one


def batch_of(db: Session, found: list[Message], busy: dict[str, int], now: datetime) -> Batch:
    """Read once what several messages need."""
    ids = [one.id for one in found]
    people: dict[str, set[int]] = {}
    for one in found:
        people.setdefault(one.recipient_kind, set()).add(one.recipient_id)
    said = {(kind, one): chosen for kind, some in people.items() if kind != "group" for one, chosen in choosing.chosen(db, kind, some).items()}
    counted = select(a.message_id, func.max(a.n)).where(a.message_id.in_(ids)).group_by(a.message_id)
    numbers = {**dict.fromkeys(ids, 0), **dict(db.execute(counted).tuples().all())}
    known = kinds.chosen(db, {one.kind_id for one in found})
    campaigns = written.told(db, {one.fact for one in found if one.kind_id == CAMPAIGN}, known.get(CAMPAIGN))
    return Batch(db, now, known, said, numbers, busy, campaigns=campaigns)


def move(db: Session, message_id: int, after: MessageState, **values: Any) -> bool:
    """A move of the table; False where the message is in no state that it may come from."""
    moved = update(Message).where(m.id == message_id, m.state.in_(before(after))).values(state=after, **values).returning(m.id)
    return db.scalar(moved.execution_options(synchronize_session=False)) is not None


def wait(db: Session, message_id: int, until: datetime, **values: Any) -> None:
    """It stays where it is, until then."""
    later = update(Message).where(m.id == message_id, m.state == MessageState.QUEUED).values(not_before=until, **values)
    db.execute(later.execution_options(synchronize_session=False))


def end(batch: Batch, message: Message, state: MessageState, reason: str, detail: str | None = None) -> None:
    """It does not leave."""
    if state == MessageState.FAILED:
        failed(batch.db, message.id, message.kind_id, message.passed[-1] if message.passed else "", reason)
    move(batch.db, message.id, state, reason=reason, detail=detail, done_at=batch.now, lease=None, lease_until=None)
    if message.counted is not None:
        limits.give_back(batch.db, _name(message), message.counted)


def failed(db: Session, message_id: int, kind_id: str, channel: str, reason: str) -> None:
    """Whoever listens is told. A campaign tells of itself: of a hundred thousand people not one by one."""
    if kind_id != CAMPAIGN:
        publish(db, MessageFailed(message_id, Code(kind_id), Code(channel), Code(reason)))


def _name(message: Message) -> str:
    return f"{message.recipient_kind}:{message.recipient_id}"


def prepare(batch: Batch, message: Message) -> Sending | None:
    """The next step of one message: what is to be sent; None when it ended, waits, or stands in the customer's list."""
    db, now, chosen = batch.db, batch.now, batch.kinds.get(message.kind_id)
    if message.state == MessageState.HELD:
        move(db, message.id, MessageState.QUEUED)
    if chosen is None or not chosen.enabled:
        return end(batch, message, MessageState.CANCELED, "switched_off")
    if message.kind_id == CAMPAIGN:
        campaign = batch.campaigns.get(message.fact)
        if campaign is None:
            return end(batch, message, MessageState.CANCELED, "by_hand")
        if written.stopped(campaign):
            return wait(db, message.id, now + PAUSED)
        chosen = campaign.chosen
    if message.expires_at <= now:
        return end(batch, message, MessageState.EXPIRED, "quiet_hours" if message.state == MessageState.HELD else "expired")
    if message.recipient_kind == routing.PLAN:
        return _plan(batch, message, chosen)
    who = _who(db, message)
    if who is None or who.blocked or message.data is None:
        return end(batch, message, MessageState.CANCELED, "blocked")
    try:
        if chosen.kind.still_true is not None and not chosen.kind.still_true(db, message.data):
            return end(batch, message, MessageState.CANCELED, "stale")
        said = batch.said.get((message.recipient_kind, message.recipient_id), {})
        if not choosing.wants_category(message.category, said):
            return end(batch, message, MessageState.SKIPPED, "no_consent")
        subject, body, href, values = write(db, chosen, message.data, who.locale)
        refusal = guarding.refusal(db, message, envelope_of(message, who, subject, body, href, values))
    except rules.BadText as error:
        return end(batch, message, MessageState.FAILED, "bad_value", error.name[:80])
    except NotFound:
        return end(batch, message, MessageState.CANCELED, "stale")
    except DomainError:  # its plugin failed
        return _kind_failed(batch, message)
    if refusal is not None and refusal.until is not None:
        return wait(db, message.id, min(refusal.until, message.expires_at), reason="refused_here", detail=refusal.detail)
    if refusal is not None:
        return end(batch, message, MessageState.SKIPPED, "refused_here", refusal.detail)
    flooded = message.category == "service" and message.recipient_kind == "customer" and not chosen.kind.urgent and not limits.take_flood(db, message, now)
    if message.category == "marketing" and message.counted is None:
        message.counted = limits.take_cap(db, _name(message), now)
        if message.counted is None:
            return end(batch, message, MessageState.SKIPPED, "capped")
    words = {
        "subject": subject, "body": body, "href": href, "locale": who.locale, "counted": message.counted,
        "version": chosen.words(rules.INBOX, who.locale).version,
    }  # fmt: skip
    if message.recipient_kind == "customer" and rules.INBOX in chosen.channels and message.shown_at is None:
        words["shown_at"] = now  # a list is silent: it neither waits for the morning nor for another channel
    db.execute(update(Message).where(m.id == message.id).values(**words).execution_options(synchronize_session=False))
    return _choose(batch, message, chosen, who, said, envelope_of(message, who, subject, body, href, values), flooded)


def envelope_of(message: Message, who: Who, subject: str, body: str, href: str, values: Mapping[str, str]) -> Envelope:
    """A message as it is handed to a channel, which has no address for it yet."""
    return Envelope(message.public_id, message.kind_id, who.recipient, "", who.locale, subject, body, _whole(href), values)


def _choose(batch: Batch, message: Message, chosen: Chosen, who: Who, said: choosing.Chosen, envelope: Envelope, flooded: bool = False) -> Sending | None:
    """The first channel that can take it; each that cannot is passed over, with its reason."""
    db, now, passed, reason = batch.db, batch.now, list(message.passed), message.reason
    for name in [message.pinned] if message.pinned else chosen.channels:
        way = batch.ways.get(name)
        if name in passed or way is None or who.recipient.kind not in way.channel.to:
            continue
        if name == rules.INBOX:
            _number(batch, message, name, AttemptState.SENT)
            move(db, message.id, MessageState.SENT, channel=name, passed=passed, reason=None, detail=None, done_at=now)
            return None
        wanted = said.get((message.kind_id, name), False) if who.recipient.kind == "user" else choosing.wants_on(message.category, name, said)
        morning = rules.night_ends(now, who.zone, int(get_setting("plugin.notifications.quiet_from")), int(get_setting("plugin.notifications.quiet_until")))
        if wanted and morning is not None and chosen.at_night == "hold":
            move(db, message.id, MessageState.HELD, not_before=min(morning, message.expires_at), passed=passed, reason="quiet_hours", channel=name)
            return None
        addressed = _addressed(db, chosen, way, envelope, message) if wanted else envelope
        why, until, reserved = ("muted", None, {}) if not wanted else ("capped", None, {}) if flooded else _can(batch, way, addressed, chosen, message)
        if until is not None:
            wait(db, message.id, until, passed=passed, reason=why, channel=name)
            return None
        if why is not None:
            _number(batch, message, name, AttemptState.PASSED, reason=why)
            passed.append(name)
            reason = why
            continue
        others = list[Message]()
        if who.recipient.kind == "group":
            addressed, others = together.gather(batch, message, chosen, addressed, lambda other: _title(batch, other, chosen, who))
            addressed = replace(addressed, body=_cut(addressed.body, way.channel.longest))
        return _claimed(batch, message, way, replace(addressed, reserved=reserved or {}), passed, chosen, others)
    end_state = MessageState.SKIPPED if reason in ("muted", "capped") else MessageState.FAILED
    db.execute(update(Message).where(m.id == message.id).values(passed=passed).execution_options(synchronize_session=False))
    return end(batch, message, end_state, reason or "no_channel", message.detail)


def _title(batch: Batch, message: Message, chosen: Chosen, who: Who) -> str | None:
    """What a message would be called that goes along with another one of its kind; None when it may not be told."""
    if message.data is None or (chosen.kind.still_true is not None and not chosen.kind.still_true(batch.db, message.data)):
        return None
    subject, body, href, values = write(batch.db, chosen, message.data, who.locale)
    held = guarding.refusal(batch.db, message, envelope_of(message, who, subject, body, href, values))
    return subject if held is None else None


def _can(batch: Batch, way: Way, envelope: Envelope, chosen: Chosen, message: Message) -> tuple[str | None, datetime | None, Mapping[str, Any] | None]:
    """``(reason, until, reserved)``: why a channel cannot take a message, or until when it waits; nothing of both when it can."""
    db, now, name = batch.db, batch.now, way.channel.id
    if way.missing() is not None:
        return "not_ready", None, None
    if not envelope.address:
        return "no_address", None, None
    if addresses.is_dead(db, name, envelope.address):
        return "bounced", None, None
    if batch.busy.get(name, 0) >= AT_ONE:
        return None, now, None  # it is looked at again once one of these is through
    closed = limits.closed_until(db, name, now)
    if closed is not None:  # what is urgent goes another way at once, the rest waits for this one
        return ("provider_down", None, None) if chosen.kind.urgent else ("provider_down", closed, None)
    if message.recipient_kind == "group" and way.channel.per_minute and not limits.take_turn(db, name, way.channel.per_minute, now):
        return "too_many", now + timedelta(seconds=60 / way.channel.per_minute), None  # others join it meanwhile
    if message.recipient_kind != "group" and not limits.take_minute(db, name, way.channel.per_minute, now):
        return "too_many", now.replace(second=0, microsecond=0) + timedelta(minutes=1, seconds=5 * random.random()), None
    if not written.take_budget(db, message.kind_id, message.fact, way.channel, way.price()):
        return "over_budget", None, None
    reserved = way.reserve(db, envelope)
    if reserved is None:
        written.give_back(db, message.kind_id, message.fact, way.channel, way.price())
    return ("no_grant", None, None) if reserved is None else (None, None, reserved)


def _claimed(batch: Batch, message: Message, way: Way, envelope: Envelope, passed: list[str], chosen: Chosen, others: list[Message]) -> Sending:
    lease, name = public_id(), way.channel.id
    rendered = {
        "subject": envelope.subject, "body": envelope.body, "href": envelope.href, "address": envelope.address, "locale": envelope.locale,
        "values": dict(envelope.values), "reserved": dict(envelope.reserved), "price": way.price(),
    }  # fmt: skip
    version = chosen.words(name, envelope.locale).version
    held = {"lease": lease, "lease_until": batch.now + LEASE, "channel": name}
    n = _number(batch, message, name, AttemptState.SENDING, rendered=rendered, version=version)
    move(batch.db, message.id, MessageState.SENDING, **held, passed=passed)
    along = []
    for other in others:
        along.append(Along(other.id, _number(batch, other, name, AttemptState.SENDING, rendered=rendered, version=version), other.tries, list(other.passed), other.expires_at))
        move(batch.db, other.id, MessageState.SENDING, **held)
    batch.busy[name] = batch.busy.get(name, 0) + 1
    cap = (_name(message), message.counted) if message.counted else None
    return Sending(
        message.id, n, lease, way, envelope, message.tries, passed, chosen.kind.urgent, message.pinned is not None, message.expires_at, cap, message.fact,
        way.price(), tuple(along),
    )  # fmt: skip


def _number(batch: Batch, message: Message, channel: str, state: AttemptState, **values: Any) -> int:
    """Write down the next try of a message; its number."""
    n = batch.numbers[message.id] = batch.numbers[message.id] + 1
    batch.db.execute(insert(_ATTEMPT).values(message_id=message.id, n=n, channel=channel, state=state, at=batch.now, cost=0, **values))
    return n


def _plan(batch: Batch, message: Message, chosen: Chosen) -> None:
    """Find out once more who is told; the row that stood for them goes."""
    event = {"id": message.event_id, "at": message.created_at.isoformat()}
    try:
        routing.tell(batch.db, chosen, event, message.data or {}, now=batch.now)
    except DomainError:
        return _kind_failed(batch, message)
    batch.db.execute(delete(Message).where(m.id == message.id).execution_options(synchronize_session=False))
    return None


def _kind_failed(batch: Batch, message: Message) -> None:
    """The plugin whose message it is raised: again later, and at last never."""
    following = rules.next_try(message.tries + 1, timedelta(), batch.now, random.random())
    if following is None:
        return end(batch, message, MessageState.FAILED, "kind_failed")
    return wait(batch.db, message.id, following, tries=message.tries + 1, reason="kind_failed")


def _who(db: Session, message: Message) -> Who | None:
    """The recipient; None when there is nobody any more."""
    locale, zone = str(current_runtime().config["i18n.default_locale"]), shop_zone()
    if message.recipient_kind == "group":
        return Who(Recipient("group"), locale, zone)
    if message.recipient_kind == "user":
        member = staff_member(db, message.recipient_id)
        found = Recipient("user", message.recipient_id)
        return None if member is None else Who(found, member.locale or locale, ZoneInfo(member.zone) if member.zone else zone)
    try:
        blocked = customers.customer(db, message.recipient_id).blocked
        contact = customers.contact_of(db, message.recipient_id)
    except NotFound:
        return None
    return Who(Recipient("customer", message.recipient_id), contact.locale or locale, zone, blocked)


def write(db: Session, chosen: Chosen, data: Mapping[str, Any], locale: str) -> tuple[str, str, str, dict[str, str]]:
    """Title, text, address and the variables of a message in a language.

    :raises BadText: for a required variable that is empty.
    """
    kind = chosen.kind
    with written_in(locale):
        values = rules.written(more_words.variables(kind), more_words.load(db, kind, data, locale))
        words = chosen.words(rules.INBOX, locale)
        subject, body = (rules.filled(text, values, published=words.version is not None).strip() for text in (words.subject, words.body))
        return subject[:200], body, rules.filled(kind.href, values), values


def _addressed(db: Session, chosen: Chosen, way: Way, envelope: Envelope, message: Message) -> Envelope:
    """As this channel says it, to where it reaches him, with the address under which he leaves."""
    name, subject, body = way.channel.id, envelope.subject, envelope.body
    own = chosen.texts.get((name, envelope.locale))
    if own is not None:
        with written_in(envelope.locale):
            subject, body = (rules.filled(text, envelope.values, published=True).strip() for text in (own.subject, own.body))
            subject = subject[:200]
    values = envelope.values
    if envelope.recipient.kind == "customer" and envelope.recipient.id is not None:
        leave = leaving.address(envelope.recipient.id, message.category, name)
        values = {**values, "unsubscribe": leave} if leave else values
    return replace(envelope, subject=subject, body=_cut(body, way.channel.longest), values=values, address=way.address(db, envelope.recipient) or "")


def _whole(href: str) -> str:
    return f"{str(current_runtime().config['web.public_url']).rstrip('/')}{href}" if href.startswith("/") else href


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
