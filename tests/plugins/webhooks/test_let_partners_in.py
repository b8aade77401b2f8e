"""Programs of partners may do what their token was made for, as long as whoever made it may, and are told nothing personal unasked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from shop import add_customer, add_product, place
from sqlalchemy import select, update
from werkzeug.test import Client

from zhanggui.api import SYSTEM, Actor, Forbidden, IllegalMove, Invalid, clock, programs, reading, unit_of_work
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service
from zhanggui.auth.models import Token
from zhanggui.auth.principal import find_principal
from zhanggui.notices.models import Notice
from zhanggui_webhooks.models import Endpoint
from zhanggui_webhooks.services import endpoints, partners

LIST, SHOW, EDIT = ("can_list", "orders.Order"), ("can_show", "orders.Order"), ("can_edit", "customers.Customer")
REVEAL = ("can_reveal", "customers.Customer")
CUSTOMERS = [("can_list", "customers.Customer"), ("can_show", "customers.Customer"), ("can_add", "customers.Customer"), EDIT]
ORDERS, PEOPLE, TOLD = "/api/v1/orders/orders/", "/api/v1/customers/customers/", "/api/v1/webhooks/webhooks/"
OWN = [(f"can_{verb}", "webhooks.Endpoint") for verb in ("list", "show", "add", "edit", "delete", "pause")] + [("can_show", "webhooks.Secret"), ("can_list", "webhooks.Delivery")]


@pytest.fixture
def maker(instance: Any) -> Actor:
    """An owner with an account, as the page that he signed in to knows him."""
    with unit_of_work() as db:
        service.create_user(db, username="max", password="correct horse 42", roles=["owner"], actor=SYSTEM, now=clock.now())
        number = service.create_user(db, username="mia", password="correct horse 42", roles=["owner"], actor=SYSTEM, now=clock.now())
    found = find_principal(number)
    assert found is not None
    return found.actor()


@pytest.fixture
def partner(instance: Any, maker: Actor) -> int:
    with unit_of_work() as db:
        return partners.create_partner(db, label="Ledger Ltd", contact="Ann, 13800138000", actor=maker, now=clock.now())


@pytest.fixture
def give(maker: Actor, partner: int) -> Callable[..., str]:
    """``give(LIST)``: a secret."""

    def do(*scopes: tuple[str, str], to: int = partner, days: str = "90", by: Actor = maker, **more: Any) -> str:
        with unit_of_work() as db:
            return partners.give_token(db, id=to, scopes=scopes, days=days, actor=by, now=clock.now(), **more).secret

    return do


@pytest.fixture
def ask(site: Any) -> Callable[..., Any]:
    """``ask(secret, path, method)``: what the program is answered."""
    client = Client(site)

    def do(secret: str, path: str = ORDERS, method: str = "GET", *, ip: str = "203.0.113.7", key: str = "", language: str = "en", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {secret}", "Accept-Language": language, **({"Idempotency-Key": key} if key else {})}
        return client.open(path, method=method, headers=headers, environ_base={"REMOTE_ADDR": ip}, **more)

    return do


@pytest.fixture
def order(instance: Any, owner: Actor) -> Any:
    with unit_of_work() as db:
        return place(db, owner, (add_product(db, owner), 1), customer_id=add_customer(db, owner))


def numbers(partner: int) -> list[int]:
    with reading() as db:
        return [token.id for token in programs.good_ones(db, [partners.owner_of(partner)], clock.now()).get(f"{partners.OWNER}:{partner}", [])]


def test_it_does_what_it_was_made_for_and_says_which_scope_is_missing(give: Any, ask: Any, order: Any):
    secret = give(LIST)
    assert re.fullmatch(r"zgk_[a-z0-9]{8}_[\w-]{43}", secret)
    assert [row["number"] for row in ask(secret).get_json()["items"]] == [order.number]
    refused = ask(secret, f"{ORDERS}{order.id}/cancel", "POST", json={"reason": "x"})
    said = refused.get_json()
    assert (refused.status_code, said["code"], said["scope"]) == (403, "out_of_scope", "orders.Order:cancel")
    assert "orders.Order:cancel" in said["detail"]
    assert "orders.Order:cancel" in ask(secret, f"{ORDERS}{order.id}/cancel", "POST", json={}, language="zh-CN").get_json()["detail"]
    assert ask(secret, PEOPLE).get_json()["scope"] == "customers.Customer:list"
    assert ask(secret, "/orders/").status_code == 302  # pages know no tokens


def test_the_database_keeps_no_secret_and_a_wrong_one_opens_nothing(give: Any, ask: Any):
    secret = give(LIST)
    with reading() as db:
        kept = str(db.connection().exec_driver_sql("SELECT * FROM core__token").all())
    assert secret not in kept
    assert secret.rpartition("_")[2] not in kept
    for wrong in (secret[:-1], f"{secret}x", "zgk_", "zgk_abcdefgh_" + "0" * 43):
        assert ask(wrong).status_code == 401


@pytest.mark.parametrize("kind", ["sqlite"])
def test_personal_fields_need_a_scope_of_their_own(give: Any, ask: Any, order: Any):
    secret, whole = give(LIST, *CUSTOMERS), give(LIST, *CUSTOMERS, REVEAL)
    row, person = ask(secret).get_json()["items"][0], ask(secret, PEOPLE).get_json()["items"][0]
    assert not {"buyer_name", "note", "staff_note"} & set(row)
    assert not {"name", "phone", "region", "email"} & set(person)
    assert "Wang" not in json.dumps([row, person])
    assert "13800138000" not in json.dumps([row, person])
    row, person = ask(whole).get_json()["items"][0], ask(whole, PEOPLE).get_json()["items"][0]
    assert (row["buyer_name"], person["name"], person["phone"]) == ("Wang Wei", "Wang Wei", "13800138000")
    assert ask(secret, f"{PEOPLE}?q=13800138000").get_json()["items"] == []


def test_lowering_its_maker_lowers_it_at_the_next_request(give: Any, ask: Any, maker: Actor, order: Any):
    secret = give(LIST, EDIT)
    with unit_of_work() as db:
        service.set_roles(db, id=maker.id, roles=["viewer"], actor=SYSTEM, now=clock.now())
    assert ask(secret).status_code == 200
    assert ask(secret, f"{PEOPLE}1", "PATCH", json={"gender": "f"}).get_json()["scope"] == "customers.Customer:edit"
    with unit_of_work() as db:
        service.disable_user(db, id=maker.id, actor=SYSTEM, now=clock.now())
    assert ask(secret).status_code == 401


def test_nobody_gives_more_than_he_holds_and_no_rights_over_staff(give: Any, instance: Any, maker: Actor):
    with unit_of_work() as db:
        number = service.create_user(db, username="vic", password="correct horse 42", roles=["viewer"], actor=SYSTEM, now=clock.now())
    viewer = find_principal(number)
    assert viewer is not None
    for scopes, by in ((EDIT, viewer.actor()), (LIST, Actor("token", maker.id, everything=True)), (LIST, SYSTEM), (("can_list", "core.User"), maker)):
        with pytest.raises(Forbidden):
            give(scopes, by=by)
    with pytest.raises(Invalid):
        give()


def test_two_are_good_at_once_and_the_second_is_for_the_same(give: Any, ask: Any, partner: int, maker: Actor):
    old = give(LIST, networks="203.0.113.0/24", rate_per_minute=7)
    (number,) = numbers(partner)
    with unit_of_work() as db:
        new = partners.renew_token(db, id=partner, token_id=number, days="30", actor=maker, now=clock.now())
    assert [ask(one).status_code for one in (old, new.secret)] == [200, 200]
    with reading() as db:
        first, second = db.scalars(select(Token).where(Token.kind == programs.KIND).order_by(Token.id))
        assert (first.scopes, first.ip_allow, first.rate_per_minute) == (second.scopes, second.ip_allow, second.rate_per_minute)
    with pytest.raises(IllegalMove):
        give(LIST)
    with unit_of_work() as db:
        partners.revoke_token(db, id=partner, token_id=number, actor=maker, now=clock.now())
    assert [ask(one).status_code for one in (old, new.secret)] == [401, 200]


def test_over_its_rate_it_is_told_how_long_to_wait(give: Any, ask: Any):
    secret, start = give(LIST, rate_per_minute=3), clock.now()
    with clock.hold(start):
        assert [ask(secret).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = ask(secret)
        assert (refused.get_json()["code"], refused.headers["Retry-After"]) == ("too_many_requests", "60")
    with clock.hold(start + timedelta(seconds=61)):
        assert ask(secret).status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"])
def test_from_elsewhere_it_is_refused_and_uses_up_nothing(give: Any, ask: Any):
    secret = give(LIST, networks="203.0.113.0/28\n2001:db8::/32", rate_per_minute=3)
    for ip in ("203.0.113.16", "198.51.100.1", "2001:db9::1"):
        refused = ask(secret, ip=ip)
        assert (refused.status_code, refused.get_json()["code"]) == (403, "wrong_address")
        assert ip in refused.get_json()["detail"]
    assert [ask(secret, ip=ip).status_code for ip in ("203.0.113.15", "2001:db8::5", "::ffff:203.0.113.1")] == [200, 200, 200]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("typed", ["203.0.113.300", "here", "203.0.113.7\n10.0.0.0/40"])
def test_a_network_that_is_none_is_named(give: Any, typed: str):
    with pytest.raises(Invalid) as refused:
        give(LIST, networks=typed)
    assert str(len(typed.splitlines())) in str(refused.value.errors["networks"])


def test_its_last_use_is_kept_with_the_address(give: Any, ask: Any):
    secret, start = give(LIST), clock.now()

    def last() -> Any:
        with reading() as db:
            return db.execute(select(Token.last_used_at, Token.last_ip).where(Token.kind == programs.KIND)).one()

    for later, ip, seen in ((0, "203.0.113.7", 0), (30, "203.0.113.7", 0), (60, "203.0.113.7", 60), (61, "203.0.113.8", 61)):
        with clock.hold(start + timedelta(seconds=later)):
            ask(secret, ip=ip)
        assert last() == (start + timedelta(seconds=seen), ip)


def test_a_key_that_is_sent_twice_does_it_once(give: Any, ask: Any, order: Any):
    secret, other = give(*CUSTOMERS, REVEAL, ("can_block", "customers.Customer")), give(*CUSTOMERS, REVEAL)
    first, again = (ask(secret, PEOPLE, "POST", key="k1", json={"name": "Ann"}) for _ in range(2))
    assert (first.status_code, again.status_code, first.data) == (201, 201, again.data)
    assert ask(other, PEOPLE, "POST", key="k1", json={"name": "Ann"}).get_json()["id"] != first.get_json()["id"]
    row = f"{PEOPLE}{first.get_json()['id']}"
    changed = [ask(secret, row, "PATCH", key="k2", json={"region": "Hangzhou"}) for _ in range(2)]
    assert changed[0].get_json()["region"] == "Hangzhou"
    assert changed[0].data == changed[1].data
    assert ask(secret, row, "PATCH", key="k2", json={"region": "Suzhou"}).get_json()["code"] == "idempotency_mismatch"
    blocked = [ask(secret, f"{row}/block", "POST", key="k3", json={"reason": "spam"}) for _ in range(2)]
    assert [one.status_code for one in blocked] == [200, 200]
    assert ask(secret, f"{row}/block", "POST", key="k4", json={"reason": "spam"}).status_code == 409
    with reading() as db:
        done = list(db.execute(select(AuditEntry.action, AuditEntry.actor_kind, AuditEntry.actor_name).where(AuditEntry.actor_kind == "token").order_by(AuditEntry.id)))
    assert [action for action, _kind, _name in done] == [
        "customers.customer.created", "customers.customer.created", "customers.customer.changed", "customers.customer.blocked"
    ]  # fmt: skip
    prefixes = {name for _action, _kind, name in done}
    assert prefixes == {f"Ledger Ltd ({secret[:12]})", f"Ledger Ltd ({other[:12]})"}


def test_it_sees_and_changes_the_webhooks_of_its_partner_alone(give: Any, ask: Any, partner: int, maker: Actor, add: Any):
    with unit_of_work() as db:
        rival = partners.create_partner(db, label="Rival", actor=maker, now=clock.now())
    shop, theirs, secret = add(), add(partner_id=rival), give(*OWN)
    made = ask(secret, TOLD, "POST", json={"label": "Mine", "url": "https://ledger.example/in", "everything": True, "partner_id": str(rival)})
    if made.status_code != 201:  # who may not list partners is not asked for one
        assert "partner_id" in made.get_json()["errors"]
        made = ask(secret, TOLD, "POST", json={"label": "Mine", "url": "https://ledger.example/in", "everything": True})
    mine = int(made.get_json()["id"])
    with reading() as db:
        assert db.get_one(Endpoint, mine).partner_id == partner
    assert [row["id"] for row in ask(secret, TOLD).get_json()["items"]] == [str(mine)]
    for foreign in (shop, theirs, 999):
        assert ask(secret, f"{TOLD}{foreign}").status_code == 404
        assert ask(secret, f"{TOLD}{foreign}", "PATCH", json={"label": "Taken"}).status_code == 404
        assert ask(secret, f"{TOLD}{foreign}/pause", "POST").status_code == 404
        assert ask(secret, f"{TOLD}{foreign}", "DELETE").status_code == 404
        assert ask(secret, f"/api/v1/webhooks/secrets/{foreign}", "POST").status_code == 404
    shown = ask(secret, f"/api/v1/webhooks/secrets/{mine}", "POST")
    assert shown.get_json()["secret"].startswith("whsec_")
    assert "no-store" in shown.headers["Cache-Control"]
    assert ask(secret, f"/api/v1/webhooks/secrets/{mine}", "POST").status_code == 409


@pytest.mark.parametrize("kind", ["sqlite"])
def test_it_sees_what_its_own_webhooks_were_told_and_nothing_else(give: Any, ask: Any, partner: int, add: Any, work: Any, order: Any):
    own, secret = add(partner_id=partner), give(*OWN)
    add(label="Wall")
    work()
    told = ask(secret, "/api/v1/webhooks/webhook-deliveries/").get_json()["items"]
    assert told
    assert {str(row["endpoint_id"]["id"] if isinstance(row["endpoint_id"], dict) else row["endpoint_id"]) for row in told} == {str(own)}


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_document_tells_of_its_scopes_alone(give: Any, ask: Any, visit: Any):
    paths = ask(give(LIST, ("can_ship", "orders.Order")), "/api/v1/_openapi").get_json()["paths"]
    found = sorted((path, method) for path, operations in paths.items() for method in operations if method != "parameters")
    assert [method for _path, method in found] == ["get", "post"]
    assert [path for path, _method in found] == [ORDERS, next(path for path in paths if path.endswith("/ship"))]
    assert len(visit("owner").get("/api/v1/_openapi").get_json()["paths"]) > 50


def test_stopping_a_partner_ends_its_tokens_and_pauses_its_webhooks(give: Any, ask: Any, partner: int, maker: Actor, add: Any):
    secret, endpoint_id = give(LIST), add(partner_id=partner)
    with unit_of_work() as db:
        partners.stop(db, id=partner, actor=maker, now=clock.now())
    assert ask(secret).status_code == 401
    with reading() as db:
        assert db.get_one(Endpoint, endpoint_id).state == "paused"
    with pytest.raises(IllegalMove):
        give(LIST)
    with pytest.raises(IllegalMove), unit_of_work() as db:
        partners.remove_partner(db, id=partner, actor=maker, now=clock.now())
    with unit_of_work() as db:
        endpoints.remove_endpoint(db, id=endpoint_id, actor=maker, now=clock.now())
        partners.allow(db, id=partner, actor=maker, now=clock.now())
        partners.remove_partner(db, id=partner, actor=maker, now=clock.now())


@pytest.mark.parametrize("kind", ["sqlite"])
def test_staff_is_told_14_and_3_days_before_one_ends(give: Any, partner: int):
    give(LIST, days="30")
    made = clock.now()
    told = []
    for day in (15, 16.5, 17, 26.5, 27.5, 28):
        with unit_of_work() as db:
            partners.tell_of_ends(db, made + timedelta(days=day))
        with reading() as db:
            told.append(len(db.scalars(select(Notice.id).where(Notice.kind == "webhooks.token_ends")).all()))
    assert told == [0, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_page_shows_it_once_and_lets_nobody_else_make_one(visit: Any, ask: Any, partner: int, instance: Any):
    boss, address = visit("owner"), f"/webhook-partner-tokens/{partner}/add"
    form = boss.get(address).get_data(as_text=True)
    assert 'name="scope__orders__Order"' in form
    assert "scope__core__" not in form
    assert boss.post(address, {"days": "30"}).status_code == 422
    page = boss.post(address, {"days": "30", "rate_per_minute": "60", "scope__orders__Order": ["can_list"]})
    secret = re.search(r'value="(zgk_[^"]+)"', page.get_data(as_text=True))
    assert secret is not None
    assert page.headers["Cache-Control"] == "private, no-cache, no-store"
    assert ask(secret[1]).status_code == 200
    detail = boss.get(f"/webhook-partners/{partner}").get_data(as_text=True)
    assert secret[1][:12] in detail
    assert "orders.Order:list" in detail
    assert "203.0.113.7" in detail
    assert secret[1] not in detail
    (number,) = numbers(partner)
    clerk = visit("clerk")
    assert [clerk.get(address).status_code, clerk.post(f"/webhook-partner-tokens/{partner}/{number}/revoke").status_code] == [403, 403]
    assert boss.post(f"/webhook-partner-tokens/{partner}/{number}/revoke").status_code == 303
    assert ask(secret[1]).status_code == 401
    assert boss.post(f"/webhook-partner-tokens/{partner}/{number}/revoke").status_code == 404


@pytest.mark.parametrize("kind", ["sqlite"])
def test_it_ends_when_its_time_is_over(give: Any, ask: Any):
    secret = give(LIST, days="30")
    with unit_of_work() as db:
        db.execute(update(Token).where(Token.kind == programs.KIND).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert ask(secret).status_code == 401
