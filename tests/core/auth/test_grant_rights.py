"""Nobody opens what he may not, gives away what he lacks, or locks everybody out."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import Client

from zhanggui.auth import service
from zhanggui.auth.service import LastOwner
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.errors import Forbidden, NotFound
from zhanggui.testing.fixtures import NOON, PASSWORD
from zhanggui.web.routes import faulty_routes

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def app_of(site):
    return site.app({})


def own_routes(app):
    """Every page and endpoint with a guard, with numbers for its blanks."""
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "_zg_guard", "")
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}):
            yield method, re.sub(r"<[^>]+>", "1", rule.rule), guard


@SQLITE
def test_every_route_declares_who_may_use_it(site):
    assert faulty_routes(app_of(site)) == []
    assert len(list(own_routes(app_of(site)))) > 100


def test_a_route_that_declares_nothing_is_found():
    app = Flask("bare", static_folder=None)
    app.add_url_rule("/open", view_func=lambda: "secret", endpoint="open")
    assert [str(fault) for fault in faulty_routes(app)] == ["the route GET /open (open) declares no permission"]


@SQLITE
def test_strangers_come_to_the_sign_in_from_every_page(site):
    client, wrong = Client(site), {}
    for method, path, guard in own_routes(app_of(site)):
        if method != "GET" or guard.startswith("public") or guard == "":
            continue
        answer = client.get(path, headers={"Accept": "text/html"})
        expected = 401 if path.startswith("/api/") else 302
        if answer.status_code != expected or (expected == 302 and not answer.headers["Location"].startswith("/login/")):
            wrong[path] = answer.status_code
    assert wrong == {}


@SQLITE
def test_who_has_no_role_is_refused_at_every_guarded_route(site, visit):
    with unit_of_work() as db:
        service.create_user(db, username="outsider", password=PASSWORD, actor=SYSTEM, now=clock.now())
    outsider = visit()
    outsider.log_in("outsider", PASSWORD)
    outsider.get("/me/")
    wrong = {}
    for method, path, guard in own_routes(app_of(site)):
        if guard != "permission":
            continue
        headers = {"Accept": "text/html", "X-CSRFToken": outsider.token}
        answer = outsider.client.open(path, method=method, headers=headers, data={"csrf_token": outsider.token} if method == "POST" else None)
        if answer.status_code != 403:
            wrong[f"{method} {path}"] = answer.status_code
    assert wrong == {}


@SQLITE
@pytest.mark.parametrize("role", ["owner", "clerk", "warehouse", "viewer"])
def test_the_menu_never_shows_what_would_be_refused(visit, role):
    visitor = visit(role)
    home = visitor.get("/").text
    links = set(re.findall(r'href="(/[^"#]*)"', home)) - {"/logout/"}
    links = {link for link in links if not link.startswith(("/static/", "/files/"))}
    assert len(links) > 3
    answers = {link: visitor.get(link.replace("&amp;", "&")).status_code for link in links}
    assert answers == dict.fromkeys(links, 200)


def user(db, name, *roles):
    return service.create_user(db, username=name, password=PASSWORD, roles=roles, actor=SYSTEM, now=NOON)


def test_nobody_gives_away_what_he_lacks(db, clerk, owner):
    friend = user(db, "friend")
    for roles in (["owner"], ["warehouse"]):
        with pytest.raises(Forbidden):
            service.set_roles(db, id=friend, roles=roles, actor=clerk, now=NOON)
        with pytest.raises(Forbidden):
            service.create_user(db, username=f"new-{roles[0]}", password=PASSWORD, roles=roles, actor=clerk, now=NOON)
        db.expire_all()
    with pytest.raises(Forbidden):
        service.create_role(db, name="helpers", grants={("can_list", "core.Audit")}, actor=clerk, now=NOON)
    service.set_roles(db, id=friend, roles=["viewer"], actor=owner, now=NOON)


def test_nobody_takes_over_the_account_of_a_stronger_one(db, clerk):
    boss = user(db, "boss", "owner")
    user(db, "boss2", "owner")
    with pytest.raises(Forbidden):
        service.set_password(db, id=boss, password="mine from now 99", actor=clerk, now=NOON)
    with pytest.raises(Forbidden):
        service.disable_user(db, id=boss, actor=clerk, now=NOON)
    with pytest.raises(Forbidden):
        service.set_roles(db, id=boss, roles=[], actor=clerk, now=NOON)


def test_the_last_owner_stays(db, owner):
    boss = user(db, "boss", "owner")
    with pytest.raises(LastOwner):
        service.disable_user(db, id=boss, actor=owner, now=NOON)
    with pytest.raises(LastOwner):
        service.set_roles(db, id=boss, roles=["viewer"], actor=owner, now=NOON)
    second = user(db, "second", "owner")
    service.disable_user(db, id=boss, actor=owner, now=NOON)
    with pytest.raises(LastOwner):
        service.disable_user(db, id=second, actor=owner, now=NOON)


def test_the_role_of_the_owner_cannot_be_cut_down_or_deleted(db, owner):
    from flask_appbuilder.security.sqla.models import Role

    role = db.scalar(select(Role.id).where(Role.name == "owner"))
    with pytest.raises(Forbidden):
        service.set_grants(db, role_id=role, grants=set(), scope=None, actor=owner, now=NOON)
    with pytest.raises(Forbidden):
        service.delete_role(db, id=role, actor=owner, now=NOON)


def test_who_is_not_there_cannot_be_changed(db, owner):
    for act in (service.disable_user, service.enable_user):
        with pytest.raises(NotFound):
            act(db, id=10**9, actor=owner, now=NOON)


def test_a_password_is_nowhere_in_the_trail(db, owner):
    from zhanggui.audit.models import AuditEntry

    service.set_password(db, id=user(db, "friend"), password="very secret 4711", actor=owner, now=NOON)
    rows = [str(dict(row._mapping)) for row in db.execute(select(AuditEntry.__table__))]
    assert rows
    assert not any("very secret" in row or PASSWORD in row or "scrypt" in row for row in rows)


@SQLITE
def test_a_right_taken_from_a_preset_role_is_not_given_back_by_an_upgrade(instance, owner):
    from flask_appbuilder.security.sqla.models import Role

    from zhanggui.host.service import upgrade

    with unit_of_work() as db:
        role = db.scalar(select(Role.id).where(Role.name == "clerk"))
        kept = service.grants_of(db, role) - {("can_list", "products.Product")}
        service.set_grants(db, role_id=role, grants=kept, scope=None, actor=owner, now=NOON)
    upgrade(instance)
    with reading() as db:
        assert service.grants_of(db, role) == kept
