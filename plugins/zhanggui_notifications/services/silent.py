"""Messages of campaigns that only stand in the customer's list: hundreds in one transaction, by the rules of one at a time.

Nothing goes to anybody far away, so there is no claim and no lease: the row that is written is the message.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from zhanggui.api import current_runtime, get_setting, reading, unit_of_work, written_in
from zhanggui_customers import facade as customers

from .. import rules
from ..campaign_states import CampaignState
from ..messages import CAMPAIGN, fact_of
from ..models import Attempt, Campaign, Message, Rate
from ..states import WAITING, AttemptState, MessageState
from . import choosing, guarding, kinds, limits, written

AT_ONCE = 500
ONLY = [rules.INBOX]
_MESSAGE: Any = Message.__table__
_ATTEMPT: Any = Attempt.__table__
m, a, rt, c = _MESSAGE.c, _ATTEMPT.c, Rate.__table__.c, Campaign.__table__.c
Ends = dict[tuple[MessageState, str], list[int]]


def run(now: datetime) -> int:
    """Some of those that are due; how many ended. Where other plugins have to be asked about each, the ordinary way does it."""
    if guarding.stand():
        return 0
    with reading() as db:
        facts = _facts(db)
        if not facts or db.scalar(select(m.id).where(*_due(facts, now)).limit(1)) is None:
            return 0
    with unit_of_work() as db:
        return _some(db, facts, now)


def _facts(db: Session) -> list[str]:
    """What messages of campaigns are about that go nowhere else, and are not paused."""
    on = (CampaignState.RUNNING, CampaignState.FINISHED)
    rows = db.execute(select(c.id, c.channels).where(c.state.in_(on), c.started_at.is_not(None)).order_by(c.id.desc()).limit(200))
    return [fact_of(row.id) for row in rows if row.channels == ONLY]


def _due(facts: Collection[str], now: datetime) -> tuple[Any, ...]:
    return m.fact.in_(facts), m.kind_id == CAMPAIGN, m.state.in_(WAITING), m.not_before <= now


def _some(db: Session, facts: Collection[str], now: datetime) -> int:
    columns = (m.id, m.recipient_id, m.fact, m.category, m.expires_at, m.counted, m.data.is_not(None).label("whole"))
    due = select(*columns).where(*_due(facts, now)).order_by(m.not_before, m.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    found = list({row.recipient_id: row for row in db.execute(due)}.values())  # of one person one: his cap is counted between two
    base = kinds.chosen(db, [CAMPAIGN])[CAMPAIGN]
    ends: Ends = {}
    left = _asked(db, found, base.enabled, ends, now)
    ready, texts = _written(db, left, written.told(db, {row.fact for row, _who in left}, base), ends)
    free = _caps(db, [row for row in ready if row.counted is None], now)
    reached = []
    for row in ready:
        if row.counted is None and row.recipient_id not in free:
            ends.setdefault((MessageState.SKIPPED, "capped"), []).append(row.id)
        else:
            reached.append(row)
    _write(db, reached, texts, limits.day_of(now), now)
    for (state, reason), ids in ends.items():
        over = update(Message).where(m.id.in_(ids)).values(state=state, reason=reason, done_at=now)
        db.execute(over.execution_options(synchronize_session=False))
    return len(found)


def _asked(db: Session, found: Collection[Row[Any]], enabled: bool, ends: Ends, now: datetime) -> list[tuple[Row[Any], customers.Reachable]]:
    """Those who may still be told, each with who he is."""
    ids = [row.recipient_id for row in found]
    people, said, left = customers.reachable(db, ids), choosing.chosen(db, "customer", ids), []
    for row in found:
        who = people.get(row.recipient_id)
        if not enabled:
            over = (MessageState.CANCELED, "switched_off")
        elif row.expires_at <= now:
            over = (MessageState.EXPIRED, "expired")
        elif who is None or who.blocked or not row.whole:
            over = (MessageState.CANCELED, "blocked")
        elif not choosing.wants_category(row.category, said[row.recipient_id]):
            over = (MessageState.SKIPPED, "no_consent")
        else:
            left.append((row, who))
            continue
        ends.setdefault(over, []).append(row.id)
    return left


def _written(
    db: Session, left: Collection[tuple[Row[Any], customers.Reachable]], told: Any, ends: Ends
) -> tuple[list[Row[Any]], dict[int, tuple[str, str, str, str]]]:  # fmt: skip
    """Title, text, address and language of each."""
    first, shop = str(current_runtime().config["i18n.default_locale"]), str(get_setting("instance.name"))
    ready, texts = list[Row[Any]](), dict[int, tuple[str, str, str, str]]()
    for locale in sorted({who.locale or first for _row, who in left}):
        with written_in(locale):
            for row, who in left:
                if (who.locale or first) != locale:
                    continue
                chosen = told[row.fact].chosen
                try:
                    values = rules.written(chosen.kind.variables, {"name": who.name, "shop": shop})
                    words = chosen.words(rules.INBOX, locale)
                    texts[row.id] = (rules.filled(words.subject, values).strip()[:200], rules.filled(words.body, values).strip(), chosen.kind.href, locale)
                except rules.BadText:
                    ends.setdefault((MessageState.FAILED, "bad_value"), []).append(row.id)
                    continue
                ready.append(row)
    return ready, texts


def _caps(db: Session, rows: Collection[Row[Any]], now: datetime) -> set[int]:
    """Who had room for one more marketing message, which he has now had: the rule of ``limits.take_cap`` for many."""
    if not rows:
        return set()
    day, scopes = limits.day_of(now), {f"cap:customer:{row.recipient_id}": row.recipient_id for row in rows}
    db.execute(limits.insert_on(db, Rate).on_conflict_do_nothing(), [{"scope": one, "window_start": day, "used": 0} for one in sorted(scopes)])
    other = Rate.__table__.alias()
    week = select(func.coalesce(func.sum(other.c.used), 0)).where(other.c.scope == rt.scope, other.c.window_start > day - rules.WEEK).scalar_subquery()
    room = (rt.used < int(get_setting("plugin.notifications.marketing_day")), week < int(get_setting("plugin.notifications.marketing_week")))
    taken = update(Rate).where(rt.scope.in_(list(scopes)), rt.window_start == day, *room).values(used=rt.used + 1).returning(rt.scope)
    return {scopes[one] for one in db.scalars(taken.execution_options(synchronize_session=False))}


def _write(db: Session, rows: Collection[Row[Any]], texts: dict[int, tuple[str, str, str, str]], day: datetime, now: datetime) -> None:
    if not rows:
        return
    ids = [row.id for row in rows]
    numbers = dict(db.execute(select(a.message_id, func.max(a.n)).where(a.message_id.in_(ids)).group_by(a.message_id)).tuples().all())
    values = {"state": MessageState.SENT, "channel": rules.INBOX, "reason": None, "detail": None, "shown_at": now, "done_at": now}
    named = {name: bindparam(f"its_{name}") for name in ("subject", "body", "href", "locale", "counted")}
    filled = []
    for row in rows:
        subject, body, href, locale = texts[row.id]
        filled.append({
            "its_id": row.id, "its_subject": subject, "its_body": body, "its_href": href, "its_locale": locale, "its_counted": row.counted or day,
        })  # fmt: skip
    db.connection().execute(update(_MESSAGE).where(m.id == bindparam("its_id")).values(**values, **named), filled)
    tries = [
        {"message_id": one, "n": numbers.get(one, 0) + 1, "channel": rules.INBOX, "state": AttemptState.SENT, "at": now, "cost": 0} for one in ids
    ]  # fmt: skip
    db.execute(insert(_ATTEMPT), tries)
