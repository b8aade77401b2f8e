"""Signing in, staying signed in, and being signed out from afar."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.security import check_password_hash
from werkzeug.test import Client

from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service
from zhanggui.auth.headers import safe_next
from zhanggui.auth.models import UserSession
from zhanggui.auth.sessions import COOKIE
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
JSON = {"Accept": "application/json"}


def user_id_of(name):
    from flask_appbuilder.security.sqla.models import User

    with reading() as db:
        return db.scalar(select(User.id).where(User.username == name))


def cookie_of(visitor):
    return visitor.client.get_cookie(COOKIE).value


def bearer(site, name, password=PASSWORD, **more):
    answer = Client(site).post("/api/v1/security/login", json={"username": name, "password": password, **more})
    assert answer.status_code == 200, answer.text
    return answer.json


def asks_with(site, token):
    headers = {"Authorization": f"Bearer {token}", **JSON}
    return Client(site).get("/api/v1/products/products/", headers=headers)


def test_the_right_password_opens_the_shop(visit):
    clerk = visit("clerk")
    assert clerk.get("/").status_code == 200
    assert visit().get("/").headers["Location"].endswith("/login/")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(visit):
    visit("clerk")
    answers = [visit().log_in(name, "not the password") for name in ("clerk", "nobody-at-all")]
    assert [a.status_code for a in answers] == [401, 401]
    assert all("The user name or the password is wrong." in a.text for a in answers)


def test_the_eleventh_failure_waits_whatever_the_password_and_the_door(visit, site):
    visit("clerk")
    for n in range(10):
        # From ten addresses: the name alone is counted up.
        visitor = Visitor(Client(site))
        visitor.get("/login/")
        page = visitor.post("/login/", {"username": "clerk", "password": "wrong"}, environ_base={"REMOTE_ADDR": f"10.0.0.{n}"})
        assert page.status_code == 401
    stranger = visit()
    stranger.get("/login/")
    elsewhere = {"REMOTE_ADDR": "10.0.1.1"}
    answer = stranger.post("/login/", {"username": "clerk", "password": PASSWORD}, environ_base=elsewhere)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    answer = Client(site).post("/api/v1/security/login", json={"username": "clerk", "password": PASSWORD}, environ_base=elsewhere)
    assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")


def test_one_address_cannot_try_many_names(visit, site):
    visit("clerk")
    for n in range(10):
        answer = Client(site).post("/api/v1/security/login", json={"username": f"name{n}", "password": "wrong"})
        assert answer.status_code == 401
    assert Client(site).post("/api/v1/security/login", json={"username": "clerk", "password": PASSWORD}).status_code == 429
    other = {"REMOTE_ADDR": "10.9.9.9"}
    answer = Client(site).post("/api/v1/security/login", json={"username": "clerk", "password": PASSWORD}, environ_base=other)
    assert answer.status_code == 200


def test_the_session_gets_a_new_id_at_sign_in_and_only_its_digest_is_kept(visit):
    visitor = visit("clerk")
    first = cookie_of(visitor)
    again = Visitor(visitor.client)
    visitor.post("/logout/")
    again.log_in("clerk", PASSWORD)
    assert cookie_of(again) != first
    with reading() as db:
        digests = set(db.scalars(select(UserSession.digest)))
    assert not any(first.endswith(d) or d in first for d in digests)


def test_a_planted_cookie_is_not_taken_over(visit, site):
    visit("clerk")
    client = Client(site)
    client.set_cookie(COOKIE, "s.planted-by-somebody")
    Visitor(client).log_in("clerk", PASSWORD)
    assert client.get_cookie(COOKIE).value != "s.planted-by-somebody"


def test_a_cookie_replayed_after_sign_out_opens_nothing(visit, site):
    visitor = visit("clerk")
    kept = cookie_of(visitor)
    assert visitor.post("/logout/").status_code == 303
    thief = Client(site)
    thief.set_cookie(COOKIE, kept)
    assert thief.get("/products/").status_code == 302


def test_a_new_password_ends_other_sessions_and_tokens_at_once(visit, site):
    here = visit("clerk")
    there = visit()
    there.log_in("clerk", PASSWORD)
    tokens = bearer(site, "clerk", refresh=True)
    assert asks_with(site, tokens["access_token"]).status_code == 200
    answer = here.post("/me/password", {"old": PASSWORD, "password": "another horse 43", "again": "another horse 43"})
    assert answer.status_code == 303
    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302
    assert asks_with(site, tokens["access_token"]).status_code == 401
    headers = {"Authorization": f"Bearer {tokens['refresh_token']}"}
    assert Client(site).post("/api/v1/security/refresh", headers=headers).status_code == 401
    assert asks_with(site, bearer(site, "clerk", "another horse 43")["access_token"]).status_code == 200


def test_a_disabled_user_is_out_everywhere_and_cannot_come_back(visit, site):
    clerk = visit("clerk")
    token = bearer(site, "clerk")["access_token"]
    with unit_of_work() as db:
        service.disable_user(db, id=user_id_of("clerk"), actor=SYSTEM, now=clock.now())
    assert clerk.get("/").status_code == 302
    assert asks_with(site, token).status_code == 401
    assert visit().log_in("clerk", PASSWORD).status_code == 401


def test_a_right_that_was_taken_away_is_gone_at_the_next_request(visit):
    clerk = visit("clerk")
    assert clerk.get("/products/").status_code == 200
    with unit_of_work() as db:
        service.set_roles(db, id=user_id_of("clerk"), roles=[], actor=SYSTEM, now=clock.now())
    assert clerk.get("/products/").status_code == 403


def test_a_device_tells_where_its_clock_stands_while_it_only_asks(visit):
    clerk = visit("clerk")
    clerk.client.set_cookie("zg_zone", "Asia/Shanghai")
    with clock.hold(clock.now() + timedelta(minutes=5)):
        assert clerk.get("/").status_code == 200
    with reading() as db:
        assert db.scalars(select(UserSession.zone)).all() == ["Asia/Shanghai"]


def test_another_device_is_listed_and_can_be_signed_out(visit, site):
    here, there = visit("clerk"), visit()
    there.log_in("clerk", PASSWORD)
    with reading() as db:
        row = db.scalar(select(func.max(UserSession.id)))
    assert f"/me/devices/{row}/revoke" in here.get("/me/devices").text
    assert here.post(f"/me/devices/{row}/revoke").status_code == 303
    assert there.get("/me/").status_code == 302
    assert here.get("/me/").status_code == 200


def test_nobody_signs_out_the_device_of_another(visit):
    clerk, viewer = visit("clerk"), visit("viewer")
    with reading() as db:
        row = db.scalar(select(UserSession.id).where(UserSession.user_id == user_id_of("clerk")))
    assert viewer.post(f"/me/devices/{row}/revoke").status_code == 404
    assert clerk.get("/me/").status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer ", "Bearer x", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "Basic Y2xlcms6eA==", "Bearer \xff", "Nonsense"]
)
def test_a_malformed_token_is_refused_in_json(site, header):
    answer = Client(site).get("/api/v1/products/products/", headers={"Authorization": header, **JSON})
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (401, "application/problem+json", "invalid_token")


def test_an_expired_token_is_refused_in_json(visit, site):
    import jwt

    visit("clerk")
    token = bearer(site, "clerk")["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    key = site.runtime.keyring.derive("jwt").hex()
    assert asks_with(site, jwt.encode(claims, key, "HS256")).status_code == 200
    claims["exp"] = claims["iat"] - 1
    answer = asks_with(site, jwt.encode(claims, key, "HS256"))
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


FOREIGN = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example",
    "http://evil.example", "https://evil.example", "HTTPS://evil.example", "http:evil.example", "https:/evil.example",
    "http:///evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "ftp://evil.example",
    "evil.example", "evil.example/path", "@evil.example", "localhost@evil.example", "/\t/evil.example", "/\n/evil.example",
    "/\r/evil.example", "\t//evil.example", " //evil.example", "\x00//evil.example", "/\x00/evil.example", "/orders\r\nX: y",
    "/\\\\evil.example", "/orders\\@evil.example", "./orders", "../orders", "?next=//evil.example", "#//evil.example", "", "/" + "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("target", FOREIGN)
def test_a_target_on_another_site_is_not_followed(kind, target):
    assert safe_next(target, default="/home") == "/home"


def test_sign_in_leads_to_the_page_that_was_wanted_and_to_no_other_site(visit):
    visit("clerk")
    for wanted, place in [("/orders/?stage=to_ship", "/orders/?stage=to_ship"), *((t, "/") for t in FOREIGN[:12])]:
        visitor = visit()
        visitor.get("/login/")
        answer = visitor.post("/login/", {"username": "clerk", "password": PASSWORD, "next": wanted})
        assert (answer.status_code, answer.headers["Location"]) == (303, place)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "evil.example:80", "127.0.0.1.evil"])
def test_a_forged_host_is_refused(site, host):
    assert Client(site).get("/login/", headers={"Host": host}).status_code == 400


def test_pages_carry_the_headers_and_a_strict_policy(visit):
    for page in (visit().get("/login/"), visit("clerk").get("/")):
        policy = page.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "private" in page.headers["Cache-Control"]
        assert " style=" not in page.text and " onclick=" not in page.text


def test_the_cookie_is_kept_from_scripts_and_other_sites(visit):
    visitor = visit("clerk")
    cookie = visitor.client.get_cookie(COOKIE)
    assert cookie.http_only and cookie.same_site == "Lax"


@pytest.mark.parametrize("token", [None, "", "x", "0" * 40])
def test_a_form_without_its_token_changes_nothing(visit, token):
    clerk = visit("clerk")
    data = {"name__en": "Forged"} | ({} if token is None else {"csrf_token": token})
    assert clerk.client.post("/categories/add", data=data).status_code == 400
    assert clerk.client.post("/logout/", data=data).status_code == 400
    assert clerk.get("/me/").status_code == 200
    assert "Forged" not in clerk.get("/categories/").text


def test_the_api_takes_a_cookie_for_writing_only_with_the_token(visit):
    clerk = visit("clerk")
    clerk.get("/me/")
    assert clerk.client.post("/api/v1/products/categories/", json={"name": "Forged"}).status_code in (400, 403)
    assert "Forged" not in clerk.get("/categories/").text


def test_of_many_guesses_at_once_only_ten_are_looked_at(instance, site, visit):
    visit("clerk")
    answers = []

    def guess():
        answers.append(Client(site).post("/api/v1/security/login", json={"username": "clerk", "password": "wrong wrong 1"}).status_code)

    threads = [threading.Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [401] * 10 + [429] * 14


def test_a_password_typed_as_a_name_is_nowhere_in_the_trail(instance, site):
    for _ in range(12):
        Client(site).post("/api/v1/security/login", json={"username": "My-Secret-Password-1", "password": "x"})
    with reading() as db:
        found = db.execute(select(AuditEntry.label, AuditEntry.actor_name)).all()
    assert len(found) == 12
    assert not any("Secret" in text for row in found for text in row)


def test_the_present_password_is_not_guessed_through_a_borrowed_session(visit):
    clerk = visit("clerk")
    form = {"password": "another long one 7", "again": "another long one 7"}
    answers = [clerk.post("/me/password", {"old": f"guess {n}", **form}).status_code for n in range(11)]
    assert answers == [422] * 10 + [429]


def test_signing_in_over_a_session_ends_the_one_that_was_open(visit, site):
    clerk = visit("clerk")
    kept = cookie_of(clerk)
    assert clerk.log_in("clerk", PASSWORD).status_code == 303
    thief = Client(site)
    thief.set_cookie(COOKIE, kept)
    assert thief.get("/products/").status_code == 302
    assert clerk.get("/me/").status_code == 200
    with reading() as db:
        assert db.scalar(select(func.count()).where(UserSession.revoked_at.is_(None))) == 1
        assert db.scalar(select(func.count()).where(AuditEntry.action == "core.session.replaced")) == 1


def test_nobody_changes_his_own_password_past_the_question_for_the_present_one(visit):
    from zhanggui.kernel.actors import Actor
    from zhanggui.kernel.errors import Forbidden

    owner, new = visit("owner"), "kettle blossom tiger"
    me = user_id_of("owner")
    assert f"/people/users/{me}/set_password" not in owner.get(f"/people/users/{me}").text
    assert owner.post(f"/people/users/{me}/set_password", {"password": new}).status_code in (403, 409)
    assert owner.post("/me/password", {"old": "wrong", "password": new, "again": new}).status_code == 422
    for kind in ("user", "token"):
        with pytest.raises(Forbidden), unit_of_work() as db:
            service.set_password(db, id=me, password=new, actor=Actor(kind, me, "owner", everything=True), now=clock.now())
    assert owner.get("/me/").status_code == 200
    assert visit().log_in("owner", PASSWORD).status_code == 303


def test_a_password_that_was_changed_while_it_was_compared_opens_nothing(visit, monkeypatch):
    from zhanggui.auth import signing_in

    visit("clerk")

    def slowly(stored, given):
        with unit_of_work() as db:
            service.set_password(db, id=user_id_of("clerk"), password="kettle blossom tiger", actor=SYSTEM, now=clock.now())
        return check_password_hash(stored, given)

    monkeypatch.setattr(signing_in, "check_password_hash", slowly)
    with pytest.raises(service.WrongCredentials):
        service.authenticate("clerk", PASSWORD, "10.0.0.1")


def test_what_no_name_and_no_password_can_hold_is_wrong_like_anything_else(site):
    for text in ("\\ud800", "\\u0000", "clerk\\u0000", "x" * 5000):
        body = f'{{"username": "{text}", "password": "{text}"}}'
        answer = Client(site).post("/api/v1/security/login", data=body, content_type="application/json", environ_base={"REMOTE_ADDR": "10.4.4.4"})
        assert answer.status_code in (400, 401, 422), text[:20]


def test_a_token_is_listed_as_a_device_and_ended_from_there(visit, site):
    clerk = visit("clerk")
    tokens = bearer(site, "clerk", refresh=True)
    assert asks_with(site, tokens["access_token"]).status_code == 200
    devices = clerk.get("/me/devices").text
    row_id = re.search(r'/me/devices/(\d+)/revoke', devices).group(1)
    assert "A program" in devices
    assert clerk.post(f"/me/devices/{row_id}/revoke").status_code == 303
    assert asks_with(site, tokens["access_token"]).status_code == 401
    answer = Client(site).post("/api/v1/security/refresh", headers={"Authorization": f"Bearer {tokens['refresh_token']}"})
    assert answer.status_code == 401
