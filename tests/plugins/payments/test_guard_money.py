"""Each guard of money, seen to hold: whoever takes one away meets a test here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import pytest
from babel.support import Translations
from shop import add_product, place
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zhanggui import approvals
from zhanggui.api import SYSTEM, Actor, IllegalMove, Money, clock, reading, unit_of_work
from zhanggui.approvals.models import Approval
from zhanggui.auth import service
from zhanggui.config import settings
from zhanggui.i18n.texts import NOBODY, Reader, read_by
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui_orders.services.cancellation import cancel_order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_payments import facade
from zhanggui_payments.contracts import Snapshot
from zhanggui_payments.models import Attempt, Case, Entry, Refund
from zhanggui_payments.services import cases, giving_back, refunds, settling
from zhanggui_payments.states import AttemptState
from zhanggui_payments.words import said_of


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def order(instance: Runtime, owner: Actor) -> int:
    """Two cups of 10.00, paid in cash."""
    with unit_of_work() as db:
        made = place(db, owner, (add_product(db, owner, price=1000), 2))
        mark_paid_offline(db, id=made.id, method="cash", actor=owner, now=clock.now())
    return made.id


def limit(amount: int) -> None:
    with unit_of_work() as db:
        settings.set(db, "plugin.payments.approve_above", amount, actor=SYSTEM, now=clock.now())


def person(db: Session, name: str) -> Actor:
    number = service.create_user(db, username=name, password="correct horse 42", roles=["owner"], actor=SYSTEM, now=clock.now(), display_name=name)
    return Actor("user", id=number, name=name, everything=True)


def test_a_case_is_opened_once_also_when_it_was_not_seen(order: int, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_it(db: Session) -> Any:
        return cases.open_case(db, "paid_twice", "attempt:1", provider="offline", amount=Money(1, "CNY"), actor=owner, now=clock.now(), order_id=order)

    with unit_of_work() as db:
        assert open_it(db) is not None
        assert open_it(db) is None
    with unit_of_work() as db:  # two at once: neither sees the other's before both write
        blind = db.scalar
        monkeypatch.setattr(db, "scalar", lambda statement, *a, **k: None if "case_key" in str(statement) else blind(statement, *a, **k))
        assert open_it(db) is None
    with reading() as db:
        assert len(db.scalars(select(Case.id)).all()) == 1


def test_what_was_read_before_is_no_room(order: int, owner: Actor) -> None:
    with unit_of_work() as db:
        attempt = db.get_one(Attempt, 1)
        db.execute(update(Attempt).values(reserved=1999).execution_options(synchronize_session=False))
        with pytest.raises(facade.NothingToRefund):
            refunds._reserve(db, attempt, [refunds.Part(None, 0, 2, 0, 0)], reason="price", note=None, actor=owner, now=clock.now())
        db.rollback()


def test_a_move_names_the_states_that_it_comes_from(order: int, owner: Actor) -> None:
    with unit_of_work() as db:
        attempt = db.get_one(Attempt, 1)
        assert not settling._move(db, attempt, settling.A.PENDING)
        assert not settling._move(db, attempt, settling.A.CLOSED)
        for refund_id in facade.request_refund(db, order, Money(100, "CNY"), reason="price", actor=owner, now=clock.now()):
            assert not settling._move(db, db.get_one(Refund, refund_id), settling.R.SUCCEEDED)  # nobody has sent it
        settling.apply_snapshot(db, 1, Snapshot("", "captured", Money(2000, "CNY")), source="asked", actor=SYSTEM, now=clock.now())
        assert (attempt.state, len(db.scalars(select(Entry.id)).all())) == ("captured", 1)
        db.rollback()


def test_parts_of_one_order_count_together_against_the_limit(order: int) -> None:
    limit(12)
    with unit_of_work() as db:
        first = person(db, "first")
        assert giving_back.claim_order_refund(db, id=order, what="lines", lines={1: 1}, reason="price", actor=first, now=clock.now())["refund_ids"]
    with unit_of_work() as db:
        assert giving_back.claim_order_refund(db, id=order, what="lines", lines={1: 1}, reason="price", actor=first, now=clock.now()) == {"refund_ids": []}
    with reading() as db:
        assert db.execute(select(Approval.action, Approval.state)).all() == [("payments.refund", "pending")]


def test_what_is_owed_above_the_limit_waits_for_a_second_person(order: int, owner: Actor) -> None:
    limit(19)
    with unit_of_work() as db:
        first, second = person(db, "first"), person(db, "second")
        cancel_order(db, id=order, reason="no", actor=owner, now=clock.now())
    with unit_of_work() as db:
        assert giving_back.claim_requested(db, id=1, actor=first, now=clock.now()) == {"refund_ids": []}
    with unit_of_work() as db:
        assert db.scalar(select(Refund.state)) == "requested"
        approvals.approve(db, id=1, actor=second, now=clock.now())
        assert db.scalar(select(Refund.state)) == "processing"


def test_a_case_above_the_limit_waits_for_a_second_person(order: int, owner: Actor) -> None:
    limit(9)
    with unit_of_work() as db:
        first, second = person(db, "first"), person(db, "second")
        case = cases.open_case(
            db, "paid_twice", "attempt:1", provider="offline", amount=Money(2000, "CNY"), actor=owner, now=clock.now(), order_id=order, attempt_id=1,
        )  # fmt: skip
        assert case is not None
    with unit_of_work() as db:
        assert giving_back.claim_case_refund(db, id=case, actor=first, now=clock.now()) == {"refund_ids": []}
    with unit_of_work() as db:
        approvals.approve(db, id=1, actor=second, now=clock.now())
        assert (db.scalar(select(Case.state)), db.scalar(select(Refund.amount))) == ("closed", 2000)
    with unit_of_work() as db, pytest.raises(IllegalMove):
        giving_back.claim_case_refund(db, id=case, actor=first, now=clock.now())


def test_a_case_is_handed_over_and_found_by_who_looks_after_it(order: int, owner: Actor, visit: Callable[..., Visitor]) -> None:
    page = visit("owner")
    with unit_of_work() as db:
        second = person(db, "second")
        case = cases.open_case(db, "paid_twice", "attempt:1", provider="offline", amount=Money(2000, "CNY"), actor=owner, now=clock.now(), order_id=order)
    assert "Give one of the two" in page.get("/payment-cases/?owner=nobody").text
    assert page.post(f"/payment-cases/{case}/hand_over", {"to": str(second.id)}).status_code == 303
    assert "Give one of the two" in page.get("/payment-cases/?owner=others").text
    assert page.post(f"/payment-cases/{case}/take").status_code == 303
    assert "Give one of the two" in page.get("/payment-cases/?owner=me").text
    assert "Give one of the two" not in page.get("/payment-cases/?owner=nobody").text
    assert "Paid twice" in page.get("/orders/?payments__has_case=1").text


def test_the_sheet_says_what_follows_and_changes_nothing(order: int, visit: Callable[..., Visitor]) -> None:
    page = visit("owner")
    assert "one gives back ¥10.00" in page.get(f"/orders/{order}/payments__refund").text
    where = f"/orders/{order}/payments__refund/preview"
    told = page.post(where, {"what": "lines", "lines-1": "1"}).text
    assert "Give back ¥10.00" in told
    assert "here it counts as given back at once" in told
    assert "After that ¥10.00 can still be given back." in told
    assert "the order is canceled by this" in page.post(where, {"what": "all"}).text
    assert "At most" in page.post(where, {"what": "amount", "amount": "99"}).text
    assert "at most 2 can be given back" in page.post(where, {"what": "lines", "lines-1": "3"}).text
    limit(5)
    assert "Ask a second person: ¥20.00" in page.post(where, {"what": "all"}).text
    with reading() as db:
        assert (db.scalars(select(Refund.id)).all(), db.scalar(select(Attempt.reserved))) == ([], 0)
    assert visit("viewer").post(where, {"what": "all"}).status_code == 403


def test_settings_of_payments_are_for_who_holds_the_right_to_them(instance: Runtime, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch) -> None:
    from zhanggui.web import context

    page, key = visit("owner"), "plugin.payments.open_minutes"
    assert key in page.get("/system/settings/").text
    present = context.actor

    def without() -> Actor:
        who = present()
        return replace(who, everything=False, permissions=frozenset({("can_manage", "core.Setting")})) if who.everything else who

    monkeypatch.setattr(context, "actor", without)
    assert key not in page.get("/system/settings/").text
    assert page.post("/system/settings/", {key: "30"}).status_code == 403
    monkeypatch.setattr(context, "actor", present)
    assert 'value="120"' in page.get("/system/settings/").text
    assert page.post("/system/settings/", {key: "30"}).status_code == 303
    assert 'value="120"' not in page.get("/system/settings/").text


def test_a_sentence_for_each_state_in_both_languages(repository: Path) -> None:
    chinese = Translations.load(repository / "plugins" / "zhanggui_payments" / "translations", ["zh_CN"])
    cases = (("", False, 0), ("wrong_amount", False, 0), ("known_number", False, 0), ("", True, 0), ("", False, 500), ("", False, 1000))
    said: set[str] = set()
    for reader in (NOBODY, Reader("zh_CN", NullTranslations(), domains={"payments": chinese})):
        read_by(reader)
        for state in AttemptState:
            for code, close, back in cases:
                attempt = Attempt(state=state, code=code, close_wanted=close, amount=1000, reserved=back, refunded=back, currency="CNY")
                said.add(" ".join(said_of(attempt)))
    assert len(said) == 2 * 10
