"""A customer pays by Alipay: in a browser, by a code; Alipay tells, or is asked; money goes back."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from alipay_side import FarEnd, open_page
from PIL import Image
from shoppers import Shopper
from sqlalchemy import select
from werkzeug.test import Client

from zhanggui.api import Actor, clock, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.testing.browsing import Visitor
from zhanggui_orders import facade as orders
from zhanggui_payments import demo_providers, jobs, rest
from zhanggui_payments.models import Attempt, Case, Refund

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def order(sign_in: Callable[..., Shopper], tea: Any) -> tuple[Shopper, str]:
    alice = sign_in()
    return alice, alice.order(tea).get_json()["number"]


def pay(order: tuple[Shopper, str], scene: str = "h5", **more: Any) -> dict[str, Any]:
    alice, number = order
    answer = alice.post(f"/orders/{number}/pay", {"method": "alipay", "scene": scene, "return_path": f"/shop/?order={number}", **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def tell(site: Site, body: bytes) -> tuple[int, str]:
    answer = Client(site).post("/notify/alipay", data=body, headers=HEADERS)
    return answer.status_code, answer.text


def run(*names: str) -> None:
    for name in names:
        with reading() as db:
            ids = list(db.scalars(select(Job.id).where(Job.name == name, Job.state == "ready")))
        assert {runner.run(job_id) for job_id in ids} == {"done"}


def later(**time: int) -> None:
    with clock.hold(clock.now() + timedelta(**time)):
        jobs.poll.function()


def rows(model: Any, *columns: Any) -> list[Any]:
    with reading() as db:
        return [tuple(row) for row in db.execute(select(*columns).order_by(model.id))]


def test_it_is_paid_on_the_page_told_and_given_back_by_halves(
    order: tuple[Shopper, str], far_end: FarEnd, site: Site, visit: Callable[..., Visitor]
) -> None:
    made = pay(order)
    address = made["action"]["url"]
    sent = parse_qs(urlsplit(address).query)
    assert sent["return_url"] == [f"http://localhost/shop/?order={order[1]}"]
    assert sent["notify_url"] == ["http://127.0.0.1:8000/notify/alipay"]
    assert urlsplit(address).netloc == f"localhost:{far_end.sandbox.port}"  # the name under which the customer knows this machine
    assert "19.90" in open_page(address)
    assert pay(order) == made
    far_end.pay(made["payment_id"])
    body = far_end.notification(made["payment_id"]).body
    assert [tell(site, body) for _twice in range(2)] == [(200, "success")] * 2
    run("alipay.take_message")
    alice, number = order
    assert alice.get(f"/orders/{number}")["payment_status"] == "paid"
    assert rows(Attempt, Attempt.state, Attempt.simulated, Attempt.refunded) == [("captured", True, 0)]

    owner = visit("owner")
    form = {"what": "amount", "amount": "9.95", "reason": "damaged"}
    assert owner.get("/orders/1").text.count("支付宝") + owner.get("/orders/1").text.count("Alipay")
    assert owner.post("/orders/1/payments__refund", form).status_code == 303
    assert rows(Refund, Refund.state, Refund.amount) == [("succeeded", 995)]
    refund = far_end.notification(made["payment_id"], "refund").body
    assert tell(site, refund) == (200, "success")
    run("alipay.take_message", "alipay.ask_refund")
    assert (far_end.given_back(made["payment_id"]), rows(Case, Case.kind)) == (995, [])
    assert alice.get(f"/orders/{number}")["payment_status"] == "partly_refunded"


def test_without_a_word_of_alipay_it_is_asked(order: tuple[Shopper, str], far_end: FarEnd) -> None:
    made = pay(order, "qr")
    later(seconds=6)  # nobody has scanned it: Alipay does not know it yet, and it stays open
    assert rows(Attempt, Attempt.state) == [("pending",)]
    assert "19.90" in open_page(made["action"]["text"])
    assert made["action"]["path"].startswith("M0 0h1v1h-1z")
    far_end.pay(made["payment_id"])
    later(seconds=40)
    assert order[0].get(f"/orders/{order[1]}")["payment_status"] == "paid"


def test_who_comes_back_has_it_asked_for_now(order: tuple[Shopper, str], far_end: FarEnd) -> None:
    alice, number = order
    made = pay(order, "page")
    open_page(made["action"]["url"])
    far_end.pay(made["payment_id"])
    later(seconds=6)
    later(seconds=6)
    assert rows(Attempt, Attempt.state) == [("captured",)]
    assert alice.post(f"/orders/{number}/payments/check").get_json() == {"asking": 0}  # nothing is open


def test_asking_is_hurried_once_at_a_time(order: tuple[Shopper, str], far_end: FarEnd) -> None:
    alice, number = order
    made = pay(order)
    later(seconds=6)  # the next question of the clock is half a minute away
    open_page(made["action"]["url"])
    far_end.pay(made["payment_id"])
    assert [alice.post(f"/orders/{number}/payments/check").get_json()["asking"] for _tap in range(3)] == [1, 0, 0]
    run("payments.ask_attempt")
    assert alice.get(f"/orders/{number}")["payment_status"] == "paid"


def test_money_that_goes_back_at_alipays_own_desk_is_booked_as_it_is(order: tuple[Shopper, str], far_end: FarEnd, site: Site) -> None:
    made = pay(order)
    open_page(made["action"]["url"])
    far_end.pay(made["payment_id"])
    later(seconds=6)
    for amount in (300, 200):  # of the second one the message tells the sum of both
        far_end.sandbox.ask("POST", "/_sim/console_refund", {"out_trade_no": made["payment_id"], "amount": amount})
        far_end.settled(made["payment_id"])
        assert tell(site, far_end.notification(made["payment_id"], "refund").body) == (200, "success")
        run("alipay.take_message", "alipay.ask_refund")
    assert rows(Case, Case.kind, Case.amount) == [("outside_refund", 300), ("outside_refund", 200)]
    assert rows(Attempt, Attempt.refunded) == [(500,)]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_return_page_of_another_host_is_refused(order: tuple[Shopper, str]) -> None:
    alice, number = order
    for path in ("//evil.example/", "https://evil.example/", "/\\evil.example", "shop/"):
        answer = alice.post(f"/orders/{number}/pay", {"method": "alipay", "scene": "h5", "return_path": path})
        assert answer.status_code == 422, path


@pytest.mark.parametrize("kind", ["sqlite"])
def test_nothing_secret_stands_in_a_log(order: tuple[Shopper, str], far_end: FarEnd, given: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = pay(order, "qr")
    with far_end.broken("sign_wrong"):
        later(seconds=6)
    later(seconds=40)
    log = caplog.text
    assert "127.0.0.1" in log
    assert not any(secret in log for secret in (given["app_private_key"][60:120], made["payment_id"], "sign=", "biz_content"))


@pytest.mark.parametrize("kind", ["sqlite"])
def test_an_order_that_is_called_off_is_closed_there(order: tuple[Shopper, str], far_end: FarEnd) -> None:
    alice, number = order
    made = pay(order)
    open_page(made["action"]["url"])
    alice.post(f"/orders/{number}/cancel", {})
    run("payments.close_attempts")
    far_end.pay(made["payment_id"])
    assert far_end.undone == ["this order is closed"]
    assert alice.get(f"/orders/{number}")["status"] == "canceled"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_customers_of_the_demo_pay_at_its_sandbox(sign_in: Callable[..., Shopper], tea: Any, far_end: FarEnd, owner: Actor) -> None:
    for name in ("alice", "bob", "carol", "dave"):
        assert sign_in(name).order(tea).status_code == 201
    with unit_of_work() as db:
        for order_id in range(1, 5):
            orders.mark_paid_offline(db, order_id=order_id, method="wechat", actor=owner, now=clock.now())
    demo_providers.fill(clock.now())
    told = rows(Attempt, Attempt.provider, Attempt.state, Attempt.simulated, Attempt.refunded)
    assert [row for row in told if row[0] == "alipay"] == [
        ("alipay", "captured", True, 0), ("alipay", "captured", True, 995), ("alipay", "captured", True, 0), ("alipay", "pending", True, 0),
    ]  # fmt: skip
    books = far_end.sandbox.ask("GET", "/_sim/ledger")["totals"]
    assert [(total["paid"], total["refunded"]) for total in books] == [(3 * 1990, 995)]


def test_a_code_can_be_read_by_a_camera() -> None:
    text = "https://qr.alipay.com/bax03431ljhokirwl38f00a7"
    code = rest.drawn(text)
    dots = {tuple(int(n) for n in dot.split()) for dot in re.findall(r"M(\d+ \d+)h1v1h-1z", code["path"])}
    side = code["size"] + 8
    picture = Image.new("L", (side, side), 255)
    for x, y in dots:
        picture.putpixel((x + 4, y + 4), 0)
    (read,) = zxingcpp.read_barcodes(picture.resize((side * 8, side * 8), Image.Resampling.NEAREST))
    assert read.text == text
