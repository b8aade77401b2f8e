"""What people see of visits: figures that are their lists, a funnel, and the footprints of a customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from shop import NOON, add_customer
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from visitors import row

from zhanggui.api import Actor, Reader, clock, facts, metrics, reading, shop_zone, unit_of_work
from zhanggui.audit.models import AuditEntry
from zhanggui.runtime import Runtime
from zhanggui_analytics import asks
from zhanggui_analytics.services.asking import answer
from zhanggui_customers import facade as customers
from zhanggui_customers.models import BehaviourEvent, Tally, Visit
from zhanggui_customers.services import intake, visits

Visitor = Callable[..., Any]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lin(instance: Runtime, owner: Actor) -> Any:
    """A customer who looked at a product and ordered it, and somebody who came and went."""
    with unit_of_work() as db:
        customer_id = add_customer(db, owner, "Lin")
        came = [("visit", NOON, None, None, None), ("page", NOON, None, None, None), ("view", NOON + MINUTE, 7, None, None), ("search", NOON + MINUTE, None, "puer", 0)]
        went = [("visit", NOON, None, None, None), ("page", NOON + MINUTE, None, None, None)]
        done = [("cart_add", NOON + 2 * MINUTE, 7, None, None), ("checkout_start", NOON + 3 * MINUTE, None, None, None), ("order_placed", NOON + 4 * MINUTE, None, None, None)]
        past = [customers.PastVisit("device-1", [*came, *done], customer_id=customer_id, order_id=3), customers.PastVisit("device-2", went, "computer", "spring")]
        assert customers.record_past_visits(db, past) == 9
    return customer_id


def ask(owner: Actor, metrics: str, **more: str) -> Any:
    with reading() as db:
        return answer(db, Reader(owner, shop_zone(), "en", NOON + timedelta(hours=2)), asks.read({"metrics": metrics, "period": "2026-03-02..2026-03-02", **more}))


def test_figures_of_visits_are_their_lists(lin: int, owner: Actor, visit: Visitor) -> None:
    found = ask(owner, "visits.visits,visits.visitors,visits.pages,visits.bounced,visits.bounce,products.views")
    assert [int(found.totals[id]) for id in ("visits.visits", "visits.visitors", "visits.pages", "visits.bounced", "visits.bounce", "products.views")] == [2, 2, 3, 1, 50, 1]
    by = ask(owner, "visits.searches_empty", by="searched")
    assert [(key, int(by.values[key]["visits.searches_empty"])) for key in by.rows] == [(("puer",), 1)]
    page = visit("owner").get("/visits/?counted=1&started_at_from=2026-03-02&started_at_to=2026-03-02").text
    assert page.count("/visits/1") >= 1 and page.count("/visits/2") >= 1
    for metric in metrics().values():
        if metric.fact.startswith("customers.") and metric.drill is not None and metric.drill.measure:
            assert metric.fact in facts()


def test_the_funnel_is_shown_with_who_took_each_step(lin: int, visit: Visitor) -> None:
    with clock.hold(NOON + timedelta(hours=2)):
        owner = visit("owner")
        page = owner.get("/funnel/").text
        assert "50%" in page and "still open" in page
        people = owner.get("/funnel/people?from=2026-03-01&to=2026-03-02&unit=visitor&hours=24&step=2").text
        assert "device-1" in people and "device-2" not in people
        assert "funnel/people" in owner.get("/analytics/board/behaviour?period=last_30_days").text
        for wrong in ("unit=person", "hours=5", "from=x", "from=2026-03-02&to=2026-03-01", "from=2025-01-01&to=2026-03-01"):
            assert owner.get(f"/funnel/?{wrong}").status_code == 400
        assert owner.get("/funnel/people?step=9").status_code == 400
        assert visit("clerk").get("/funnel/").status_code == 403


def test_each_look_at_footprints_is_written_down(lin: int, visit: Visitor) -> None:
    owner = visit("owner")
    assert "Open footprints" in owner.get(f"/customers/{lin}").text

    def looks(db: Session) -> int:
        return db.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "customers.behaviour.seen")) or 0

    with reading() as db:
        assert looks(db) == 0  # the customer's own page reads none of it
    page = owner.get(f"/footprints/{lin}").text
    assert "puer" in page and "Product viewed" in page and "Order placed" in page
    owner.get(f"/footprints/{lin}")
    assert owner.get("/footprints/999").status_code == 404
    with reading() as db:
        assert looks(db) == 2


def test_who_may_not_see_footprints_is_refused(lin: int, visit: Visitor) -> None:
    clerk = visit("clerk")
    assert clerk.get(f"/footprints/{lin}").status_code == 403
    assert "footprints" not in clerk.get(f"/customers/{lin}").text


def test_what_became_of_an_order_is_of_the_visit_that_it_came_from(lin: int) -> None:
    told = {"customer_id": lin, "now": NOON + timedelta(hours=1)}
    with unit_of_work() as db:
        assert intake.note_order(db, name="paid", key="order:3:paid", at=NOON + timedelta(hours=1), **told)
        assert intake.note_order(db, name="paid", key="order:3:paid", at=NOON + timedelta(hours=1), **told)  # a job that runs twice
        assert not intake.note_order(db, name="paid", key="order:4:paid", at=NOON + timedelta(hours=25), **told)  # too long ago
        assert not intake.note_order(db, name="paid", key="order:5:paid", at=NOON + MINUTE, **{**told, "customer_id": 999})
        while visits.build(db, NOON + timedelta(hours=1)):
            pass
        paid = db.execute(select(BehaviourEvent.visitor, BehaviourEvent.visit_id).where(BehaviourEvent.name == "paid")).one()
        placed = db.execute(select(BehaviourEvent.visitor, BehaviourEvent.visit_id).where(BehaviourEvent.name == "order_placed")).one()
        assert paid == placed and paid.visitor == "device-1"
        assert db.scalar(select(func.count()).select_from(Visit)) == 2


def test_visits_of_the_past_are_what_the_job_makes_of_the_same_events(lin: int) -> None:
    def counted(db: Session) -> Any:
        own = (Visit.visitor, Visit.started_at, Visit.pages, Visit.bounces, Visit.device, Visit.campaign)
        tallies = (Tally.at, Tally.name, Tally.product_id, Tally.q, Tally.times, Tally.empty)
        return [tuple(r) for r in db.execute(select(*own).order_by(Visit.visitor))], sorted(tuple(r) for r in db.execute(select(*tallies)))

    with unit_of_work() as db:
        before = counted(db)
        db.execute(BehaviourEvent.__table__.update().values(visit_id=None))
        db.execute(insert(BehaviourEvent.__table__), [row("other", NOON - timedelta(days=1), visitor="device-3", reason="bot")])
        while visits.build(db, NOON):
            pass
        there, tallies = counted(db)
        assert ([one for one in there if one[0] != "device-3"], [one for one in tallies if one[0] >= NOON]) == before
