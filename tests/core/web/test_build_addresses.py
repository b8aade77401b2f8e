"""An app compiles the addresses that are asked for, when they are: hundreds of routes are there at once."""

from __future__ import annotations

from flask import Flask, url_for
from werkzeug.routing import Rule as WerkzeugRule

from zhanggui.app import Site
from zhanggui.runtime import Runtime
from zhanggui.web.routes import Rule


def routes() -> Flask:
    app = Flask("shop", static_folder=None)
    app.url_rule_class = Rule
    app.add_url_rule("/tea/<name>/<int:rule>/", "tea", lambda name, rule: f"{name} {rule}")
    app.add_url_rule("/tea/", "all", lambda: "all", defaults={"page": 1})
    return app


def test_an_address_is_as_it_is_asked_for():
    with routes().test_request_context():
        for _again in range(2):
            assert url_for("tea", name="大红袍 b", rule=3) == "/tea/%E5%A4%A7%E7%BA%A2%E8%A2%8D%20b/3/"
            assert url_for("tea", name="x", rule=3, q="a b") == "/tea/x/3/?q=a+b"
            assert url_for("all", page=1) == "/tea/"


def test_what_nobody_asks_for_is_not_compiled(instance: Runtime, monkeypatch):
    compiled = []
    whole = WerkzeugRule._compile_builder
    monkeypatch.setattr(WerkzeugRule, "_compile_builder", lambda rule, *args: compiled.append(rule.endpoint) or whole(rule, *args))
    app = Site(instance).app({})
    assert len(list(app.url_map.iter_rules())) > 100
    assert compiled == []
