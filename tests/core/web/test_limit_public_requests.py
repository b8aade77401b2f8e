"""One address may ask for what is public so often and no oftener; who has signed in, and all others, go on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.auth import service
from zhanggui.config import Config
from zhanggui.db.uow import unit_of_work
from zhanggui.host import refresh
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.kernel.errors import ConfigError
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD
from zhanggui.testing.instances import SECRET, configured
from zhanggui.web import limits


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def make_site(databases) -> Iterator[Callable[..., Site]]:
    """A shop where strangers may ask 20 times a minute, 2 times at once; ``settings`` change that for a second server."""
    runtime = databases.fresh("sqlite", instance__demo="true")
    with activated(runtime), acting_as(SYSTEM):
        refresh(open_runtime(runtime))
        with unit_of_work() as db:
            service.create_user(db, username="clerk", password=PASSWORD, roles=["clerk"], actor=SYSTEM, now=clock.now())

    def make(**settings: object) -> Site:
        url = runtime.config["database.url"]
        given = {"web__public_requests_per_minute": 20, "instance__demo": "true", **settings}
        return Site(Runtime(configured(runtime.data, url, **given)))

    yield make
    databases.drop(runtime)


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site]) -> Iterator[Site]:
    """One server for all: every test comes from an address of its own."""
    site = make_site()
    yield site
    site.runtime.close()


@pytest.fixture
def stranger(_numbers=itertools.count(1)) -> str:  # noqa: B008 - one counter for the module
    """An address that was not seen before."""
    return f"203.0.113.{next(_numbers)}"


def ask(site: Site, path: str, address: str, **headers: str):
    return Client(site).get(path, environ_base={"REMOTE_ADDR": address}, headers={"Accept-Language": "en", **headers})


def statuses(site: Site, path: str, address: str, times: int, **headers: str) -> list[int]:
    return [ask(site, path, address, **headers).status_code for _ in range(times)]


def test_the_allowance_is_exact_within_a_tenth():
    now = Clock()
    allowance = limits.Allowance(1200, now)
    let_in = 0
    for _ in range(60_000):  # a thousand requests a second for a minute
        now.now += 0.001
        let_in += not allowance.take("address")
    assert 1200 <= let_in <= 1320


def test_whoever_waits_as_long_as_he_is_told_gets_in():
    now = Clock()
    allowance = limits.Allowance(60, now)
    while not (wait := allowance.take("address")):
        pass
    now.now += wait
    assert allowance.take("address") == 0
    assert allowance.take("address") > 0


def test_it_remembers_no_more_addresses_than_it_has_room_for(monkeypatch):
    monkeypatch.setattr(limits, "_MOST_ADDRESSES", 100)
    allowance = limits.Allowance(60)
    for number in range(1000):
        allowance.take(number)
    assert len(allowance._next) == 100


@pytest.mark.parametrize("path", ["/login/", "/shop/api/v1/products", "/shop/api/v1/openapi.json", "/api/v1/_openapi", "/nothing/here"])
def test_what_is_public_is_limited_by_address(site, stranger, path):
    other = "198.51.100." + stranger.rsplit(".", 1)[1]
    assert ask(site, path, other).status_code != 429
    assert statuses(site, path, stranger, 2).count(429) == 0
    assert statuses(site, path, stranger, 3) == [429] * 3
    assert ask(site, path, other).status_code != 429


def test_the_refusal_costs_no_question_to_the_database(site, stranger):
    statuses(site, "/login/", stranger, 2)
    asked = []
    for engine in (site.runtime.read_bind, site.runtime.engine):
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert ask(site, "/login/", stranger).status_code == 429
    assert asked == []


def test_people_read_it_in_their_language_and_programs_as_a_problem(site, stranger):
    statuses(site, "/login/", stranger, 2)
    page = ask(site, "/login/", stranger, Accept="text/html")
    assert "Too many requests came from your address. Please wait a moment." in page.text
    assert int(page.headers["Retry-After"]) in range(1, 4)
    assert "您的网络地址" in ask(site, "/login/", stranger, **{"Accept": "text/html", "Accept-Language": "zh-CN"}).text
    problem = ask(site, "/shop/api/v1/products", stranger, **{"Accept-Language": "zh"})
    assert problem.mimetype == "application/problem+json"
    assert problem.json["code"] == "too_many_requests"
    assert "您的网络地址" in problem.json["detail"]


def test_a_subscriber_of_ipv6_is_one_address(site, stranger):
    assert statuses(site, "/login/", "2001:db8:1:1::1", 2).count(429) == 0
    assert ask(site, "/login/", "2001:db8:1:1:ffff::2").status_code == 429
    assert ask(site, "/login/", "2001:db8:1:2::1").status_code == 200
    assert statuses(site, "/login/", f"::ffff:{stranger}", 2).count(429) == 0
    assert ask(site, "/login/", stranger).status_code == 429


def test_this_machine_is_not_limited(site):
    assert statuses(site, "/login/", "127.0.0.1", 30).count(429) == 0


def test_no_limit_means_none(site, stranger):
    free = limits.PublicLimits({**site.runtime.config, "web.public_requests_per_minute": 0})
    assert [free.enter({"REMOTE_ADDR": stranger})[1] for _ in range(100)] == [0.0] * 100


def test_a_forged_forwarding_header_is_ignored_unless_a_proxy_is_trusted(site, make_site, stranger):
    found = [ask(site, "/login/", stranger, **{"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(5)]
    assert found.count(429) == 3
    assert ask(site, "/login/", stranger, **{"X-Forwarded-For": "127.0.0.1"}).status_code == 429

    behind = make_site(web__trusted_proxies=1)
    found = [ask(behind, "/login/", "127.0.0.1", **{"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(5)]
    assert found.count(429) == 0
    # What the visitor wrote stands before what the proxy added.
    found = [ask(behind, "/login/", "127.0.0.1", **{"X-Forwarded-For": f"192.0.2.{n}, {stranger}"}).status_code for n in range(5)]
    assert found.count(429) == 3
    behind.runtime.close()


def test_whoever_has_signed_in_is_not_counted(site, stranger):
    visitor = Visitor(Client(site))
    visitor.log_in("clerk", PASSWORD)  # from this machine
    for _ in range(10):
        assert visitor.get("/me/", environ_base={"REMOTE_ADDR": stranger}).status_code == 200


def test_a_customer_with_a_token_is_not_counted_and_one_with_a_false_token_is(site, stranger):
    token = Client(site).post("/shop/api/v1/session", json={"code": "demo:mei"}).json["token"]
    assert statuses(site, "/shop/api/v1/orders", stranger, 10, Authorization=f"Bearer {token}") == [200] * 10
    assert statuses(site, "/shop/api/v1/orders", stranger, 4, Authorization="Bearer false") == [401, 401, 429, 429]
    # Strangers at the same address have an allowance of their own.
    assert ask(site, "/login/", stranger).status_code == 200


def test_an_address_that_is_none_stops_the_start():
    environ = {"ZHANGGUI_SECURITY__SECRET_KEY": SECRET, "ZHANGGUI_WEB__UNLIMITED_ADDRESSES": "10.0.0.0/8,proxy"}
    with pytest.raises(ConfigError, match=r"web\.unlimited_addresses .* holds 'proxy', which is neither an address nor a network"):
        Config.load(None, environ)
