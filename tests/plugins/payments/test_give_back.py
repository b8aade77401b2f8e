"""Money goes back: whole, by line, by amount; once, and never more than there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from panda import Panda
from shop import add_product, place
from shoppers import Shopper
from sqlalchemy import select, update
from werkzeug.test import Client

from zhanggui import approvals
from zhanggui.api import SYSTEM, Actor, IllegalMove, Invalid, Money, clock, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.approvals.models import Approval
from zhanggui.config import settings
from zhanggui.events.models import OutboxEvent
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD
from zhanggui.testing.racing import race, refused
from zhanggui_orders.models import Order, OrderLine
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_payments import facade, jobs, queries
from zhanggui_payments.models import Attempt, Case, Entry, Refund, RefundLine
from zhanggui_payments.rules import pieces, spread
from zhanggui_payments.services import asking, cases, giving_back, refunds

ALL: dict[str, Any] = {"what": "all", "reason": "customer"}


@pytest.fixture
def paid(sign_in: Callable[..., Shopper], tea: Any, panda: Panda) -> str:
    """Two tins paid by Panda Pay; answers our number of the payment."""
    alice = sign_in()
    number = alice.order(tea, 2).get_json()["number"]
    made = alice.post(f"/orders/{number}/pay", {"method": "panda", "scene": "h5"}).get_json()["payment_id"]
    panda.pay(made)
    assert asking.ask_attempt(1) == "captured"
    return str(made)


def give_back(actor: Actor = SYSTEM, **what: Any) -> list[int]:
    """As the sheet on the order does it."""
    from zhanggui.jobs.phases import in_phases
    from zhanggui_payments.slots import REFUND

    made: list[int] = []

    def claim(db: Any) -> Any:
        claimed = REFUND.claim(db, id=1, actor=actor, now=clock.now(), **{**ALL, **what})
        made.extend(claimed["refund_ids"])
        return claimed

    in_phases(REFUND, claim, lambda _db, said: said)
    return made


def later(**time: int) -> None:
    with clock.hold(clock.now() + timedelta(**time)):
        jobs.poll.function()


def ask(*columns: Any) -> list[Any]:
    with reading() as db:
        found = db.execute(select(*columns).order_by(columns[0].class_.id)).all()
    return [tuple(row) if len(columns) > 1 else row[0] for row in found]


def sums() -> tuple[str, int, int]:
    (row,) = ask(Order.payment_status, Order.paid_total, Order.refunded_total)
    found: tuple[str, int, int] = row
    return found


def test_all_of_it_goes_back_and_what_was_not_sent_is_canceled(paid: str, panda: Panda) -> None:
    give_back()
    assert panda.given_back(paid) == 3980
    assert (sums(), ask(Order.status)) == (("refunded", 3980, 3980), ["canceled"])
    assert [tuple(e) for e in ask(Entry.entry_key, Entry.debit, Entry.credit, Entry.amount)] == [
        ("attempt:1", "clearing:pandapay", "sales", 3980), ("refund:1", "refunds", "clearing:pandapay", 3980),
    ]  # fmt: skip
    with pytest.raises(IllegalMove):
        give_back()


def test_pieces_of_a_line_go_back_and_the_event_tells_of_them(paid: str, panda: Panda) -> None:
    (line,) = ask(OrderLine.id)
    give_back(what="lines", lines={1: 1})
    assert (sums(), panda.given_back(paid)) == (("partly_refunded", 3980, 1990), 1990)
    assert ask(RefundLine.order_line_id, RefundLine.quantity, RefundLine.goods) == [(line, 1, 1990)]
    with reading() as db:
        told = db.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == "payments.refund.succeeded")).one()
    assert (told["amount"], told["order_line_ids"], told["quantities"]) == ({"amount": 1990, "currency": "CNY"}, [line], [1])
    with pytest.raises(Invalid, match="another look"):
        give_back(what="lines", lines={1: 2})
    give_back(what="lines", lines={1: 1})
    assert sums() == ("refunded", 3980, 3980)


def test_an_amount_goes_back_and_no_more_than_is_left(paid: str, panda: Panda) -> None:
    give_back(what="amount", amount=Money(1000, "CNY"))
    assert sums() == ("partly_refunded", 3980, 1000)
    with pytest.raises(facade.NothingToRefund, match="29.80"):
        give_back(what="amount", amount=Money(2981, "CNY"))
    give_back()
    assert (sums(), sorted(ask(Refund.amount))) == (("refunded", 3980, 3980), [1000, 2980])


def test_20_who_give_all_back_at_once_give_it_back_once(paid: str, panda: Panda) -> None:
    def act(db: Any, n: int) -> Any:
        return giving_back.claim_order_refund(db, id=1, actor=SYSTEM, now=clock.now(), **ALL)

    outcomes = race(20, act)
    assert refused(outcomes, facade.NothingToRefund, IllegalMove) == 19
    (claimed,) = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    for _once_more in range(3):
        refunds.send(**claimed)
    assert panda.given_back(paid) == 3980
    assert ask(Attempt.reserved) == [3980]


def test_parts_at_once_never_pass_what_is_there(paid: str) -> None:
    outcomes = race(12, lambda db, n: giving_back.claim_order_refund(db, id=1, actor=SYSTEM, now=clock.now(), what="amount", reason="price", amount=Money(1000, "CNY")))
    assert refused(outcomes, facade.NothingToRefund) == 9
    assert ask(Attempt.reserved) == [3000]


def test_what_was_read_before_is_not_what_is_reserved(paid: str, owner: Actor) -> None:
    with unit_of_work() as db:
        attempt = db.get_one(Attempt, 1)
        db.execute(update(Attempt).values(reserved=3980).execution_options(synchronize_session=False))
        with pytest.raises(facade.NothingToRefund):
            refunds._reserve(db, attempt, [refunds.Part(None, 0, 1, 0, 0)], reason="price", note=None, actor=owner, now=clock.now())
        db.rollback()


@pytest.mark.parametrize("how", ["lost", "unsigned", "garbled"])
def test_a_lost_answer_is_asked_about_and_not_sent_again(paid: str, panda: Panda, how: str) -> None:
    with panda.broken(how), pytest.raises(Exception, match=r"127\.0\.0\.1|Panda"):
        give_back()
    assert ask(Refund.state) == ["processing"]
    assert sums()[0] == "paid"  # accepted is not refunded, and neither is this
    later(seconds=61)
    assert (ask(Refund.state), panda.given_back(paid), panda.asked.count("/refunds")) == (["succeeded"], 3980, 1)


def test_a_shop_that_lost_its_key_meanwhile_frees_nothing(paid: str, panda: Panda, monkeypatch: pytest.MonkeyPatch) -> None:
    with panda.broken("lost"), pytest.raises(Exception, match=r"127\.0\.0\.1"):
        give_back()
    with monkeypatch.context() as patch:
        patch.setattr("zhanggui_pandapay.provider.get_setting", lambda key: "")
        later(seconds=61)
    assert (ask(Refund.state), ask(Attempt.reserved)) == (["processing"], [3980])
    later(minutes=11)
    assert (ask(Refund.state), panda.given_back(paid)) == (["succeeded"], 3980)


def test_the_sheet_on_the_order_asks_for_pieces_of_lines(paid: str, panda: Panda, visit: Callable[..., Visitor]) -> None:
    owner = visit("owner")
    sheet = owner.get("/orders/1/payments__refund").text
    assert "Longjing tea 250 g" in sheet and "one gives back ¥19.90" in sheet
    form = {"what": "lines", "lines-1": "1", "reason": "damaged"}
    assert owner.post("/orders/1/payments__refund", form).status_code == 303
    assert (panda.given_back(paid), ask(Refund.reason)) == (1990, ["damaged"])
    assert owner.post("/orders/1/payments__refund", {**form, "lines-1": "2"}).status_code == 422


def test_what_never_reached_them_is_sent_again_under_the_same_number(paid: str, panda: Panda) -> None:
    with panda.broken("down"), pytest.raises(Exception, match="busy"):
        give_back()
    number = ask(Refund.number)[0]
    later(seconds=61)
    assert (ask(Refund.state), list(panda.refunds)) == (["succeeded"], [number])


def test_accepted_is_not_refunded(paid: str, panda: Panda) -> None:
    panda.slow = "processing"
    give_back()
    assert (ask(Refund.state), sums()) == (["processing"], ("paid", 3980, 0))
    panda.end_refund(ask(Refund.number)[0], "succeeded")
    later(seconds=61)
    assert (ask(Refund.state), sums()[0]) == (["succeeded"], "refunded")


def test_a_stuck_refund_is_a_case_and_can_still_come_through(paid: str, panda: Panda) -> None:
    panda.slow = "processing"
    give_back()
    panda.end_refund(ask(Refund.number)[0], "abnormal")
    later(seconds=61)
    assert (ask(Refund.state), ask(Case.kind)) == (["abnormal"], ["refund_abnormal"])
    panda.end_refund(ask(Refund.number)[0], "succeeded")
    later(hours=1)
    assert (ask(Refund.state), sums()[0]) == (["succeeded"], "refunded")


def test_a_failed_refund_frees_what_it_reserved_and_is_a_case(paid: str, panda: Panda) -> None:
    panda.charges[paid]["state"] = "closed"  # at the provider nothing is there to give back
    give_back()
    assert (ask(Refund.state, Refund.code), ask(Case.kind), ask(Attempt.reserved)) == ([("failed", "not_paid")], ["refund_failed"], [0])
    panda.charges[paid]["state"] = "captured"
    give_back()  # a person tries once more: another refund, another number
    assert (ask(Refund.state), panda.given_back(paid)) == (["failed", "succeeded"], 3980)


def test_a_message_before_the_answer_counts_once(paid: str, panda: Panda, site: Site) -> None:
    with panda.broken("lost"), pytest.raises(Exception, match=r"127\.0\.0\.1"):
        give_back()
    raw, headers = panda.told(refund=ask(Refund.number)[0])
    for _once_more in range(3):
        assert Client(site).post("/notify/pandapay", data=raw, headers=headers).status_code == 200
    run("pandapay.take_message")
    later(seconds=61)
    assert (ask(Refund.state), len(ask(Entry.id)), sums()) == (["succeeded"], 2, ("refunded", 3980, 3980))


def test_money_given_back_at_the_provider_s_desk_is_booked_and_a_case(paid: str, panda: Panda, site: Site) -> None:
    panda.refunds["DESK1"] = {"refund": "DESK1", "number": paid, "state": "succeeded", "amount": 500, "currency": "CNY", "transaction": "RD"}
    for _twice in range(2):
        raw, headers = panda.told(refund="DESK1")
        Client(site).post("/notify/pandapay", data=raw, headers=headers)
    run("pandapay.take_message")
    assert (sums(), ask(Case.kind)) == (("partly_refunded", 3980, 500), ["outside_refund"])
    give_back()
    assert sums() == ("refunded", 3980, 3980)


def test_a_canceled_order_is_owed_its_money_until_somebody_sends_it(paid: str, panda: Panda, visit: Callable[..., Visitor]) -> None:
    owner = visit("owner")
    assert owner.post("/orders/1/cancel", {"reason": "sold out"}).status_code == 303
    assert (ask(Refund.state, Refund.amount), ask(Order.status), sums()[0]) == ([("requested", 3980)], ["canceled"], "paid")
    assert "/refunds/?state=requested" in owner.get("/").text
    assert [owner.post("/refunds/1/send").status_code for _ in range(2)] == [303, 409]
    assert (panda.given_back(paid), sums()) == (3980, ("refunded", 3980, 3980))


def test_above_the_limit_a_second_person_decides(paid: str, panda: Panda, visit: Callable[..., Visitor], instance: Runtime) -> None:
    with unit_of_work() as db:
        settings.set(db, "plugin.payments.approve_above", 39, actor=SYSTEM, now=clock.now())
    first = visit("owner")
    page = first.post("/orders/1/payments__refund", {"what": "all", "reason": "damaged"})
    assert page.status_code == 303
    assert (ask(Approval.state), ask(Refund.id), panda.asked.count("/refunds")) == (["pending"], [], 0)
    second = Actor("user", id=4711, name="second", everything=True)
    with unit_of_work() as db:
        approvals.approve(db, id=ask(Approval.id)[0], actor=second, now=clock.now())
    assert ask(Refund.state) == ["processing"]
    run("payments.ask_refunds")
    assert (panda.given_back(paid), sums()[0]) == (3980, "refunded")


def test_below_the_limit_nobody_is_asked(paid: str, panda: Panda) -> None:
    with unit_of_work() as db:
        settings.set(db, "plugin.payments.approve_above", 40, actor=SYSTEM, now=clock.now())
    give_back()
    assert sums()[0] == "refunded"


@pytest.mark.parametrize(("limit", "asked"), [(39, True), (40, False), (0, False)])
def test_much_money_asks_who_sits_there_when_the_sign_in_is_long_ago(
    paid: str, visit: Callable[..., Visitor], instance: Runtime, limit: int, asked: bool
) -> None:  # fmt: skip
    with unit_of_work() as db:
        settings.set(db, "plugin.payments.fresh_above", limit, actor=SYSTEM, now=clock.now())
    one, form = visit("owner"), {"what": "all", "reason": "damaged"}
    with clock.hold(clock.now() + timedelta(minutes=10)):
        answer = one.post("/orders/1/payments__refund", form)
        assert answer.location.startswith("/me/confirm") is asked
        assert ask(Refund.id) == ([] if asked else [1])
        if asked:
            assert one.post("/me/confirm", {"password": PASSWORD}).status_code == 303
            assert one.post("/orders/1/payments__refund", form).location == "/orders/1"
            assert ask(Refund.id) == [1]


def test_each_right_is_one_of_its_own(paid: str, visit: Callable[..., Visitor]) -> None:
    viewer = visit("viewer")
    assert viewer.post("/orders/1/payments__refund", {"what": "all", "reason": "customer"}).status_code == 403
    assert viewer.get("/payments/export.csv").status_code == 403
    assert visit("clerk").post("/orders/1/payments__refund", {"what": "all", "reason": "customer"}).status_code == 303


def test_a_case_is_taken_settled_and_closed_with_a_sentence(paid: str, panda: Panda, owner: Actor, visit: Callable[..., Visitor]) -> None:
    panda.slow = "abnormal"
    give_back()
    (case,) = ask(Case.id)
    with pytest.raises(Invalid), unit_of_work() as db:
        cases.close_case(db, id=case, note=" ", actor=owner, now=clock.now())
    page = visit("owner")
    assert "Finish it on the provider" in page.get(f"/payment-cases/{case}").text
    assert page.post(f"/payment-cases/{case}/take").status_code == 303
    assert page.post(f"/payment-cases/{case}/close", {"note": "Settled by phone"}).status_code == 303
    assert page.post(f"/payment-cases/{case}/close", {"note": "Again"}).status_code == 409
    assert ask(Case.state, Case.owner, Case.note) == [("closed", "owner", "Settled by phone")]


def test_what_was_paid_twice_goes_back_from_its_case(instance: Runtime, owner: Actor, panda: Panda, tea: Any, sign_in: Callable[..., Shopper], visit: Callable[..., Visitor]) -> None:
    alice = sign_in()
    number = alice.order(tea).get_json()["number"]
    made = alice.post(f"/orders/{number}/pay", {"method": "panda", "scene": "h5"}).get_json()["payment_id"]
    with unit_of_work() as db:
        mark_paid_offline(db, id=1, method="cash", actor=owner, now=clock.now())
    panda.pay(made)
    later(seconds=1)
    assert sums() == ("overpaid", 3980, 0)
    page = visit("owner")
    assert "Paid twice" in page.get("/orders/").text
    finance = page.get("/finance/?period=7d").text
    assert "¥39.80" in finance and "Cash · 1 time · 100%" in finance  # the other one came in March, says who took it
    assert "Panda Pay" in page.get("/payments/?provider=pandapay&method=pandapay:panda&state=captured").text
    assert page.post("/payment-cases/1/refund").status_code == 303
    assert (sums(), ask(Case.state), panda.given_back(made)) == (("paid", 3980, 1990), ["closed"], 1990)
    with reading() as db:
        assert [queries.balance(db, account, "CNY").amount for account in ("clearing:pandapay", "clearing:offline", "sales", "refunds")] == [0, 1990, -3980, 1990]


def test_cash_goes_back_without_anybody_outside(instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        order = place(db, owner, (add_product(db, owner, price=1000), 3))
        mark_paid_offline(db, id=order.id, method="cash", actor=owner, now=clock.now())
    give_back(owner, what="lines", lines={1: 2})
    assert sums() == ("partly_refunded", 3000, 2000)


def test_what_is_withdrawn_is_free_again(paid: str, owner: Actor) -> None:
    with unit_of_work() as db:
        facade.request_refund(db, 1, Money(500, "CNY"), reason="price", actor=owner, now=clock.now())
        giving_back.withdraw(db, id=1, note="settled otherwise", actor=owner, now=clock.now())
    assert (ask(Refund.state), ask(Attempt.reserved)) == (["failed"], [0])


@pytest.mark.parametrize(("amount", "quantity"), [(1000, 3), (1, 3), (999, 7), (0, 2), (1990, 1)])
def test_all_pieces_together_are_the_line(amount: int, quantity: int) -> None:
    assert sum(pieces(amount, quantity, n, 1) for n in range(quantity)) == amount
    assert pieces(amount, quantity, 0, quantity) == amount


def test_an_amount_is_spread_over_what_is_left() -> None:
    left = [{"goods": 100, "freight": 0, "fee": 0}, {"goods": 100, "freight": 1, "fee": 0}]
    found = spread(200, left)
    assert sum(value for line in found for value in line.values()) == 200
    assert all(found[n][part] <= left[n][part] for n in range(2) for part in left[n])
    with pytest.raises(ValueError, match="more than is left"):
        spread(202, left)


def run(name: str) -> None:
    with reading() as db:
        ids = list(db.scalars(select(Job.id).where(Job.name == name, Job.state == "ready")))
    assert {runner.run(job_id) for job_id in ids} <= {"done"}
