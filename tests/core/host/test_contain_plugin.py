"""A plugin that fails harms itself alone, whatever it adds; it is named, and paused after some repeats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.auth import service as accounts
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import contain, current_host, declare, faults, generation, host, refresh
from zhanggui.host import watch as watching
from zhanggui.host.models import PluginFault, PluginState
from zhanggui.host.service import disable_plugin, upgrade
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor, acting_as
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD
from zhanggui.web import blocks, describe
from zhanggui_customers.models import Customer
from zhanggui_inventory.models import StockLevel
from zhanggui_orders.models import Order

sys.path[:0] = [str(Path(__file__).parents[2] / "plugins" / name) for name in ("orders", "storefront")]

from shop import add_customer, add_product, place  # noqa: E402 - found by the line above
from shoppers import Shopper, allow_demo_login  # noqa: E402

OWNER = Actor("user", name="owner", everything=True)
PAGES = ["/", "/orders/", "/orders/1", "/products/", "/customers/1/edit", "/search?q=tea", "/system/plugins/", "/system/repairs/"]
LEFT_OUT = {
    "fails_exit": "SystemExit: 3", "fails_cron": "every full moon", "fails_slot_name": "is there twice", "fails_route": "is taken by orders",
    "broken_hook": "no menu today",
}  # fmt: skip
REFUSING = {"fails_price": "The price cannot be worked out now: the plugin “Gifts” failed.",
            "fails_guard": "The order cannot be placed or moved now: the plugin “Guardian” failed."}  # fmt: skip
RUNNING = ["fails_slots", "fails_frame", "fails_pages", "fails_job", *REFUSING]


class Shop:
    """A shop with one order, one customer and the broken plugins beside it, and who visits it."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        upgrade(runtime)
        refresh(runtime)
        allow_demo_login()
        with unit_of_work() as db:
            self.tea = add_product(db, OWNER, stock=1000)
            add_customer(db, OWNER)
            place(db, OWNER, (self.tea, 1))
            accounts.create_user(db, username="boss", password=PASSWORD, roles=["owner"], actor=SYSTEM, now=clock.now(), display_name="Boss")
        self.site = Site(runtime)
        self.boss = Visitor(Client(self.site))
        self.boss.log_in("boss", PASSWORD)
        token = Shopper(self.site).post("/session", {"code": "demo:ann"}).get_json()["token"]
        self.ann = Shopper(self.site, token)

    def only(self, *names: str) -> None:
        """As when these were enabled while they still worked."""
        with unit_of_work() as db:
            ours = ("broken", "fails")
            for state in db.scalars(select(PluginState)):
                if state.id.startswith(ours):
                    state.enabled = state.id in names
            for fault in faults.known(db):
                faults.forget(db, fault=fault.id)
            generation.bump(db, "plugins")
        self.boss.get("/healthz")

    def fault(self, key: str) -> PluginFault | None:
        with reading() as db:
            found = db.get(PluginFault, key)
            if found is not None:
                db.expunge(found)
            return found

    def count(self, model: type) -> int:
        with reading() as db:
            return db.scalar(select(func.count()).select_from(model)) or 0


def opened(databases, kind, repository, **more):
    folders = f"{repository}/plugins,{repository}/tests/plugins_for_tests"
    return open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=folders, **more))


@pytest.fixture(scope="module")
def shop(databases):
    runtime = opened(databases, "sqlite", Path(__file__).parents[3])
    with activated(runtime), acting_as(SYSTEM):
        yield Shop(runtime)
    databases.drop(runtime)


@pytest.fixture
def shop_of_kind(databases, kind, repository):
    runtime = opened(databases, kind, repository)
    with activated(runtime), acting_as(SYSTEM):
        yield Shop(runtime)
    databases.drop(runtime)


