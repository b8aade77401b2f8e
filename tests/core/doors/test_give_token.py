"""A token for programs opens what it was made for, never more than its user may, and is seen once."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from zhanggui.audit import told
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import api_tokens, service, tokens
from zhanggui.auth.jobs import clean_up
from zhanggui.auth.models import Token
from zhanggui.auth.principal import find_principal
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor
from zhanggui.kernel.errors import Forbidden

LIST, ADD, EDIT = ("can_list", "customers.Customer"), ("can_add", "customers.Customer"), ("can_edit", "customers.Customer")
API = "/api/v1/customers/customers/"
_numbers = count(1)


@pytest.fixture
def staff(instance):
    """``staff("clerk")``: somebody new, as the page that he signed in to knows him."""

    def do(*roles):
        with unit_of_work() as db:
            number = service.create_user(db, username=f"staff{next(_numbers)}", password="correct horse 42", roles=roles, actor=SYSTEM, now=clock.now())
        return find_principal(number).actor()

    return do


@pytest.fixture
def ask(site):
    """``ask(secret, path, method)``: what a program is answered."""
    client = Client(site)

    def do(secret, path=API, method="GET", **more):
        headers = {"Authorization": f"Bearer {secret}", "Accept-Language": more.pop("language", "en")}
        return client.open(path, method=method, headers=headers, **more)

    return do


def made(actor, *scopes, days=30):
    with unit_of_work() as db:
        return api_tokens.create(db, name="Label printer", scopes=scopes, days=days, actor=actor, now=clock.now())


def test_it_opens_what_it_was_made_for_and_nothing_else(staff, ask):
    secret = made(staff("owner"), LIST)
    assert ask(secret).status_code == 200
    refused = ask(secret, method="POST", json={"name": "Ann"})
    assert (refused.status_code, refused.get_json()["code"], refused.get_json()["detail"]) == (403, "out_of_scope", "This token may not do that: it needs the scope customers.Customer:add.")
    assert ask(secret, "/api/v1/orders/orders/").status_code == 403
    assert ask(secret, method="POST", json={"name": "Ann"}, language="zh-CN").get_json()["detail"] == "此令牌无权执行该操作：缺少权限范围 customers.Customer:add。"


def test_it_never_does_more_than_its_user_may_now(staff, ask):
    who = staff("owner")
    secret = made(who, LIST, ADD)
    with unit_of_work() as db:
        service.set_roles(db, id=who.id, roles=["viewer"], actor=SYSTEM, now=clock.now())
    assert ask(secret).status_code == 200
    assert ask(secret, method="POST", json={"name": "Ann"}).status_code == 403


def test_nobody_makes_one_for_more_than_he_may(staff):
    with pytest.raises(Forbidden):
        made(staff("viewer"), LIST, ("can_manage", "core.Plugin"))


def test_a_token_makes_no_tokens(staff):
    who = staff("owner")
    with pytest.raises(Forbidden):
        made(Actor("token", who.id, who.name, everything=True), LIST)


def test_an_owner_s_token_is_no_owner(staff):
    secret = made(staff("owner"), LIST)
    _principal, actor = api_tokens.whose(secret, None)
    assert not actor.everything and actor.permissions == {LIST} and actor.kind == "token"


@pytest.mark.parametrize("end", ["revoke", "password", "disable", "time"])
def test_it_ends(staff, ask, end):
    who = staff("owner")
    secret, now = made(who, LIST, days=7), clock.now()
    with unit_of_work() as db:
        if end == "revoke":
            (token,) = tokens.tokens_of(db, api_tokens.KIND, ("core.User", who.id), now)
            api_tokens.revoke(db, token_id=token.id, actor=who, now=now)
        elif end == "password":
            service.set_password(db, id=who.id, password="another horse 43", actor=SYSTEM, now=now)
        elif end == "disable":
            service.disable_user(db, id=who.id, actor=SYSTEM, now=now)
    with clock.hold(now + timedelta(days=7 if end == "time" else 0)):
        refused = ask(secret, language="zh-CN")
        assert (refused.status_code, refused.get_json()["code"]) == (401, "invalid_token")


def test_nobody_revokes_somebody_elses(staff, ask, boss):
    who = staff("owner")
    secret = made(who, LIST)
    with reading() as db:
        (number,) = [token.id for token in tokens.tokens_of(db, api_tokens.KIND, ("core.User", who.id), clock.now())]
    assert boss.post(f"/me/tokens/{number}/revoke").status_code == 404
    assert ask(secret).status_code == 200


@pytest.mark.parametrize("secret", ["zgt_", "zgt_x", "zgt_" + "0" * 43])
def test_what_is_no_token_opens_nothing(ask, secret):
    assert ask(secret).status_code == 401


def test_a_token_of_another_kind_opens_nothing(staff, ask):
    with unit_of_work() as db:
        _number, secret = tokens.issue(
            db, kind="storefront.session", owner=("core.User", staff("owner").id), life=timedelta(days=1), now=clock.now(), prefix="zgt_", scopes=[LIST]
        )  # fmt: skip
    assert ask(secret).status_code == 401


def test_it_opens_the_api_alone(staff, ask):
    secret = made(staff("owner"), LIST)
    assert ask(secret, "/customers/").status_code == 302


def test_its_last_use_is_written_once_an_hour(staff, ask):
    who, start = staff("owner"), clock.now()
    secret = made(who, LIST)

    def last():
        with reading() as db:
            return db.scalars(select(Token.last_used_at).where(Token.owner == f"core.User:{who.id}")).one()

    for later, seen in ((0, 0), (59, 0), (60, 60)):
        with clock.hold(start + timedelta(minutes=later)):
            ask(secret)
        assert last() == start + timedelta(minutes=seen)


def test_the_page_shows_it_once_and_the_database_never(boss, ask):
    form = boss.get("/me/tokens/add").get_data(as_text=True)
    assert 'name="rights__customers__Customer"' in form and 'name="rights__core__Plugin"' not in form
    page = boss.post("/me/tokens/add", {"name": "Label printer", "days": "30", "rights__customers__Customer": ["can_list", "can_show"]})
    secret = re.search(r'value="(zgt_[^"]+)"', page.get_data(as_text=True)).group(1)
    assert "no-store" in page.headers["Cache-Control"] and ask(secret).status_code == 200
    listed = boss.get("/me/tokens/").get_data(as_text=True)
    assert "Label printer" in listed and "2 rights" in listed and secret not in listed
    with reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "core.token.created").order_by(AuditEntry.id.desc())).first()
        assert (entry.after["scopes"], told(db, [entry])[0].label) == (["can_list customers.Customer", "can_show customers.Customer"], "Label printer")
        kept = db.connection().exec_driver_sql("SELECT * FROM core__token").all()
    assert secret not in str(kept) and b"Label printer" not in b"".join(bytes(v) for row in kept for v in row if isinstance(v, bytes | memoryview))


@pytest.mark.parametrize("typed", [{}, {"rights__core__Plugin": "can_manage"}, {"rights__customers__Customer": "can_fly"}])
def test_without_a_right_to_choose_there_is_none(boss, typed):
    with reading() as db:
        before = db.scalars(select(Token.id)).all()
    assert boss.post("/me/tokens/add", {"name": "Nothing", "days": "30", **typed}).status_code == 422
    with reading() as db:
        assert db.scalars(select(Token.id)).all() == before


def test_the_page_is_for_those_who_may(enter):
    assert enter("vera", "viewer").get("/me/tokens/").status_code == 403


def test_what_ended_is_forgotten(staff, ask):
    made(staff("owner"), LIST, days=7)
    with clock.hold(clock.now() + timedelta(days=8)):
        with unit_of_work() as db:
            clean_up.function(db)
        with reading() as db:
            assert db.scalars(select(Token.id).where(Token.expires_at < clock.now())).all() == []
