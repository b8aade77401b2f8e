"""A campaign to many people is started by two: one asks, another one agrees, to what it was when he was asked."""

from __future__ import annotations

from typing import Any

import pytest
from campaigning import beats, frozen, make, of, state
from sqlalchemy import select

from zhanggui import approvals
from zhanggui.api import SYSTEM, Actor, Forbidden, IllegalMove, StaleRow, clock, reading, unit_of_work
from zhanggui.approvals.models import Approval
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service
from zhanggui.auth.principal import find_principal
from zhanggui_notifications.services import campaigns, pumping


def somebody(name: str, role: str = "owner") -> Actor:
    with unit_of_work() as db:
        number = service.create_user(db, username=name, password="correct horse 42", roles=[role], actor=SYSTEM, now=clock.now())
    found = find_principal(number)
    assert found is not None
    return found.actor()


@pytest.fixture
def asked(instance: Any, setting: Any, owner: Actor) -> tuple[int, Actor]:
    """A campaign to four, above three of whom two decide; and who asked."""
    make(4)
    setting(second_person_above=3)
    id, author = frozen(owner), somebody("ann")
    with unit_of_work() as db:
        campaigns.start(db, id=id, actor=author, now=clock.now())
    return id, author


def request() -> Approval:
    with reading() as db:
        found = db.scalars(select(Approval)).one()
        db.expunge(found)
        return found


def decide(actor: Actor, verb: str = "approve", **more: Any) -> None:
    with unit_of_work() as db:
        getattr(approvals, verb)(db, id=request().id, actor=actor, now=clock.now(), **more)


def test_it_is_sent_once_a_second_person_agreed(asked: Any):
    id, author = asked
    assert (state(id), pumping.run()) == ("draft", 0)
    with pytest.raises(Forbidden):
        decide(author)
    with pytest.raises(Forbidden):
        decide(somebody("cleo", "clerk"))
    assert state(id) == "draft"
    decide(somebody("bob"))
    assert state(id) == "running"
    with pytest.raises(IllegalMove):
        decide(somebody("dora"))
    beats(2)
    assert (of(id), state(id)) == ({"sent": 4}, "finished")
    with reading() as db:
        who = db.scalars(select(AuditEntry.actor_name).where(AuditEntry.action == "notifications.campaign.started")).all()
    assert who == ["bob"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_was_refused_is_not_sent(asked: Any):
    id, _author = asked
    decide(somebody("bob"), "refuse", reason="Not this week")
    assert (state(id), pumping.run(), of(id)) == ("draft", 0, {"waiting": 4})


def test_what_was_changed_since_is_agreed_to_by_nobody(asked: Any):
    """Neither other words nor other people slip in behind the one who agrees."""
    id, author = asked
    with unit_of_work() as db:
        campaigns.change_campaign(db, id=id, row_version=None, body_en="Something else, {name}.", actor=author, now=clock.now())
    with pytest.raises(StaleRow):
        decide(somebody("bob"))
    assert (state(id), pumping.run()) == ("draft", 0)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_it_is_asked_for_once(asked: Any):
    id, author = asked
    with pytest.raises(approvals.AlreadyAsked), unit_of_work() as db:
        campaigns.start(db, id=id, actor=author, now=clock.now())


@pytest.mark.parametrize("kind", ["sqlite"])
def test_from_the_screen_it_waits_under_approvals(instance: Any, setting: Any, owner: Actor, visit: Any):
    make(4)
    setting(second_person_above=3)
    id = frozen(owner)
    boss = visit("owner")
    assert boss.post(f"/campaigns/{id}/start", {}).status_code == 303
    assert state(id) == "draft" and request().state == "pending"
    assert "4 people" in boss.get(f"/approvals/{request().id}").get_data(as_text=True)
