"""Each plugin's texts are its own: what one calls "Paid" renames nothing of another, nor of the core."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask, render_template

from zhanggui import api
from zhanggui.app import create_app
from zhanggui.db.uow import unit_of_work
from zhanggui.host import hosted
from zhanggui.host.core_part import core_part
from zhanggui.host.discovery import discover
from zhanggui.host.host import build_host
from zhanggui.i18n import texts
from zhanggui.kernel import clock
from zhanggui.notices import latest, notify
from zhanggui.runtime import Runtime

SOURCE = '''
from zhanggui.api import DomainError, Widget, _, _l, hookimpl, ngettext, pgettext

PAID = _l("Paid")


def now():
    return [_("Paid"), str(_l("Paid")), ngettext("Paid", "Paid", 2), pgettext("money", "Paid")]


class Refused(DomainError):
    message = _l("Paid")
'''
OWN = {"Paid": "结清", "Save": "存好"}


@pytest.fixture
def kind() -> str:
    """Texts do not depend on the database."""
    return "sqlite"


@pytest.fixture
def app(instance: Runtime, owner: api.Actor, tmp_path: Path) -> Flask:
    """An app with a plugin that translates words of orders and of the core in its own way."""
    folder = tmp_path / "zhanggui_settled"
    (folder / "templates" / "settled").mkdir(parents=True)
    (folder / "translations" / "zh_CN" / "LC_MESSAGES").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "plugin.py").write_text(SOURCE, encoding="utf-8")
    (folder / "plugin.toml").write_text('id = "settled"\nversion = "1"\napi_level = 1\nrequires = ["orders"]\nname = "S"\nsummary = "S"\n', encoding="utf-8")
    (folder / "templates" / "settled" / "part.html").write_text('{{ _("Paid") }} {{ _("Save") }} {{ _("Cancel") }}', encoding="utf-8")
    (folder / "templates" / "settled" / "page.html").write_text(
        '{% extends "zg/base.html" %}{% block content %}{{ _("Paid") }}|{% include "orders/word.html" %}|{% include "settled/part.html" %}{% endblock %}',
        encoding="utf-8",
    )
    catalog = Catalog(locale="zh_CN")
    for msgid, text in OWN.items():
        catalog.add(msgid, text)
    catalog.add("Paid", "钱已结清", context="money")
    with (folder / "translations" / "zh_CN" / "LC_MESSAGES" / "messages.mo").open("wb") as out:
        write_mo(out, catalog)
    manifests = discover([tmp_path, *instance.config["plugins.folders"]]).manifests
    host = build_host(manifests, set(manifests), core_part())
    assert not host.faults, host.faults
    with hosted(host):
        made = create_app(instance, host)
    made.jinja_loader.loaders.insert(0, __import__("jinja2").DictLoader({"orders/word.html": '{{ _("Paid") }}'}))
    return made


@pytest.fixture
def chinese(app: Flask):
    """A reader of Chinese."""
    with app.test_request_context("/", headers={"Accept-Language": "zh-CN"}), hosted(app.extensions["zhanggui_host"]):
        app.extensions["zhanggui_reader"]()
        yield app


def test_a_word_of_one_plugin_renames_none_of_another(chinese: Flask):
    from zhanggui_settled import plugin

    from zhanggui_orders.states import PAYMENT_CHOICES

    words = {str(choice.label) for choice in PAYMENT_CHOICES}
    assert "已付款" in words and "结清" not in words
    assert str(plugin.PAID) == "结清"
    assert plugin.now() == ["结清", "结清", "Paid", "钱已结清"]
    assert plugin.Refused().text() == "结清"
    assert texts.gettext("Save") == "保存"


def test_templates_look_their_words_up_in_the_folder_they_lie_in(chinese: Flask):
    assert render_template("settled/part.html") == "结清 存好 取消"  # the last one is the core's
    page = render_template("settled/page.html", title="x")
    assert "结清|已付款|结清 存好 取消" in page


def test_a_notice_is_told_in_the_words_of_its_plugin(chinese: Flask, owner: api.Actor):
    with unit_of_work() as db:
        for kind in ("settled.paid", "orders.paid"):
            notify(db, kind=kind, title=api.__getattr__("_l")("Paid"), now=clock.now())
        assert [line.title for line in latest(db, owner)] == ["已付款", "结清"]


def test_a_sentence_that_is_kept_for_later_is_read_in_the_words_of_its_plugin(chinese: Flask):
    from zhanggui_settled import plugin

    from zhanggui.i18n.wording import spoken, stored

    assert spoken(json.loads(json.dumps(stored(plugin.PAID)))) == "结清"
    assert spoken({"text": "Save", "with": {}}) == "保存"  # kept before domains were


def test_whoever_imports_a_function_gets_that_of_its_package():
    from zhanggui_orders import screens as orders
    from zhanggui_products import screens as products

    assert (orders.ORDERS.title.domain, products.PRODUCTS.title.domain) == ("orders", "products")
    assert orders._l is not products._l
    assert api.domain_of("zhanggui") == api.domain_of("importlib") == ""
    with pytest.raises(AttributeError):
        api.nothing  # noqa: B018 - it is the asking that is tried