@pytest.mark.parametrize("name", [*LEFT_OUT, *RUNNING])
def test_the_shop_goes_on_and_the_plugin_is_named(shop, name):
    shop.only(name)
    for page in PAGES:
        assert shop.boss.get(page).status_code == 200, page
    body = {"lines": [{"variant_id": shop.tea.public_id, "quantity": 1}]}
    orders, held = shop.count(Order), reserved(shop)
    quoted, ordered = shop.ann.post("/quotes", body), shop.ann.order(shop.tea)
    if name in REFUSING:
        assert (ordered.status_code, ordered.get_json()["code"], ordered.get_json()["detail"]) == (409, "plugin_failed", REFUSING[name])
        assert quoted.status_code == (409 if name == "fails_price" else 200)
        assert (shop.count(Order), reserved(shop)) == (orders, held)
    else:
        assert (quoted.status_code, ordered.status_code) == (200, 201)
    repairs = shop.boss.get("/system/repairs/").text
    if name != "fails_job":  # a job that fails is named among the jobs
        assert titled(name) in repairs
        assert LEFT_OUT.get(name, "") in repairs.replace("&#39;", "'")
    assert {"products", "orders", "customers", "inventory", "storefront"} <= set(current_host().manifests)
    assert (name in current_host().manifests) is (name not in LEFT_OUT)


def titled(name):
    return {"fails_slots": "Fortune teller", "fails_frame": "Frame breaker", "fails_price": "Gifts", "fails_guard": "Guardian"}.get(name, name)


def reserved(shop):
    with reading() as db:
        return db.scalar(select(func.sum(StockLevel.reserved)))


def test_all_of_them_together_do_no_more_harm(shop):
    shop.only(*LEFT_OUT, *RUNNING)
    for page in PAGES:
        assert shop.boss.get(page).status_code == 200, page
    assert shop.ann.order(shop.tea).status_code == 409
    repairs = shop.boss.get("/system/repairs/").text
    assert all(titled(name) in repairs for name in (*LEFT_OUT, "fails_slots", "fails_frame", "fails_price", "fails_pages"))
    # One whose manifest cannot be read stands in the gallery, with its file and the key that is wrong.
    gallery = shop.boss.get("/system/plugins/").text
    assert "zhanggui_fails_types" in gallery and "version must be a text" in gallery


def test_each_part_of_a_page_fails_alone(shop):
    shop.only("fails_slots")
    page = shop.boss.get("/orders/").text
    assert all(name in page for name in ("Luck", "Mood", "Wrong kind", "947"))
    assert page.count("Not available right now") == 3 * shop.count(Order)
    detail = shop.boss.get("/orders/1").text
    assert detail.count("This part is not available right now") == 2 and "Longjing" in detail
    assert "/orders/1/fails_slots__curse" not in detail and "/orders/1/fails_slots__bless" in detail
    for name in ("fails_slots__lucky", "fails_slots__unheard"):
        refused = shop.boss.get(f"/orders/?{name}=1")
        assert refused.status_code == 409 and "the plugin “Fortune teller” failed" in refused.text
    assert shop.boss.post("/orders/1/fails_slots__bless").status_code == 409
    line = shop.boss.get("/orders/export.csv").text.splitlines()
    assert ("fails_slots__luck" in line[0], "947" in line[1], "Not available" in line[1]) == (True, True, False)
    row = shop.boss.client.get("/api/v1/orders/orders/").json["items"][0]
    assert tuple(row[f"fails_slots__{name}"] for name in ("luck", "mood", "wrong", "fine")) == (None, None, None, 947)


def test_a_field_that_cannot_be_shown_is_left_as_it_is(shop):
    shop.only("fails_slots")
    form = shop.boss.get("/customers/1/edit").text
    assert "charm" not in form.replace('value="fails_slots__charm"', "") and 'name="_left_out" value="fails_slots__charm"' in form
    with reading() as db:
        version = db.get_one(Customer, 1).row_version
    typed = {"name": "Li Na", "row_version": str(version), "_left_out": "fails_slots__charm"}
    assert shop.boss.post("/customers/1/edit", typed).status_code == 303
    refused = shop.boss.post("/customers/1/edit", {"name": "Li Na", "fails_slots__charm": "x", "row_version": str(version + 1)})
    assert refused.status_code == 409 and "the plugin “Fortune teller” failed" in refused.text


