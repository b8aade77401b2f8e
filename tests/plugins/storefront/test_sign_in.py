"""Signing in, staying signed in, and what else a token is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from zhanggui.api import SYSTEM, clock, hookimpl, reading, unit_of_work
from zhanggui.app import Site
from zhanggui.auth.jobs import clean_up
from zhanggui.auth.models import Token
from zhanggui.config import settings
from zhanggui.runtime import Runtime, activated
from zhanggui.testing.instances import Databases
from zhanggui_customers.models import Customer
from zhanggui_customers.services import profile
from zhanggui_storefront import services
from zhanggui_storefront.contracts import Identity
from zhanggui_storefront.identity import demo_login_allowed


def customers() -> list[Any]:
    with reading() as db:
        return list(db.execute(select(Customer.id, Customer.public_id)).all())


def test_it_gives_the_same_person_the_same_customer(sign_in: Callable[..., Any]) -> None:
    sign_in("alice"), sign_in("alice"), sign_in("bob")
    assert len(customers()) == 2


def test_it_keeps_only_a_digest_of_the_token(sign_in: Callable[..., Any]) -> None:
    token = sign_in().token
    with reading() as db:
        stored = db.execute(select(*Token.__table__.c)).one()
    assert token not in map(str, stored)
    assert len(token) >= 43


def test_it_refuses_the_demo_login_of_a_shop_in_earnest(visitor: Any, instance: Runtime) -> None:
    response = visitor.post("/session", {"code": "demo:alice"})
    assert (response.status_code, response.get_json()["code"]) == (401, "bad_login_code")
    assert response.mimetype == "application/problem+json"
    assert customers() == []


SHOPS = [
    ({"instance__demo": "true"}, True), ({"plugin__storefront__allow_demo_login": "true"}, True),
    ({"plugin__storefront__allow_demo_login": "true", "web__public_url": "http://127.0.0.1:8000"}, True),
    ({"plugin__storefront__allow_demo_login": "true", "web__public_url": "https://shop.example"}, False),
    ({"plugin__storefront__allow_demo_login": "true", "web__public_url": "HTTPS://shop.example"}, False), ({}, False),
]  # fmt: skip


@pytest.mark.parametrize(("given", "allowed"), SHOPS)
def test_the_demo_login_is_for_shops_that_want_it_and_never_under_https(databases: Databases, given: dict[str, str], allowed: bool) -> None:
    runtime = databases.fresh("sqlite", **given)
    with activated(runtime):
        assert demo_login_allowed() is allowed
    databases.drop(runtime)


@pytest.mark.parametrize("code", ["demo:", "demo:   ", "demo:" + "x" * 41, "demo:a\x07b", "wechat:abc", "nonsense", "DEMO:alice"])
def test_it_refuses_a_code_that_names_nobody(sign_in: Callable[..., Any], visitor: Any, code: str) -> None:
    assert visitor.post("/session", {"code": code}).status_code == 401


def test_it_stops_guessing_from_the_eleventh_failure_on(sign_in: Callable[..., Any], visitor: Any) -> None:
    answers = [visitor.post("/session", {"code": "guess"}).status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2


def test_who_brings_a_right_code_comes_in_whatever_others_did_at_his_address(sign_in: Callable[..., Any], visitor: Any) -> None:
    answers = {visitor.post("/session", {"code": "guess"}).status_code for _ in range(15)}
    assert answers == {401, 429}
    assert visitor.post("/session", {"code": "demo:alice"}).status_code == 200


def test_slow_providers_take_half_of_the_threads_at_most(instance: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, leave = [], threading.Event()

    def slow(code: str) -> None:
        asked.append(code)
        leave.wait(30)

    monkeypatch.setattr(services, "_identity_of", slow)
    monkeypatch.setattr(services, "_PATIENCE", 0.2)
    threads = [threading.Thread(target=copy_context().run, args=(services.identify, str(n)), daemon=True) for n in range(2)]
    for thread in threads:
        thread.start()
    while len(asked) < 2:
        time.sleep(0.01)
    with pytest.raises(services.ProvidersAreBusy):
        services.identify("one more")
    leave.set()
    for thread in threads:
        thread.join()
    services.identify("later")
    assert asked[2:] == ["later"]


def test_it_does_not_count_those_who_get_in(sign_in: Callable[..., Any]) -> None:
    for number in range(15):
        sign_in(f"customer {number}")


def forged(good: str) -> list[str]:
    none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."
    return ["", "x", good[:-1], good + "x", good.swapcase(), none, "1", "null", "' or 1=1 --", "\u00e9".encode().decode("latin-1")]


def test_it_lets_nobody_in_without_a_token_that_it_gave(sign_in: Callable[..., Any], visitor: Any) -> None:
    good = sign_in().token
    for token in forged(good):
        response = visitor.send("GET", "/orders", headers={"Authorization": f"Bearer {token}"})
        assert (response.status_code, response.get_json()["code"]) == (401, "unauthorized"), token
        assert response.headers["WWW-Authenticate"].lower().startswith("bearer")
    assert visitor.send("GET", "/orders", headers={"Authorization": f"Basic {good}"}).status_code == 401
    assert visitor.send("GET", "/orders").status_code == 401


def test_it_takes_no_cookie_of_the_admin_for_a_customer(visit: Callable[..., Any], instance: Runtime) -> None:
    owner = visit("owner")
    assert owner.client.get("/shop/api/v1/orders").status_code == 401
    assert owner.client.post("/shop/api/v1/orders", json={"lines": []}).status_code == 401


def test_it_takes_no_token_of_a_customer_for_the_admin(sign_in: Callable[..., Any]) -> None:
    shopper = sign_in()
    headers = {"Authorization": f"Bearer {shopper.token}", "Accept": "application/json"}
    assert shopper.client.get("/api/v1/orders/order/", headers=headers).status_code in (401, 422)
    assert shopper.client.get("/orders/", headers=headers).status_code in (302, 401)


def test_a_token_ends_with_its_time_and_is_forgotten(sign_in: Callable[..., Any]) -> None:
    shopper = sign_in()
    with clock.hold(clock.now() + timedelta(days=29)):
        assert shopper.get("/orders")["items"] == []
    with clock.hold(clock.now() + timedelta(days=30, seconds=1)):
        assert shopper.send("GET", "/orders").status_code == 401
        with unit_of_work() as db:
            clean_up.function(db)
    with reading() as db:
        assert db.scalars(select(Token)).all() == []


def test_the_merchant_says_how_long_a_token_lives(sign_in: Callable[..., Any], visitor: Any) -> None:
    with unit_of_work() as db:
        settings.set(db, "plugin.storefront.token_days", 2, actor=SYSTEM, now=clock.now())
    assert visitor.post("/session", {"code": "demo:alice"}).get_json()["expires_in"] == 2 * 86400


def test_signing_out_ends_this_device_alone(sign_in: Callable[..., Any]) -> None:
    here, there = sign_in(), sign_in()
    assert here.send("DELETE", "/session").status_code == 204
    assert here.send("GET", "/orders").status_code == 401
    assert there.get("/orders")["items"] == []


def test_a_blocked_customer_is_shut_out_at_once(sign_in: Callable[..., Any], visitor: Any, tea: Any, site: Site) -> None:
    shopper = sign_in()
    customer_id = customers()[0].id
    with unit_of_work() as db:
        profile.block_customer(db, id=customer_id, actor=SYSTEM, now=clock.now())
    for response in (shopper.send("GET", "/orders"), shopper.order(tea), visitor.post("/session", {"code": "demo:alice"})):
        assert (response.status_code, response.get_json()["code"]) == (403, "customer_blocked")
    with unit_of_work() as db:
        profile.unblock_customer(db, id=customer_id, actor=SYSTEM, now=clock.now())
    assert shopper.order(tea).status_code == 201


def test_a_provider_that_fails_keeps_nobody_out_whom_another_one_knows(sign_in: Callable[..., Any], visitor: Any) -> None:
    def away(_code: str) -> Identity | None:
        raise ConnectionError("no route to them")

    class Broken:
        @hookimpl
        def storefront_identity_providers(self) -> Any:
            return {"far": away}

    visitor.post("/session", {"code": "demo:alice"})
    manager = visitor.client.application._app.extensions["zhanggui_host"].manager
    broken = Broken()
    manager.register(broken, "broken")
    try:
        assert visitor.post("/session", {"code": "demo:alice"}).status_code == 200
        unknown = visitor.post("/session", {"code": "far:alice"})
        assert (unknown.status_code, unknown.get_json()["code"]) == (503, "sign_in_unavailable")
    finally:
        manager.unregister(broken)
    assert visitor.post("/session", {"code": "far:alice"}).status_code == 401
