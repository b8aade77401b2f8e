"""A customer comes in by the code of ``wx.login``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from zhanggui.api import SYSTEM, clock, reading, unit_of_work
from zhanggui.config import settings
from zhanggui.host.models import PluginFault
from zhanggui_customers import facade as customers
from zhanggui_customers.models import Customer, Identity
from zhanggui_sandbox import Sandbox


def known() -> list[tuple[int, str, str]]:
    with reading() as db:
        return [tuple(row) for row in db.execute(select(Identity.customer_id, Identity.provider, Identity.subject).order_by(Identity.id))]


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json().get("code", "")


def test_the_same_person_is_one_customer_by_either_of_his_ids(come_in: Callable[..., Any], sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert [come_in().status_code for _ in range(2)] == [200, 200]
    assert come_in("bob").status_code == 200
    (alice, provider, openid), (also, union_provider, unionid), *_bob = known()
    assert (alice, provider, union_provider) == (also, "wechat", "wechat_union")
    assert len({customer for customer, *_rest in known()}) == 2
    with reading() as db:
        assert customers.subject_of(db, alice, "wechat") == openid
    # Another mini-program of the same merchant gives her another openid; the unionid says who she is.
    with unit_of_work() as db:
        db.execute(update(Identity).where(Identity.provider == "wechat", Identity.customer_id == alice).values(subject_index="of another app", subject="oOfAnotherApp"))
    assert come_in().status_code == 200
    assert (alice, "wechat", openid) in known()
    with unit_of_work() as db:  # a unionid that leads to somebody else goes on doing so
        db.execute(delete(Identity).where(Identity.provider == "wechat_union", Identity.customer_id == alice))
        other = db.scalar(select(Customer.id).where(Customer.id != alice))
        customers.link_identity(db, customer_id=other or 0, provider="wechat_union", subject=unionid, actor=SYSTEM, now=clock.now())
    assert come_in().status_code == 200
    assert [row[0] for row in known() if row[1:] == ("wechat_union", unionid)] == [other]
    for secret in (sandbox.world.keys.app_secret, openid, unionid, "session_key"):
        assert secret not in caplog.text


def test_a_code_counts_once_and_a_wrong_one_not_at_all(come_in: Callable[..., Any], sandbox: Sandbox) -> None:
    code = sandbox.ask("POST", "/_sim/login", {"user": "alice"})["code"]
    assert come_in(code=code).status_code == 200
    for wrong in (code, "0" * 31, sandbox.ask("POST", "/_sim/login", {"user": "alice", "kind": "phone"})["code"]):
        assert code_of(come_in(code=wrong)) == (401, "bad_login_code")
    before = len(sandbox.ask("GET", "/_sim/requests")["items"])
    assert come_in(code="demo:carol").status_code == 200  # another provider's, which WeChat is not asked about
    assert code_of(come_in(code="me & you")) == (401, "bad_login_code")
    assert len(sandbox.ask("GET", "/_sim/requests")["items"]) == before


def test_nobody_is_shut_out_for_long_because_wechat_is_away(come_in: Callable[..., Any], sandbox: Sandbox) -> None:
    for _ in range(5):  # more often than a plugin that fails is called
        sandbox.ask("POST", "/_sim/faults", {"kind": "errcode", "operation": "login"})
        assert code_of(come_in()) == (503, "sign_in_unavailable")
    assert come_in().status_code == 200
    with unit_of_work() as db:
        settings.set(db, "plugin.wechat.app_secret", "another", actor=SYSTEM, now=clock.now())
    assert code_of(come_in()) == (503, "sign_in_unavailable")
    with reading() as db:
        told = db.execute(select(PluginFault.plugin, PluginFault.sentence)).all()
    assert [tuple(row) for row in told] == [("wechat", "WiringError: The AppSecret is not that of the AppID.")]
    with unit_of_work() as db:
        settings.set(db, "plugin.wechat.app_secret", sandbox.world.keys.app_secret, actor=SYSTEM, now=clock.now())
    assert come_in().status_code == 200
    with unit_of_work() as db:
        settings.set(db, "plugin.wechat.app_id", "", actor=SYSTEM, now=clock.now())
    assert code_of(come_in()) == (401, "bad_login_code")  # not set up: nobody comes in that way
