"""A broken plugin is set aside with a sentence for people; the shop goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from zhanggui.app import Site
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import current_host, generation
from zhanggui.host.models import PluginState, Repair
from zhanggui.host.service import PluginRefused, disable_plugin, enable_plugin
from zhanggui.kernel import clock
from zhanggui.runtime import Runtime

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
WHY = {
    "broken_import": "cannot be imported",
    "broken_hook": "no menu today",
    "misspelt": "register_menus",
    "broken_view": "declares no permission",
    "mixed_methods": "reads and changes in one handler",
    "too_new": "99",
    "needs_broken": "broken_import",
    "broken_migration": "not up to date",
}


def force(*names):
    """As when the code of an enabled plugin was changed for the worse."""
    with unit_of_work() as db:
        db.execute(update(PluginState).where(PluginState.id.in_(names)).values(enabled=True))
        generation.bump(db, "plugins")


@pytest.mark.parametrize("name", WHY)
def test_it_is_left_out_and_named_and_the_rest_runs(instance, site, visit, name):
    force(name, *(["broken_import"] if name == "needs_broken" else []))
    owner = visit("owner")
    assert owner.get("/products/").status_code == 200
    assert owner.get("/orders/").status_code == 200
    repairs = owner.get("/system/repairs/").text
    assert name in repairs
    assert WHY[name] in repairs
    assert name not in current_host().manifests
    assert owner.get("/open/").status_code == 404


def test_all_of_them_together_do_no_more_harm(instance, site, visit):
    force(*WHY)
    owner = visit("owner")
    assert owner.get("/").status_code == 200
    repairs = owner.get("/system/repairs/").text
    assert all(name in repairs for name in WHY)
    assert {"products", "orders", "customers", "inventory", "storefront"} <= set(current_host().manifests)


@pytest.mark.parametrize("name", [name for name in WHY if name != "broken_view"])
def test_it_cannot_be_enabled_in_the_first_place(instance, owner, name):
    with pytest.raises(PluginRefused) as refused:
        enable_plugin(name, actor=owner, now=clock.now())
    assert name in refused.value.text()
    assert name not in current_host().manifests


def test_one_that_names_what_nobody_has_runs_and_is_told_in_the_language_of_who_reads(instance, site, visit, owner):
    enable_plugin("misnamed", actor=owner, now=clock.now())
    boss = visit("owner")
    assert "Misnamed page" in boss.get("/me/").text
    for page in ("/system/repairs/", "/system/plugins/"):
        for language, words in (
            ("en", ("there is no event “orders.order.plcd@1” (zhanggui_misnamed/plugin.py, line 13)", "the theme has no icon “unicorn” (zhanggui_misnamed/plugin.py, line 18)")),
            ("zh_CN", ("没有事件“orders.order.plcd@1”（zhanggui_misnamed/plugin.py 第 13 行）", "主题没有图标“unicorn”（zhanggui_misnamed/plugin.py 第 18 行）")),
        ):  # fmt: skip
            boss.post("/me/language", {"language": language})
            text = boss.get(page).text
            assert all(word in text for word in words), (page, language)
    with reading() as db:
        assert len(db.scalars(select(Repair).where(Repair.plugin == "misnamed")).all()) == 2
    disable_plugin("misnamed", actor=owner, now=clock.now())
    assert "unicorn" not in boss.get("/system/repairs/").text


def test_one_that_does_not_run_is_told_in_the_language_of_who_reads(instance, site, visit):
    force("needs_broken", "broken_import", "broken_migration")
    boss = visit("owner")
    boss.post("/me/language", {"language": "zh_CN"})
    text = boss.get("/system/repairs/").text
    assert "它的数据表不是最新：请运行 zhanggui upgrade。" in text
    assert "broken_import（broken_import），但该插件没有运行。" in text
    assert "无法加载：" in text and "（zhanggui_broken_import/plugin.py 第 " in text
    assert "which does not run" not in text and "up to date" not in text


def test_the_repair_goes_when_the_plugin_does(instance, site, visit):
    force("broken_hook")
    owner = visit("owner")
    assert "broken_hook" in owner.get("/system/repairs/").text
    with unit_of_work() as db:
        db.execute(update(PluginState).where(PluginState.id == "broken_hook").values(enabled=False))
        generation.bump(db, "plugins")
    assert "broken_hook" not in owner.get("/system/repairs/").text


def test_safe_mode_runs_without_any_plugin(instance, visit):
    visit("owner")
    from werkzeug.test import Client

    from zhanggui.testing.browsing import Visitor
    from zhanggui.testing.fixtures import PASSWORD

    safe = Runtime(instance.config, safe_mode=True)
    owner = Visitor(Client(Site(safe)))
    owner.log_in("owner", PASSWORD)
    assert owner.get("/system/plugins/").status_code == 200
    assert owner.get("/products/").status_code == 404
    safe.close()
