"""From the order to paid and back, over HTTP and against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shoppers import Shopper
from sqlalchemy import func, select

from zhanggui.api import reading
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.testing.browsing import Visitor
from zhanggui_payments.models import Attempt, Case, Entry, Refund
from zhanggui_sandbox import Sandbox


def run(name: str) -> None:
    with reading() as db:
        ids = list(db.scalars(select(Job.id).where(Job.name == name, Job.state == "ready")))
    assert {runner.run(job_id) for job_id in ids} == {"done"}


def one(*columns: Any) -> Any:
    with reading() as db:
        return tuple(db.execute(select(*columns)).one())


def begin(shopper: Shopper, tea: Any, scene: str) -> tuple[str, dict[str, Any]]:
    number = shopper.order(tea).get_json()["number"]
    answer = shopper.post(f"/orders/{number}/pay", {"method": "wechatpay", "scene": scene})
    assert answer.status_code == 200, answer.text
    return number, answer.get_json()


def test_the_mini_program_pays_and_the_staff_gives_it_back(
    wechat_user: Callable[..., Shopper], tea: Any, sandbox: Sandbox, listening: Any, visit: Callable[..., Visitor]
) -> None:
    alice = wechat_user()
    number, payment = begin(alice, tea, "mini_program")
    action = payment["action"]
    assert action.pop("type") == "mini_program"
    opened = sandbox.ask("POST", "/_sim/request_payment", action)  # checks the signature as the phone would
    assert opened["out_trade_no"] == payment["payment_id"]
    sandbox.ask("POST", "/_sim/pay", {"out_trade_no": payment["payment_id"]})
    listening.wait()
    run("wechatpay.take_message")
    paid = alice.get(f"/orders/{number}/payments")["items"]
    assert [(p["state"], p["amount"]["amount"]) for p in paid] == [("captured", 1990)]
    assert one(Attempt.state, Attempt.simulated) == ("captured", True)
    owner = visit("owner")
    page = owner.get("/orders/1").text
    assert "WeChat Pay" in page
    assert "Sandbox" in page  # play money says so
    assert owner.post("/orders/1/payments__refund", {"what": "all", "reason": "customer"}).status_code == 303
    assert one(Refund.state, Refund.simulated) == ("processing", True)
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 60})
    listening.wait(2)
    run("wechatpay.take_message")
    assert one(Refund.state) == ("succeeded",)
    assert [path for path, *_rest in listening.told] == ["/notify/wechatpay/payment", "/notify/wechatpay/refund"]
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Case)) == 0
        assert db.scalar(select(func.sum(Entry.amount))) == 2 * 1990
    (total,) = sandbox.ask("GET", "/_sim/ledger")["totals"]
    assert (total["paid"], total["refunded"], total["net"]) == (1990, 1990, 0)
