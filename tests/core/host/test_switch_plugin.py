"""A plugin comes and goes at the next request, in every process."""

from __future__ import annotations

import pytest
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.auth import service as auth
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host.service import PluginRefused, disable_plugin, enable_plugin
from zhanggui.kernel import clock
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import NOON, PASSWORD


def add_tea(owner):
    from zhanggui_products.services.editing import create_product

    with unit_of_work() as db:
        return create_product(db, actor=owner, now=NOON, name="Longjing tea", variants=[{"sku": "TEA-250", "price": 1990}])


def test_it_is_there_and_gone_at_the_very_next_request_of_two_processes(instance, site, visit, owner):
    here = visit("owner")
    there = Visitor(Client(Site(instance)))
    there.log_in("owner", PASSWORD)
    for _ in range(2):
        assert [v.get("/guest/").status_code for v in (here, there)] == [404, 404]
        enable_plugin("guest", actor=owner, now=clock.now())
        assert [v.get("/guest/").status_code for v in (here, there)] == [200, 200]
        disable_plugin("guest", actor=owner, now=clock.now())
    assert [v.get("/guest/").status_code for v in (here, there)] == [404, 404]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_gallery_switches_it_and_says_so(instance, visit):
    boss, clerk = visit("owner"), visit("clerk")
    assert "/system/plugins/guest/adds" in boss.get("/system/plugins/").text
    adds = boss.get("/system/plugins/guest/adds").text
    assert "Guest book" in adds and "Luck in Products" in adds  # before it is on
    assert clerk.get("/system/plugins/guest/adds").status_code == 403
    assert clerk.post("/system/plugins/guest/enable").status_code == 403
    assert boss.post("/system/plugins/guest/enable").status_code == 303
    assert boss.get("/guest/").status_code == 200
    assert clerk.get("/guest/").status_code == 403
    assert boss.post("/system/plugins/guest/disable").status_code == 303
    assert boss.get("/guest/").status_code == 404


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_it_adds_to_the_screen_of_another_plugin(instance, visit, owner):
    product_id = add_tea(owner)
    boss = visit("owner")
    plain = boss.get("/products/").text
    assert "Luck" not in plain
    enable_plugin("guest", actor=owner, now=clock.now())
    listed = boss.get("/products/").text
    assert "Luck" in listed and "88" in listed
    assert boss.get("/products/?guest__lucky=1").status_code == 200
    assert "Longjing" not in boss.get("/products/?guest__lucky=0").text
    detail = boss.get(f"/products/{product_id}").text
    assert "Fortune" in detail and "good" in detail
    assert boss.post(f"/products/{product_id}/guest__bless").status_code == 303
    assert visit("clerk").post(f"/products/{product_id}/guest__bless").status_code == 403
    assert "guest__luck" in boss.get("/products/export.csv").text
    disable_plugin("guest", actor=owner, now=clock.now())
    assert boss.get("/products/?guest__lucky=1").status_code == 400
    assert boss.get(f"/products/{product_id}/guest__bless").status_code == 404


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_its_price_step_counts_while_it_is_on(instance, owner):
    from zhanggui.host import refresh
    from zhanggui_orders.contracts import CartLine
    from zhanggui_orders.services.placement import quote_cart
    from zhanggui_products.models import Variant
    from zhanggui_products.services.selling import put_on_sale

    product_id = add_tea(owner)
    with unit_of_work() as db:
        put_on_sale(db, id=product_id, actor=owner, now=NOON)
    totals = []
    for switch in (enable_plugin, disable_plugin):
        for step in (None, switch):
            if step is not None:
                step("guest", actor=owner, now=clock.now())
                refresh(instance)
            with reading() as db:
                cart = [CartLine(db.scalar(select(Variant.public_id)), 1)]
                totals.append(quote_cart(db, lines=cart, customer_id=None, now=NOON).total)
    assert totals == [1990, 1890, 1890, 1990]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_one_that_is_needed_stays_and_the_refusal_names_by_whom(instance, owner):
    with pytest.raises(PluginRefused) as refused:
        disable_plugin("products", actor=owner, now=clock.now())
    assert "inventory" in refused.value.text() and "orders" in refused.value.text()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_one_whose_need_is_off_cannot_be_enabled(instance, owner):
    for name in ("alipay", "wechatpay", "payments", "wechat", "storefront", "orders"):
        disable_plugin(name, actor=owner, now=clock.now())
    with pytest.raises(PluginRefused, match="."):
        enable_plugin("storefront", actor=owner, now=clock.now())


def test_grants_and_rows_are_there_when_it_comes_back(instance, owner, visit):
    enable_plugin("guest", actor=owner, now=clock.now())
    with unit_of_work() as db:
        role = auth.create_role(db, name="lucky", grants={("can_index", "guest.Page")}, actor=owner, now=NOON)
    disable_plugin("guest", actor=owner, now=clock.now())
    enable_plugin("guest", actor=owner, now=clock.now())
    with reading() as db:
        assert auth.grants_of(db, db.scalar(select(Role.id).where(Role.id == role))) == {("can_index", "guest.Page")}
    assert visit("lucky").get("/guest/").status_code == 200
