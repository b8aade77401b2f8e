"""What one person asks for, a second one with the right runs: once, over the row as it was, as its author."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from zhanggui import approvals
from zhanggui.api import Code, Invalid, Money, request_approval
from zhanggui.approvals.frozen import freeze, thaw
from zhanggui.approvals.models import Approval
from zhanggui.audit import told
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service
from zhanggui.auth.jobs import clean_up
from zhanggui.auth.principal import find_principal
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import current_host
from zhanggui.host.service import build, disable_plugin, enable_plugin
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor
from zhanggui.kernel.errors import Forbidden, IllegalMove, NotFound
from zhanggui.notices.models import Notice
from zhanggui.testing.racing import race
from zhanggui_customers.services import profile

FIVE = Money(500, "CNY")
_numbers = count(1)


def actor_of(*roles, name=None):
    with unit_of_work() as db:
        number = service.create_user(
            db, username=name or f"eye{next(_numbers)}", password="correct horse 42", roles=roles, actor=SYSTEM, now=clock.now()
        )  # fmt: skip
    return find_principal(number).actor()


@pytest.fixture(scope="module")
def asker(instance):
    return actor_of("asker")


@pytest.fixture(scope="module")
def second(instance):
    return actor_of("second")


@pytest.fixture
def customer(instance):
    with unit_of_work() as db:
        return profile.create_customer(db, actor=SYSTEM, now=clock.now(), name="Wang Wei", phone=None)


@pytest.fixture
def asked(customer, asker):
    """``asked()``: the number of a request for a gift for a customer of this test."""

    def do(action="doors.gift", values=None, who=asker):
        with unit_of_work() as db:
            return request_approval(
                db, action, id=customer, values={"amount": FIVE} if values is None else values, label=Code(f"C{customer}"), reason="He waited long",
                actor=who, now=clock.now(),
            )  # fmt: skip

    return do


def decide(verb, number, actor, **more):
    with unit_of_work() as db:
        getattr(approvals, verb)(db, id=number, actor=actor, now=clock.now(), **more)


def state_of(number):
    with reading() as db:
        return db.scalars(select(Approval.state).where(Approval.id == number)).one()


def trail(customer):
    with reading() as db:
        rows = db.scalars(select(AuditEntry).where(AuditEntry.target_id == str(customer)).order_by(AuditEntry.id)).all()
        return [(row.action, row.actor_name) for row in rows if row.action.startswith(("core.approval", "doors"))]


def test_it_runs_once_with_the_approver_as_its_author(asked, customer, asker, second):
    number = asked()
    assert trail(customer) == [("core.approval.requested", asker.name)]
    decide("approve", number, second, reason="Fine")
    assert state_of(number) == "approved"
    assert trail(customer)[1:] == [("core.approval.approved", second.name), ("doors.gift.given", second.name)]
    with pytest.raises(IllegalMove):
        decide("approve", number, actor_of("second"))
    assert len(trail(customer)) == 3
    with reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "core.approval.requested", AuditEntry.target_id == str(customer))).one()
        said = told(db, [entry])[0]
        assert (said.reason, said.after["action"], said.after["input"]) == ("He waited long", "doors.gift", {"amount": FIVE.as_json()})


def test_of_many_who_decide_at_once_one_does(asked, customer):
    number, crowd = asked(), [actor_of("second") for _ in range(4)]
    outcomes = race(4, lambda db, n: approvals.approve(db, id=number, actor=crowd[n], now=clock.now()))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IllegalMove"] * 3 + ["NoneType"]
    assert [action for action, _name in trail(customer)].count("doors.gift.given") == 1


def test_the_same_person_does_not_decide_not_even_by_a_token(asked, second):
    number = asked(who=second)
    for verb, more in (("approve", {}), ("refuse", {"reason": "No"})):
        with pytest.raises(Forbidden, match="somebody else"):
            decide(verb, number, second, **more)
    by_token = Actor("token", second.id, second.name, second.permissions)
    with pytest.raises(Forbidden):
        decide("approve", number, by_token)
    decide("withdraw", number, second)
    number = asked(who=by_token)
    with pytest.raises(Forbidden, match="somebody else"):
        decide("approve", number, second)
    assert state_of(number) == "pending"


def test_a_program_neither_asks_nor_decides(asked, second):
    with pytest.raises(Forbidden):
        asked(who=SYSTEM)
    number = asked()
    for actor in (SYSTEM, Actor("token", 10**6, "printer", second.permissions)):
        with pytest.raises(Forbidden):
            decide("approve", number, actor)


def test_who_lacks_the_right_does_not_decide(asked):
    number, other = asked(), actor_of("asker")
    for verb, more in (("approve", {}), ("refuse", {"reason": "No"})):
        with pytest.raises(Forbidden):
            decide(verb, number, other, **more)
    with pytest.raises(Forbidden):
        decide("withdraw", number, other)
    assert state_of(number) == "pending"


def test_a_row_that_has_changed_since_ends_the_request(asked, customer, enter):
    number = asked()
    with unit_of_work() as db:
        profile.update_customer(db, id=customer, row_version=None, actor=SYSTEM, now=clock.now(), name="Wang Wei II", phone=None)
    page = enter("sue", "second").post(f"/approvals/{number}/approve", {"reason": ""})
    assert page.status_code == 409 and "The entry has changed since this was asked for." in page.get_data(as_text=True)
    assert state_of(number) == "outdated"
    assert trail(customer)[1:] == [("core.approval.outdated", "sue")]
    assert asked() != number  # and may be asked for again


def test_a_failure_leaves_it_waiting(asked, customer, second, doors):
    number = asked()
    doors.FAILS.append(Invalid("Not today."))
    try:
        with pytest.raises(Invalid):
            decide("approve", number, second)
    finally:
        doors.FAILS.clear()
    assert state_of(number) == "pending" and len(trail(customer)) == 1
    decide("approve", number, second)
    assert state_of(number) == "approved"


def test_a_refusal_says_why_and_the_one_who_asked_is_told(asked, customer, asker, second):
    number = asked()
    decide("refuse", number, second, reason="Too much")
    with pytest.raises(IllegalMove):
        decide("approve", number, actor_of("second"))
    assert state_of(number) == "refused"
    assert trail(customer)[1:] == [("core.approval.refused", second.name)]
    with reading() as db:
        title = db.scalars(select(Notice.title).where(Notice.user_id == asker.id, Notice.href == f"/approvals/{number}")).one()
        assert title == "A request of yours was refused."


def test_the_same_thing_is_asked_for_once(asked, customer, asker):
    asked()
    with pytest.raises(approvals.AlreadyAsked):
        asked()
    with unit_of_work() as db:
        db.execute(Approval.__table__.delete())
    outcomes = race(3, lambda db, n: request_approval(
        db, "doors.gift", id=customer, values={"amount": FIVE}, actor=asker, now=clock.now()
    ))  # fmt: skip
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1


def test_what_calls_somebody_far_away_is_claimed_and_goes_to_its_job(asked, customer, second):
    decide("approve", asked("doors.trip", {}), second)
    assert trail(customer)[-1] == ("doors.trip.claimed", second.name)
    with reading() as db:
        kwargs = db.scalars(select(Job.kwargs).where(Job.name == "doors.go_on").order_by(Job.id.desc())).first()
        assert kwargs == {"id": customer}


def test_it_waits_while_its_plugin_is_off(asked, second):
    number = asked()
    disable_plugin("doors", actor=SYSTEM, now=clock.now())
    try:
        from zhanggui.host import refresh

        refresh()
        with pytest.raises(NotFound, match="switched off"):
            decide("approve", number, second)
    finally:
        enable_plugin("doors", actor=SYSTEM, now=clock.now())
        refresh()
    assert state_of(number) == "pending"


def test_the_button_says_that_it_waits_and_the_second_person_sees_it(customer, enter):
    ada, sue = enter("ada", "asker"), enter("sue", "second")
    sent = ada.post(f"/customers/{customer}/doors__gift", {"amount": "5.00", "reason": "Why not"})
    assert sent.status_code == 303
    assert "A second person has to agree" in ada.get(sent.headers["Location"]).get_data(as_text=True)
    with reading() as db:
        number = db.scalars(select(Approval.id).where(Approval.target_id == customer)).one()
        kept = db.connection().exec_driver_sql("SELECT frozen, request_reason FROM core__approval").all()
        assert b"Why not" not in b"".join(bytes(v or b"") for row in kept for v in row)
    home, page = sue.get("/me/").get_data(as_text=True), sue.get(f"/approvals/{number}").get_data(as_text=True)
    assert "/approvals/" in home and "CNY" in page and "Why not" in page and f"/approvals/{number}/approve" in page
    own = ada.get(f"/approvals/{number}").get_data(as_text=True)
    assert f"/approvals/{number}/approve" not in own and f"/approvals/{number}/withdraw" in own
    assert enter("abe", "asker").get(f"/approvals/{number}").status_code == 404
    assert ada.post(f"/approvals/{number}/approve", {}).status_code == 403
    assert sue.post(f"/approvals/{number}/refuse", {"reason": ""}).status_code == 422
    assert sue.post(f"/approvals/{number}/approve", {"reason": ""}).status_code == 303
    assert state_of(number) == "approved"


def test_the_badge_counts_what_the_reader_may_decide(asked, asker, second):
    from zhanggui.approvals.screens import waiting
    from zhanggui.config.days import reader_at_work
    from zhanggui.kernel.actors import acting_as

    def badge(who):
        with acting_as(who), reading() as db:
            return waiting(db, reader_at_work(who))

    before = badge(second)
    asked()
    assert (badge(second), badge(asker)) == (before + 1, 0)


def test_input_comes_back_as_it_was():
    values = {"amount": FIVE, "code": Code("A1"), "at": datetime(2026, 3, 2, 4, tzinfo=UTC), "on": date(2026, 3, 2), "lines": [{"n": 1, "ok": True, "no": None}]}
    assert thaw(freeze(values)) == values and isinstance(thaw(freeze(values))["code"], Code)
    for odd in (object(), {1: 2}, {"$money": [1, "CNY"]}, b"x", {"row": Approval()}):
        with pytest.raises(TypeError):
            freeze(odd)


@pytest.mark.parametrize(
    ("resource", "right", "word"),
    [
        ("doors.Nothing", ("can_approve_gift", "doors.Gift"), "no screen “doors.Nothing”"), ("core.Job", ("can_approve_gift", "doors.Gift"), "no row_version"),
        ("customers.Customer", ("can_list", "customers.Customer"), "must be can_<verb>"), ("customers.Customer", ("fly", "doors.Gift"), "must be can_<verb>"),
    ],
)  # fmt: skip
def test_what_nobody_could_decide_is_a_fault_when_it_is_loaded(instance, doors, monkeypatch, resource, right, word):
    def register_approvals():
        return [doors.Approvable("gift", "Gift", resource, right, doors.give)]

    monkeypatch.setattr(doors, "register_approvals", doors.hookimpl(register_approvals))
    assert word in str(build(instance).faults["doors"].sentence)


def test_what_was_decided_is_forgotten_after_a_while(asked, second):
    number, waits = asked(), None
    decide("refuse", number, second, reason="No")
    waits = asked()
    with clock.hold(clock.now() + timedelta(days=91)), unit_of_work() as db:
        clean_up.function(db)
    with reading() as db:
        assert db.scalars(select(Approval.id).where(Approval.id.in_([number, waits]))).all() == [waits]
        assert db.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "core.approval.refused")) > 0
    assert current_host().approvals["doors.gift"].label == "Gift"