def test_it_is_paused_after_three_requests_in_every_process_until_somebody_tries_again(shop_of_kind):
    shop = shop_of_kind
    shop.only("fails_slots")
    key = "fails_slots:column:orders.Order luck"
    # Another process: it has its own memory, and the same database.
    other = Visitor(Client(Site(Runtime(shop.runtime.config))))
    other.log_in("boss", PASSWORD)
    for visitor in (shop.boss, other):
        assert visitor.get("/orders/").status_code == 200
    assert (shop.fault(key).times, shop.fault(key).strikes, shop.fault(key).paused_at) == (2, 2, None)
    assert shop.boss.get("/orders/").status_code == 200
    assert shop.boss.get("/orders/").status_code == 200
    assert shop.fault(key).paused_at is not None
    times = shop.fault(key).times
    for visitor in (other, shop.boss, Visitor(Client(Site(Runtime(shop.runtime.config))))):
        assert visitor.get("/orders/").status_code in (200, 302)
    assert shop.fault(key).times == times
    repairs = shop.boss.get("/system/repairs/").text
    assert "Paused" in repairs and "Column “Luck” in “Orders”" in repairs and "RuntimeError: out of order" in repairs
    assert shop.boss.post(f"/system/repairs/{key}/retry").status_code == 303
    assert shop.fault(key) is None
    assert other.get("/orders/").status_code == 200
    assert shop.fault(key).paused_at is None and shop.fault(key).times >= 1


def test_only_who_may_tries_again_or_reads_a_traceback(shop):
    shop.only("fails_slots")
    shop.boss.get("/orders/")
    with unit_of_work() as db:
        role = accounts.create_role(db, name="reader", grants={("can_list", "core.Repair")}, actor=OWNER, now=clock.now())
        assert role
        accounts.create_user(db, username="eve", password=PASSWORD, roles=["reader"], actor=SYSTEM, now=clock.now(), display_name="Eve")
    eve = Visitor(Client(shop.site))
    eve.log_in("eve", PASSWORD)
    page = eve.get("/system/repairs/").text
    assert "Fortune teller" in page and "Traceback" not in page and "out of order" not in page and "/retry" not in page
    assert eve.post("/system/repairs/fails_slots:column:orders.Order luck/retry").status_code == 403


def test_switching_a_plugin_strikes_out_its_faults(shop):
    shop.only("fails_slots")
    shop.boss.get("/orders/")
    assert shop.fault("fails_slots:column:orders.Order luck") is not None
    disable_plugin("fails_slots", actor=OWNER, now=clock.now())
    assert shop.fault("fails_slots:column:orders.Order luck") is None
    assert "Luck" not in shop.boss.get("/orders/").text


def test_another_version_begins_with_a_clean_sheet(shop):
    shop.only("fails_slots")
    shop.boss.get("/orders/")
    with unit_of_work() as db:
        db.execute(update(PluginState).where(PluginState.id == "fails_slots").values(version="0.9.0"))
    upgrade(shop.runtime)
    assert shop.fault("fails_slots:column:orders.Order luck") is None


def test_a_paused_guard_refuses_without_being_asked_until_it_is_switched_off(shop):
    shop.only("fails_guard")
    for _ in range(4):
        assert shop.ann.order(shop.tea).status_code == 409
    assert shop.fault("fails_guard:hook:orders_move_guards").times == faults.STRIKES
    moved = shop.boss.post("/orders/1/pay_offline", {"method": "cash"})
    assert moved.status_code in (404, 409)
    assert "what needs it is refused" in shop.boss.get("/system/repairs/").text
    chinese = shop.boss.get("/system/repairs/", headers={"Accept": "text/html", "Accept-Language": "zh-CN"}).text
    assert "门卫" in chinese and "出错 3 次" in chinese and "需要它的操作都会被拒绝" in chinese
    assert shop.boss.post("/system/plugins/fails_guard/disable").status_code == 303
    assert shop.ann.order(shop.tea).status_code == 201


def test_a_guard_that_sleeps_is_named_and_no_longer_waited_for(shop, monkeypatch):
    shop.only("fails_slow")
    import zhanggui_fails_slow.plugin as sleeper

    monkeypatch.setattr(host, "BUDGET", 0.05)
    monkeypatch.setattr(sleeper, "SECONDS", 0.1)
    monkeypatch.setattr(watching, "crowded", lambda: False)
    answers = [shop.ann.order(shop.tea).status_code for _ in range(5)]
    assert answers == [201, 201, 201, 409, 409]
    assert len(sleeper.NAPS) == faults.STRIKES
    repairs = shop.boss.get("/system/repairs/").text
    assert "Sleeper" in repairs and "It took up to 0.1 seconds." in repairs


