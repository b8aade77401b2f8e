"""Sessions and hourly counts out of events, however these come."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from shop import NOON
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session
from visitors import row

from zhanggui.api import Actor, clock, facts, reading, unit_of_work
from zhanggui.config import settings
from zhanggui.runtime import Runtime
from zhanggui_customers import behaviour, jobs
from zhanggui_customers.models import BehaviourEvent, Tally, Visit
from zhanggui_customers.services import visits

_event, _visit, _tally = BehaviourEvent.__table__, Visit.__table__, Tally.__table__


def bring(db: Session, *rows: dict[str, Any], now: datetime = NOON) -> None:
    db.execute(insert(_event), list(rows))
    while visits.build(db, now):
        pass


def built(db: Session) -> list[tuple[Any, ...]]:
    v = _visit.c
    return [tuple(r) for r in db.execute(select(v.visitor, v.started_at, v.pages, v.bounces).order_by(v.visitor, v.first_tick))]


def minutes(many: float) -> datetime:
    return NOON + timedelta(minutes=many)


def test_half_an_hour_of_silence_ends_a_visit_whatever_the_hour(db: Session) -> None:
    bring(db, *(row(str(at), minutes(at)) for at in (-5, 24.99, 54.98, 84.98)), now=minutes(90))  # three within the hour, and over the full one
    assert built(db) == [("v1", minutes(-5), 3, 0), ("v1", minutes(84.98), 1, 1)]


def test_a_visit_that_goes_on_stays_the_one_that_it_was(db: Session) -> None:
    def ids() -> list[int]:
        return list(db.scalars(select(_visit.c.id).order_by(_visit.c.first_tick)))

    bring(db, row("a", NOON), row("b", minutes(50)), now=minutes(60))
    first, second = ids()
    bring(db, row("c", minutes(5)), row("d", minutes(55)), now=minutes(60))
    assert ids() == [first, second]
    bring(db, row("e", minutes(30)), now=minutes(60))
    assert ids() == [first]
    assert set(db.scalars(select(_event.c.visit_id))) == {first}


def test_another_campaign_begins_a_visit(db: Session) -> None:
    came = [row(str(n), minutes(n), "visit", props={"campaign": name} if name else None) for n, name in enumerate(("", "spring", "spring", "", "autumn"))]
    bring(db, *came)
    with_campaign = [tuple(r) for r in db.execute(select(_visit.c.campaign, _visit.c.first_tick).order_by(_visit.c.first_tick))]
    assert [name for name, _tick in with_campaign] == ["spring", "autumn"]


def test_one_page_and_nothing_else_is_a_bounce(db: Session) -> None:
    bring(
        db, row("a", NOON, "visit"), row("b", minutes(1)), row("c", NOON, "page", "v2"), row("d", minutes(1), "view", "v2"), row("e", NOON, "page", "v3"),
        row("f", minutes(1), "search", "v3"), row("g", NOON, "visit", "v4"),
    )  # fmt: skip
    assert [(visitor, pages, bounces) for visitor, _at, pages, bounces in built(db)] == [("v1", 1, 1), ("v2", 2, 0), ("v3", 1, 0), ("v4", 0, 0)]


def test_a_payment_much_later_is_of_the_visit_and_is_none(db: Session) -> None:
    bring(db, row("a", NOON), row("b", minutes(1), "checkout_start"))
    bring(db, row("c", minutes(200), "paid"), now=minutes(200))
    assert built(db) == [("v1", NOON, 1, 0)]
    assert db.scalar(select(func.count(_event.c.visit_id.distinct()))) == 1


def test_what_comes_late_joins_two_visits(db: Session) -> None:
    bring(db, row("a", minutes(0)), row("c", minutes(50)), now=minutes(60))
    assert len(built(db)) == 2
    bring(db, row("b", minutes(25), received_at=minutes(61)), now=minutes(62))
    assert [(pages, bounces) for _v, _at, pages, bounces in built(db)] == [(3, 0)]


def plain(rows: Iterable[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """The same rule, over everything at once."""
    found: list[list[dict[str, Any]]] = []
    for one in sorted(rows, key=lambda r: (r["visitor"], r["tick"], r["key"])):
        last = found[-1][-1] if found else None
        if last is None or last["visitor"] != one["visitor"] or one["tick"] - last["tick"] >= behaviour.SILENCE:
            found.append([])
        found[-1].append(one)
    return [(some[0]["visitor"], some[0]["tick"], sum(one["name"] in ("page", "view") for one in some)) for some in found]


def test_in_whatever_order_events_come_the_visits_are_the_same(db: Session) -> None:
    rng = random.Random(7)
    for turn in range(12):
        db.execute(delete(_event))
        db.execute(delete(_visit))
        rows = [row(f"{turn}.{n:03d}", minutes(rng.randrange(400)), rng.choice(("page", "view", "search")), f"v{rng.randrange(4)}") for n in range(60)]
        for start in range(0, 60, 7):
            bring(db, *rows[start : start + 7], now=minutes(500))
        v = _visit.c
        assert [tuple(r) for r in db.execute(select(v.visitor, v.first_tick, v.pages).order_by(v.visitor, v.first_tick))] == plain(rows)
        assert db.scalar(select(func.count()).select_from(_event).where(_event.c.visit_id.not_in(select(v.id)))) == 0


def test_hours_are_counted_anew_and_what_is_not_kept_stays(db: Session) -> None:
    db.execute(insert(_tally).values(at=NOON, name="page", product_id=0, q="", reason="no_consent", times=7, empty=0))
    bring(db, row("a", NOON, "search", q="tea", results=0), row("b", NOON, "search", q="tea", results=3), row("c", NOON, "view", product_id=4), row("d", NOON, reason="bot"))
    bring(db, row("e", minutes(5), "view", product_id=4))
    t = _tally.c
    found = [tuple(r) for r in db.execute(select(t.name, t.product_id, t.q, t.reason, t.times, t.empty).order_by(t.name, t.reason))]
    assert found == [("page", 0, "", "bot", 1, 0), ("page", 0, "", "no_consent", 7, 0), ("search", 0, "tea", "", 2, 1), ("view", 4, "", "", 2, 0)]


def test_events_go_then_visits_and_their_counts_stay(instance: Runtime, owner: Actor) -> None:
    old, young = NOON - timedelta(days=100), NOON - timedelta(days=20)
    with unit_of_work() as db:
        for key, value in (("keep_events", 30), ("keep_visits", 60)):
            settings.set(db, f"plugin.customers.{key}", value, actor=owner, now=NOON)
        bring(db, *(row(f"{at:%j}{n}", at + timedelta(hours=n), visitor=f"v{n}") for at in (old, young) for n in range(3)))
        counts = db.execute(select(func.sum(_tally.c.times))).scalar_one()
    with clock.hold(NOON):
        jobs.prune_behaviour.function()
        jobs.prune_behaviour.function()
    with reading() as db:
        assert db.scalar(select(func.min(_event.c.received_at))) == young
        assert db.scalar(select(func.count()).select_from(_event)) == 3
        v = _visit.c
        found = db.execute(select(v.visitor, v.started_at, v.visits, v.pages, v.bounces, v.entry).where(v.started_at < young)).all()
        assert [tuple(r) for r in found] == [(None, old, 3, 3, 3, "")]
        assert db.scalar(select(func.count()).select_from(_visit)) == 4
        assert db.execute(select(func.sum(_tally.c.times))).scalar_one() == counts
        rows = facts()["customers.visits"].rows().subquery()
        assert db.execute(select(func.sum(rows.c.visits), func.sum(rows.c.bounces))).one() == (6, 6)


def test_past_days_that_change_are_told_and_todays_are_not(instance: Runtime) -> None:
    from zhanggui.events.models import OutboxEvent

    def told(db: Session) -> int:
        return db.scalar(select(func.count()).select_from(OutboxEvent).where(OutboxEvent.name == "customers.behaviour.counted")) or 0

    with unit_of_work() as db:
        bring(db, row("a", NOON))
        assert told(db) == 0
        bring(db, row("b", minutes(1)), now=NOON + timedelta(days=1))
        assert told(db) == 1
        db.execute(update(_event).values(visit_id=None))
