"""Another theme changes what it overrides and nothing else."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from zhanggui.app import Site, build_app
from zhanggui.runtime import activated, open_runtime


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_theme_that_extends_another_needs_only_what_differs(databases, kind, repository):
    folders = f"{repository}/tests/themes_for_tests,{repository}/themes"
    runtime = open_runtime(databases.fresh(kind, THEME__NAME="lantern", THEME__FOLDERS=folders))
    with activated(runtime):
        client = Client(Site(runtime))
        assert "The lantern is out." in client.get("/offline").text
        page = client.get("/login/")
        assert page.status_code == 200
        sheet = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
        assert client.get(sheet).status_code == 200
    databases.drop(runtime)


def test_the_next_app_does_not_compile_the_templates_again(instance):
    first, second = (build_app(instance)[0].jinja_env.get_template("zg/list.html") for _ in range(2))
    assert first is not second
    assert first.root_render_func.__code__ is second.root_render_func.__code__
