"""Subscribe messages at the sandbox: one grant, one message; what WeChat refuses has a reason, and 43101 is no trouble at all."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import RAISE
from sqlalchemy import select

from zhanggui.api import SYSTEM, Envelope, Later, Recipient, Refused, Sent, Unknown, clock, current_runtime, reading, unit_of_work
from zhanggui.config import settings
from zhanggui.runtime import Runtime
from zhanggui_customers.models import Identity
from zhanggui_sandbox import Sandbox
from zhanggui_wechat import messages, rest, templates, wire
from zhanggui_wechat.models import Grant

SHIPPED, PLAIN = "SBXshippedTemplate0000000000000000000000001", "SBXplainTemplate000000000000000000000000004"
LINES = f"""orders.shipped: {SHIPPED} character_string1=number thing2=goods thing3=carrier page=pages/order/order?number={{number}}
orders.told: {PLAIN} character_string1=number thing2=goods phrase3=state time4=at scene=after_visit"""
pytestmark = pytest.mark.parametrize("kind", ["sqlite"])  # what differs between databases is in the ledger's own tests
VALUES = {"number": "26112785921383", "goods": "明前龙井 250 克 2 盒", "carrier": "顺丰", "state": "已发货", "at": "2026年11月27日 15:01"}


@pytest.fixture
def alice(instance: Runtime, sandbox: Sandbox, come_in: Callable[..., Any]) -> Any:
    """A customer of the mini-program, by her id and openid; its templates are entered."""
    write(templates=LINES)
    assert come_in().status_code == 200
    with reading() as db:
        return db.execute(select(Identity.customer_id, Identity.subject).where(Identity.provider == "wechat")).one()


def write(**values: Any) -> None:
    with unit_of_work() as db:
        for name, value in values.items():
            settings.set(db, f"plugin.wechat.{name}", value, actor=SYSTEM, now=clock.now())
    current_runtime().shared.pop("generations", None)  # as at the next request


def allow(sandbox: Sandbox, template: str = SHIPPED, count: int = 1) -> None:
    sandbox.ask("POST", "/_sim/subscribe", {"user": "alice", "template_id": template, "count": count})


def envelope(alice: Any, kind: str = "orders.shipped", message: str = "m1", **values: str) -> Envelope:
    template = {"orders.shipped": SHIPPED, "orders.told": PLAIN}.get(kind, "")
    reserved = {"template_id": template} if template else {}
    return Envelope(message, kind, Recipient("customer", alice.customer_id), alice.subject, "zh_CN", "已发货", "…", values={**VALUES, **values}, reserved=reserved)


def arrived(sandbox: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.ask("GET", "/_sim/messages?channel=wechat_subscribe")["items"]
    return found


def requests(sandbox: Sandbox, operation: str) -> list[dict[str, Any]]:
    return [one for one in sandbox.ask("GET", "/_sim/requests?limit=1000")["items"] if one["operation"] == operation]


def test_it_arrives_on_her_phone(alice: Any, sandbox: Sandbox) -> None:
    allow(sandbox)
    sent = messages.send(envelope(alice))
    assert isinstance(sent, Sent)
    assert sent.ref
    (found,) = arrived(sandbox)
    assert (found["who"], found["page"]) == ("alice", "pages/order/order?number=26112785921383")
    assert found["lines"] == [["订单编号", "26112785921383"], ["商品", "明前龙井 250 克 2 盒"], ["快递", "顺丰"]]
    asked = requests(sandbox, "subscribe")[0]["body"]
    assert "明前龙井" in asked  # as it is, not escaped
    assert json.loads(asked)["lang"] == "zh_CN"


def test_without_a_grant_it_is_bookkeeping_and_no_trouble(alice: Any, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert messages.send(envelope(alice)) == Refused("no_grant", "43101")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING and "zhanggui_sandbox" not in record.name]
    assert arrived(sandbox) == []


def test_the_whole_way_of_one_grant(alice: Any, sandbox: Sandbox) -> None:
    """Told by the mini-program, reserved, spent; told once more but used up elsewhere: the balance is none."""
    told = {"path": {}, "body": {"prompt_id": "prompt-0001", "results": {SHIPPED: "accept"}}}
    tell(alice, told["body"])
    tell(alice, told["body"])  # the same prompt
    allow(sandbox)
    first, second = envelope(alice), envelope(alice, message="m2")
    with unit_of_work() as db:
        assert [messages.reserve(db, first), messages.reserve(db, second)] == [{"template_id": SHIPPED}, None]
    outcome = messages.send(first)
    with unit_of_work() as db:
        messages.settle(db, first, outcome)
    tell(alice, {"prompt_id": "prompt-0002", "results": {SHIPPED: "accept"}})
    with unit_of_work() as db:
        assert messages.reserve(db, second)
    refused = messages.send(second)
    with unit_of_work() as db:
        messages.settle(db, second, refused)
    with reading() as db:
        assert db.execute(select(Grant.balance, Grant.reserved)).one() == (0, 0)
    assert (isinstance(outcome, Sent), refused.reason, len(arrived(sandbox))) == (True, "no_grant", 1)


class Asked:
    """A request of the storefront, as a handler gets it."""

    def __init__(self, db: Any, alice: Any, **more: Any) -> None:
        self.db, self.customer, self.now = db, type("Customer", (), {"id": alice.customer_id}), clock.now()
        self.query, self.body = more.get("query", {}), more.get("body", {})


def tell(alice: Any, body: dict[str, Any]) -> Any:
    with unit_of_work() as db:
        return rest.tell_grants(Asked(db, alice, body=body))


@pytest.mark.parametrize(("code", "result"), [
    (43101, Refused("no_grant", "43101")), (40003, Refused("no_address", "40003", gone=True)), (40037, Refused("template_missing", "40037")),
    (45009, Later(3600, "too_many", "45009")), (-1, Later(60, "provider_down", "-1")), (48001, Refused("provider_refused", "48001")),
])  # fmt: skip
def test_what_wechat_says_no_with(alice: Any, sandbox: Sandbox, code: int, result: Any) -> None:
    sandbox.ask("POST", "/_sim/faults", {"kind": "errcode", "errcode": code, "operation": "subscribe"})
    assert messages.send(envelope(alice)) == result


def test_a_bad_value_is_named(alice: Any, sandbox: Sandbox) -> None:
    sandbox.ask("POST", "/_sim/faults", {"kind": "errcode", "errcode": 47003, "code": "thing2", "operation": "subscribe"})
    assert messages.send(envelope(alice)) == Refused("bad_value", "47003 thing2")
    allow(sandbox)
    for values, field in (({"carrier": " "}, "thing3"), ({"number": "订单一"}, "character_string1")):
        assert messages.send(envelope(alice, **values)) == Refused("bad_value", field)
    assert len(requests(sandbox, "subscribe")) == 1  # what cannot be right is not sent
    write(cut_texts=False)
    assert messages.send(envelope(alice, goods="字" * 21)) == Refused("bad_value", "thing2")
    write(cut_texts=True)
    assert isinstance(messages.send(envelope(alice, goods="字" * 21)), Sent)
    assert arrived(sandbox)[0]["lines"][1][1] == "字" * 19 + "…"


def test_a_token_that_they_do_not_take_is_replaced_once(alice: Any, sandbox: Sandbox) -> None:
    allow(sandbox, count=2)
    assert isinstance(messages.send(envelope(alice)), Sent)
    sandbox.ask("POST", "/_sim/revoke_tokens", {})
    assert isinstance(messages.send(envelope(alice)), Sent)
    sandbox.ask("POST", "/_sim/faults", {"kind": "errcode", "errcode": 40001, "operation": "subscribe", "count": 0})
    before = len(requests(sandbox, "subscribe"))
    assert messages.send(envelope(alice)) == Later(60, "provider_down", "40001")
    assert len(requests(sandbox, "subscribe")) - before == 2


def test_trouble_with_the_token_sends_nothing_and_a_time_out_afterwards_is_unknown(alice: Any, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SECONDS", 1.0)
    allow(sandbox, count=2)
    sandbox.ask("POST", "/_sim/faults", {"kind": "timeout_after", "operation": "token", "seconds": 1.3})
    assert messages.send(envelope(alice)) == Later(60, "provider_down")  # nobody has acted on the message
    assert requests(sandbox, "subscribe") == []
    sandbox.ask("POST", "/_sim/faults", {"kind": "timeout_after", "operation": "subscribe", "seconds": 1.3})
    assert messages.send(envelope(alice)) == Unknown()
    assert len(arrived(sandbox)) == 1
    assert not messages.CHANNEL.repeatable


def test_a_kind_without_a_template_takes_no_grant(alice: Any, sandbox: Sandbox) -> None:
    other = envelope(alice, kind="orders.other")
    with unit_of_work() as db:
        assert messages.reserve(db, other) == {}
    assert messages.send(other) == Refused("template_missing")
    write(templates=LINES.replace(SHIPPED, PLAIN[::-1]))
    assert messages.send(envelope(alice)) == Refused("template_missing")  # another one since it was reserved
    assert requests(sandbox, "subscribe") == []


def test_it_says_what_is_missing(instance: Runtime, alice: Any) -> None:
    assert messages.missing() is None
    write(templates="orders.shipped: x wrong1=number")
    assert "Line 1" in str(messages.missing())
    write(templates="")
    assert "Enter the templates" in str(messages.missing())
    write(app_id="")
    assert "AppID" in str(messages.missing())
    with reading() as db:
        assert messages.address(db, Recipient("customer", alice.customer_id)) == alice.subject
        assert messages.address(db, Recipient("staff")) is None


@pytest.mark.parametrize("operation", rest.OPERATIONS, ids=lambda operation: operation.method)
def test_the_example_is_what_the_shop_answers(alice: Any, operation: Any) -> None:
    write(templates=LINES)
    example = operation.example
    asked = example["request"]
    with unit_of_work() as db:
        answer = operation.handler(Asked(db, alice, query=asked.get("query", {}), body=asked.get("body", {})))
    assert answer == example["response"]
    operation.answer(unknown=RAISE).load(answer)


def test_the_mini_program_asks_for_what_is_allowed_least(alice: Any, come_in: Callable[..., Any], site: Any) -> None:
    from shoppers import Shopper

    write(templates="\n".join(f"orders.k{n}: T{n} thing1=goods" for n in range(5)))
    shopper = Shopper(site)
    assert shopper.send("GET", "/grants?scene=order_placed").status_code == 401
    shopper.token = come_in().get_json()["token"]
    for body, status in (
        ({"prompt_id": "prompt-0001", "results": {"T0": "accept", "T1": "ban", "T2": "reject"}}, 200), ({"prompt_id": "prompt-0002", "results": {"T9": "accept"}}, 422),
        ({"prompt_id": "prompt-0003", "results": {"T3": "maybe"}}, 422), ({"results": {"T3": "accept"}}, 422),
    ):  # fmt: skip
        assert shopper.post("/grants", body).status_code == status
    assert [one["template_id"] for one in shopper.get("/grants?scene=order_placed")["items"]] == ["T2", "T3", "T4"]
    assert shopper.get("/grants?scene=elsewhere")["items"] == []


@pytest.mark.parametrize(("field", "text", "found"), [
    ("thing1", "字" * 20, "字" * 20), ("thing1", "字" * 21, "字" * 19 + "…"), ("phrase1", "已经发货了吗", "已经发货了"), ("phrase1", "shipped", None),
    ("character_string1", "A" * 32, "A" * 32), ("character_string1", "A" * 33, None), ("number1", "12.50", "12.50"), ("number1", "12 kg", None),
    ("amount1", "¥1,234.50", "¥1234.50"), ("amount1", "CN¥39.80", "¥39.80"), ("amount1", "39.80元", "39.80元"), ("amount1", "free", None),
    ("time1", "2026年11月27日 15:01", "2026年11月27日 15:01"), ("time1", "2026-11-27 15:01:09", "2026-11-27 15:01:09"), ("time1", "15:01", "15:01"),
    ("time1", "Nov 27, 2026", None), ("date1", "2026-11-27", "2026-11-27"), ("date1", "tomorrow", None), ("name1", "王" * 11, "王" * 9 + "…"),
    ("letter1", "ABC", "ABC"), ("letter1", "茶", None), ("symbol1", "!!!!!!", None), ("phone_number1", "+8613800000000", "+8613800000000"), ("thing1", " \n ", None),
    ("thing1", "两行\n并一行", "两行 并一行"),
])  # fmt: skip
def test_each_field_takes_its_own(kind: str, field: str, text: str, found: str | None) -> None:
    template = templates.Template("orders.k", "T", ((field, "value"),))
    if found is None:
        with pytest.raises(templates.BadValue) as bad:
            templates.fill(template, {"value": text}, cut=True)
        assert bad.value.field == field
    else:
        assert templates.fill(template, {"value": text}, cut=True) == {field: {"value": found}}


@pytest.mark.parametrize("line", [
    "shipped: T thing1=a", "orders.shipped: T", "orders.shipped T thing1=a", "orders.shipped: T colour1=a", "orders.shipped: T thing=a", "orders.shipped: T thing1=",
    "orders.shipped: T thing1=a page=/pages/x", "orders.shipped: T thing1=a scene=Order!",
])  # fmt: skip
def test_a_line_that_is_no_template_is_named(kind: str, line: str) -> None:
    with pytest.raises(templates.BadLine) as wrong:
        templates.read(f"\n{line}")
    assert wrong.value.number == 2


def test_a_page_has_all_of_its_variables_or_is_left_out(kind: str) -> None:
    template = templates.Template("orders.k", "T", (("thing1", "a"),), "pages/order?number={number}")
    assert templates.page_of(template, {"number": "26&x=1"}) == "pages/order?number=26x1"
    assert templates.page_of(template, {}) == ""
