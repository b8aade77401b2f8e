"""A customer pays at a provider: begun, told, asked about, closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from panda import Panda
from shoppers import Shopper
from sqlalchemy import func, select, update
from werkzeug.test import Client

from zhanggui.api import Actor, clock, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui_inventory import facade as inventory
from zhanggui_orders import facade as orders
from zhanggui_orders import jobs as order_jobs
from zhanggui_orders.models import Order
from zhanggui_payments import jobs, queries
from zhanggui_payments.models import Attempt, Case, Entry, ProviderEvent

BY_PANDA = {"method": "panda", "scene": "h5"}


@pytest.fixture
def order(sign_in: Callable[..., Shopper], tea: Any) -> tuple[Shopper, str]:
    alice = sign_in()
    return alice, alice.order(tea).get_json()["number"]


def pay(order: tuple[Shopper, str], **more: Any) -> dict[str, Any]:
    alice, number = order
    answer = alice.post(f"/orders/{number}/pay", {**BY_PANDA, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def tell(site: Site, panda: Panda, number: str, **more: Any) -> int:
    raw, headers = panda.told(number, **more)
    return Client(site).post("/notify/pandapay", data=raw, headers=headers).status_code


def run(name: str) -> None:
    with reading() as db:
        ids = list(db.scalars(select(Job.id).where(Job.name == name, Job.state == "ready")))
    assert {runner.run(job_id) for job_id in ids} <= {"done"}


def later(**time: int) -> None:
    """So much later the clock polls."""
    with clock.hold(clock.now() + timedelta(**time)):
        jobs.poll.function()


def facts(number: str) -> tuple[str, str, int]:
    with reading() as db:
        row = db.execute(select(Order.status, Order.payment_status, Order.paid_total).where(Order.number == number)).one()
    return tuple(row)


def one(model: Any, *columns: Any) -> Any:
    with reading() as db:
        return db.execute(select(*(columns or (model.state,)))).scalar_one()


def count(model: Any) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(model)) or 0


def test_who_asks_twice_pays_once(order: tuple[Shopper, str], panda: Panda) -> None:
    first, second = pay(order), pay(order)
    assert first == second
    assert first["state"] == "pending"
    assert first["amount"] == {"amount": 1990, "currency": "CNY"}
    assert first["action"] == {"type": "redirect", "url": f"https://pay.example/{first['payment_id']}"}
    assert panda.asked.count("/charges") == 1


def test_what_the_client_says_of_the_amount_counts_for_nothing(order: tuple[Shopper, str], panda: Panda) -> None:
    made = pay(order, amount=1, currency="USD", total={"amount": 1, "currency": "CNY"})
    assert panda.charges[made["payment_id"]]["amount"] == 1990


def test_the_provider_tells_and_it_counts_once(order: tuple[Shopper, str], panda: Panda, site: Site) -> None:
    number = pay(order)["payment_id"]
    panda.pay(number)
    assert tell(site, panda, number, secret="a guess") == 401
    assert [tell(site, panda, number, message="m") for _ in range(3)] == [200] * 3
    assert [tell(site, panda, number) for _ in range(2)] == [200] * 2
    run("pandapay.take_message")
    later(minutes=1)
    alice, order_number = order
    assert facts(order_number) == ("open", "paid", 1990)
    assert (count(Entry), count(Case)) == (1, 0)
    paid = alice.get(f"/orders/{order_number}/payments")["items"]
    assert [(p["state"], p["payment_id"]) for p in paid] == [("captured", number)]
    refusal = alice.post(f"/orders/{order_number}/pay", BY_PANDA)
    assert (refusal.status_code, refusal.get_json()["code"]) == (409, "illegal_move")


def test_without_a_word_of_the_provider_it_is_asked(order: tuple[Shopper, str], panda: Panda) -> None:
    number = pay(order)["payment_id"]
    panda.pay(number)
    later(seconds=1)
    assert one(Attempt) == "pending"  # its time has not come
    later(seconds=6)
    assert facts(order[1]) == ("open", "paid", 1990)


@pytest.mark.parametrize("how", ["lost", "unsigned", "garbled", "down"])
def test_an_answer_that_is_lost_leaves_it_open_and_is_asked_about(order: tuple[Shopper, str], panda: Panda, how: str) -> None:
    alice, number = order
    with panda.broken(how):
        assert alice.post(f"/orders/{number}/pay", BY_PANDA).get_json()["code"] == "outside_trouble"
    assert one(Attempt) == "created"
    made = pay(order)
    assert (count(Attempt), made["state"]) == (1, "pending")
    panda.pay(made["payment_id"])
    later(seconds=6)
    assert facts(number) == ("open", "paid", 1990)


def test_what_the_provider_refuses_can_be_tried_again(sign_in: Callable[..., Shopper], tea: Any, panda: Panda, owner: Actor) -> None:
    alice = sign_in()
    number = alice.order(tea).get_json()["number"]
    with unit_of_work() as db:
        db.execute(update(Order).where(Order.number == number).values(total=66600))
    assert pay((alice, number))["state"] == "failed"
    with unit_of_work() as db:
        db.execute(update(Order).where(Order.number == number).values(total=1990))
    assert pay((alice, number))["state"] == "pending"


def test_a_wrong_amount_is_a_case_and_pays_nothing(order: tuple[Shopper, str], panda: Panda) -> None:
    number = pay(order)["payment_id"]
    panda.pay(number, amount=1989)
    later(seconds=6)
    later(minutes=1)
    assert facts(order[1]) == ("open", "unpaid", 0)
    assert (one(Attempt), one(Case, Case.kind), count(Case)) == ("closed", "wrong_amount", 1)
    assert one(Attempt, Attempt.ask_at) is None  # a person decides about it: nobody asks for ever
    with reading() as db:
        assert queries.balance(db, "suspense", "CNY").amount == -1989


def test_an_order_that_is_closing_does_not_wait_for_a_wrong_amount(order: tuple[Shopper, str], panda: Panda) -> None:
    alice, number = order
    panda.pay(pay(order)["payment_id"], amount=1989)
    assert alice.post(f"/orders/{number}/cancel", {"reason": "no"}).get_json()["status"] == "closing"
    run("payments.close_attempts")
    assert (facts(number), one(Case, Case.kind)) == (("canceled", "unpaid", 0), "wrong_amount")


def test_news_of_a_number_that_is_none_of_ours_is_a_case(order: tuple[Shopper, str], panda: Panda, site: Site) -> None:
    panda.charges["STRANGER"] = {"number": "STRANGER", "state": "captured", "amount": 500, "currency": "CNY", "transaction": "T1"}
    tell(site, panda, "STRANGER")
    tell(site, panda, "STRANGER")
    run("pandapay.take_message")
    assert (count(Case), one(Case, Case.kind)) == (1, "unknown_payment")


def test_an_unpaid_order_closes_in_two_steps(order: tuple[Shopper, str], panda: Panda, tea: Any) -> None:
    alice, number = order
    made = pay(order)
    said = alice.post(f"/orders/{number}/cancel", {"reason": "no"}).get_json()
    assert (said["status"], said["stage"]) == ("closing", "to_pay")
    assert alice.post(f"/orders/{number}/pay", BY_PANDA).status_code == 409
    with reading() as db:
        assert inventory.stock_of(db, [tea.id])[tea.id].reserved == 1
    run("payments.close_attempts")
    assert panda.charges[made["payment_id"]]["state"] == "closed"
    assert facts(number) == ("canceled", "unpaid", 0)
    assert alice.get(f"/orders/{number}")["cancel_reason"] == "no"
    with reading() as db:
        assert inventory.stock_of(db, [tea.id])[tea.id].reserved == 0


def test_already_paid_wins_over_closing(order: tuple[Shopper, str], panda: Panda) -> None:
    alice, number = order
    made = pay(order)
    alice.post(f"/orders/{number}/cancel", {})
    panda.pay(made["payment_id"])
    run("payments.close_attempts")
    assert facts(number) == ("open", "paid", 1990)
    assert count(Case) == 0


def test_the_clock_closes_at_the_provider_too_though_it_is_down_at_first(order: tuple[Shopper, str], panda: Panda) -> None:
    made = pay(order)
    with clock.hold(clock.now() + timedelta(minutes=31)):
        order_jobs.close_unpaid_orders.function()
        assert facts(order[1])[0] == "closing"
        with panda.broken("down"):
            jobs.poll.function()
        assert facts(order[1])[0] == "closing"
    later(minutes=33)
    assert (panda.charges[made["payment_id"]]["state"], facts(order[1])[0]) == ("closed", "canceled")


def test_money_that_comes_after_the_order_was_closed_is_a_case(order: tuple[Shopper, str], panda: Panda, site: Site) -> None:
    alice, number = order
    made = pay(order)["payment_id"]
    alice.post(f"/orders/{number}/cancel", {})
    run("payments.close_attempts")
    panda.charges[made] |= {"state": "captured", "transaction": "T1"}
    tell(site, panda, made)
    run("pandapay.take_message")
    assert facts(number) == ("canceled", "paid", 1990)
    assert (one(Attempt), one(Case, Case.kind)) == ("captured", "paid_after_close")


def test_paid_by_hand_meanwhile_is_paid_twice(order: tuple[Shopper, str], panda: Panda, owner: Actor) -> None:
    made = pay(order)["payment_id"]
    with unit_of_work() as db:
        order_id = db.scalar(select(Order.id)) or 0
        orders.mark_paid_offline(db, order_id=order_id, method="cash", actor=owner, now=clock.now())
    panda.pay(made)
    later(seconds=1)  # at once: what else is open is closed where it can be paid
    assert facts(order[1]) == ("open", "overpaid", 3980)
    assert one(Case, Case.kind) == "paid_twice"


def test_another_way_closes_the_first_one(order: tuple[Shopper, str], panda: Panda) -> None:
    first, second = pay(order), pay(order, scene="page")
    assert first["payment_id"] != second["payment_id"]
    assert panda.charges[first["payment_id"]]["state"] == "closed"
    third = pay(order)
    panda.pay(third["payment_id"])
    fourth = pay(order, scene="page")  # somebody paid before: nothing is begun
    assert (fourth["payment_id"], fourth["state"]) == (third["payment_id"], "captured")
    assert facts(order[1]) == ("open", "paid", 1990)


def test_what_is_not_paid_in_time_is_closed_there(order: tuple[Shopper, str], panda: Panda) -> None:
    made = pay(order)["payment_id"]
    later(hours=3)
    assert (one(Attempt), panda.charges[made]["state"]) == ("closed", "closed")


def test_bad_input_is_answered_in_words(order: tuple[Shopper, str], sign_in: Callable[..., Shopper]) -> None:
    alice, number = order
    assert alice.post(f"/orders/{number}/pay", {"method": "bitcoin", "scene": "h5"}).get_json()["code"] == "method_unavailable"
    assert "cannot be used here" in alice.post(f"/orders/{number}/pay", {"method": "panda", "scene": "qr"}).get_json()["detail"]
    assert alice.post(f"/orders/{number}/pay", {"method": "panda"}).status_code == 422
    assert sign_in("bob").post(f"/orders/{number}/pay", BY_PANDA).status_code == 404
    assert sign_in("bob").send("GET", f"/orders/{number}/payments").status_code == 404


def test_what_can_be_used_and_why_not(order: tuple[Shopper, str], monkeypatch: pytest.MonkeyPatch) -> None:
    alice, number = order
    def panda(path: str) -> dict[str, Any]:
        answer = alice.get(path)
        assert answer["next"] is None
        [found] = [one for one in answer["items"] if one["method"] == "panda"]
        return dict(found)

    assert panda("/payment-methods") == {"method": "panda", "name": "Panda Pay", "scenes": ["h5", "page"], "available": True, "why": ""}
    assert panda("/payment-methods?scene=qr")["why"] == "It cannot be used here."
    monkeypatch.setattr("zhanggui_pandapay.provider.get_setting", lambda key: "")
    assert "no secret yet" in panda("/payment-methods")["why"]
    refusal = alice.post(f"/orders/{number}/pay", BY_PANDA)
    assert (refusal.status_code, "no secret yet" in refusal.get_json()["detail"]) == (409, True)


def test_what_was_heard_is_kept_and_never_changed(order: tuple[Shopper, str], panda: Panda) -> None:
    number = pay(order)["payment_id"]
    panda.pay(number)
    later(seconds=6)
    with reading() as db:
        assert [(e.source, e.state) for e in queries.events_of(db, 1)] == [("answered", "pending"), ("asked", "captured")]
    for model in (Entry, ProviderEvent):
        with pytest.raises(Exception, match="append-only"), unit_of_work() as db:
            db.execute(update(model).values(provider="x") if model is ProviderEvent else update(model).values(amount=1))
