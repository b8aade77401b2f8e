"""A second factor: codes are good once, guesses are counted, roles may require it, and an owner can reset it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, text

from zhanggui.audit.models import AuditEntry
from zhanggui.auth import factors, service, throttle
from zhanggui.auth.models import Factor
from zhanggui.config import settings
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import refresh
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor
from zhanggui.kernel.errors import Forbidden
from zhanggui.runtime import Runtime
from zhanggui.testing.fixtures import NOON, PASSWORD


def user_id(name: str) -> int:
    with reading() as db:
        return int(db.scalar(text("SELECT id FROM ab_user WHERE username = :n"), {"n": name}))


def acts() -> list[str]:
    with reading() as db:
        return list(db.scalars(select(AuditEntry.action).where(AuditEntry.action.like("core.factor.%")).order_by(AuditEntry.id)))


def code_at(secret: str, moment: Any = None) -> str:
    return pyotp.TOTP(secret).at(moment or clock.now())


@pytest.fixture
def protected(instance: Runtime, visit: Any, noon: Any) -> tuple[Any, str, list[str]]:
    """A clerk who has set it up in his browser: the visitor, the secret, the recovery codes."""
    one = visit("clerk")
    one.post("/me/factor/begin")
    page = one.get("/me/factor").get_data(as_text=True)
    secret = re.search(r'class="code">([A-Z2-7]{32})<', page)[1]
    shown = one.post("/me/factor/finish", {"code": code_at(secret)})
    assert shown.headers["Cache-Control"].startswith("private, no-cache")
    codes = re.findall(r'class="code">([a-z0-9]{5}-[a-z0-9]{5})<', shown.get_data(as_text=True))
    return one, secret, codes


def later(seconds: int = 60) -> Any:
    return clock.hold(NOON + timedelta(seconds=seconds))


def out(one: Any) -> None:
    one.post("/logout/")
    one.token = ""


def test_it_is_asked_for_after_the_password(protected: Any):
    one, secret, codes = protected
    assert len(codes) == factors.CODES
    out(one)
    with later():
        answer = one.log_in("clerk", PASSWORD)
        assert (answer.status_code, answer.location) == (303, "/login/code")
        assert one.get("/").status_code == 302, "nobody is signed in by the password alone"
        assert one.get("/login/code").status_code == 200
        assert one.post("/login/code", {"code": code_at(secret)}).status_code == 303
        assert one.get("/").status_code == 200


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_the_half_minute_beside_is_good_too(protected: Any, seconds: int):
    _one, secret, _codes = protected
    with later(300):
        factors.check(user_id("clerk"), code_at(secret, clock.now() + timedelta(seconds=seconds)), actor=SYSTEM, now=clock.now())


@pytest.mark.parametrize("seconds", [-60, 60])
def test_older_and_younger_codes_are_not(protected: Any, seconds: int):
    _one, secret, _codes = protected
    with later(300), pytest.raises(factors.WrongCode):
        factors.check(user_id("clerk"), code_at(secret, clock.now() + timedelta(seconds=seconds)), actor=SYSTEM, now=clock.now())


def test_each_code_is_good_once_and_none_of_before_it(protected: Any):
    _one, secret, _codes = protected
    who = user_id("clerk")
    with later(300):
        now = clock.now()
        factors.check(who, code_at(secret, now), actor=SYSTEM, now=now)
        for moment in (now, now - timedelta(seconds=30)):
            with pytest.raises(factors.WrongCode):
                factors.check(who, code_at(secret, moment), actor=SYSTEM, now=now)


def test_the_code_that_set_it_up_is_used(protected: Any):
    _one, secret, _codes = protected
    with pytest.raises(factors.WrongCode):
        factors.check(user_id("clerk"), code_at(secret), actor=SYSTEM, now=clock.now())


def test_a_recovery_code_is_good_once(protected: Any):
    _one, _secret, codes = protected
    who = user_id("clerk")
    factors.check(who, codes[3].upper(), actor=SYSTEM, now=clock.now())
    with pytest.raises(factors.WrongCode):
        factors.check(who, codes[3], actor=SYSTEM, now=clock.now())
    with reading() as db:
        assert factors.left(db, who) == factors.CODES - 1
    assert acts() == ["core.factor.added", "core.factor.code_used", "core.factor.refused"]


def test_codes_of_another_are_not_taken(protected: Any, visit: Any):
    _one, _secret, codes = protected
    visit("warehouse")
    for code in codes[:3]:
        with pytest.raises(factors.WrongCode):
            factors.check(user_id("warehouse"), code, actor=SYSTEM, now=clock.now())


def test_guesses_are_counted_by_five_minutes_an_hour_and_a_day(protected: Any):
    _one, secret, _codes = protected
    who, tries = user_id("clerk"), 0
    for minute in range(0, 60 * 24, 5):
        with clock.hold(NOON + timedelta(hours=1, minutes=minute)):
            for _guess in range(6):
                try:
                    factors.check(who, "x", actor=SYSTEM, now=clock.now())
                except factors.WrongCode:
                    tries += 1
                except throttle.TooManyTries:
                    pass
            if minute == 0:
                assert tries == 5
                with pytest.raises(throttle.TooManyTries):
                    factors.check(who, code_at(secret), actor=SYSTEM, now=clock.now())
            if minute == 55:
                assert 15 <= tries <= 20, "those that were refused unseen count as well"
    assert tries <= 50


def test_of_a_password_that_was_changed_meanwhile_the_code_lets_nobody_in(protected: Any):
    one, secret, _codes = protected
    out(one)
    with later():
        one.log_in("clerk", PASSWORD)
        one.get("/login/code")
        with unit_of_work() as db:
            service.set_password(db, id=user_id("clerk"), password="another horse 43", actor=SYSTEM, now=clock.now())
        assert one.post("/login/code", {"code": code_at(secret)}).location == "/login/"
        assert one.get("/").status_code == 302


def test_the_code_has_to_come_within_five_minutes(protected: Any):
    one, secret, _codes = protected
    out(one)
    with later():
        one.log_in("clerk", PASSWORD)
        one.get("/login/code")
    with later(60 + 301):
        assert one.post("/login/code", {"code": code_at(secret)}).location == "/login/"


def test_the_api_asks_for_it_as_well(protected: Any, site: Any):
    from werkzeug.test import Client

    _one, secret, _codes = protected
    said = {"username": "clerk", "password": PASSWORD}
    with later():
        assert Client(site).post("/api/v1/security/login", json=said).status_code == 422
        answer = Client(site).post("/api/v1/security/login", json={**said, "code": code_at(secret)})
        assert answer.status_code == 200


def require(instance: Runtime, *roles: str) -> None:
    with unit_of_work() as db:
        settings.set(db, "auth.factor_roles", list(roles), actor=SYSTEM, now=clock.now())
    refresh(instance)


def test_a_role_that_needs_it_comes_nowhere_without(instance: Runtime, visit: Any, noon: Any):
    require(instance, "clerk")
    one = visit("clerk")
    for path in ("/", "/orders/", "/me/", "/api/v1/orders/order/"):
        assert one.get(path).location == "/me/factor", path
    one.get("/me/factor")
    assert one.post("/orders/bulk/ship", {}).location == "/me/factor"
    one.post("/me/factor/begin")
    secret = re.search(r'class="code">([A-Z2-7]{32})<', one.get("/me/factor").get_data(as_text=True))[1]
    assert one.post("/me/factor/finish", {"code": "000000"}).status_code == 422
    one.post("/me/factor/finish", {"code": code_at(secret)})
    assert one.get("/orders/").status_code == 200
    one.post("/me/confirm", {"password": PASSWORD, "code": ""})
    with reading() as db, pytest.raises(Forbidden, match="may not work without"):
        factors.remove(db, actor=Actor("user", user_id("clerk"), "clerk"), now=clock.now())


def test_the_api_lets_nobody_in_who_needs_it_and_has_none(instance: Runtime, visit: Any, site: Any):
    from werkzeug.test import Client

    visit("clerk")
    require(instance, "clerk")
    assert Client(site).post("/api/v1/security/login", json={"username": "clerk", "password": PASSWORD}).status_code == 403


def test_what_cannot_be_undone_asks_for_both(protected: Any):
    one, secret, _codes = protected
    with later(900):
        assert one.post("/me/factor/remove").location.startswith("/me/confirm")
        assert one.post("/me/confirm", {"password": PASSWORD}).status_code == 422
        assert one.post("/me/confirm", {"password": PASSWORD, "code": code_at(secret), "next": "/me/factor"}).status_code == 303
        assert one.post("/me/factor/remove").location == "/me/factor"
    assert acts()[-1] == "core.factor.removed"


def test_an_owner_resets_it_and_the_trail_says_who(protected: Any, visit: Any):
    one, _secret, _codes = protected
    boss = visit("owner")
    assert boss.post(f"/people/users/{user_id('clerk')}/reset_factor").status_code == 303
    assert one.get("/").status_code == 302, "he is signed out"
    assert acts()[-1] == "core.factor.reset"
    one.token = ""
    assert one.log_in("clerk", PASSWORD).location == "/"


def test_nobody_resets_his_own_or_of_one_who_holds_more(protected: Any, visit: Any):
    visit("owner")
    clerk = Actor("user", user_id("clerk"), "clerk")
    for who in ("clerk", "owner"):
        with pytest.raises(Forbidden), unit_of_work() as db:
            factors.reset(db, id=user_id(who), actor=clerk, now=clock.now())


@pytest.mark.parametrize("path", ["/people/roles/add", "/people/users/add", "/me/tokens/add"])
def test_roles_and_keys_ask_who_sits_there_when_the_sign_in_is_long_ago(instance: Runtime, visit: Any, noon: Any, path: str):
    boss = visit("owner")
    assert boss.get(path).status_code == 200
    with later(601):
        assert boss.get(path).location == f"/me/confirm?next={path}"
        assert boss.post(path, {}).status_code == 303
        boss.post("/me/confirm", {"password": PASSWORD})
        assert boss.get(path).status_code == 200


def test_the_secret_is_sealed_in_the_database(protected: Any, instance: Runtime):
    _one, secret, codes = protected
    with reading() as db:
        held = bytes(db.scalar(text("SELECT secret FROM core__factor")))
        digests = " ".join(db.scalars(text("SELECT digest FROM core__recovery_code")))
        assert db.scalars(select(Factor.secret)).one() == {"totp": secret}
    assert secret.encode() not in held
    assert codes[0] not in digests