def test_on_a_crowded_machine_a_long_call_is_nobodys_fault(shop, monkeypatch):
    """Payments that are refused because the processor was busy would be worse than payments that take a second."""
    shop.only("fails_slow")
    import zhanggui_fails_slow.plugin as sleeper

    monkeypatch.setattr(host, "BUDGET", 0.05)
    monkeypatch.setattr(sleeper, "SECONDS", 0.1)
    monkeypatch.setattr(watching, "crowded", lambda: True)
    assert [shop.ann.order(shop.tea).status_code for _ in range(5)] == [201] * 5


@pytest.mark.parametrize(("load", "cores", "crowded"), [(4.1, 2, True), (3.9, 2, False), (0.2, None, False)])
def test_a_machine_is_crowded_when_more_waits_than_runs(monkeypatch, load, cores, crowded):
    monkeypatch.setattr(watching.os, "getloadavg", lambda: (load, 9.0, 9.0))
    monkeypatch.setattr(watching.os, "cpu_count", lambda: cores)
    assert watching.crowded() is crowded


def test_a_refusal_that_is_meant_is_no_fault(shop):
    from zhanggui.api import DomainError

    shop.only()
    watch = faults.FaultBook().watch(faults.Place("x", "hook", "x"))

    def refuse():
        raise DomainError("not today")

    for _ in range(5):
        with pytest.raises(DomainError, match="not today"):
            watch.timed(refuse, instead=lambda: None, budget=None)
    assert watch.strikes == 0


def test_a_database_that_is_away_is_nobodys_fault(shop):
    import sqlite3

    from sqlalchemy.exc import OperationalError

    locked, wrong = sqlite3.OperationalError("database is locked"), sqlite3.OperationalError("no such column: x")
    locked.sqlite_errorcode, wrong.sqlite_errorcode = sqlite3.SQLITE_BUSY, sqlite3.SQLITE_ERROR
    watch = faults.FaultBook().watch(faults.Place("x", "badge", "x"))
    assert not watch.failed(OperationalError("", {}, locked))
    assert watch.failed(OperationalError("", {}, wrong))


def test_the_pages_of_last_resort_ask_no_plugin(shop):
    """A badge that would never return is no hindrance there; elsewhere it is asked."""
    shop.only("fails_frame")
    asked = "fails_frame:badge:bad_badge"
    for page, status in (("/system/repairs/", 200), ("/system/plugins/", 200), ("/no-such-page", 404)):
        assert shop.boss.get(page).status_code == status
        assert shop.fault(asked) is None, page
    shop.boss.get("/me/")
    assert shop.fault(asked) is not None


def test_the_error_page_is_there_when_the_menu_and_the_page_itself_fail(shop, monkeypatch):
    from zhanggui.web import shell

    shop.only()
    shop.boss.get("/me/")

    def fail(*args):
        raise RuntimeError("no menu")

    monkeypatch.setattr(shell, "_fill_menu", fail)
    broken = shop.boss.get("/me/")
    assert broken.status_code == 500 and "Something broke on our side" in broken.text and 'id="main"' in broken.text
    monkeypatch.setattr(shell, "_build", fail)
    bare = shop.boss.get("/me/")
    assert bare.status_code == 500 and "Something broke on our side" in bare.text and 'id="main"' not in bare.text


def test_safe_mode_starts_with_all_of_them_installed(shop):
    shop.only(*LEFT_OUT, *RUNNING)
    safe = Runtime(shop.runtime.config, safe_mode=True)
    boss = Visitor(Client(Site(safe)))
    boss.log_in("boss", PASSWORD)
    assert boss.get("/system/plugins/").status_code == 200
    assert boss.post("/system/plugins/fails_guard/disable").status_code == 303
    with reading() as db:
        assert db.get_one(PluginState, "fails_guard").enabled is False
    safe.close()
    open_runtime(shop.runtime)


def test_every_function_that_a_plugin_gives_is_treated():
    """A new one has to be put among those that are contained, or among those that are a plugin's own."""
    tables = [contain.SLOTS, contain.SHARED, {kind: dict.fromkeys(names) for kind, names in contain.OWN.items()}]
    for module in (describe, blocks, declare):
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                for name, hint in get_type_hints(kind).items():
                    if "Callable" in str(hint) or get_origin(hint) is not None and any("Callable" in str(a) for a in get_args(hint)):
                        assert any(name in table.get(kind, {}) for table in tables), f"{kind.__name__}.{name}"
